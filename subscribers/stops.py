"""The stop state of subscriptions, changed for many at once: the order stays as it is, the history tells.

`stopped`: nothing is sent. `recovering`: his next paper goes to him, and shows whether
he can be reached. Who is changed is given as a statement, so that nobody is looked at
one by one.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, func, insert, literal, literal_column, select, update
from sqlalchemy.orm import Session

from huabao.db import UTCDateTime
from subscribers.models import Subscription, SubscriptionEvent

SENDING, STOPPED, RECOVERING = "sending", "stopped", "recovering"

NOT_SENDING: Final = Subscription.stop_state != literal_column("'sending'")
"""Said as the index says it, so that those few are found without reading the others."""

_QUIET: dict[str, Any] = {"synchronize_session": False}


def stop(session: Session, rows: Select[*tuple[Any, ...]], *, source: str, now: datetime) -> int:
    """Stop sending; how many subscriptions. One that is stopped or recovers stays so.

    Args:
        rows: gives reader_id, service_id, cause and at: since when it counts as stopped; each subscription once. It is asked twice, before
            and after the change, so it may not ask for the stop state.
    """
    found = rows.subquery()
    mine = _is(found)
    cause, at = (select(found.c[name]).where(mine).scalar_subquery() for name in ("cause", "at"))
    there = select(literal(1)).where(mine).exists()
    changed = update(Subscription).where(Subscription.stop_state == SENDING, there)
    done = session.execute(changed.values(stop_state=STOPPED, stop_cause=cause, stopped_at=at, updated_at=now), execution_options=_QUIET)
    number = int(done.rowcount)  # type: ignore[attr-defined]  # a cursor's result
    if number:
        _tell(session, found, "stop", Subscription.stop_state == STOPPED, source, found.c.cause, now)
    return number


def resume(session: Session, rows: Select[*tuple[Any, ...]], *, source: str, reason: str, now: datetime) -> int:
    """Send again; how many subscriptions.

    Args:
        rows: gives reader_id and service_id.
    """
    found = rows.subquery()
    changed = update(Subscription).where(NOT_SENDING, select(literal(1)).where(_is(found)).exists())
    done = session.execute(changed.values(stop_state=SENDING, stop_cause=None, stopped_at=None, updated_at=now), execution_options=_QUIET)
    number = int(done.rowcount)  # type: ignore[attr-defined]  # a cursor's result
    if number:
        _tell(session, found, "restart", Subscription.stop_state == SENDING, source, literal(reason), now)
    return number


def try_again(session: Session, rows: Select[*tuple[Any, ...]], *, now: datetime) -> int:
    """Let the next paper go to stopped readers; cause and beginning of the stop are kept."""
    return _move(session, rows, STOPPED, RECOVERING, now)


def stop_again(session: Session, rows: Select[*tuple[Any, ...]], *, now: datetime) -> int:
    """The paper did not reach them: it is the same stop as before."""
    return _move(session, rows, RECOVERING, STOPPED, now)


def _move(session: Session, rows: Select[*tuple[Any, ...]], before: str, after: str, now: datetime) -> int:
    found = rows.subquery()
    changed = update(Subscription).where(Subscription.stop_state == before, select(literal(1)).where(_is(found)).exists())
    done = session.execute(changed.values(stop_state=after, updated_at=now), execution_options=_QUIET)
    return int(done.rowcount)  # type: ignore[attr-defined]  # a cursor's result


def _is(found: Any) -> ColumnElement[bool]:
    return and_(found.c.reader_id == Subscription.reader_id, found.c.service_id == Subscription.service_id)


def _tell(session: Session, found: Any, event: str, changed: ColumnElement[bool], source: str, reason: ColumnElement[str], now: datetime) -> None:
    """Write into the history what was changed at this instant."""
    columns = {
        "reader_id": Subscription.reader_id, "service_id": Subscription.service_id, "event": literal(event), "state": Subscription.state, "source": literal(source),
        "field": literal("stop"), "reason": func.coalesce(reason, ""), "effective_at": literal(now, UTCDateTime), "recorded_at": literal(now, UTCDateTime),
    }  # fmt: skip
    rows = select(*columns.values()).select_from(Subscription).join(found, _is(found)).where(changed, Subscription.updated_at == now)
    session.execute(insert(SubscriptionEvent).from_select(list(columns), rows))
