"""Stopping and resuming the sending of a service: the order stays, the history tells."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Select, literal, select
from sqlalchemy.orm import Session

from huabao.db import UTCDateTime
from huabao.runtime import Runtime
from subscribers import stops, store
from subscribers.models import Reader, Subscription, SubscriptionEvent

T0 = datetime(2026, 11, 1, tzinfo=UTC)


def order(session: Session, *, state: str = "active", **more: object) -> Subscription:
    """A reader with one order."""
    reader = Reader(msisdn="13800000001", created_at=T0, updated_at=T0)
    session.add(reader)
    session.flush()
    subscription = Subscription(reader_id=reader.id, service_id="news", state=state, effective_at=T0, updated_at=T0, **more)
    session.add(subscription)
    session.flush()
    return subscription


def everybody(at: datetime = T0, cause: str = "unknown") -> Select[int, str, str, datetime]:
    """All subscriptions, as a statement."""
    return select(Subscription.reader_id, Subscription.service_id, literal(cause).label("cause"), literal(at, UTCDateTime).label("at"))


def stop(session: Session, at: datetime, cause: str = "unknown") -> int:
    return stops.stop(session, everybody(at, cause), source="stop_send", now=at)


def resume(session: Session, at: datetime) -> int:
    return stops.resume(session, everybody(), source="care", reason="released", now=at)


def kept(session: Session) -> tuple[object, ...]:
    one = Subscription
    return tuple(session.execute(select(one.state, one.effective_at, one.stop_state, one.stop_cause, one.stopped_at, one.updated_at)).one())


def events(session: Session) -> list[tuple[str, str, str, str, datetime]]:
    return [(one.event, one.state, one.source, one.reason, one.effective_at) for one in session.scalars(select(SubscriptionEvent).order_by(SubscriptionEvent.id))]


def test_stop_and_resume_leave_the_order_as_it_is(runtime: Runtime) -> None:
    later, last = T0 + timedelta(days=3), T0 + timedelta(days=9)
    with runtime.transaction() as session:
        order(session)
    with runtime.transaction() as session:
        assert stop(session, later, "memory_full") == 1
    with runtime.transaction() as session:
        assert kept(session) == ("active", T0, "stopped", "memory_full", later, later)
        assert resume(session, last) == 1
    with runtime.transaction() as session:
        assert kept(session) == ("active", T0, "sending", None, None, last)
        assert events(session) == [("stop", "active", "stop_send", "memory_full", later), ("restart", "active", "care", "released", last)]
        reader = session.scalars(select(Reader)).one()
        assert [one.event for one in store.events_of(session, reader)] == ["stop", "restart"]


def test_doing_it_twice_does_nothing_more(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        order(session)
        assert resume(session, T0) == 0
        assert stop(session, T0) == 1
        assert stop(session, T0 + timedelta(days=1), "arrears") == 0
        assert kept(session)[3:5] == ("unknown", T0)
        assert resume(session, T0) == 1
        assert resume(session, T0) == 0
        assert [event for event, *_ in events(session)] == ["stop", "restart"]


@pytest.mark.parametrize("state", ["paused", "cancelled"])
def test_an_order_that_rests_keeps_its_state(sqlite_runtime: Runtime, state: str) -> None:
    with sqlite_runtime.transaction() as session:
        order(session, state=state)
        stop(session, T0)
        resume(session, T0)
        assert kept(session)[0] == state
        assert [one for _, one, *_ in events(session)] == [state, state]


def test_the_paper_that_is_tried_ends_the_stop_or_leaves_it_as_it_was(sqlite_runtime: Runtime) -> None:
    with sqlite_runtime.transaction() as session:
        order(session)
        assert stops.try_again(session, everybody(), now=T0) == 0, "nobody is stopped"
        stop(session, T0)
        assert stops.try_again(session, everybody(), now=T0 + timedelta(days=7)) == 1
        assert kept(session)[2:5] == ("recovering", "unknown", T0)
        assert stop(session, T0 + timedelta(days=8)) == 0, "it is stopped already"
        assert stops.stop_again(session, everybody(), now=T0 + timedelta(days=9)) == 1
        assert kept(session)[2:5] == ("stopped", "unknown", T0)
        stops.try_again(session, everybody(), now=T0 + timedelta(days=14))
        assert resume(session, T0 + timedelta(days=15)) == 1
        assert len(events(session)) == 2


def test_what_rolls_back_leaves_neither_state_nor_event(runtime: Runtime) -> None:
    """The service never commits: the edge decides."""
    with runtime.transaction() as session:
        order(session)
    with pytest.raises(ZeroDivisionError), runtime.transaction() as session:
        stop(session, T0)
        raise ZeroDivisionError
    with runtime.transaction() as session:
        assert kept(session)[2] == "sending"
        assert events(session) == []
