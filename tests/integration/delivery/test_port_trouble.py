"""A peer that dies and comes back, one that says slow down, ports that cannot send: nobody is lost, nobody gets it twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from delivery.dispatch import planning as dispatches
from delivery.dispatch.planning import Request
from delivery.ledger import proof
from delivery.ledger.peer import read_peer
from delivery.models import Batch, Dispatch, Outcome, Port, Submission, deliveries
from delivery.ports import PortSettings, health, moving, probing
from delivery.ports.pace import PaceRules, factor_now
from huabao.alarms import Alarm
from huabao.audit import AuditEntry
from huabao.clock import SHANGHAI
from huabao.runtime import Runtime
from tests.servers import free_tcp_port
from tests.services.clocks import moved
from tests.services.delivering import Peer, add_port, build_world, peer, set_setting, settle
from tests.services.forked import Forked

SETTINGS = {
    health.BREAKER_FAILURES.name: 3,
    health.BREAKER_PROBE_S.name: 0.1,
    health.UNREACHED_PAUSE_S.name: 0.02,
    health.DEFERRAL_PAUSE_S.name: 0.05,
    "pace_recovery_s": 2.0,
    "breaker_trickle_per_s": 50.0,
    "move_after_s": 0.0,
    "batch_readers_max": 50,
}


@pytest.fixture
def quick(runtime: Runtime) -> Runtime:
    """Waits and steps made short."""
    for name, value in SETTINGS.items():
        set_setting(runtime, name, value)
    return runtime


class Mortal:
    """A sandbox MMSC on a port of its own that is killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.tcp_port = folder, free_tcp_port()
        self.url = f"http://127.0.0.1:{self.tcp_port}/mm7"
        self.process: Forked | None = None

    def start(self) -> None:
        self.process = Forked("mmsc", "--port", self.tcp_port, "--keep", self.folder)
        self.process.stdout.readline()

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.end()
            self.process = None


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Mortal]:
    found = Mortal(tmp_path / "kept")
    yield found
    found.kill()


def begin(runtime: Runtime, *ports: str) -> int:
    return dispatches.create(runtime, Request("paper/1", ports=ports), actor="ops")


def port_of(runtime: Runtime, name: str = "main") -> Port:
    with runtime.transaction(read_only=True) as session:
        return session.scalars(select(Port).where(Port.name == name)).one()


def outcomes(runtime: Runtime, dispatch_id: int) -> dict[str, int]:
    with runtime.transaction(read_only=True) as session:
        return {name: number for name, number in proof.counts(session, dispatch_id).outcomes.items() if number}


def ticking(runtime: Runtime, done: Callable[[], bool]) -> Callable[[], bool]:
    """`done`, asked while the periodic work of ports goes on too."""

    def asked() -> bool:
        probing.probe_due(runtime)
        moving.move_waiting(runtime)
        return done()

    return asked


def alarm_rows(runtime: Runtime, kind: str) -> list[Alarm]:
    with runtime.transaction(read_only=True) as session:
        return list(session.scalars(select(Alarm).where(Alarm.kind == kind)))


def problems(runtime: Runtime, dispatch_id: int, *folders: Path) -> list[str]:
    with runtime.transaction(read_only=True) as session:
        return list(proof.verify(session, dispatch_id, peers=[read_peer(folder) for folder in folders]).problems)


def all_sent(runtime: Runtime, dispatch_id: int) -> bool:
    return "pending" not in outcomes(runtime, dispatch_id)


