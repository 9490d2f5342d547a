"""A pass that ends in the middle goes on where it was: nobody is tried twice, nobody is forgotten."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from delivery.dispatch import probing
from delivery.models import Dispatch, InboundMessage, Outcome, deliveries
from huabao.runtime import Runtime
from reconciliation.stop_send import attempts, looking, papers, tips
from reconciliation.stop_send.models import DeliveryStop, RecoveryAttempt
from subscribers.models import Contact, Reader, Subscription
from tests.integration.recovery.test_deciding import READERS, T0, send
from tests.services.clocks import at
from tests.services.delivering import add_port, build_world, number_of, set_setting


class Killed(BaseException):
    """The process ends here."""


def stopped(runtime: Runtime, cause: str) -> Runtime:
    """One stopped reader who wrote since; a day later."""
    world = build_world(at(runtime, T0), readers=READERS)
    add_port(runtime, "http://127.0.0.1:9/")
    set_setting(runtime, "recovery_hours", "")
    send(runtime, world, 0, {2: ("Expired", "")})
    later = at(runtime, T0 + timedelta(days=1))
    with runtime.transaction() as session:
        looking.stop_one(session, number_of(2), "paper", cause, by="li", reason="asked", now=T0)
        session.add(InboundMessage(received_at=later.now(), port_id=1, kind="sms", sender=number_of(2), content=b"hi"))
    return later


def the_attempt(runtime: Runtime) -> RecoveryAttempt:
    with runtime.transaction(read_only=True) as session:
        return session.scalars(select(RecoveryAttempt)).one()


def probes(runtime: Runtime) -> int:
    with runtime.transaction(read_only=True) as session:
        return session.scalar(select(func.count()).select_from(Dispatch).where(Dispatch.kind == "probe")) or 0


def test_killed_around_the_probe_and_the_paper(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    later = stopped(runtime, "unreachable")
    real = probing.send_probe

    def after_writing(*args: object, **more: object) -> None:
        real(*args, **more)  # type: ignore[arg-type]  # as it was called
        raise Killed

    monkeypatch.setattr(tips, "send_probe", after_writing)
    with pytest.raises(Killed):
        attempts.run(later)
    assert (the_attempt(runtime).state, probes(runtime)) == ("waiting", 0), "either both or neither"
    monkeypatch.setattr(tips, "send_probe", real)
    attempts.run(later)
    attempts.run(later)
    assert (the_attempt(runtime).state, probes(runtime)) == ("probe", 1)
    with runtime.transaction() as session:
        session.execute(update(deliveries).where(deliveries.c.dispatch_id == the_attempt(runtime).probe_dispatch_id).values(outcome=int(Outcome.RETRIEVED)))

    def never(*_: object) -> None:
        raise Killed

    bring = papers.bring
    monkeypatch.setattr(papers, "bring", never)
    with pytest.raises(Killed):
        attempts.run(later)
    assert (the_attempt(runtime).state, the_attempt(runtime).paper_dispatch_id) == ("paper", None)
    with runtime.transaction(read_only=True) as session:
        assert session.scalar(select(Subscription.stop_state).where(Subscription.reader_id == 2)) == "recovering", "the next paper goes to him anyway"
    monkeypatch.setattr(papers, "bring", bring)
    attempts.run(later)
    found = the_attempt(runtime).paper_dispatch_id
    attempts.run(later)
    assert found
    assert the_attempt(runtime).paper_dispatch_id == found, "one paper"


def test_silence_fails_and_the_schedule_plans_anew(sqlite_runtime: Runtime) -> None:
    later = stopped(sqlite_runtime, "unreachable")
    attempts.run(later)
    much_later = at(sqlite_runtime, later.now() + timedelta(hours=9))
    attempts.run(much_later)
    attempts.run(much_later)
    one = the_attempt(sqlite_runtime)
    assert (one.state, one.reached, one.why) == ("failed", False, "the probe did not reach him")
    with sqlite_runtime.transaction(read_only=True) as session:
        stop = session.scalars(select(DeliveryStop)).one()
        assert stop.ended_at is None
        assert stop.next_at is not None
        assert stop.next_at > much_later.now() + timedelta(days=5)
        assert "expected" in stop.next_why


def test_who_leaves_in_the_middle_is_given_up(sqlite_runtime: Runtime) -> None:
    later = stopped(sqlite_runtime, "unreachable")
    attempts.run(later)
    with sqlite_runtime.transaction() as session:
        session.execute(update(Subscription).where(Subscription.reader_id == 2).values(state="cancelled"))
    attempts.run(later)
    assert the_attempt(sqlite_runtime).state == "given_up"


def test_who_may_have_no_text_is_tried_all_the_same(sqlite_runtime: Runtime) -> None:
    later = stopped(sqlite_runtime, "memory_full")
    with sqlite_runtime.transaction() as session:
        session.add_all(Contact(reader_id=2, channel="sms", purpose="activity", reference=f"d{n}", at=T0) for n in range(3))
        assert session.get_one(Reader, 2).msisdn == number_of(2)
    attempts.run(later)
    attempts.run(later)
    one = the_attempt(sqlite_runtime)
    assert one.state == "probe"
    assert one.steps[0][2] == "no text: he was addressed often of late"
