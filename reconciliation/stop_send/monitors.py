"""The two monitors: all stopped readers of the network, counted; and each one's MMS state, for signs of life.

Both are questions in sets. A sign counts once: an attempt looks past all that came
before it. A new IMEI is a hint only, since many have a second SIM or handset.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Integer, and_, case, func, literal, or_, select
from sqlalchemy.orm import Session

from content.models import Publication
from delivery.models import InboundMessage
from huabao.clock import business_day
from reconciliation.stop_send.causes import CONFIRMED, IMEI, MESSAGE, RETRIEVED, SCHEDULE, UNBARRED
from reconciliation.stop_send.models import DeliveryStop, RecoveryAttempt, SettingsPush
from reconciliation.stop_send.settings import RECOVERY_ATTEMPTS
from reconciliation.stop_send.streaks import months_between
from subscribers import stops
from subscribers.models import Reader, ReaderServiceMonth, Subscription

AGES_DAYS = (7, 30, 60)
"""Ages of stops that are told apart: up to a week, a month, two months, more."""

READ_REPLY = "read-reply"


@dataclass(frozen=True)
class StoppedLine:
    """So many stopped subscriptions that are alike.

    Attributes:
        age_days: the largest of `AGES_DAYS` that they have passed, 0 for none.
        titles: publications of the service.
    """

    service_id: str
    titles: str
    cause: str
    city: str
    age_days: int
    number: int


def stopped_by_age(session: Session, now: datetime, *, city: str = "") -> list[tuple[str, int, int]]:
    """How many are stopped by cause and age, of one city where it is given: no reader is read for the whole network."""
    one, age = DeliveryStop, _age(now)
    wanted = select(one.cause, age, func.count()).where(one.ended_at.is_(None)).group_by(one.cause, age)
    if city:
        wanted = wanted.join(Reader, Reader.id == one.reader_id).where(Reader.city == city)
    return [(cause, days, number) for cause, days, number in session.execute(wanted)]


def _age(now: datetime) -> Any:
    return case(*((DeliveryStop.stopped_at <= now - timedelta(days=days), days) for days in reversed(AGES_DAYS)), else_=literal(0, Integer)).label("age")


def stopped(session: Session, now: datetime) -> list[StoppedLine]:
    """All stopped subscriptions of the network by title, cause, city and age, most first."""
    one = DeliveryStop
    keys: list[Any] = [one.service_id, one.cause, func.coalesce(Reader.city, ""), _age(now)]
    rows = session.execute(
        select(*(*keys, func.count())).join(Reader, Reader.id == one.reader_id).where(one.ended_at.is_(None)).group_by(*keys).order_by(func.count().desc(), *keys)
    )
    titles: dict[str, str] = {}
    for service_id, title in session.execute(select(Publication.service_id, Publication.title).order_by(Publication.id)):
        titles[service_id] = f"{titles[service_id]}, {title}" if service_id in titles else title
    return [StoppedLine(service_id, titles.get(service_id, ""), cause, city, days, number) for service_id, cause, city, days, number in rows]


@dataclass(frozen=True)
class Lively:
    """A stop whose reader should be tried again now, and why."""

    stop_id: int
    sign: str


def lively(session: Session, now: datetime, *, limit: int) -> Sequence[Lively]:
    """Stopped readers with a sign of life since the last look, or whose time has come by the schedule; the surest signs first."""
    one, month = DeliveryStop, ReaderServiceMonth
    first = session.scalar(select(func.min(one.looked_at)).where(one.ended_at.is_(None)))
    if first is None:
        return []
    months = months_between(business_day(first - timedelta(days=31)), now)
    mine: tuple[Any, ...] = (month.month.in_(months), month.reader_id == one.reader_id)
    fetched = select(func.max(month.last_success_at)).where(*mine).correlate(one).scalar_subquery() > one.looked_at
    wrote = select(literal(1)).where(InboundMessage.sender == Reader.msisdn, InboundMessage.received_at > one.looked_at)
    read = wrote.where(InboundMessage.kind == READ_REPLY).correlate(one, Reader).exists()
    unbarred = and_(Reader.account_state == "normal", Reader.account_at > one.looked_at)
    confirmed = select(literal(1)).where(SettingsPush.reader_id == one.reader_id, SettingsPush.confirmed_at > one.looked_at).correlate(one).exists()
    other = and_(Reader.imei.is_not(None), one.imei.is_not(None), Reader.imei != one.imei)
    due = and_(one.next_at <= now, one.tried < RECOVERY_ATTEMPTS.get(session))
    sign = case(
        (or_(fetched, read), RETRIEVED), (unbarred, UNBARRED), (confirmed, CONFIRMED), (wrote.correlate(one, Reader).exists(), MESSAGE), (other, IMEI), (due, SCHEDULE), else_=None
    ).label("sign")  # fmt: skip
    open_ = select(literal(1)).where(RecoveryAttempt.stop_id == one.id, RecoveryAttempt.ended_at.is_(None)).correlate(one).exists()
    his = and_(Subscription.reader_id == one.reader_id, Subscription.service_id == one.service_id)
    rows = (
        select(one.id.label("id"), sign)
        .join(Reader, Reader.id == one.reader_id)
        .join(Subscription, his)
        .where(one.ended_at.is_(None), Subscription.state == "active", stops.NOT_SENDING, Subscription.stop_state == stops.STOPPED, ~open_)
        .subquery()
    )
    order = case((rows.c.sign == RETRIEVED, 0), (rows.c.sign == SCHEDULE, 2), else_=1)
    return [Lively(stop_id, said) for stop_id, said in session.execute(select(rows.c.id, rows.c.sign).where(rows.c.sign.is_not(None)).order_by(order, rows.c.id).limit(limit))]
