"""The readers behind a count: those of a dispatch with an outcome, on a port, of a class, a city, a variant, with a code.

Pages of readers by their id, along the key of the day's partition; what a filter
names is looked up once. A rare filter reads on until it has a page full.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from content.models import Variant
from delivery.models import DeliveryEvent, Dispatch, Outcome, Port, deliveries
from huabao.msisdn import MSISDN
from subscribers.models import Reader

PAGE_LENGTH = 50
FILE_PAGE = 2_000


@dataclass(frozen=True)
class Filter:
    """Which readers; None for any.

    Attributes:
        outcome: names of outcomes, joined by commas.
        city: "" for readers whose city nobody knows.
        code: as a port printed it, with its extension after a space.
        late: of those who retrieved it, `no` for who had it by the promised time, `yes` for who had it later.
    """

    outcome: str | None = None
    port: str | None = None
    handset_class: str | None = None
    city: str | None = None
    variant: str | None = None
    code: str | None = None
    late: str | None = None

    def asked(self) -> dict[str, str]:
        """What it names, as the fields of an address."""
        return {one.name: value for one in fields(self) if (value := getattr(self, one.name)) is not None}


@dataclass(frozen=True)
class Reached:
    """One reader of a dispatch and what became of it."""

    reader_id: int
    number: str
    city: str
    port: str
    handset_class: str
    outcome: str
    submitted_at: datetime | None
    outcome_at: datetime | None


def reached(session: Session, dispatch: Dispatch, wanted: Filter, *, after: int = 0, limit: int = PAGE_LENGTH) -> list[Reached]:
    """Readers with an id above `after`, ascending; their numbers are masked."""
    where = _conditions(session, dispatch, wanted)
    if where is None:
        return []
    c = deliveries.c
    rows = session.execute(
        select(c.reader_id, Reader.msisdn, Reader.city, Port.name, Variant.handset_class, c.outcome, c.submitted_at, c.outcome_at)
        .select_from(deliveries)
        .join(Variant, Variant.id == c.variant_id)
        .join(Port, Port.id == c.port_id)
        .outerjoin(Reader, Reader.id == c.reader_id)
        .where(c.day == dispatch.day, c.dispatch_id == dispatch.id, c.reader_id > after, *where)
        .order_by(c.reader_id)
        .limit(limit)
    )
    return [
        Reached(reader_id, MSISDN(number).masked if number else "", city or "", port, handset_class, Outcome(outcome).name.lower(), submitted_at, outcome_at)
        for reader_id, number, city, port, handset_class, outcome, submitted_at, outcome_at in rows
    ]


def all_reached(session: Session, dispatch: Dispatch, wanted: Filter) -> Iterator[Reached]:
    """The same, all of them."""
    after = 0
    while lines := reached(session, dispatch, wanted, after=after, limit=FILE_PAGE):
        yield from lines
        after = lines[-1].reader_id


def _conditions(session: Session, dispatch: Dispatch, wanted: Filter) -> list[ColumnElement[bool]] | None:
    """None where the filter names what is not there."""
    c = deliveries.c
    found: list[ColumnElement[bool]] = []
    if wanted.outcome is not None:
        names = {one.name.lower(): int(one) for one in Outcome}
        found.append(c.outcome.in_([names[name] for name in wanted.outcome.split(",") if name in names]))
    if wanted.port is not None:
        port_id = session.scalar(select(Port.id).where(Port.name == wanted.port))
        if port_id is None:
            return None
        found.append(c.port_id == port_id)
    if wanted.variant is not None or wanted.handset_class is not None:
        found.append(c.variant_id.in_(_variants(session, dispatch, wanted)))
    if wanted.city is not None:
        found.append(Reader.city == wanted.city if wanted.city else Reader.city.is_(None))
    if wanted.code is not None:
        status, _, extension = wanted.code.partition(" ")
        said = (DeliveryEvent.submission_id == c.submission_id, DeliveryEvent.reader_id == c.reader_id, DeliveryEvent.status == status)
        with_extension = DeliveryEvent.status_extension == extension if extension else DeliveryEvent.status_extension.is_(None)
        found.append(exists().where(*said, with_extension))
    if wanted.late is not None:
        if wanted.late not in ("yes", "no") or dispatch.deadline_at is None:
            return None
        from_then = first_late(dispatch.deadline_at)
        found += [c.outcome == int(Outcome.RETRIEVED), c.submitted_at.is_not(None), c.outcome_at >= from_then if wanted.late == "yes" else c.outcome_at < from_then]
    return found


def first_late(promised: datetime) -> datetime:
    """Who retrieves at this instant is a minute late, as `monitoring.lateness` counts whole minutes."""
    return (promised + timedelta(minutes=2) - timedelta(microseconds=1)).replace(second=0, microsecond=0)


def _variants(session: Session, dispatch: Dispatch, wanted: Filter) -> Sequence[int]:
    asked = select(Variant.id).where(Variant.edition_version_id == dispatch.edition_version_id)
    if wanted.variant is not None:
        asked = asked.where(Variant.name == wanted.variant)
    if wanted.handset_class is not None:
        asked = asked.where(Variant.handset_class == wanted.handset_class)
    return session.scalars(asked).all()
