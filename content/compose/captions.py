"""Names and credits made to fit a slide: a name is shortened, a credit is divided and never shortened."""

from __future__ import annotations

import re

from content.manuscript import Manuscript

_PIECE = re.compile(r"(?<!\s)\s*(?:[!-~]+|[^\s!-~][，。；：、！？）】》」』”’]*)")
"""What is not divided: a run of half-width signs (a word, an address), or one other sign with the marks that cling to it; blanks are its beginning, all of them."""

_BREAK_AFTER = "；;。\n"

PAPERS_OF_A_DAY = {"am": "上午版", "pm": "下午版"}


def shortened(name: str, chars: int) -> str:
    """The name, or its beginning and `…` where it is longer than so many characters."""
    return name if len(name) <= chars else name[: max(0, chars - 1)].rstrip() + "…"


def portions(text: str, chars: int) -> list[str]:
    """The text in portions of at most so many characters, none lost, no word divided that would fit whole.

    A portion ends behind a semicolon or full stop where that leaves it a quarter full at least.
    """
    left = text.strip()
    found: list[str] = []
    while len(left) > chars:
        end = _end_of(left, chars)
        found.append(left[:end].rstrip())
        left = left[end:].lstrip()
    return [*found, left] if left else found


def _end_of(text: str, chars: int) -> int:
    """Where the first portion of a text that is too long ends."""
    ends = [piece.end() for piece in _PIECE.finditer(text) if piece.end() <= chars]
    good = [end for end in ends if text[end - 1] in _BREAK_AFTER and end >= chars // 4]
    if good:
        return good[-1]
    return ends[-1] if ends else chars


def issue_line(manuscript: Manuscript) -> str:
    """How a number is printed beside the date: `第6期`; one that only repeats the date says no more than which paper of the day it is."""
    number = manuscript.number.removeprefix(manuscript.issue_date.isoformat()).strip("-_.") if manuscript.kind == "newspaper" else manuscript.number
    month = re.fullmatch(r"(\d{4})-(\d\d)", number)
    if month is not None and manuscript.kind == "magazine":
        return f"{month[1]}年{int(month[2])}月号"
    return PAPERS_OF_A_DAY.get(number, f"第{number}期" if number.isdigit() else number)
