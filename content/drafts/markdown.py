"""Plain paragraphs as a Markdown text that reads back as the same paragraphs: the inverse of `content.folder.markdown`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from content.folder.markdown import paragraphs_of

_MARKS = re.compile(r"([\\`*_\[\]<>&])")
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_COUNTED = re.compile(r"^(\d{1,9})([.)])(?=\s|$)")
_BLOCK = re.compile(r"^([#+=~-])")


def markdown_of(paragraphs: Sequence[str]) -> str:
    """A text of which `paragraphs_of` makes these paragraphs; marks are escaped only where they would be read as marks."""
    text = "\n\n".join(map(_least, paragraphs))
    return text if paragraphs_of(text)[0] == tuple(paragraphs) else "\n\n".join(map(_everything, paragraphs))


def _least(paragraph: str) -> str:
    """One paragraph, escaped as little as it takes to come back by itself."""
    alone = (text for text in (paragraph, _inline(paragraph)) if paragraphs_of(text)[0] == (paragraph,))
    return next(alone, _everything(paragraph))


def _inline(paragraph: str) -> str:
    return _COUNTED.sub(r"\1\\\2", _BLOCK.sub(r"\\\1", _MARKS.sub(r"\\\1", paragraph)))


def _everything(paragraph: str) -> str:
    return _PUNCTUATION.sub(r"\\\1", paragraph)
