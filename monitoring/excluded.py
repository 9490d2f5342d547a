"""The readers behind a count of exclusions: who belongs to the audience of a dispatch and gets nothing in it, by reason.

Pages of readers by their id, along the key of the table; a rare reason reads on until it has a page full.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.models import Dispatch, Exclusion
from huabao.msisdn import MSISDN
from monitoring.reached import FILE_PAGE, PAGE_LENGTH
from subscribers.models import Reader


@dataclass(frozen=True)
class Excluded:
    """One of them; "" for a number that was forgotten, and for a city that nobody knows."""

    reader_id: int
    number: str
    city: str
    handset_class: str
    reason: str


def excluded(session: Session, dispatch: Dispatch, reason: str | None, *, city: str = "", after: int = 0, limit: int = PAGE_LENGTH) -> list[Excluded]:
    """Readers with an id above `after`, ascending; their numbers are masked. Of one reason and one city where these are given."""
    wanted = (
        select(Exclusion.reader_id, Reader.msisdn, Reader.city, Reader.handset_class, Exclusion.reason)
        .outerjoin(Reader, Reader.id == Exclusion.reader_id)
        .where(Exclusion.dispatch_id == dispatch.id, Exclusion.reader_id > after)
        .order_by(Exclusion.reader_id)
        .limit(limit)
    )
    if reason is not None:
        wanted = wanted.where(Exclusion.reason == reason)
    if city:
        wanted = wanted.where(Reader.city == city)
    rows = session.execute(wanted)
    return [Excluded(reader_id, MSISDN(number).masked if number else "", where or "", handset_class or "", why) for reader_id, number, where, handset_class, why in rows]


def all_excluded(session: Session, dispatch: Dispatch, reason: str | None, *, city: str = "") -> Iterator[Excluded]:
    """The same, all of them."""
    after = 0
    while lines := excluded(session, dispatch, reason, city=city, after=after, limit=FILE_PAGE):
        yield from lines
        after = lines[-1].reader_id
