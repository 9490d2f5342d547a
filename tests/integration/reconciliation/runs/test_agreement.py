"""Whatever is lost, repeated, late or mixed up, a day's run ends with three sides that say the same."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from huabao.runtime import Runtime
from reconciliation.codecs.feeds import FeedRecord
from reconciliation.diff import CLASSES
from reconciliation.outbox.models import DONE as ANSWERED
from reconciliation.outbox.models import OutboundRequest
from reconciliation.runs.models import ReconcileDifference, ReconcileRepair
from reconciliation.runs.running import apply_repairs, reconcile
from subscribers.models import Reader
from subscribers.orders.as_of import state_at
from subscribers.orders.change import Change
from subscribers.orders.services import apply
from tests.integration.reconciliation.installing import set_values, with_boss
from tests.integration.reconciliation.runs.filing import DAY, ENDS, NOW, SINCE, number, order, ready, run

READERS = 60
AFTER = {"order": "active", "resume": "active", "pause": "paused", "cancel": "cancelled"}
Told = dict[str, tuple[str, datetime]]


class Peer:
    """A side in memory: the newest event of each reader holds."""

    def __init__(self) -> None:
        self.known: Told = {}

    def hear(self, msisdn: str, event: str, at: datetime) -> None:
        """Take an event, whenever it comes."""
        if at >= self.known.get(msisdn, ("", SINCE))[1]:
            self.known[msisdn] = AFTER[event], at

    def records(self) -> list[FeedRecord]:
        """Its file."""
        return [FeedRecord(msisdn, "news", state, at) for msisdn, (state, at) in sorted(self.known.items())]


def _lives(chance: random.Random) -> list[tuple[str, str, datetime]]:
    """What happens at MISC: orders, pauses, returns and ends of some readers."""
    found = []
    for index in range(READERS):
        state, at = "cancelled", SINCE
        for _ in range(chance.randint(1, 4)):
            at += timedelta(hours=chance.randint(1, 200))
            event = chance.choice({"cancelled": ["order"], "active": ["pause", "cancel"], "paused": ["resume", "cancel"]}[state])
            state = AFTER[event]
            found.append((number(index), event, at))
    return sorted(found, key=lambda one: one[2])


def _on_the_way(chance: random.Random, events: list[tuple[str, str, datetime]]) -> list[tuple[str, str, datetime]]:
    """The same, with some lost, repeated and in another order."""
    arrived = [one for one in events if chance.random() > 0.25] + [one for one in events if chance.random() < 0.1]
    chance.shuffle(arrived)
    return arrived


@pytest.mark.parametrize("seed", [1, 2])
def test_a_run_makes_three_sides_equal(runtime: Runtime, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    here = with_boss(ready(runtime, tmp_path), "http://127.0.0.1:1/")
    events = _lives(chance)
    misc, boss = Peer(), Peer()
    for one in events:
        misc.hear(*one)
    for one in _on_the_way(chance, events):
        boss.hear(*one)
    changes = [Change(msisdn, event, "misc", f"{msisdn}.{at:%m%d%H}.{event}", at, "news") for msisdn, event, at in _on_the_way(chance, events)]
    with here.transaction() as session:
        apply(session, changes, now=ENDS)
    first = run(here, order(tmp_path, boss.records(), misc.records()), apply=True)
    assert sum(count for name, count in first.run.figures["differences"].items() if name != "effective") > READERS / 4
    assert "ask" not in first.repairs
    _obey(here, boss, misc)
    with here.transaction(read_only=True) as session:
        platform = {one.msisdn: one.state for one in state_at(session, NOW + timedelta(minutes=1))}
    sides = [{msisdn: state for msisdn, state in side.items() if state != "cancelled"} for side in (_states(boss), _states(misc), platform)]
    assert sides[0] == sides[1] == sides[2]
    _nothing_is_left(here, tmp_path, boss, misc)


def _states(peer: Peer) -> dict[str, str]:
    return {msisdn: state for msisdn, (state, _) in peer.known.items()}


def _obey(runtime: Runtime, boss: Peer, misc: Peer) -> None:
    """The peers do what the outbox and the check file tell them."""
    with runtime.transaction() as session:
        numbers = {row.id: row.msisdn for row in session.scalars(select(Reader))}
        for row in session.scalars(select(OutboundRequest).order_by(OutboundRequest.id)):
            (boss if row.peer == "boss" else misc).hear(numbers[row.reader_id] if row.reader_id else row.payload["msisdn"], row.kind, NOW)
            row.state, row.answered_at = ANSWERED, NOW
        told = select(ReconcileRepair.event, ReconcileDifference.msisdn).join(ReconcileDifference, ReconcileDifference.id == ReconcileRepair.difference_id)
        for event, msisdn in session.execute(told.where(ReconcileRepair.action == "tell_misc")):
            misc.hear(msisdn, event, NOW)


def _nothing_is_left(runtime: Runtime, folder: Path, boss: Peer, misc: Peer) -> None:
    """The next day there is no difference, and a run does nothing."""
    later = ready(runtime, folder, NOW + timedelta(days=1))
    done = run(later, order(folder / "next", boss.records(), misc.records(), DAY + timedelta(days=1), ENDS + timedelta(days=1)), apply=True)
    assert {name for name in done.run.figures["differences"] if not CLASSES[name].equal} <= {"effective"} and not done.repairs
    with runtime.transaction(read_only=True) as session:
        assert not session.scalars(select(ReconcileDifference).where(ReconcileDifference.closed_at.is_(None))).all()


class _Killed(BaseException):
    """The machine stopped."""


def test_killed_in_the_middle_and_run_again_ends_the_same(runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from reconciliation.runs import repairing, running

    here = ready(runtime, tmp_path)
    set_values(here, reconcile_guard_serve_share=1.0)
    records = [FeedRecord(number(index), "news", "active", SINCE) for index in range(30)]
    run_id = reconcile(here, order(tmp_path, records, records))
    calls = iter(range(100))
    real = repairing.repair_some

    def killed(*args: object, **named: object) -> int:
        done = real(*args, limit=7, **named)  # type: ignore[arg-type]
        if next(calls) == 2:
            raise _Killed
        return done

    monkeypatch.setattr(running, "repair_some", killed)
    with pytest.raises(_Killed):
        apply_repairs(here, run_id, by="test")
    with here.transaction(read_only=True) as session:
        assert len(list(state_at(session, NOW))) == 14
    again = run(here, order(tmp_path, records, records), apply=True)
    assert again.run.id == run_id and dict(again.states) == {"done": 30} and again.run.state == "applied"
    with here.transaction(read_only=True) as session:
        assert {one.state for one in state_at(session, datetime(2026, 11, 23, tzinfo=UTC))} == {"active"}
