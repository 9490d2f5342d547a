"""A day's run: what differs, what is done about it, and that doing it again does nothing more."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from huabao.errors import UsageError
from huabao.runtime import Runtime
from reconciliation.runs import guard
from reconciliation.runs.models import FIXED, ReconcileDifference, ReconcileRepair, ReconcileRun
from reconciliation.runs.running import apply_repairs, reconcile, summary
from subscribers.models import SubscriptionEvent
from tests.integration.reconciliation.installing import set_values
from tests.integration.reconciliation.runs.filing import ENDS, NOW, order, ready, record, run, state, subscribe


def _events(runtime: Runtime) -> int:
    with runtime.transaction(read_only=True) as session:
        return session.scalar(select(func.count()).select_from(SubscriptionEvent)) or 0


def test_a_dry_run_changes_nothing_and_an_applied_one_serves_stops_and_is_done_once(runtime: Runtime, tmp_path: Path) -> None:
    here = ready(runtime, tmp_path)
    subscribe(here, {1: "a", 2: "p", 4: "a"})
    wanted = order(tmp_path, [record(1, "a"), record(2, "a"), record(3, "a", price_fen=300)], [record(1, "a"), record(2, "a"), record(3, "a")])
    before = _events(here)
    shown = run(here, wanted)
    assert shown.run.figures["differences"] == {"aap": 1, "aax": 1, "xxa": 1}
    assert (shown.run.compared, shown.run.matched) == (4, 1)
    assert dict(shown.repairs) == {"serve": 2, "stop": 1} and dict(shown.states) == {"planned": 3}
    assert _events(here) == before and state(here, 3) is None
    done = run(here, wanted, apply=True)
    assert done.run.id == shown.run.id and dict(done.states) == {"done": 3}
    assert [state(here, index) for index in (1, 2, 3, 4)] == ["active", "active", "active", "cancelled"]
    after = _events(here)
    again = run(here, wanted, apply=True)
    assert (again.run.id, dict(again.states), _events(here)) == (done.run.id, {"done": 3}, after)


def test_each_repair_has_before_after_and_why_and_is_looked_at_the_next_day(runtime: Runtime, tmp_path: Path) -> None:
    here = ready(runtime, tmp_path)
    subscribe(here, {1: "a"})
    both = [record(1, "a"), record(2, "a")]
    run(here, order(tmp_path, both, both), apply=True)
    with here.transaction(read_only=True) as session:
        repair = session.scalars(select(ReconcileRepair)).one()
        assert (repair.action, repair.before, repair.after, repair.outcome) == ("serve", "absent", "active", "")
        assert "charged and ordered" in repair.why
    later = ready(runtime, tmp_path, NOW + timedelta(days=1))
    both = [*both]
    done = run(later, order(tmp_path / "next", both, both, date(2026, 11, 22), ENDS + timedelta(days=1)))
    assert done.run.figures["differences"] == {} and done.run.figures["closed"] == {FIXED: 1}
    with here.transaction(read_only=True) as session:
        assert session.scalars(select(ReconcileRepair)).one().outcome == FIXED
        assert session.scalars(select(ReconcileDifference)).one().outcome == FIXED


def test_what_comes_back_is_given_up_after_so_many_repairs(runtime: Runtime, tmp_path: Path) -> None:
    set_values(runtime, reconcile_tries_max=2)
    one = [record(1, "a", price_fen=300)]
    for day in range(3):  # BOSS never does what the check file tells it
        here = ready(runtime, tmp_path, NOW + timedelta(days=day))
        done = run(here, order(tmp_path / str(day), one, [], date(2026, 11, 21) + timedelta(days=day), ENDS + timedelta(days=day)), apply=True)
    assert done.run.figures["given_up"] == 1 and dict(done.repairs) == {"ask": 1}
    with runtime.transaction(read_only=True) as session:
        row = session.scalars(select(ReconcileDifference)).one()
        assert (row.tries, row.action, row.first_day, row.last_day) == (2, "ask", date(2026, 11, 21), date(2026, 11, 23))


@pytest.mark.parametrize(
    ("boss", "reason"),
    [("msisdn,service_id,state,effective_at\n#count=3\n", "count"), ("msisdn,service_id,state,effective_at\n#as_of=2026-11-23T00:00\n", "future")],
)
def test_a_refused_file_means_unknown_and_repairs_nothing(runtime: Runtime, tmp_path: Path, boss: str, reason: str) -> None:
    here = ready(runtime, tmp_path)
    subscribe(here, {1: "a", 2: "a"})
    wanted = order(tmp_path, [], [record(1, "a"), record(3, "a")])
    wanted.files["boss"].path.write_text(boss)
    done = run(here, wanted, apply=True)
    assert [one["reason"] for one in done.run.refused] == [reason]
    assert not done.repairs and [state(here, index) for index in (1, 2, 3)] == ["active", "active", None]
    assert done.run.boss_as_of is None and all(name[0] == "u" for name in done.run.figures["differences"])


def test_the_same_file_for_another_day_is_refused_and_for_the_same_day_is_the_same_run(runtime: Runtime, tmp_path: Path) -> None:
    here = ready(runtime, tmp_path, NOW + timedelta(days=1))
    wanted = order(tmp_path, [record(1, "a")], [record(1, "a")])
    for given in wanted.files.values():  # says no as-of time, so it would do for any day
        given.path.write_text("\n".join(line for line in given.path.read_text().splitlines() if "as_of" not in line) + "\n")
    first = reconcile(here, wanted)
    assert reconcile(here, wanted) == first
    other = run(here, type(wanted)(date(2026, 11, 22), wanted.files, "test"), apply=True)
    assert other.run.id != first and {one["reason"] for one in other.run.refused} == {"repeated"} and not other.repairs


def test_a_file_much_smaller_than_the_one_before_is_refused(runtime: Runtime, tmp_path: Path) -> None:
    set_values(runtime, feed_small=2)
    everyone = [record(index, "a") for index in range(1, 11)]
    run(ready(runtime, tmp_path), order(tmp_path, everyone, everyone))
    later = ready(runtime, tmp_path, NOW + timedelta(days=1))
    done = run(later, order(tmp_path / "next", everyone[:7], everyone, date(2026, 11, 22), ENDS + timedelta(days=1)), apply=True)
    assert [(one["side"], one["reason"]) for one in done.run.refused] == [("boss", "too_small")]


def test_a_missing_side_is_unknown(runtime: Runtime, tmp_path: Path) -> None:
    here = ready(runtime, tmp_path)
    subscribe(here, {1: "a", 2: "a"})
    done = run(here, order(tmp_path, None, [record(1, "a")]), apply=True)
    assert done.run.figures["differences"] == {"uxa": 1} and not done.repairs and state(here, 2) == "active"


def test_a_mass_stop_waits_for_two_people(runtime: Runtime, tmp_path: Path) -> None:
    set_values(runtime, reconcile_guard_stop_count=3)
    here = ready(runtime, tmp_path)
    subscribe(here, dict.fromkeys(range(1, 6), "a"))
    done = run(here, order(tmp_path, [record(9, "a")], [record(9, "a")]), apply=True)
    assert dict(done.held) == {"xxa": 5} and state(here, 1) == "active" and state(here, 9) == "active"
    run_id = done.run.id
    with here.transaction() as session:
        guard.approve(session, run_id, by="Li", at=NOW)
    apply_repairs(here, run_id, by="Li")
    assert state(here, 1) == "active"
    with here.transaction() as session:
        with pytest.raises(UsageError, match="another person"):
            guard.approve(session, run_id, by="li", at=NOW)
        guard.approve(session, run_id, by="Wang", at=NOW)
    apply_repairs(here, run_id, by="Wang")
    with here.transaction(read_only=True) as session:
        assert session.get_one(ReconcileRun, run_id).state == "applied" and not summary(session, run_id).held
    assert {state(here, index) for index in range(1, 6)} == {"cancelled"}


def test_what_changed_after_it_was_compared_is_left_alone(runtime: Runtime, tmp_path: Path) -> None:
    here = ready(runtime, tmp_path)
    subscribe(here, {1: "a"})
    run_id = reconcile(here, order(tmp_path, [], []))
    from subscribers.orders.change import Change
    from subscribers.orders.services import apply

    with here.transaction() as session:
        apply(session, [Change("13800000001", "pause", "misc", "late", NOW, "news")], now=NOW)
    apply_repairs(here, run_id, by="test")
    assert state(here, 1) == "paused"
    with here.transaction(read_only=True) as session:
        assert dict(summary(session, run_id).states) == {"skipped": 1}


def test_no_file_is_bad_use(runtime: Runtime, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no file"):
        reconcile(ready(runtime, tmp_path), order(tmp_path, None, None))
