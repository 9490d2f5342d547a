"""Which incidents touch one reader: what he asks about may be known already.

An incident touches him by his port, his handset class, the dispatch that he is in and
has not got, or the title that he ordered; one that ended lately still explains this morning.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from content.models import Publication, Variant
from delivery.models import Brake, Outcome, Port, deliveries
from huabao.alarms import Alarm
from huabao.clock import business_day
from huabao.db import in_ids
from monitoring.alarms.kinds import SEVERITIES, Pair, kind_of, kinds
from monitoring.settings import KNOWN_H
from subscribers.models import Subscription

BY_PORT: Final = ("port.unreachable", "port.misconfigured", "port.stuck", "link.down", "link.misconfigured", "reports.stopped")
BY_TITLE: Final = ("editions.none_approved", "editions.reserve_failed")
BY_DISPATCH: Final = (
    "dispatch.not_started", "dispatch.late", "delivery.gate", "delivery.paused", "delivery.window", "delivery.deadline", "delivery.stale", "delivery.duplicates",
)  # fmt: skip
EVERYBODY: Final = ("database.full",)
BRAKE: Final = "delivery.brake"
ALARMS_MAX: Final = 200
"""Incidents that are open or just over at one time; more nobody has."""

DAYS: Final = 2
"""Copies of today and yesterday explain what somebody asks about."""


@dataclass(frozen=True)
class Known:
    """One incident that touches him.

    Attributes:
        alarm_id: None of a brake whose alarm is over.
        name, meaning: of the kind, in English and in Chinese.
        about: the port, the class or the title; "" of a whole dispatch.
        until: when it was over; None while it lasts.
        readers: whom it concerns, None where nobody counted.
        notice: what somebody announced of it, or "".
        owner: who looks after it, or "".
    """

    kind: str
    alarm_id: int | None
    name: Pair
    meaning: Pair
    severity: str
    about: str
    since: datetime
    until: datetime | None = None
    readers: int | None = None
    notice: str = ""
    owner: str = ""


@dataclass(frozen=True)
class _Place:
    """Where a reader stands: of his copies of these days that he has not got, dispatch, port, variant and class."""

    dispatches: frozenset[int]
    ports: frozenset[str]
    held: frozenset[tuple[int, str, str]]
    titles: frozenset[str]


def touching(session: Session, readers: Collection[int], now: datetime) -> dict[int, list[Known]]:
    """The incidents of each of these readers, what lasts first, the worst of them first; nothing of those whom none touches."""
    lately = now - timedelta(hours=KNOWN_H.get(session))
    wanted = (*BY_PORT, *BY_TITLE, *BY_DISPATCH, *EVERYBODY, BRAKE)
    recent = or_(Alarm.closed_at.is_(None), Alarm.closed_at > lately)
    alarms = session.scalars(select(Alarm).where(Alarm.kind.in_(wanted), recent).order_by(Alarm.id.desc()).limit(ALARMS_MAX)).all()
    brakes = _brakes(session, alarms, lately)
    if not alarms and not brakes:
        return {}
    places = _places(session, readers, now)
    titles = dict(session.execute(select(Publication.slug, Publication.title)).all()) if any(one.kind in BY_TITLE for one in alarms) else {}
    found = {}
    for reader in readers:
        mine = [_known(one, titles) for one in alarms if _is_his(one, places[reader])] + _held(brakes, alarms, places[reader])
        if mine:
            found[reader] = sorted(mine, key=lambda one: (one.until is not None, SEVERITIES.index(one.severity), -one.since.timestamp()))
    return found


def _is_his(alarm: Alarm, place: _Place) -> bool:
    if alarm.kind in EVERYBODY:
        return bool(place.titles)
    if alarm.kind in BY_PORT:
        return alarm.key in place.ports
    if alarm.kind in BY_DISPATCH:
        return alarm.key.isdecimal() and int(alarm.key) in place.dispatches
    return alarm.kind in BY_TITLE and alarm.key.partition(":")[0] in place.titles


def _known(alarm: Alarm, titles: dict[str, str]) -> Known:
    kind, counted = kind_of(alarm.kind), alarm.detail.get("readers")
    slug = alarm.key.partition(":")[0]
    about = titles.get(slug, slug) if alarm.kind in BY_TITLE else alarm.key if alarm.kind in BY_PORT else ""
    return Known(
        alarm.kind, alarm.id, kind.name, kind.meaning, kind.severity, about, alarm.first_seen_at, alarm.closed_at, counted if isinstance(counted, int) else None,
        alarm.notice, alarm.acknowledged_by or "",
    )  # fmt: skip


def _brakes(session: Session, alarms: Sequence[Alarm], lately: datetime) -> Sequence[Brake]:
    """What is held back in the dispatches whose alarm is there, with what was let go a moment ago."""
    of = [int(one.key) for one in alarms if one.kind == BRAKE and one.key.isdecimal()]
    if not of:
        return ()
    return session.scalars(select(Brake).where(in_ids(session, Brake.dispatch_id, of), or_(Brake.released_at.is_(None), Brake.released_at > lately))).all()


def _held(brakes: Sequence[Brake], alarms: Sequence[Alarm], place: _Place) -> list[Known]:
    kind = kinds()[BRAKE]
    open_ = {int(one.key): one for one in alarms if one.kind == BRAKE and one.key.isdecimal()}
    found = []
    for one in brakes:
        if (one.dispatch_id, one.scope, one.key) in place.held:
            alarm = open_[one.dispatch_id]
            owner = alarm.acknowledged_by or ""
            found.append(Known(BRAKE, alarm.id, kind.name, kind.meaning, kind.severity, one.key, one.at, one.released_at, one.readers, alarm.notice, owner))
    return found


def _places(session: Session, readers: Collection[int], now: datetime) -> dict[int, _Place]:
    ids = sorted(readers)
    d = deliveries.c
    wanted = select(d.reader_id, d.dispatch_id, Port.name, Variant.name, Variant.handset_class)
    wanted = wanted.join(Port, Port.id == d.port_id).join(Variant, Variant.id == d.variant_id)
    since = business_day(now) - timedelta(days=DAYS - 1)
    rows = session.execute(wanted.where(in_ids(session, d.reader_id, ids), d.day >= since, d.outcome != int(Outcome.RETRIEVED))).all()
    orders = select(Subscription.reader_id, Publication.slug).join(Publication, Publication.service_id == Subscription.service_id)
    titles: dict[int, set[str]] = {}
    for reader, slug in session.execute(orders.where(in_ids(session, Subscription.reader_id, ids), Subscription.state == "active")):
        titles.setdefault(reader, set()).add(slug)
    found = {}
    for reader in ids:
        mine = [row for row in rows if row[0] == reader]
        held = {(row[1], scope, key) for row in mine for scope, key in (("port", row[2]), ("variant", row[3]), ("handset_class", row[4]))}
        found[reader] = _Place(frozenset(row[1] for row in mine), frozenset(row[2] for row in mine), frozenset(held), frozenset(titles.get(reader, ())))
    return found