def test_a_dead_peer_opens_the_breaker_and_costs_nobody_anything(quick: Runtime, mortal: Mortal) -> None:
    runtime = quick
    build_world(runtime, readers=400)
    add_port(runtime, mortal.url, max_recipients=20, connections=2)
    dispatch_id = begin(runtime)
    settle(runtime, until=ticking(runtime, lambda: port_of(runtime).breaker == "open"))
    [alarm] = alarm_rows(runtime, health.UNREACHABLE)
    assert (alarm.key, alarm.closed_at) == ("main", None)
    with runtime.transaction(read_only=True) as session:
        before = len(session.scalars(select(Submission.id)).all())
    failures = port_of(runtime).failures
    settle(runtime, until=ticking(runtime, lambda: port_of(runtime).failures > failures + 3))
    with runtime.transaction(read_only=True) as session:
        assert len(session.scalars(select(Submission.id)).all()) == before, "something was sent through an open breaker"
        assert set(session.scalars(select(Batch.deferrals))) == {0}, "a deferral was spent on a dead peer"

    mortal.start()
    settle(runtime, until=ticking(runtime, lambda: all_sent(runtime, dispatch_id)))
    assert outcomes(runtime, dispatch_id) == {"submitted": 400}
    assert port_of(runtime).breaker == "closed"
    assert [(one.count, one.closed_at is None) for one in alarm_rows(runtime, health.UNREACHABLE)] == [(1, False)], "one alarm, closed"
    with runtime.transaction(read_only=True) as session:
        assert set(session.scalars(select(Batch.deferrals))) == {0}
        steps = session.scalars(select(AuditEntry.action).where(AuditEntry.action.like("port.breaker%")).order_by(AuditEntry.id)).all()
    assert steps == ["port.breaker_open", "port.breaker_probing", "port.breaker_closed"]
    assert problems(runtime, dispatch_id, mortal.folder) == []


def test_killed_in_the_middle_and_started_again(quick: Runtime, mortal: Mortal) -> None:
    runtime = quick
    build_world(runtime, readers=600)
    add_port(runtime, mortal.url, max_recipients=20, connections=2)
    mortal.start()
    dispatch_id = begin(runtime)

    def half_way() -> bool:
        if outcomes(runtime, dispatch_id).get("submitted", 0) < 200:
            return False
        mortal.kill()
        return True

    stop_soon(runtime)
    settle(runtime, until=half_way)
    go_on(runtime)
    settle(runtime, until=ticking(runtime, lambda: port_of(runtime).breaker == "open"))
    mortal.start()
    settle(runtime, until=ticking(runtime, lambda: all_sent(runtime, dispatch_id)))
    found = outcomes(runtime, dispatch_id)
    assert found["submitted"] + found.get("unknown", 0) == 600
    assert found.get("unknown", 0) <= 80, "more became unknown than was in flight and let through"
    assert problems(runtime, dispatch_id, mortal.folder) == []


def stop_soon(runtime: Runtime) -> None:
    """Only the first five batches are there at first, so that the peer can be killed between two."""
    with runtime.transaction() as session:
        ids = session.scalars(select(Batch.id).order_by(Batch.id)).all()
        session.execute(update(Batch).where(Batch.id.in_(ids[5:])).values(held="later"))


