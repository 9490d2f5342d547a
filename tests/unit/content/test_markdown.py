"""Markdown that is built to be slow, or full of marks: the words come out, in the time that their number asks for."""

from __future__ import annotations

import pytest

from content.folder.markdown import paragraphs_of

MANY = 100_000


@pytest.mark.parametrize("mark", ["<", "<!--", "<a <!-- "])
def test_open_tags_without_end(mark: str) -> None:
    paragraphs, left_out = paragraphs_of("<div>\n" + mark * MANY)
    assert len(paragraphs) == 1
    assert left_out == ((1, "HTML tags"),)


def test_comment_goes_whole() -> None:
    paragraphs, _ = paragraphs_of("<div>前<!-- a > b <i>\n -->后<b>字</b></div>\n")
    assert paragraphs == ("前后字",)


def test_each_thing_left_out_is_named_once() -> None:
    paragraphs, left_out = paragraphs_of("一![a](b)\n二![c](d)\n\n三![e](f)\n" + "x\n\n![g](h)\n\n" * 5)
    assert paragraphs == ("一二", "三x", "x", "x", "x", "x")
    assert [line for line, _ in left_out] == [1, 4, 7, 11, 15, 19, 23]


def test_very_many_pictures_in_the_text() -> None:
    _, left_out = paragraphs_of("![a](b)\n\n" * 20_000)
    assert len(left_out) == 20_000
