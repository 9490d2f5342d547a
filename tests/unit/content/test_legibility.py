"""Characters that a reader may not see are told at import."""

from __future__ import annotations

from pathlib import Path

import pytest

from content.draw import fallbacks
from content.draw.glyphs import sort_of
from content.folder import read_folder
from tests.unit.content import editions


def _warnings(folder: Path, title: str, section: str, body: str) -> tuple[str, ...]:
    sections = [{"title": section, "items": ["articles/1.md"]}]
    files: dict[str, str | bytes] = {"edition.yaml": editions.edition(sections=sections, title=title), "articles/1.md": editions.article("新桥通车", body)}
    return read_folder(editions.write(folder, files), {}).warnings


def test_a_character_that_no_face_draws_is_told_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fallbacks, "INSTALLED", ())
    sort_of.cache_clear()
    (told,) = _warnings(tmp_path, "𪚥城早报", "要闻", editions.STORY)
    sort_of.cache_clear()
    assert told.startswith("edition.yaml: no face draws 𪚥 (U+2A6A5): 〓 stands for it")


def test_what_handsets_lack_in_a_text_is_told_once_an_article(tmp_path: Path) -> None:
    (told,) = _warnings(tmp_path, "江城早报", "要闻", editions.STORY + "𠮷野家😀😀" + "".join(chr(0x1F600 + number) for number in range(20)))
    assert told.startswith("articles/1.md: many handsets show no 𠮷 (U+20BB7) 😀 (U+1F600) ") and "and 11 more" in told


def test_ordinary_words_are_no_matter(tmp_path: Path) -> None:
    assert _warnings(tmp_path, "江城早报 Café ①", "要闻☀", editions.STORY + "naïve ℃ ½ ㎡ —— ……") == ()