def go_on(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        session.execute(update(Batch).values(held=None))


def test_slow_down_lowers_the_rate_once_and_it_comes_back(quick: Runtime, tmp_path: Path) -> None:
    runtime = quick
    rules = tmp_path / "rules.yaml"
    rules.write_text("- when: {nth: 3}\n  do: {http: 503}\n")
    build_world(runtime, readers=400)
    with peer(tmp_path / "kept", "--script", rules) as mmsc:
        add_port(runtime, mmsc.url, max_recipients=20, connections=1)
        dispatch_id = begin(runtime)
        settle(runtime, until=ticking(runtime, lambda: all_sent(runtime, dispatch_id)))
        slowed = port_of(runtime)
        assert slowed.rate_factor == 0.5
        assert slowed.rate_factor_at is not None
        with runtime.transaction(read_only=True) as session:
            settings = PortSettings.of(slowed, PaceRules.of(session))
        found = [factor_now(settings, slowed.rate_factor_at + timedelta(seconds=later)) for later in (0, 0.5, 5)]
        assert found == [0.5, pytest.approx(0.75), 1.0]
        order = [int(number[-8:]) for number in mmsc.recipients()]
        assert order == sorted(order), "the order was not kept"
        assert outcomes(runtime, dispatch_id) == {"submitted": 400}
        assert problems(runtime, dispatch_id, mmsc.keep) == []


# --- peers that are there and do not answer, or do not let us in -----------------------------------------------------


@pytest.mark.parametrize("manner", ["drop: true", "stall: true"])
def test_a_peer_that_takes_and_never_answers_is_stopped_before_everybody_is_unknown(quick: Runtime, tmp_path: Path, manner: str) -> None:
    runtime = quick
    rules = tmp_path / "rules.yaml"
    rules.write_text(f"- do: {{{manner}}}\n")
    build_world(runtime, readers=1000)
    with peer(tmp_path / "kept", "--script", rules) as mmsc:
        add_port(runtime, mmsc.url, max_recipients=10, connections=2, timeout_s=0.3)
        dispatch_id = begin(runtime)
        settle(runtime, until=lambda: port_of(runtime).breaker == "open")
        found = outcomes(runtime, dispatch_id)
    assert found["unknown"] + found["pending"] == 1000
    assert found["unknown"] <= 100, "the breaker opened too late"
    assert [one.key for one in alarm_rows(runtime, health.UNREACHABLE)] == ["main"]


def test_a_peer_that_does_not_let_us_in_is_not_taken_for_dead_or_busy(quick: Runtime, tmp_path: Path) -> None:
    runtime = quick
    rules = tmp_path / "rules.yaml"
    rules.write_text("- when: {nth: 1}\n  do: {http: 403}\n")
    build_world(runtime, readers=20)
    with peer(tmp_path / "kept", "--script", rules) as mmsc:
        add_port(runtime, mmsc.url, max_recipients=20, connections=1)
        dispatch_id = begin(runtime)
        settle(runtime, until=lambda: bool(alarm_rows(runtime, health.MISCONFIGURED)))
        port = port_of(runtime)
        assert (port.breaker, port.rate_factor) == ("closed", 1.0)
        assert port.deferred_until is not None
        assert port.deferred_until > runtime.now() + timedelta(seconds=10), "it would be asked again at once"
        later = moved(runtime, minutes=10)
        settle(later, until=lambda: all_sent(later, dispatch_id))
        probing.probe_due(later)
        assert [one.closed_at is None for one in alarm_rows(runtime, health.MISCONFIGURED)] == [False]


# --- load moves ------------------------------------------------------------------------------------------------------


def two_peers(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "first", tmp_path / "second"


def add_two(runtime: Runtime, one: Peer, other: Peer) -> None:
    add_port(runtime, one.url, name="north", max_recipients=50)
    add_port(runtime, other.url, name="south", max_recipients=50)


def pause(runtime: Runtime, name: str) -> None:
    with runtime.transaction() as session:
        session.execute(update(Port).where(Port.name == name).values(state="paused", state_reason="maintenance", state_at=runtime.now() - timedelta(minutes=5)))


def test_what_waits_at_a_paused_port_goes_to_the_other(quick: Runtime, tmp_path: Path) -> None:
    runtime = quick
    build_world(runtime, readers=400)
    first, second = two_peers(tmp_path)
    with peer(first) as one, peer(second) as other:
        add_two(runtime, one, other)
        dispatch_id = begin(runtime, "north", "south")
        pause(runtime, "north")
        settle(runtime, until=ticking(runtime, lambda: all_sent(runtime, dispatch_id)))
        assert outcomes(runtime, dispatch_id) == {"submitted": 400}
        assert one.recipients() == []
        assert len(set(other.recipients())) == 400
        assert problems(runtime, dispatch_id, second) == []
    south = port_of(runtime, "south").id
    with runtime.transaction(read_only=True) as session:
        assert set(session.scalars(select(deliveries.c.port_id))) == {south}
        [entry] = session.scalars(select(AuditEntry).where(AuditEntry.action == "dispatch.move")).all()
    assert (entry.detail["source"], entry.detail["target"], entry.detail["reason"]) == ("north", "south", "port north is paused: maintenance")
    assert 150 < entry.detail["readers"] < 250


def test_part_was_sent_before_and_keeps_its_port(quick: Runtime, tmp_path: Path) -> None:
    runtime = quick
    build_world(runtime, readers=400)
    first, second = two_peers(tmp_path)
    with peer(first) as one, peer(second) as other:
        add_two(runtime, one, other)
        dispatch_id = begin(runtime, "north", "south")
        with runtime.transaction() as session:
            ids = session.scalars(select(Batch.id).order_by(Batch.id)).all()
            session.execute(update(Batch).where(Batch.id.in_(ids[4:])).values(held="later"))
        settle(runtime, until=lambda: outcomes(runtime, dispatch_id).get("submitted", 0) == 200)
        pause(runtime, "north")
        go_on(runtime)
        settle(runtime, until=ticking(runtime, lambda: all_sent(runtime, dispatch_id)))
        assert one.recipients()
        assert len(one.recipients()) + len(other.recipients()) == len({*one.recipients(), *other.recipients()}) == 400
        assert problems(runtime, dispatch_id, first, second) == []
    ids_by_name = {name: port_of(runtime, name).id for name in ("north", "south")}
    with runtime.transaction(read_only=True) as session:
        kept = len(session.scalars(select(deliveries.c.reader_id).where(deliveries.c.port_id == ids_by_name["north"], deliveries.c.outcome == int(Outcome.SUBMITTED))).all())
    assert kept == len(one.recipients())


def test_only_a_port_that_may_carry_it_takes_over(quick: Runtime) -> None:
    runtime = quick
    build_world(runtime, readers=300)
    later = (runtime.now().astimezone(SHANGHAI).hour + 6) % 24
    asleep = {"hours": f"{later:02}:00-{later:02}:30"}
    for name, more in (("north", {}), ("south", {"service_codes": ["other"]}), ("small", {"options": {"max_message_bytes": 10}}), ("asleep", asleep)):
        add_port(runtime, "http://127.0.0.1:9/mm7", name=name, **more)
    dispatch_id = begin(runtime, "north")
    with runtime.transaction() as session:
        session.execute(update(Batch).values(service_code="code"))
        dispatch = session.get(Dispatch, dispatch_id)
        assert dispatch is not None
        dispatch.ports = ["north", "south", "small", "asleep"]
    pause(runtime, "north")
    assert moving.move_waiting(runtime) == 0
    [stuck] = alarm_rows(runtime, moving.STUCK)
    assert "300 readers wait" in stuck.text
    add_port(runtime, "http://127.0.0.1:9/mm7", name="last", priority=3)
    add_port(runtime, "http://127.0.0.1:9/mm7", name="better", priority=1)
    add_port(runtime, "http://127.0.0.1:9/mm7", name="stranger")
    with runtime.transaction() as session:
        dispatch = session.get(Dispatch, dispatch_id)
        assert dispatch is not None
        dispatch.ports = [*dispatch.ports, "last", "better"]
    assert moving.move_waiting(runtime) == 300
    with runtime.transaction(read_only=True) as session:
        assert set(session.scalars(select(Batch.port_id))) == {port_of(runtime, "better").id}
    moving.move_waiting(runtime)
    assert [one.closed_at is None for one in alarm_rows(runtime, moving.STUCK)] == [False]


def test_a_short_rest_moves_nothing(runtime: Runtime) -> None:
    build_world(runtime, readers=100)
    for name in ("north", "south"):
        add_port(runtime, "http://127.0.0.1:9/mm7", name=name)
    begin(runtime, "north", "south")
    with runtime.transaction() as session:
        session.execute(update(Port).where(Port.name == "north").values(state="paused", state_at=runtime.now()))
    assert moving.move_waiting(runtime) == 0
    assert 0 < moving.move_waiting(moved(runtime, minutes=2)) < 100
