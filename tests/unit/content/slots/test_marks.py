"""Marks in an article's text: read, refused with their line, and the paragraphs that everybody else reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.folder import read_folder
from content.manuscript import Manuscript, Slot
from content.slots.marks import extract, problems_of
from content.slots.names import slot_name
from content.slots.tokens import filled, reserve
from huabao.errors import UsageError
from tests.unit.content import editions

DECLARED = {"greeting": 16, "points": 12, "attributes.等级": 20}
TEXT = st.text(st.characters(exclude_characters="{}|", exclude_categories=("Cs", "Cc", "Co")), max_size=20)


def folder(tmp_path: Path, body: str, **front: Any) -> Path:
    sections = [{"title": "要闻", "items": ["articles/1.md"]}]
    written: dict[str, Any] = {"slots": ["greeting", {"points": 8}], **front}
    return editions.write(tmp_path, {"edition.yaml": editions.edition(sections=sections, **written), "articles/1.md": editions.article("问候", body)})


def test_an_edition_with_slots(tmp_path: Path) -> None:
    found = read_folder(folder(tmp_path, "{{greeting|亲爱的读者}}，您好！\n\n您有{{points|若干}}分，明天{{ points | 多些 }}。"), {}).manuscript
    article = found.items[0].article
    assert article is not None
    assert article.paragraphs == ("亲爱的读者，您好！", "您有若干分，明天多些。")
    assert found.slots == (
        Slot("greeting", "亲爱的读者", 16, "articles/1.md", 0, 0),
        Slot("points", "若干", 8, "articles/1.md", 1, 2),
        Slot("points", "多些", 8, "articles/1.md", 1, 8),
    )
    assert Manuscript.from_document(found.to_document()) == found


@pytest.mark.parametrize(
    ("body", "line", "what"),
    [
        ("好。\n\n{{salary|多}}", 7, "there is no slot 'salary'"),
        ("{{rank|贵宾}}", 5, "slot 'rank' is not declared"),
        ("好。\n{{greeting}}", 6, "slot 'greeting' has no fallback"),
        ("{{greeting| }}", 5, "slot 'greeting' has no fallback"),
        ("{{points|一二三四五六七八九}}", 5, "the fallback of slot 'points' has 9 characters, the slot 8"),
        ("您有{{points|若干", 5, "is not whole"),
        ("若干}}分", 5, "is not whole"),
        ("{{points|{{greeting|您}}}}", 5, "is not whole"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, body: str, line: int, what: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_folder(folder(tmp_path, body), {})
    assert f"articles/1.md:{line}: " in str(refused.value)
    assert what in str(refused.value)


@pytest.mark.parametrize(
    ("slots", "what"),
    [
        (["salary"], "there is no slot 'salary'"),
        (["points", "points"], "slot 'points' is declared twice"),
        ([{"points": 0}], "write a whole number from 1"),
        ([{"points": 500}], "give it at most 200"),
        ({"points": 5}, "write a list"),
    ],
)
def test_a_declaration_that_cannot_be(tmp_path: Path, slots: object, what: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_folder(folder(tmp_path, "您好。", slots=slots), {})
    assert what in str(refused.value)
    assert "edition.yaml:" in str(refused.value)


def test_without_slots_braces_are_braces(tmp_path: Path) -> None:
    found = read_folder(folder(tmp_path, "{{greeting|您}}好，{{ title }}。", slots=[]), {})
    article = found.manuscript.items[0].article
    assert article is not None
    assert article.paragraphs == ("{{greeting|您}}好，{{ title }}。",)
    assert found.manuscript.slots == ()
    assert any("looks like slots" in one for one in found.warnings)


def test_a_slot_in_a_title_or_a_quiz_is_refused(tmp_path: Path) -> None:
    path = folder(tmp_path, "{{greeting|您}}好。")
    (path / "articles/1.md").write_text(editions.article("{{greeting|您}}好", "正文。"))
    with pytest.raises(UsageError, match=r"articles/1.md:2: a slot in the front matter"):
        read_folder(path, {})


def test_a_declared_slot_that_stands_nowhere_is_warned_about(tmp_path: Path) -> None:
    assert any("'points' is declared and stands in no text" in one for one in read_folder(folder(tmp_path, "{{greeting|您}}好。"), {}).warnings)


def test_any_column_of_the_readers_file_is_a_slot() -> None:
    assert slot_name("attributes.等级") is not None
    assert slot_name("attributes.") is None
    assert slot_name("attributes.a b") is None


@given(st.lists(st.tuples(TEXT, st.sampled_from(sorted(DECLARED)), TEXT), max_size=5), TEXT)
def test_text_with_marks_and_back(pieces: list[tuple[str, str, str]], end: str) -> None:
    """The fallbacks stand where the marks stood; with room reserved and taken out again the text is the same, and each place is found."""
    marked = "".join(f"{text}{{{{{name}|{fallback}}}}}" for text, name, fallback in pieces) + end
    good = [one for one in pieces if one[2].strip()]
    (plain,), marks = extract((marked,), DECLARED)
    assert [(mark.name, mark.fallback) for mark in marks] == [(name, fallback.strip()) for _, name, fallback in good]
    for mark in marks:
        assert plain[mark.start :].startswith(mark.fallback)
    slots = [Slot(mark.name, mark.fallback, DECLARED[mark.name], "a", 0, mark.start) for mark in marks]
    (reserved,) = reserve((plain,), dict(enumerate(slots)))
    text, holes = filled(reserved, slots)
    assert text == plain
    assert [hole.slot for hole in holes] == slots
    assert [text.encode()[hole.at : hole.at + hole.length].decode() for hole in holes] == [slot.fallback for slot in slots]
    if len(good) == len(pieces) and not any(len(fallback.strip()) > DECLARED[name] for _, name, fallback in pieces):
        assert not list(problems_of(marked.replace("\n", " "), DECLARED))
