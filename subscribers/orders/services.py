"""Apply changes of subscriptions; `undo` one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from subscribers.orders import store, writing
from subscribers.orders.change import Change, Result
from subscribers.orders.check import mistake_of
from subscribers.orders.fold import Fold, Outcome
from subscribers.orders.settings import TOLD_AGAIN_H
from subscribers.orders.undoing import undo

__all__ = ["apply", "result_of", "undo"]


def apply(session: Session, changes: Sequence[Change], *, now: datetime) -> list[Result]:
    """Apply changes in the order given; what became of each.

    All readers are locked, in the order of their ids, before the first is looked at; the
    whole batch is read and written in a few statements. Flushes, never commits.

    Args:
        now: a change that takes effect later is kept until then.
    """
    session.flush()
    sound = [one for one in changes if mistake_of(one) is None]
    loaded = store.load(session, sound, now)
    fold = Fold(loaded.book, store.WrittenPast(session), now, loaded.seen)
    if any(one.event in ("closed", "transfer") for one in sound):
        fold.told_again = timedelta(hours=TOLD_AGAIN_H.get(session))
    for one in changes:
        fold.tell(one)
    writing.write(session, fold, loaded.readers.values())
    session.expire_all()
    return [result_of(one) for one in fold.outcomes]


def result_of(one: Outcome) -> Result:
    """What is said to whoever told the change."""
    others = {other.id for other in one.others if other.id is not None}
    return Result(one.verdict, None if one.holder is None else one.holder.id, one.before, one.after, one.why, tuple(sorted(others)))
