"""What the recovery board asks: who is stopped now, by cause and age, page by page; what is tried; what the guard holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from content.models import Publication
from reconciliation.stop_send.following import ACCOUNT
from reconciliation.stop_send.models import HELD, DeliveryStop, RecoveryAttempt, StopRun
from reconciliation.stop_send.monitors import AGES_DAYS, stopped_by_age
from subscribers.models import Reader, Subscription

AGES = (0, *AGES_DAYS)
"""Days that a stop has lasted at least, as stops are grouped."""


@dataclass(frozen=True)
class Board:
    """How it stands now.

    Attributes:
        by_cause: for each cause how many are stopped, by the ages of `AGES`; most first.
        running: attempts under way, by state.
        listed: stops for which a person must decide.
        held: runs that the guard holds.
    """

    by_cause: Mapping[str, Sequence[int]]
    running: Mapping[str, int]
    listed: int
    held: Sequence[StopRun]

    @property
    def total(self) -> int:
        """All that are stopped."""
        return sum(sum(counts) for counts in self.by_cause.values())


def board(session: Session, now: datetime, *, city: str = "") -> Board:
    """The whole network, or one city; what the guard holds is the whole network's."""
    counts: dict[str, list[int]] = {}
    for cause, age_days, number in stopped_by_age(session, now, city=city):
        counts.setdefault(cause, [0] * len(AGES))[AGES.index(age_days)] += number
    one, stop = RecoveryAttempt, DeliveryStop
    running = select(one.state, func.count()).where(one.ended_at.is_(None)).group_by(one.state)
    listed = select(func.count()).select_from(stop).where(stop.ended_at.is_(None), stop.listed_at.is_not(None))
    if city:
        running = running.join(Reader, Reader.id == one.reader_id).where(Reader.city == city)
        listed = listed.join(Reader, Reader.id == stop.reader_id).where(Reader.city == city)
    held = () if city else session.scalars(select(StopRun).where(StopRun.state == HELD).order_by(StopRun.id)).all()
    ranked = dict(sorted(counts.items(), key=lambda pair: (-sum(pair[1]), pair[0])))
    return Board(ranked, dict(session.execute(running).all()), int(session.scalar(listed) or 0), held)


@dataclass(frozen=True)
class WantedStops:
    """Which open stops; "" and None are any.

    Attributes:
        age_days: one of `AGES`: those of that group.
        listed: only those for which a person must decide.
        paying: only those who pay meanwhile: their order holds, it is for a paper that costs something, and no account stops it.
        over_days: stopped for so many days or longer.
    """

    cause: str = ""
    age_days: int | None = None
    listed: bool = False
    city: str = ""
    paying: bool = False
    over_days: int = 0


@dataclass(frozen=True)
class StoppedLine:
    """One open stop with its reader; the number is whole."""

    stop: DeliveryStop
    msisdn: str
    city: str
    price_fen: int | None
    running: str | None


def stopped_page(session: Session, wanted: WantedStops, now: datetime, *, after: tuple[datetime, int] | None = None, limit: int) -> list[StoppedLine]:
    """Open stops, the longest first, those behind `after`: (stopped_at, id) of the last one seen. Read along `ix_delivery_stops_open_since`."""
    one = DeliveryStop
    trying = select(RecoveryAttempt.state).where(RecoveryAttempt.stop_id == one.id, RecoveryAttempt.ended_at.is_(None)).correlate(one).limit(1).scalar_subquery()
    his = and_(Subscription.reader_id == one.reader_id, Subscription.service_id == one.service_id)
    rows = select(one, Reader.msisdn, func.coalesce(Reader.city, ""), Subscription.price_fen, trying).join(Reader, Reader.id == one.reader_id).outerjoin(Subscription, his)
    rows = rows.where(one.ended_at.is_(None), *_conditions(wanted, now))
    if after is not None:
        at, stop_id = after
        rows = rows.where(or_(one.stopped_at > at, and_(one.stopped_at == at, one.id > stop_id)), one.stopped_at >= at)
    return [StoppedLine(*row) for row in session.execute(rows.order_by(one.stopped_at, one.id).limit(limit))]


def paying_by_age(session: Session, now: datetime, days: Sequence[int], *, city: str = "") -> list[tuple[int, int]]:
    """For each of `days` in one pass: how many are stopped for so many days or longer and pay meanwhile, and what they are charged a month (fen)."""
    one = DeliveryStop
    his = and_(Subscription.reader_id == one.reader_id, Subscription.service_id == one.service_id)
    since = [one.stopped_at <= now - timedelta(days=number) for number in days]
    sums = [column for old in since for column in (func.count().filter(old), func.coalesce(func.sum(Subscription.price_fen).filter(old), 0))]
    rows = select(*sums).select_from(one).join(Subscription, his)
    if city:
        rows = rows.join(Reader, Reader.id == one.reader_id)
    found = [int(value) for value in session.execute(rows.where(one.ended_at.is_(None), *_conditions(WantedStops(city=city, paying=True), now))).one()]
    return list(zip(found[::2], found[1::2], strict=True))


def _conditions(wanted: WantedStops, now: datetime) -> Iterator[ColumnElement[Any]]:
    one = DeliveryStop
    if wanted.cause:
        yield one.cause == wanted.cause
    if wanted.age_days is not None:
        yield one.stopped_at <= now - timedelta(days=wanted.age_days)
        older = next((days for days in AGES if days > wanted.age_days), None)
        if older is not None:
            yield one.stopped_at > now - timedelta(days=older)
    if wanted.listed:
        yield one.listed_at.is_not(None)
    if wanted.over_days:
        yield one.stopped_at <= now - timedelta(days=wanted.over_days)
    if wanted.paying:
        yield one.by != ACCOUNT
        yield Subscription.state == "active"
        yield one.service_id.in_(select(Publication.service_id).where(Publication.klass == "subscribed"))
    if wanted.city:
        yield Reader.city == wanted.city
