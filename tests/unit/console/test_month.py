"""The rules of an invented month: which editions, what becomes of a message, what a called-back message is told to have become."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from console.month.handsets import KEPT, Handsets
from console.month.pacing import MonthThrottle
from console.month.timetable import next_slot, slots_before, start_of
from sandbox.demo.month.papers import EVENING, MORNING, Issue, write_issue

INSTANT = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001  aware at once
BEGINS = datetime(2026, 10, 24, tzinfo=UTC)


@given(ends=INSTANT, editions=st.integers(1, 70))
def test_the_editions_of_a_month_follow_each_other_up_to_its_end(ends: datetime, editions: int) -> None:
    slots = slots_before(ends, editions)
    assert len(slots) == editions
    assert all(next_slot(*one) == after for one, after in pairwise(slots))
    assert start_of(*slots[-1]) + timedelta(hours=1) <= ends < start_of(*next_slot(*slots[-1])) + timedelta(hours=1)


@given(number=st.integers(0, 99_999_999), minutes=st.integers(0, 43_200), seed=st.integers(0, 3))
def test_a_message_has_one_fate_and_none_before_it_came(number: int, minutes: int, seed: int) -> None:
    at, whose = BEGINS + timedelta(minutes=minutes), f"139{number:08d}"
    fate = Handsets(seed, BEGINS, 30).fate(whose, "a" * 64, at)
    assert fate == Handsets(seed, BEGINS, 30).fate(whose, "a" * 64, at), "the same number makes the same month"
    if fate is not None:
        assert at < fate.at <= fate.told_at
        assert (fate.status == "Expired") == (fate.at >= at + KEPT)


def test_a_class_that_refuses_rejects_and_the_others_fetch() -> None:
    handsets = Handsets(1, BEGINS, 30, refusing="50kb-176x220", classes={"13900000001": "50kb-176x220", "13900000002": "300kb-320x480"})
    statuses = [fate.status for number in handsets.classes if (fate := handsets.fate(number, "b" * 64, BEGINS)) is not None]
    assert statuses == ["Rejected", "Retrieved"]


def test_an_issue_is_the_same_bytes_again_and_another_day_tells_other_stories(tmp_path: Path) -> None:
    def written(folder: str, issue: Issue) -> dict[str, bytes]:
        root = write_issue(tmp_path / folder, issue)
        return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}

    one = Issue(MORNING, "20261101", BEGINS.date(), sports=True)
    assert written("a", one) == written("b", one)
    later = Issue(EVENING, "20261102", BEGINS.date() + timedelta(days=1))
    assert written("c", later)["articles/evening-0.md"] != written("d", Issue(EVENING, "20261103", BEGINS.date() + timedelta(days=2)))["articles/evening-0.md"]


def test_nobody_sleeps_for_his_tokens_and_the_rate_is_kept_on_the_throttles_own_clock() -> None:
    throttle, began = MonthThrottle(), time.monotonic()
    for ticket in range(100):
        assert throttle.acquire("port:1", 10, rate=100.0, burst=20, ticket=ticket) == 0.0
    slept_s = time.monotonic() - began
    assert throttle.ahead_s + slept_s >= 9.5, "a thousand tokens at a hundred a second"
