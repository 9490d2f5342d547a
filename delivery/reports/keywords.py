"""Readers' keywords: who deals with a text that begins with a certain word.

A handler gets the whole text in the transaction that stores it and says in one word
what it made of it, which stays with the message. It may be called again for the
same text, since an SMSC that does not hear our answer sends once more. A new
keyword is a function and a line in `KEYWORDS`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from huabao.log import get_logger

log = get_logger("keywords")


@dataclass(frozen=True)
class ReaderText:
    """What a reader sent.

    Attributes:
        sender: 11 digits, or the address as it came.
        recipient: the number that he sent it to.
        text: whole, its parts joined.
    """

    port_id: int
    sender: str
    recipient: str
    text: str
    received_at: datetime


Handler = Callable[[Session, ReaderText], str]


@dataclass(frozen=True)
class Keyword:
    """Words that mean the same.

    Attributes:
        words: in capitals; a Chinese one also where more follows it without a blank.
        handle: what is done; returns the word that is kept with the message.
        meaning: a sentence for the documentation.
    """

    words: tuple[str, ...]
    handle: Handler
    meaning: str


STOP_ASKED: Final = "stop-asked"
"""Kept with a message that asks to stop; whoever stops subscriptions looks for it."""


def note_stop(_session: Session, message: ReaderText) -> str:
    """A reader asks to stop: it is kept with the message, and `reconciliation.ordering.stopping` takes it from there."""
    log.info("a reader asks to stop", port=message.port_id)
    return STOP_ASKED


KEYWORDS: Final = (Keyword(("TD", "退订", "QX", "取消", "STOP", "0000", "00000"), note_stop, "The reader wants no more: what he means ends, and he is told."),)
"""Every keyword there is; the first that fits counts."""


def handle(session: Session, message: ReaderText, keywords: tuple[Keyword, ...] = KEYWORDS) -> str | None:
    """What the keyword's handler made of a text; None where it begins with no keyword."""
    found = keyword_of(message.text, keywords)
    return None if found is None else found.handle(session, message)[:40]


def keyword_of(text: str, keywords: tuple[Keyword, ...] = KEYWORDS) -> Keyword | None:
    """The keyword that a text begins with: wide letters are letters, blanks and stops before and behind do not count."""
    plain = unicodedata.normalize("NFKC", text).upper().strip(" \t\r\n\0。.,，!！?？\"'“”")
    first = plain.split(maxsplit=1)[0].strip("。.,，!！?？\"'“”") if plain else ""
    for one in keywords:
        if any(first == word or (not word.isascii() and plain.startswith(word)) for word in one.words):
            return one
    return None
