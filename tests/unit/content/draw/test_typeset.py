"""Lines broken by the Chinese rules."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from content.draw.glyphs import clusters, drawable
from content.draw.typeset import NEVER_FIRST, NEVER_LAST, balanced, lines, shown, width_px

FORBIDDEN_FIRST = "，。！？；：、）】》」』”’"
FORBIDDEN_LAST = "（【《「『“‘"

_pieces = st.one_of(
    st.sampled_from(list("今天北京晴的一是了我鑫龘龍〇") + list("，。！？；：、") + ["“", "”", "（", "）", "《", "》", "……", "——"]),
    st.sampled_from(["MMS", "2026", "12.5%", "Wi-Fi", "e\u0301te\u0301", "3:1", "￥20", "don't", '"', " ", "　", "\n", "👨‍👩‍👧", "🇨🇳", "\u200b"]),
)
_texts = st.lists(_pieces, max_size=60).map("".join)


def _ink(text: str) -> str:
    return "".join(text.split())


@given(_texts, st.sampled_from([12, 14, 16, 20, 28]), st.integers(2, 30), st.booleans())
@example("今天晴。", 12, 2, False)
def test_nothing_is_lost_and_no_line_is_too_wide(text: str, size_px: int, ems: int, bold: bool) -> None:
    width = ems * size_px
    found = lines(text, width, size_px, bold=bold)
    assert _ink("".join(found)) == _ink(text)
    for line in found:
        hanging = size_px / 2 if line[-1:] in FORBIDDEN_FIRST else 0
        assert width_px(line, size_px, weight="bold" if bold else "regular") - hanging <= width or len(clusters(line)) == 1


@given(_texts, st.integers(8, 30))
def test_no_line_begins_or_ends_with_a_forbidden_mark(text: str, ems: int) -> None:
    """Unless a chain of marks alone is longer than a line, or the text itself puts the mark there."""
    for paragraph in text.split("\n"):
        found = lines(paragraph, ems * 16, 16)
        for before, after in itertools.pairwise(found):
            if after[:1] in NEVER_FIRST or before[-1:] in NEVER_LAST:
                around = _ink(before[-ems:]) + _ink(after[:ems])
                assert sum(char in NEVER_FIRST or char in NEVER_LAST or not _is_han(char) for char in around) > ems // 2


def _is_han(char: str) -> bool:
    return "\u4e00" <= char <= "\u9fff"


@given(st.text(alphabet="今天北京晴的一是了我", min_size=3, max_size=40), st.sampled_from(FORBIDDEN_FIRST), st.integers(0, 40), st.integers(4, 12))
def test_one_closing_mark_never_begins_a_line(han: str, mark: str, place: int, ems: int) -> None:
    place = max(1, place % len(han))
    found = lines(han[:place] + mark + han[place:], ems * 12, 12)
    assert all(line[0] != mark for line in found)


@given(st.text(alphabet="今天北京晴的一是了我", min_size=3, max_size=40), st.sampled_from(FORBIDDEN_LAST), st.integers(0, 40), st.integers(4, 12))
def test_one_opening_mark_never_ends_a_line(han: str, mark: str, place: int, ems: int) -> None:
    place %= len(han)
    found = lines(han[:place] + mark + han[place:], ems * 12, 12)
    assert all(line[-1] != mark for line in found)


@given(st.lists(st.one_of(st.sampled_from(["今天", "北京", "，", "。"]), st.from_regex(r"[A-Za-z0-9]{1,9}", fullmatch=True)), max_size=30))
def test_words_and_numbers_stay_whole(parts: list[str]) -> None:
    spaced = [part if i == 0 or not (part.isascii() and parts[i - 1].isascii()) else " " + part for i, part in enumerate(parts)]
    text = "".join(spaced)
    joined = "\n".join(lines(text, 14 * 12, 12))
    for word in (part for part in parts if part.isascii()):
        assert word in joined


@given(st.text(max_size=60), st.integers(1, 200), st.sampled_from([12, 28]))
def test_any_text_in_any_width(text: str, width: int, size_px: int) -> None:
    found = lines(text, width, size_px)
    assert _ink("".join(found)) == _ink(text)
    parts = clusters(text)
    assert "".join(parts) == text
    assert all(drawable(part) is not None for part in parts)


@pytest.mark.parametrize(
    ("text", "ems", "expected"),
    [
        ("今天（周日）北京晴，气温回升。", 10, ["今天（周日）北京晴，", "气温回升。"]),
        ("一二三四五六七八九十。", 10.5, ["一二三四五六七八九十。"]),
        ("一二三四五六七八九十！", 10.5, ["一二三四五六七八", "九十！"]),
        ("一二三四五六七八九十。", 10, ["一二三四五六七八", "九十。"]),
        ("一二三四五六七八九“好”", 10, ["一二三四五六七八九", "“好”"]),
        ("气温12.5℃，Windows用户", 6, ["气温12.5℃，", "Windows", "用户"]),
        ("　　鲁迅先生说", 6, ["　　鲁迅先", "生说"]),
        ("第一行\n\n第三行", 6, ["第一行", "", "第三行"]),
        ("一二三四五六", 5, ["一二三四", "五六"]),
        ("", 5, [""]),
    ],
)
def test_examples(text: str, ems: float, expected: list[str]) -> None:
    assert lines(text, int(ems * 16), 16) == expected


def test_an_address_is_broken_at_its_joints() -> None:
    assert lines("www.peppercarrot.com", 120, 12)[0] == "www.peppercarrot."


def test_clusters_stay_whole() -> None:
    assert clusters("e\u0301👨‍👩‍👧🇨🇳葛\U000e0100好") == ["e\u0301", "👨‍👩‍👧", "🇨🇳", "葛\U000e0100", "好"]


def test_no_tofu() -> None:
    assert shown("龘𠮷㐂") == "龘𠮷㐂"
    assert shown("①②Ａ") == "①②Ａ"
    assert drawable("👨‍👩‍👧") == "👨‍👩‍👧" and drawable("\u200b") == "" and drawable("𝐀") == "A"
    assert drawable("葛\U000e0100") == "葛"


@given(st.text(alphabet="今天北京晴的一是了我MS ，", min_size=1, max_size=40), st.integers(4, 14))
def test_balanced_lines_are_as_few_and_no_wider(text: str, ems: int) -> None:
    plain, even = lines(text, ems * 20, 20), balanced(text, ems * 20, 20)
    assert len(even) == len(plain) and _ink("".join(even)) == _ink("".join(plain))


def test_real_text_keeps_the_rules(samples: Path) -> None:
    seen = 0
    for path in sorted((samples / "editions").glob("*/articles/*.md")):
        text = path.read_text("utf-8")
        for width, size in ((120, 12), (168, 14), (230, 16), (464, 28)):
            for paragraph in text.split("\n"):
                found = lines(paragraph.strip(), width, size)
                assert all(line[0] not in FORBIDDEN_FIRST for line in found[1:]), (path.name, found)
                assert all(line[-1] not in FORBIDDEN_LAST for line in found[:-1]), (path.name, found)
                seen += len(found)
    assert seen > 5000
