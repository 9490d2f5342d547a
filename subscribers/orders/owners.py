"""Whose what is that is kept under a number: of whoever had it when it was written down. Its next owner inherits nothing, its owner takes it along."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from subscribers.models import Reader
from subscribers.orders.models import ReaderNumber
from subscribers.orders.store import in_texts


def is_present_owners(msisdn: Any, at: Any) -> ColumnElement[bool]:
    """What was written down of a number at `at` (both columns of one row) is of whoever has it now: nobody has given it up since."""
    c = ReaderNumber
    return ~select(c.id).where(c.msisdn == msisdn, c.until > at).exists()


def is_readers(msisdn: Any, at: Any) -> ColumnElement[bool]:
    """What was written down of a number at `at` is of `Reader`: it is his, or was his then."""
    c = ReaderNumber
    then = and_(c.reader_id == Reader.id, c.msisdn == msisdn, or_(c.since.is_(None), c.since <= at), c.until > at)
    return or_(and_(msisdn == Reader.msisdn, is_present_owners(msisdn, at)), select(c.id).where(then).exists())


Held = tuple[int, datetime | None, datetime]
"""A reader who had a number, since when (None: since ever) and up to before when."""


@dataclass(frozen=True, slots=True)
class Owners:
    """Who has some numbers, and who had them.

    Attributes:
        present: reader by number.
        past: of numbers that were given up.
    """

    present: Mapping[str, int]
    past: Mapping[str, Sequence[Held]]

    def all(self, msisdn: str) -> set[int]:
        """Who has the number or had it."""
        return {*(reader for reader, _, _ in self.past.get(msisdn, ()) if reader), *([self.present[msisdn]] if msisdn in self.present else ())}

    def at(self, msisdn: str, instant: datetime) -> int | None:
        """Whose number it was; None where it was nobody's whom we know."""
        held = self.past.get(msisdn)
        if not held or instant >= max(until for _, _, until in held):
            return self.present.get(msisdn)
        return next((reader for reader, since, until in held if (since is None or since <= instant) and instant < until and reader), None)


def owners_of(session: Session, numbers: Collection[str]) -> Owners:
    """Who has these numbers (11 digits each), and who had them."""
    c, r = ReaderNumber, Reader
    past: dict[str, list[Held]] = {}
    for number, reader, since, until in session.execute(select(c.msisdn, c.reader_id, c.since, c.until).where(in_texts(session, c.msisdn, numbers), c.until.is_not(None))):
        assert until is not None, "asked for"
        past.setdefault(number, []).append((reader or 0, since, until))
    present = {number: reader for reader, number in session.execute(select(r.id, r.msisdn).where(in_texts(session, r.msisdn, numbers)))}
    return Owners(present, past)
