"""Files that look right and are not: cut at the end of a line, increments with a gap; and a clock that was set back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import func, select

from huabao.runtime import Runtime
from reconciliation.codecs.feeds import FeedRecord
from reconciliation.feeds.models import BAD, FeedArrival
from reconciliation.runs.models import ReconcileDifference
from reconciliation.runs.running import Order, Summary
from subscribers.models import Subscription, SubscriptionEvent
from tests.integration.reconciliation.runs.filing import DAY, ENDS, NOW, order, ready, record, run, state, subscribe

EVERYONE = range(1, 301)


def _cut(wanted: Order, lines: int, *, counted: bool = False) -> Order:
    """BOSS's file with so many lines gone from its end, and its count too."""
    path = wanted.files["boss"].path
    rows = path.read_text().splitlines(keepends=True)
    records = [row for row in rows if not row.startswith("#")][:-lines]
    path.write_text("".join([*records, *(f"#count={len(records) - 1}\n" if counted else "")]))
    return wanted


def test_a_file_cut_at_the_end_of_a_line_is_refused_though_none_came_before(runtime: Runtime, tmp_path: Path) -> None:
    here = ready(runtime, tmp_path)
    subscribe(here, dict.fromkeys(EVERYONE, "a"))
    everyone = [record(index, "a") for index in EVERYONE]
    done = run(here, _cut(order(tmp_path, everyone, everyone), 150), apply=True)
    assert [(one["side"], one["reason"]) for one in done.run.refused] == [("boss", "cut")] and not done.repairs
    assert done.run.boss_as_of is None and done.run.figures["differences"] == {}
    with here.transaction(read_only=True) as session:
        assert session.scalars(select(FeedArrival.verdict).where(FeedArrival.peer == "boss")).all() == [BAD], "and it is no measure for the next"
    again = run(here, order(tmp_path / "again", everyone, everyone), apply=True)
    assert not again.run.refused and (again.run.compared, again.run.matched) == (300, 300) and again.run.id != done.run.id


def test_a_file_that_says_its_count_ends_where_it_ends(runtime: Runtime, tmp_path: Path) -> None:
    here = ready(runtime, tmp_path)
    subscribe(here, dict.fromkeys(EVERYONE, "a"))
    everyone = [record(index, "a") for index in EVERYONE]
    done = run(here, _cut(order(tmp_path, everyone, everyone), 150, counted=True))
    assert not done.run.refused and done.run.figures["differences"] == {"xaa": 150}


def _increment(folder: Path, boss: list[FeedRecord], misc: list[FeedRecord], day: date, *, whole: bool = False) -> Order:
    wanted = order(folder / str(day), boss, misc, day, ENDS + (day - DAY))
    return Order(day, {side: replace(one, whole=whole) for side, one in wanted.files.items()}, "test")


def test_what_an_increment_does_not_name_is_unknown_and_a_gap_is_said(runtime: Runtime, tmp_path: Path) -> None:
    subscribe(runtime, dict.fromkeys(range(1, 5), "a"))

    def day(later: int, boss: list[FeedRecord], misc: list[FeedRecord], *, whole: bool = False) -> Summary:
        here = ready(runtime, tmp_path, NOW + timedelta(days=later))
        return run(here, _increment(tmp_path, boss, misc, DAY + timedelta(days=later), whole=whole), apply=True)

    first = day(0, [record(1, "a"), record(9, "a")], [record(1, "a"), record(9, "a")])
    assert first.run.figures["gaps"] == dict.fromkeys(("boss", "misc"), "no full file came before")
    assert (first.run.compared, first.run.matched, first.run.figures["unknown"]) == (2, 1, 3)
    assert state(runtime, 9) == "active" and state(runtime, 2) == "active", "what they name is repaired, what they do not is left"
    everyone = [record(index, "a") for index in (1, 2, 3, 4, 9)]
    assert "gaps" not in day(1, everyone, everyone, whole=True).run.figures
    assert "gaps" not in day(2, [record(1, "p")], [record(1, "p")]).run.figures
    missed = day(4, [record(2, "a")], [record(2, "a")])
    assert missed.run.figures["gaps"] == dict.fromkeys(("boss", "misc"), f"nothing came for {DAY + timedelta(days=3)}")
    assert (missed.run.compared, missed.run.matched) == (1, 1)


def test_an_increment_ends_a_difference_only_where_it_names_it(runtime: Runtime, tmp_path: Path) -> None:
    charged = [record(1, "a", price_fen=300), record(2, "a", price_fen=300)]
    run(ready(runtime, tmp_path), order(tmp_path, charged, []), apply=True)
    gone = [FeedRecord("13800000001", "news", "cancelled", ENDS - timedelta(hours=9))]
    later = ready(runtime, tmp_path, NOW + timedelta(days=1))
    run(later, _increment(tmp_path, gone, gone, DAY + timedelta(days=1)), apply=True)
    with runtime.transaction(read_only=True) as session:
        assert session.scalars(select(ReconcileDifference.msisdn).where(ReconcileDifference.closed_at.is_(None))).all() == ["13800000002"]


def test_who_pays_is_not_taken_over_from_a_side_that_says_nothing(runtime: Runtime, tmp_path: Path) -> None:
    subscribe(runtime, {1: "a", 2: "a"})
    given = [record(index, "a", fee_msisdn="13700000001") for index in (1, 2)]
    here = ready(runtime, tmp_path)
    done = run(here, _increment(tmp_path, given[1:], given, DAY), apply=True)
    assert done.run.figures["differences"] == {"payer": 2} and dict(done.repairs) == {"adopt": 1}, "of the first BOSS says nothing"
    with here.transaction(read_only=True) as session:
        assert session.scalars(select(Subscription.fee_msisdn).order_by(Subscription.reader_id)).all() == [None, "13700000001"]


def test_a_clock_that_was_set_back_between_two_runs_repairs_nothing_twice(runtime: Runtime, tmp_path: Path) -> None:
    both = [record(1, "a"), record(2, "p"), record(3, "a")]
    subscribe(runtime, {2: "a", 4: "a"})
    ahead = ready(runtime, tmp_path, NOW)
    done = run(ahead, order(tmp_path, both, both), apply=True)
    assert dict(done.states) == {"done": 4}

    def events() -> int:
        with runtime.transaction(read_only=True) as session:
            return session.scalar(select(func.count()).select_from(SubscriptionEvent)) or 0

    before = events()
    behind = ready(runtime, tmp_path, NOW - timedelta(hours=3))
    again = run(behind, order(tmp_path, both, both), apply=True)
    other = run(behind, order(tmp_path / "other", [*both, record(5, "a")], [*both, record(5, "a")], DAY - timedelta(days=1), ENDS - timedelta(days=1)), apply=True)
    assert again.run.id == done.run.id and events() == before and not other.repairs
    right = run(ready(runtime, tmp_path, NOW + timedelta(days=1)), order(tmp_path / "next", both, both, DAY + timedelta(days=1), ENDS + timedelta(days=1)), apply=True)
    assert set(right.run.figures["differences"]) <= {"effective"} and right.run.figures["closed"] == {"fixed": 4} and events() == before
    assert [state(runtime, index) for index in (1, 2, 3, 4)] == ["active", "paused", "active", "cancelled"]
