"""A number change that was lost, or told backwards: the day's run serves the new number, and the past joins it when it is told."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from huabao.runtime import Runtime
from reconciliation.codecs.feeds import FeedRecord
from subscribers.models import Reader
from subscribers.orders.as_of import state_at
from subscribers.orders.change import Change
from subscribers.orders.services import apply
from tests.integration.reconciliation.runs.filing import DAY, ENDS, NOW, SINCE, number, order, ready, run, subscribe

MOVED = ENDS - timedelta(days=3)


def _readers(runtime: Runtime) -> dict[str, int]:
    with runtime.transaction(read_only=True) as session:
        return {row.msisdn: row.id for row in session.scalars(select(Reader)) if row.msisdn[0] == "1"}


def _served(runtime: Runtime) -> dict[str, str]:
    with runtime.transaction(read_only=True) as session:
        return {one.msisdn: one.state for one in state_at(session, NOW + timedelta(days=9)) if one.state != "cancelled"}


def _tell(runtime: Runtime, serial: int, old: int, new: int, at_day: int = 1) -> str:
    with runtime.transaction() as session:
        changes = [Change(number(old), "number_change", "boss", f"n{serial}", MOVED + timedelta(hours=serial), new_msisdn=number(new))]
        return apply(session, changes, now=NOW + timedelta(days=at_day))[0].verdict


def _both(index: int) -> list[FeedRecord]:
    return [FeedRecord(number(index), "news", "active", SINCE)]


def test_a_lost_change_is_served_at_once_and_joined_when_it_is_told(runtime: Runtime, tmp_path: Path) -> None:
    subscribe(runtime, {1: "a"})
    him = _readers(runtime)[number(1)]
    first = run(ready(runtime, tmp_path), order(tmp_path, _both(2), _both(2)), apply=True)
    assert first.run.figures["differences"] == {"aax": 1, "xxa": 1} and _served(runtime) == {number(2): "active"}, "three equal sides the same night"
    assert _readers(runtime)[number(2)] != him, "nobody knows that it is he"
    assert _tell(runtime, 1, 1, 2) == "applied"
    assert _readers(runtime)[number(2)] == him, "now it is known"
    later = order(tmp_path / "next", _both(2), _both(2), DAY + timedelta(days=2), ENDS + timedelta(days=2))
    run(ready(runtime, tmp_path, NOW + timedelta(days=2)), later, apply=True)
    assert _served(runtime) == {number(2): "active"} and _readers(runtime)[number(2)] == him


def test_a_chain_told_backwards_ends_with_three_equal_sides(runtime: Runtime, tmp_path: Path) -> None:
    subscribe(runtime, {1: "a"})
    _tell(runtime, 2, 2, 3, at_day=-1)
    _tell(runtime, 1, 1, 2, at_day=-1)
    for later in range(3):
        done = run(
            ready(runtime, tmp_path, NOW + timedelta(days=later)),
            order(tmp_path / str(later), _both(3), _both(3), DAY + timedelta(days=later), ENDS + timedelta(days=later)),
            apply=True,
        )
    assert _served(runtime) == {number(3): "active"} and set(done.run.figures["differences"]) <= {"effective"}
