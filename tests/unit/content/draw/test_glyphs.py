"""Characters that the family lacks: another face, or the editor is told."""

from __future__ import annotations

import sys
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from content.draw import fallbacks
from content.draw.fallbacks import EMOJI, INSTALLED
from content.draw.fonts import Weight
from content.draw.glyphs import MISSING, advance_px, clusters, missing, sort_of, sorts
from content.draw.headline import put
from content.draw.typeset import lines, width_px


def _drawn(text: str, size_px: int = 28) -> Image.Image:
    image = Image.new("RGB", (max(40, width_px(text, size_px) + 2 * size_px), 2 * size_px), "white")
    put(ImageDraw.Draw(image), (size_px, size_px // 2), text, size_px, "regular", (0, 0, 0))
    return image.convert("L")


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without Debian's fonts."""
    monkeypatch.setattr(fallbacks, "INSTALLED", ())
    sort_of.cache_clear()
    advance_px.cache_clear()


@pytest.fixture(autouse=True)
def _fresh() -> object:
    yield
    sort_of.cache_clear()
    advance_px.cache_clear()


WEIGHTS: tuple[Weight, ...] = ("regular", "bold", "black", "song")

EMOJI_SEQUENCES = ["😀", "👍🏽", "👨‍👩‍👧", "🇨🇳", "❤️", "1️⃣", "☀️", "🦜", "👩🏿‍🚀"]


@pytest.mark.parametrize("text", EMOJI_SEQUENCES)
def test_an_emoji_is_one_picture(text: str) -> None:
    assert clusters(text) == [text]
    assert sort_of(text).face == EMOJI and missing(text) == []
    assert 0.7 * 28 <= advance_px(text, 28, "regular") <= 1.3 * 28
    assert np.asarray(_drawn(text)).min() < 100


def test_every_emoji_of_the_standard_is_one_character(samples: Path) -> None:
    seen = 0
    for line in (samples / "hostile" / "text" / "emoji-test.txt").read_text("utf-8").splitlines():
        codes, _, rest = line.partition(";")
        if not rest.strip().startswith("fully-qualified"):
            continue
        text = "".join(chr(int(code, 16)) for code in codes.split())
        assert clusters(text) == [text], line
        assert sort_of(text).text != MISSING, line
        assert all(text in one for one in lines(f"今天{text}好", 60, 20) if text[0] in one)
        seen += 1
    assert seen > 3000


@pytest.mark.parametrize("text", ["café naïve Ångström", "Việt Nam", "x\u0302 e\u0301", "हिन्दी", "ไทย", "العربية", "עברית", "ქართული", "ئۇيغۇر", "Ελληνικά Кириллица", "½ Ⅻ ℡ ㎡ → ★"])
def test_other_scripts_have_a_face(text: str, nothing_installed: None) -> None:
    assert missing(text) == []
    assert np.asarray(_drawn(text)).min() < 100


def test_words_from_right_to_left_are_joined_and_in_their_order() -> None:
    """Three words are one run, shaped as a whole; letters that join are narrower than letters alone."""
    (run,) = sorts("اللغة العربية جميلة", "regular")
    assert run.text == "اللغة العربية جميلة"
    joined = fallbacks.face(run.face, 28, "regular").getlength("العربية")
    assert joined < sum(advance_px(char, 28, "regular") for char in "العربية")
    assert [one.face for one in sorts("今天العربية好", "regular")] == ["", "NotoSansArabic", ""]


@pytest.mark.skipif(not Path(INSTALLED[1]).is_file(), reason="fonts-hanazono is not installed")
def test_rare_characters_come_from_a_face_of_the_machine() -> None:
    rare = "𪚥𠔻𣥂"
    assert missing(rare) == []
    assert {sort_of(char).face for char in rare} <= set(INSTALLED)
    assert round(advance_px("𪚥", 28, "regular")) == 28
    lacking = [code for code in range(0x20000, 0x2A6D7, 7) if missing(chr(code))]
    assert lacking == []


def test_what_no_face_has_is_told_and_no_box_is_drawn(nothing_installed: None) -> None:
    assert missing("今𪚥天𠔻𪚥〓") == ["𪚥", "𠔻"]
    assert sort_of("𪚥").text == MISSING
    assert _drawn("𪚥").tobytes() == _drawn(MISSING).tobytes()


@pytest.mark.parametrize("text", ["\u200b", "\u202e", "\ufeff", "\x07", "\x1b", "\u2028", "\ue000", "\U000e0041"])
def test_what_has_no_shape_takes_no_room(text: str) -> None:
    assert advance_px(text, 28, "regular") == 0.0
    assert _drawn(f"今{text}天").tobytes() == _drawn("今天").tobytes()


def test_marks_do_not_climb_over_the_lines_around() -> None:
    tall = "Z" + "\u0300" * 40
    image = np.asarray(_drawn(tall))
    rows = np.flatnonzero((image < 128).any(axis=1))
    assert rows[-1] - rows[0] < 2 * 28


@given(st.text(max_size=30), st.sampled_from(WEIGHTS))
def test_any_text_is_drawn_as_wide_as_it_is_measured(text: str, weight: Weight) -> None:
    runs = sorts(text, weight)
    assert all(run.text for run in runs)
    parts = clusters(text)
    assert "".join(run.text for run in runs) == "".join(sort_of(part, weight).text for part in parts)
    for part in parts:
        assert advance_px(part, 16, weight) >= 0.0


def test_a_text_of_every_character_is_measured_in_bounded_time() -> None:
    """Each is looked up in tables, not drawn in every face."""
    everything = [chr(code) for code in range(0x20, 0x30000, 37) if unicodedata.category(chr(code)) != "Cs"]
    assert len(everything) > 5000 and sys.maxunicode > 0x30000
    assert sum(advance_px(char, 16, "regular") for char in everything) > 0


def test_threads_draw_the_same() -> None:
    text = "今天😀العربيةéx\u0302"
    alone = _drawn(text).tobytes()
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: _drawn(text).tobytes(), range(8))) == {alone}
