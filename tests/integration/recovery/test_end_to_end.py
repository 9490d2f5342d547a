"""A phone that fetches nothing is stopped, watched, probed and brought back through a real MMSC; the ledger balances."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import select, update

from delivery.dispatch import planning
from delivery.dispatch.planning import Request
from delivery.ledger import proof
from delivery.ledger.peer import read_peer
from delivery.models import Dispatch, InboundMessage, Outcome, Port, deliveries
from huabao.runtime import Runtime
from reconciliation.stop_send import monitors, passing, report
from reconciliation.stop_send.models import DeliveryStop, DeliveryStreak, RecoveryAttempt, Replay
from subscribers.models import ReaderServiceMonth, Subscription, SubscriptionEvent
from tests.integration.console.test_mm7_route import serving
from tests.services.clocks import moved
from tests.services.delivering import Peer, add_port, build_world, number_of, peer, set_setting, settle

OFF = 2
"""Whose phone is off."""


@contextmanager
def mmsc(runtime: Runtime, folder: Path, *options: object) -> Iterator[Peer]:
    """An MMSC that reports to this installation, behind its one port."""
    with serving(runtime) as tcp_port, peer(folder, "--report-url", f"http://127.0.0.1:{tcp_port}/mm7/main", "--mix", "retrieved=1", "--delay-ms", "0", *options) as one:
        with runtime.transaction() as session:
            session.execute(update(Port).values(url=one.url))
        yield one


def state(runtime: Runtime, reader: int = OFF) -> str:
    with runtime.transaction(read_only=True) as session:
        return session.scalars(select(Subscription.stop_state).where(Subscription.reader_id == reader)).one()


def closed(runtime: Runtime) -> bool:
    with runtime.transaction(read_only=True) as session:
        return session.scalar(select(Dispatch.id).where(Dispatch.closed_at.is_(None)).limit(1)) is None


def test_stopped_probed_and_brought_back(runtime: Runtime, tmp_path: Path) -> None:
    world = build_world(runtime, readers=6)
    add_port(runtime, "http://127.0.0.1:9/", max_recipients=1)
    for name in ("stop_editions_unknown", "stop_days_unknown"):
        set_setting(runtime, name, 1)
    set_setting(runtime, "recovery_hours", "")
    script = tmp_path / "script.yaml"
    script.write_text(f'- when: {{recipient: "*{number_of(OFF)}"}}\n  do: {{status: Expired}}\n')
    kept = [tmp_path / "off", tmp_path / "on"]
    with mmsc(runtime, kept[0], "--script", script):
        planning.create(runtime, Request(world.edition), actor="test")
        settle(runtime, until=lambda: closed(runtime))
    assert passing.judge(runtime)["stopped"] == 0, "it failed once, but not for long enough"
    later = moved(runtime, days=2)
    assert passing.judge(later)["stopped"] == 1
    with later.transaction(read_only=True) as session:
        streak, event = session.scalars(select(DeliveryStreak)).one(), session.scalars(select(SubscriptionEvent)).one()
        assert (streak.reader_id, streak.cause, streak.editions) == (OFF, "unknown", 1)
        assert (event.event, event.reason, event.source, event.field) == ("stop", "unknown", "stop_send", "stop")
        assert [(one.cause, one.number) for one in monitors.stopped(session, later.now())] == [("unknown", 1)]
    assert state(later) == "stopped"
    assert passing.recover(later)["begun"] == 0, "no sign of life, and the schedule says later"
    with later.transaction() as session:
        session.add(InboundMessage(received_at=later.now(), port_id=1, kind="sms", sender=number_of(OFF), content=b"hi"))
    with mmsc(later, kept[1]) as on:
        much_later = moved(runtime, days=2, hours=1)
        assert passing.recover(much_later)["begun"] == 1
        settle_recovery(much_later)
        assert on.recipients().count(number_of(OFF)) + on.recipients().count(f"86{number_of(OFF)}") >= 1
    with much_later.transaction(read_only=True) as session:
        attempt = session.scalars(select(RecoveryAttempt)).one()
        assert (attempt.sign, attempt.state, attempt.reached) == ("message", "recovered", True)
        assert [step[0] for step in attempt.steps if step[0] in ("tip", "probe", "paper")][:2] == ["tip", "probe"]
        probe = session.get_one(Dispatch, attempt.probe_dispatch_id)
        assert (probe.kind, probe.planned) == ("probe", 1)
        assert session.scalars(select(ReaderServiceMonth.retrieved).where(ReaderServiceMonth.reader_id == OFF)).all() == [1], "the paper counts, the probe does not"
        stop = session.scalars(select(DeliveryStop)).one()
        assert (stop.ended_by, stop.tried) == ("recovered", 1)
        assert session.scalars(select(DeliveryStreak)).all() == []
        assert session.scalars(select(Replay.state)).all() == ["nothing"], "he had the newest already"
        found = report.document(report.monthly(session, report.month_of(f"{stop.stopped_at:%Y-%m}")), None)
        assert (found["stopped"], found["attempted"], found["recovered"], found["rate"]) == (1, 1, 1, 1.0)
        assert list(proof.verify(session, peers=[read_peer(one) for one in kept]).problems) == []
    assert state(much_later) == "sending"


def settle_recovery(runtime: Runtime) -> None:
    """Passes and sends until no attempt is open."""

    def over() -> bool:
        passing.recover(runtime)
        with runtime.transaction(read_only=True) as session:
            waits = session.scalar(select(deliveries.c.reader_id).where(deliveries.c.outcome == int(Outcome.PENDING)).limit(1))
            return waits is None and session.scalar(select(RecoveryAttempt.id).where(RecoveryAttempt.ended_at.is_(None)).limit(1)) is None

    settle(runtime, until=over)
