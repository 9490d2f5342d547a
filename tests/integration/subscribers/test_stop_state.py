"""Stopping and resuming the sending of a service: the order stays, the events tell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from huabao.runtime import Runtime
from subscribers import services, store
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


def events(session: Session) -> list[tuple[str, str, str, datetime]]:
    return [(one.event, one.state, one.source, one.effective_at) for one in session.scalars(select(SubscriptionEvent).order_by(SubscriptionEvent.id))]


def test_stop_and_resume_leave_the_order_as_it_is(runtime: Runtime) -> None:
    later, last = T0 + timedelta(days=3), T0 + timedelta(days=9)
    with runtime.transaction() as session:
        order(session)
    with runtime.transaction() as session:
        subscription = session.scalars(select(Subscription)).one()
        assert services.stop(session, subscription, cause="no_report", source="stop_send", at=later)
    with runtime.transaction() as session:
        kept = session.scalars(select(Subscription)).one()
        assert (kept.state, kept.effective_at, kept.stop_state, kept.stop_cause, kept.stopped_at, kept.updated_at) == ("active", T0, "stopped", "no_report", later, later)
        assert services.resume(session, kept, source="care", at=last)
    with runtime.transaction() as session:
        kept = session.scalars(select(Subscription)).one()
        assert (kept.state, kept.stop_state, kept.stop_cause, kept.stopped_at, kept.updated_at) == ("active", "sending", None, None, last)
        assert events(session) == [("stop", "active", "stop_send", later), ("restart", "active", "care", last)]
        reader = session.scalars(select(Reader)).one()
        assert [one.event for one in store.events_of(session, reader)] == ["stop", "restart"]


def test_doing_it_twice_does_nothing_more(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        subscription = order(session)
        assert not services.resume(session, subscription, source="care", at=T0)
        assert services.stop(session, subscription, cause="no_report", source="stop_send", at=T0)
        assert not services.stop(session, subscription, cause="complaint", source="care", at=T0 + timedelta(days=1))
        assert (subscription.stop_cause, subscription.stopped_at) == ("no_report", T0)
        assert services.resume(session, subscription, source="care", at=T0)
        assert not services.resume(session, subscription, source="care", at=T0)
        assert [event for event, *_ in events(session)] == ["stop", "restart"]


@pytest.mark.parametrize("state", ["paused", "cancelled"])
def test_an_order_that_rests_keeps_its_state(sqlite_runtime: Runtime, state: str) -> None:
    with sqlite_runtime.transaction() as session:
        subscription = order(session, state=state)
        services.stop(session, subscription, cause="no_report", source="stop_send", at=T0)
        services.resume(session, subscription, source="stop_send", at=T0)
        assert subscription.state == state
        assert [kept for _, kept, *_ in events(session)] == [state, state]


def test_one_who_recovers_can_be_stopped_and_resumed(sqlite_runtime: Runtime) -> None:
    with sqlite_runtime.transaction() as session:
        subscription = order(session, stop_state="recovering", stop_cause="no_report", stopped_at=T0)
        assert services.resume(session, subscription, source="stop_send", at=T0)
        assert subscription.stop_state == "sending"
        subscription.stop_state = "recovering"
        assert services.stop(session, subscription, cause="no_report", source="stop_send", at=T0)
        assert subscription.stop_state == "stopped"


def test_what_rolls_back_leaves_neither_state_nor_event(runtime: Runtime) -> None:
    """The service flushes and never commits: the edge decides."""
    with runtime.transaction() as session:
        order(session)
    with pytest.raises(ZeroDivisionError), runtime.transaction() as session:
        services.stop(session, session.scalars(select(Subscription)).one(), cause="no_report", source="stop_send", at=T0)
        raise ZeroDivisionError
    with runtime.transaction() as session:
        assert session.scalars(select(Subscription.stop_state)).one() == "sending"
        assert events(session) == []
