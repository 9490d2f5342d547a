"""The readers behind the figures: who came and went, who is kept an eye on; page by page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from care.overview.figures import DAYS
from care.overview.models import ReaderMark, ReaderMove
from huabao.clock import business_day
from subscribers.models import Reader


@dataclass(frozen=True)
class WantedMoves:
    """Which moves; "" is any.

    Attributes:
        what: joined or left.
        day: of that day only; None for the last 30.
    """

    what: str
    cause: str = ""
    channel: str = ""
    day: date | None = None
    city: str = ""


@dataclass(frozen=True)
class MoveLine:
    """One move and whose it was; the number is whole, "" of who was forgotten."""

    move: ReaderMove
    msisdn: str


def moves(session: Session, wanted: WantedMoves, now: datetime, *, before: int | None = None, limit: int) -> list[MoveLine]:
    """The newest first, those below the event `before`."""
    c, today = ReaderMove, business_day(now)
    first = wanted.day or today - timedelta(days=DAYS - 1)
    found = select(c, Reader.msisdn).outerjoin(Reader, Reader.id == c.reader_id).where(c.day >= first, c.day <= (wanted.day or today), c.what == wanted.what)
    for column, value in ((c.cause, wanted.cause), (c.channel, wanted.channel), (c.city, wanted.city)):
        found = found.where(column == value) if value else found
    if before is not None:
        found = found.where(c.event_id < before)
    return [MoveLine(move, msisdn or "") for move, msisdn in session.execute(found.order_by(c.event_id.desc()).limit(limit))]


@dataclass(frozen=True)
class MarkLine:
    """One order of a list and its reader; the number is whole."""

    mark: ReaderMark
    msisdn: str


def cursor(mark: ReaderMark) -> str:
    """Where a page behind this one begins, as text."""
    return f"{mark.reader_id}-{mark.service_id}"


def behind(text: str) -> tuple[int, str] | None:
    """And back; None for what is no cursor, which is the beginning."""
    reader_id, dash, service_id = text.partition("-")
    return (int(reader_id), service_id[:40]) if dash and reader_id.isascii() and reader_id.isdecimal() and len(reader_id) < 19 else None


def marked(session: Session, mark: str, *, city: str = "", waiting: bool = False, after: tuple[int, str] | None = None, limit: int) -> Sequence[MarkLine]:
    """Along the key, those behind `after`: (reader, service) of the last one seen.

    Args:
        waiting: only who got nothing yet.
    """
    c = ReaderMark
    found = select(c, Reader.msisdn).join(Reader, Reader.id == c.reader_id).where(c.mark == mark)
    found = found.where(c.city == city) if city else found
    found = found.where(c.arrived_at.is_(None)) if waiting else found
    if after is not None:
        found = found.where(tuple_(c.reader_id, c.service_id) > tuple_(*after))
    return [MarkLine(one, msisdn) for one, msisdn in session.execute(found.order_by(c.reader_id, c.service_id).limit(limit))]
