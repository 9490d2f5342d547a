"""Alarms that concern one city, and what its accounts are told of them.

Those of a dispatch with readers in the city, and those of what serves every city. The words and figures of an alarm may be those of all
cities: told are what kind it is, what it is about, since when, and who has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from huabao.alarms import Alarm
from monitoring.alarms.handling import CLOSED, SILENCED
from monitoring.alarms.kinds import SEVERITIES, kind_of, kinds
from monitoring.cities import DispatchCity

EVERYWHERE: Final = ("port.unreachable", "port.misconfigured", "port.stuck", "link.down", "link.misconfigured", "reports.stopped", "reports.backlog", "editions.none_approved")
"""Kinds that hinder readers of every city."""

SHOWN_MAX: Final = 200
LOOKED_AT_MAX: Final = 1000

_OF_A_DISPATCH: Final = "/dispatches/{key}"


@lru_cache(maxsize=1)
def _of_dispatches() -> frozenset[str]:
    return frozenset(name for name, kind in kinds().items() if kind.place == _OF_A_DISPATCH)


def listed(session: Session, city: str, state: str, now: datetime, *, before: int | None = None, limit: int = SHOWN_MAX) -> list[Alarm]:
    """Those of one state that concern the city, the newest first; "" is any state."""
    wanted = select(Alarm).where(Alarm.kind.in_((*EVERYWHERE, *_of_dispatches())))
    if before is not None:
        wanted = wanted.where(Alarm.id < before)
    if state:
        quiet = Alarm.silenced_until > now
        heard = or_(Alarm.silenced_until.is_(None), ~quiet)
        wanted = wanted.where(*([Alarm.closed_at.is_not(None)] if state == CLOSED else [Alarm.closed_at.is_(None), quiet if state == SILENCED else heard]))
    found = session.scalars(wanted.order_by(Alarm.id.desc()).limit(LOOKED_AT_MAX)).all()
    return concerning(session, found, city)[:limit]


def worst_first(found: Iterable[Alarm]) -> list[Alarm]:
    """In the order of a list of open ones."""
    return sorted(found, key=lambda one: (SEVERITIES.index(kind_of(one.kind).severity), -one.first_seen_at.timestamp()))


def concerning(session: Session, found: Sequence[Alarm], city: str) -> list[Alarm]:
    """Of these, those that concern the city, in their order."""
    ids = {number for one in found if (number := _dispatch_of(one)) is not None}
    mine = set(session.scalars(select(DispatchCity.dispatch_id).where(DispatchCity.dispatch_id.in_(ids), DispatchCity.city == city))) if ids else set[int]()
    return [one for one in found if one.kind in EVERYWHERE or _dispatch_of(one) in mine]


def _dispatch_of(one: Alarm) -> int | None:
    known = one.kind in _of_dispatches() and one.key.isascii() and one.key.isdecimal() and len(one.key) < 18
    return int(one.key) if known else None
