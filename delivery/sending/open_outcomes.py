"""Whether a dispatch that has left still waits for an outcome: asked every few seconds of up to millions of rows.

Reports come for two days, and in the end a few phones that are off keep a dispatch
open. So a process remembers how far nothing waits any more: nobody behind the first
reader who waits begins to wait again while his dispatch drains or has ended, for only
a sender makes a reader wait. All of a drain together costs one pass over its rows.
"""

from __future__ import annotations

import threading
from datetime import date, datetime
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Select, bindparam, or_, select
from sqlalchemy.orm import Session

from delivery.models import Outcome, deliveries
from huabao.quick import Quick, ask

OPEN = (int(Outcome.PENDING), int(Outcome.SUBMITTED))

KEPT_MAX = 10_000
"""Dispatches of which it is remembered; beyond that everything is forgotten and asked anew."""

Key = tuple[int, datetime | None]
"""A dispatch, and when its last batch left: one that sends once more begins anew."""

_waits_from: WeakKeyDictionary[Any, dict[Key, int]] = WeakKeyDictionary()
_lock = threading.Lock()


def waits(session: Session, dispatch_id: int, day: date, sent_at: datetime | None) -> bool:
    """Whether some reader of a dispatch that drains or has ended, and whose last batch left then, is still pending or submitted."""
    with _lock:
        kept = _waits_from.setdefault(session.get_bind(), {})
    key = (dispatch_id, sent_at)
    since = kept.get(key, 0)
    first = _first(session, dispatch_id, day, since)
    if first is None and since:
        first = _first(session, dispatch_id, day, 0)  # before it is closed nothing is believed
    if first is None:
        kept.pop(key, None)
        return False
    if len(kept) >= KEPT_MAX:
        kept.clear()
    kept[key] = first
    return True


def _first(session: Session, dispatch_id: int, day: date, since: int) -> int | None:
    (found,) = ask(session, _FIRST(dispatch=dispatch_id, of_day=day, since=since))
    return found[0][0] if found else None


def _first_of(_postgres: bool) -> Select[tuple[int]]:
    c = deliveries.c
    mine = (c.day == bindparam("of_day"), c.dispatch_id == bindparam("dispatch"), c.reader_id >= bindparam("since"))
    return select(c.reader_id).where(*mine, or_(*(c.outcome == one for one in OPEN))).order_by(c.reader_id).limit(1)


_FIRST = Quick(_first_of)
