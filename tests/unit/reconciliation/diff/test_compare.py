"""The engine against dictionaries: any three sides, in any order, with every irregularity."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciliation.codecs.feeds import Columns, FeedError, FeedRecord, Services, find_dialect, reading
from reconciliation.codecs.feeds.columns import blocks_of_records
from reconciliation.codecs.feeds.lines import layout_of, read_line
from reconciliation.diff import CLASSES, MISSING, SIDES, Outcome, Rules, Side, compare, read_differences, streams
from tests.unit.reconciliation.diff.naive import Key, NaiveOutcome, compare_naively, keyed

CSV = find_dialect("csv")
COLUMNS = ("msisdn", "service_id", "state", "effective_at", "price_fen", "fee_msisdn")
HEADER = ",".join(COLUMNS) + "\n"
NOON = datetime(2026, 10, 31, 4, tzinfo=UTC)
SHOWN = {"a": "active", "p": "paused", "x": "cancelled"}

LINES = st.builds(
    lambda number, *cells: ",".join([number, *cells]),
    st.sampled_from([f"{prefix}138000000{at:02d}" for at in range(9) for prefix in ("", "", "86")]),
    st.sampled_from(["SVC2", "SVC10", "SVC1"]),
    st.sampled_from(["active", "active", "paused", "cancelled", "odd"]),
    st.sampled_from(["", *((NOON + timedelta(seconds=at)).isoformat() for at in (0, 50, 500))]),
    st.sampled_from(["", "500", "510", "900"]),
    st.sampled_from(["", "13900000000", "13800000001"]),
)
SIDE = st.none() | st.lists(LINES, max_size=25)
RULES = st.builds(
    Rules,
    effective_tolerance_s=st.sampled_from([None, 0, 60]),
    price_tolerance_fen=st.sampled_from([None, 0, 10]),
    payer=st.booleans(),
    settled_before=st.sampled_from([None, NOON + timedelta(seconds=100)]),
    in_flight=st.lists(st.tuples(st.just("13800000003"), st.sampled_from(["SVC1", "SVC77"])), max_size=2),
    prices=st.sampled_from([{}, {"SVC1": 300, "SVC77": 1}]),
    watched=st.lists(st.tuples(st.sampled_from([f"138000000{at:02d}" for at in (0, 3, 4, 8, 60)]), st.sampled_from(["SVC10", "SVC1", "SVC77"])), max_size=6),
)


def entries(lines: list[str]) -> Iterator[tuple[Key, FeedRecord | None]]:
    layout = layout_of(CSV, COLUMNS, "utf-8")
    for number, line in enumerate(lines, 2):
        found = read_line(line.encode(), number, layout)
        if isinstance(found, FeedRecord):
            yield (found.msisdn, found.service_id), found
        elif found.key is not None:
            yield found.key, None


@contextmanager
def small_parts(block: int, rows: int) -> Iterator[Path]:
    """Blocks and runs of a few lines, and a folder."""
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as folder:
        patch.setattr(reading, "BLOCK_BYTES", block)
        patch.setattr(streams, "RUN_ROWS", rows)
        patch.setattr(streams, "MERGE_ROWS", rows)
        patch.setattr(streams, "MERGE_ROWS_MIN", 2)
        yield Path(folder)


def run(folder: Path, sides: list[list[str] | None], wholes: tuple[bool, ...], rules: Rules) -> Outcome:
    given_sides = []
    for name, lines, whole in zip(SIDES, sides, wholes, strict=True):
        path = folder / f"{name}.csv"
        path.write_text(HEADER + "".join(f"{line}\n" for line in lines or []))
        given_sides.append(replace(MISSING, whole=whole) if lines is None else Side(path, CSV, whole=whole))
    boss, misc, platform = given_sides
    return compare(boss, misc, platform, rules, out=folder / "out.csv", scratch=folder)


def assert_same(outcome: Outcome, expected: NaiveOutcome, folder: Path) -> None:
    assert (outcome.compared, outcome.unknown, outcome.in_flight) == (expected.compared, expected.unknown, expected.in_flight)
    assert outcome.equal == expected.equal
    assert {name: (one.count, one.money_fen) for name, one in outcome.classes.items()} == {name: (count, expected.money[name]) for name, count in expected.counts.items()}
    assert [(one.msisdn, one.service_id, one.name, one.money_fen) for one in read_differences(folder / "out.csv")] == expected.differences
    assert outcome.matched == sum(expected.equal.values())
    assert outcome.undecided == expected.undecided


@settings(max_examples=50, deadline=None)
@given(
    sides=st.tuples(SIDE, SIDE, SIDE),
    wholes=st.tuples(st.booleans(), st.booleans(), st.booleans()),
    rules=RULES,
    is_sorted=st.booleans(),
    block=st.integers(60, 400),
    rows=st.integers(2, 12),
)
def test_agrees_with_dictionaries(sides: tuple[list[str] | None, ...], wholes: tuple[bool, ...], rules: Rules, is_sorted: bool, block: int, rows: int) -> None:
    lines = [None if side is None else sorted(side, key=lambda line: line[:13].removeprefix("86")[:11]) if is_sorted else side for side in sides]
    expected = compare_naively([None if side is None else keyed(entries(side), whole) for side, whole in zip(lines, wholes, strict=True)], wholes, rules)
    with small_parts(block, rows) as folder:
        outcome = run(folder, lines, wholes, rules)
        assert_same(outcome, expected, folder)
        if is_sorted:
            assert all(one.is_sorted for one in outcome.sides.values())


def test_every_combination_of_three_states_is_named(tmp_path: Path) -> None:
    sides: list[list[str] | None] = [[], [], []]
    expected = {}
    for at, name in enumerate(name for name, one in CLASSES.items() if len(name) == 3 and "u" not in name):
        for lines, letter in zip(sides, name, strict=True):
            if lines is not None and (letter != "x" or at % 2):
                lines.append(f"138{at:08d},SVC,{SHOWN[letter]},2026-10-31T08:00:00+08:00,500,")
        expected[f"138{at:08d}"] = name
    outcome = run(tmp_path, sides, (True, True, True), Rules())
    found = {one.msisdn: one.name for one in read_differences(tmp_path / "out.csv")}
    assert len(expected) == 27
    assert outcome.equal == {"aaa": 1, "ppp": 1} | ({"xxx": 1} if "xxx" in outcome.equal else {})
    assert found == {number: name for number, name in expected.items() if not CLASSES[name].equal}
    assert {name: one.direction for name, one in CLASSES.items() if name in ("aax", "apx", "xxa", "xaa", "aaa", "axa", "axp", "pxx")} == {
        "aax": "charged_not_served", "apx": "charged_not_served", "xxa": "served_not_charged", "xaa": "served_not_charged", "aaa": "none", "axa": "none", "axp": "charged_not_served", "pxx": "none",
    }  # fmt: skip


@pytest.mark.parametrize(("cut", "lacks"), [(40, 0), (39, 1), (20, 20), (0, 40)])
@pytest.mark.parametrize("side", [0, 1, 2])
def test_what_a_side_lacks_at_its_end_is_counted(tmp_path: Path, side: int, cut: int, lacks: int) -> None:
    lines = [f"138{at:08d},SVC,active,2026-10-31T08:00:00+08:00,500," for at in range(40)]
    sides: list[list[str] | None] = [lines, lines, lines]
    sides[side] = lines[:cut]
    with small_parts(300, 8):
        outcome = run(tmp_path, sides, (True, True, True), Rules())
    assert [outcome.sides[name].lacks for name in SIDES] == [lacks if at == side else 0 for at in range(3)]
    assert {one.count for one in outcome.sides.values()} == {None}


def test_a_missing_side_is_unknown_and_nobody_has_left(tmp_path: Path) -> None:
    line = "13800000001,SVC,active,2026-10-31T08:00:00+08:00,500,"
    outcome = run(tmp_path, [None, [line], [line]], (True, True, True), Rules())
    assert (outcome.compared, outcome.matched, outcome.equal, outcome.classes) == (1, 1, {"uaa": 1}, {})
    assert set(outcome.sides) == {"misc", "platform"}


def test_a_refused_side_is_named_and_leaves_no_file(tmp_path: Path) -> None:
    line = "13800000001,SVC,active,2026-10-31T08:00:00+08:00,500,"
    with pytest.raises(FeedError) as caught:
        run(tmp_path, [[line], [line, "#count=7"], [line]], (True, True, True), Rules())
    assert (caught.value.code, caught.value.side) == ("count", "misc")
    assert not list(tmp_path.glob("out*"))


def test_faults_are_written_beside(tmp_path: Path) -> None:
    path = tmp_path / "boss.csv"
    good = "13800000001,SVC,active,2026-10-31T08:00:00+08:00,500,\n"
    path.write_text(HEADER + good + good + "138,SVC,active,,,\n13800000002,SVC,gone,,,\n")
    side = Side(path, CSV, faults=tmp_path / "faults.csv")
    outcome = compare(side, MISSING, Side(records=[FeedRecord("13800000001", "SVC", "active"), FeedRecord("13800000002", "SVC", "active")]))
    assert outcome.sides["boss"].faults == {"repeated": 1, "number": 1, "state": 1}
    assert [line.split(",")[:2] for line in (tmp_path / "faults.csv").read_text("utf-8").splitlines()] == [["line", "code"], ["4", "number"], ["5", "state"], ["3", "repeated"]]
    assert outcome.compared == 0 and outcome.unknown == 2 and outcome.classes == {}


def test_masked_files_show_no_number(tmp_path: Path) -> None:
    line = "13800000001,SVC,active,2026-10-31T08:00:00+08:00,500,13900000002"
    run(tmp_path, [[line], [], []], (True, True, True), Rules(masked=True))
    text = (tmp_path / "out.csv").read_text()
    assert "138****0001,SVC,axx" in text and "139****0002" in text and "13800000001" not in text


def test_a_side_in_columns_is_asked_again_where_a_file_is_sorted_at_first_only(tmp_path: Path) -> None:
    lines = [f"{13800000000 + at},SVC,active,2026-10-31T17:00:00+08:00,," for at in (*range(2, 400), 1)]
    asked: list[int] = []

    def columns(services: Services) -> Iterator[Columns]:
        asked.append(1)
        yield from blocks_of_records([FeedRecord(f"{13800000000 + at}", "SVC", "active", datetime(2026, 10, 31, 9, tzinfo=UTC)) for at in range(1, 400)], services, rows=70)

    path = tmp_path / "boss.csv"
    path.write_text("\n".join(["msisdn,service_id,state,effective_at,price_fen,fee_msisdn", *lines, ""]))
    with small_parts(128, 16):
        outcome = compare(Side(path, CSV), MISSING, Side(columns=columns), scratch=tmp_path)
    assert (outcome.matched, outcome.compared, outcome.classes, len(asked)) == (399, 399, {}, 2)
    assert (outcome.sides["platform"].records, outcome.sides["boss"].is_sorted) == (399, False)
