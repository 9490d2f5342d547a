"""Whether a dispatch that has left still waits for an outcome: asked every few seconds of up to millions of rows.

Reports come for two days, and in the end a few phones that are off keep a dispatch
open. So a process remembers how far nothing waits any more: nobody behind the first
reader who waits begins to wait again while his dispatch drains or has ended, for only
a sender makes a reader wait. All of a drain together costs one pass over its rows.
"""

from __future__ import annotations

import threading
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.models import Dispatch, Outcome, deliveries

OPEN = (int(Outcome.PENDING), int(Outcome.SUBMITTED))

KEPT_MAX = 10_000
"""Dispatches of which it is remembered; beyond that everything is forgotten and asked anew."""

Key = tuple[int, datetime | None]
"""A dispatch, and when its last batch left: one that sends once more begins anew."""

_waits_from: WeakKeyDictionary[Any, dict[Key, int]] = WeakKeyDictionary()
_lock = threading.Lock()


def waits(session: Session, dispatch: Dispatch) -> bool:
    """Whether some reader of a dispatch that drains or has ended is still pending or submitted."""
    with _lock:
        kept = _waits_from.setdefault(session.get_bind(), {})
    key = (dispatch.id, dispatch.sent_at)
    since = kept.get(key, 0)
    first = _first(session, dispatch, since)
    if first is None and since:
        first = _first(session, dispatch, 0)  # before it is closed nothing is believed
    if first is None:
        kept.pop(key, None)
        return False
    if len(kept) >= KEPT_MAX:
        kept.clear()
    kept[key] = first
    return True


def _first(session: Session, dispatch: Dispatch, since: int) -> int | None:
    c = deliveries.c
    mine = (c.day == dispatch.day, c.dispatch_id == dispatch.id, c.reader_id >= since, c.outcome.in_(OPEN))
    found: int | None = session.scalar(select(c.reader_id).where(*mine).order_by(c.reader_id).limit(1))
    return found
