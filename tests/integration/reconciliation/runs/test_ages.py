"""What an open difference keeps while it is open: its age, the one question that was asked, and the newest plan alone."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from huabao.errors import UsageError
from huabao.runtime import Runtime
from reconciliation.codecs.feeds import FeedRecord
from reconciliation.reports.gathering import gather
from reconciliation.runs import guard
from reconciliation.runs.models import GONE, ReconcileDifference, ReconcileRepair
from reconciliation.runs.running import Summary, apply_repairs
from subscribers.offers.services import import_catalogue
from subscribers.orders.as_of import state_at
from tests.integration.reconciliation.installing import set_values
from tests.integration.reconciliation.runs.filing import DAY, ENDS, NOW, SINCE, number, order, ready, record, run, state, subscribe

CATALOGUE = (
    '[[service]]\nslug = "news"\ntitle = "news"\ncharge = "monthly"\nprice_fen = 500\n[[package]]\nslug = "all"\ntitle = "all"\nattribute_class = "F"\nservices = ["news"]\n'
)
Sides = tuple[list[FeedRecord] | None, list[FeedRecord] | None]


def _day(runtime: Runtime, folder: Path, later: int, sides: Sides, *, apply: bool = True) -> Summary:
    """The run of a day."""
    here = ready(runtime, folder, NOW + timedelta(days=later))
    return run(here, order(folder / f"{later}-{apply}", *sides, DAY + timedelta(days=later), ENDS + timedelta(days=later)), apply=apply)


def _rows(runtime: Runtime) -> list[ReconcileDifference]:
    with runtime.transaction(read_only=True) as session:
        return list(session.scalars(select(ReconcileDifference).order_by(ReconcileDifference.id)))


def _questions(runtime: Runtime) -> list[tuple[str, str]]:
    with runtime.transaction(read_only=True) as session:
        return [(row.state, row.outcome) for row in session.scalars(select(ReconcileRepair).where(ReconcileRepair.action == "ask"))]


def test_a_person_is_asked_once_as_long_as_it_lasts(runtime: Runtime, tmp_path: Path) -> None:
    from subscribers.orders.change import Change
    from subscribers.orders.services import apply

    with runtime.transaction() as session:
        apply(session, [Change(number(1), "order", "file", "o1", SINCE, "news")], now=NOW)
    charged: Sides = ([record(1, "a", price_fen=300)], [])
    asked = [dict(_day(runtime, tmp_path, later, charged).repairs) for later in range(3)]
    assert asked == [{"ask": 1}, {}, {}] and _questions(runtime) == [("told", "")]
    assert [(row.first_day, row.last_day, row.action, row.tries) for row in _rows(runtime)] == [(DAY, DAY + timedelta(days=2), "ask", 0)]
    _day(runtime, tmp_path, 3, ([record(1, "a")], [record(1, "a")]))
    assert _questions(runtime) == [("told", GONE)] and [row.outcome for row in _rows(runtime)] == [GONE]


@pytest.mark.parametrize("why", ["in flight", "unknown"])
def test_what_is_in_flight_or_unknown_for_a_day_keeps_its_age_and_its_repairs_wait(runtime: Runtime, tmp_path: Path, why: str) -> None:
    charged: Sides = ([record(1, "a", price_fen=300)], [])
    _day(runtime, tmp_path, 0, charged)
    at = ENDS + timedelta(days=1, minutes=-5)
    fresh: Sides = ([FeedRecord(number(1), "news", "active", at, 300)], [])
    twice: Sides = ([record(1, "a", price_fen=300), record(1, "p")], [])
    between = _day(runtime, tmp_path, 1, fresh if why == "in flight" else twice)
    assert "axx" not in between.run.figures["differences"] and between.run.figures["closed"] == {}
    after = _day(runtime, tmp_path, 2, charged)
    assert after.run.figures["differences"] == {"axx": 1}
    assert [(row.first_day, row.closed_at) for row in _rows(runtime)] == [(DAY, None)]


def test_only_the_newest_plan_is_carried_out(runtime: Runtime, tmp_path: Path) -> None:
    set_values(runtime, reconcile_guard_stop_count=2)
    subscribe(runtime, dict.fromkeys(range(1, 5), "a"))
    none: Sides = ([], [])
    first = _day(runtime, tmp_path, 0, none)
    second = _day(runtime, tmp_path, 1, none)
    assert dict(first.held) == dict(second.held) == {"xxa": 4}
    here = ready(runtime, tmp_path, NOW + timedelta(days=1))
    with here.transaction() as session, pytest.raises(UsageError, match=f"run {second.run.id} looked at a later day"):
        guard.approve(session, first.run.id, by="Li", at=NOW)
    apply_repairs(here, first.run.id, by="Li")
    assert {state(here, index) for index in range(1, 5)} == {"active"}
    earlier = run(here, order(tmp_path / "late", [record(9, "a")], [record(9, "a")], date(2026, 11, 20), ENDS - timedelta(days=1)), apply=True)
    assert earlier.run.figures["later_run"] == second.run.id and not earlier.repairs, "what comes late is shown, and decides nothing"
    for name in ("Li", "Wang"):
        with here.transaction() as session:
            guard.approve(session, second.run.id, by=name, at=NOW)
    apply_repairs(here, second.run.id, by="Wang")
    assert {state(here, index) for index in range(1, 5)} == {"cancelled"}


def test_another_instant_alone_does_not_lower_the_match_rate(runtime: Runtime, tmp_path: Path) -> None:
    subscribe(runtime, {1: "a", 2: "a"})
    other = [record(1, "a"), FeedRecord(number(2), "news", "active", SINCE - timedelta(days=9))]
    done = _day(runtime, tmp_path, 0, (other, [record(1, "a"), record(2, "a")]))
    assert (done.run.matched, done.run.figures["differences"], done.run.figures["explained"], _rows(runtime)) == (1, {"effective": 1}, 1, [])
    with runtime.transaction(read_only=True) as session:
        assert gather(session, DAY, DAY, kind="daily", made_at=NOW, masked=True).rate == 1.0


def test_what_is_served_without_a_price_is_worth_what_the_catalogue_says(runtime: Runtime, tmp_path: Path) -> None:
    with runtime.transaction() as session:
        import_catalogue(session, CATALOGUE, "offers.toml", by="test", at=SINCE)
    subscribe(runtime, {1: "a"})
    assert _day(runtime, tmp_path, 0, ([], [])).run.figures["money_fen"] == {"xxa": 500}


def test_a_repair_takes_the_instant_of_the_side_that_has_it_so(runtime: Runtime, tmp_path: Path) -> None:
    """So the past is answered as the order's master has it, and no run changes what it saw."""
    subscribe(runtime, {2: "a"})
    misc = [record(1, "a"), record(2, "a")]
    boss = [record(1, "a", price_fen=300), FeedRecord(number(2), "news", "paused", SINCE + timedelta(days=20))]
    first = _day(runtime, tmp_path, 0, (boss, misc), apply=False)
    asked = SINCE + timedelta(days=10)

    def held(at: datetime) -> list[tuple[str, str]]:
        with runtime.transaction(read_only=True) as session:
            return [(one.msisdn, one.state) for one in state_at(session, at)]

    assert held(asked) == [(number(2), "active")]
    done = _day(runtime, tmp_path, 0, (boss, misc))
    assert dict(done.states) == {"done": 2, "told": 1}
    assert held(asked) == [(number(1), "active"), (number(2), "active")], "he was owed it since MISC's instant"
    assert held(SINCE + timedelta(days=21)) == [(number(1), "active"), (number(2), "paused")], "a pause holds since BOSS's, not since MISC's order"
    assert done.run.figures["differences"] == first.run.figures["differences"] == {"aax": 1, "paa": 1}
