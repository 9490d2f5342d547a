"""Times: Shanghai without an offset, the end of a day, business days."""

import time
from datetime import UTC, date, datetime

import pytest

from huabao.clock import SteadyClock, business_day, clock_from, parse_time
from huabao.errors import UsageError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-22T06:30", datetime(2026, 11, 21, 22, 30, tzinfo=UTC)),
        ("2026-11-22 06:30:00", datetime(2026, 11, 21, 22, 30, tzinfo=UTC)),
        ("2026-11-22T06:30:00Z", datetime(2026, 11, 22, 6, 30, tzinfo=UTC)),
        ("2026-12-31T24:00:00+08:00", datetime(2026, 12, 31, 16, 0, tzinfo=UTC)),
        ("2009-08-24T24:00:00", datetime(2009, 8, 24, 16, 0, tzinfo=UTC)),
        ("2026-11-22", datetime(2026, 11, 21, 16, 0, tzinfo=UTC)),
    ],
)
def test_parse(text: str, expected: datetime) -> None:
    assert parse_time(text) == expected


def test_what_is_no_time_is_refused_with_the_form() -> None:
    with pytest.raises(UsageError, match="2026-11-22T06:30"):
        parse_time("tomorrow")


def test_the_business_day_turns_at_shanghai_midnight() -> None:
    assert business_day(datetime(2026, 11, 21, 15, 59, 59, tzinfo=UTC)) == date(2026, 11, 21)
    assert business_day(datetime(2026, 11, 21, 16, 0, tzinfo=UTC)) == date(2026, 11, 22)


def test_a_set_clock_runs_on() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    clock = clock_from(start)
    assert clock() <= clock()
    assert clock() >= start


class Machine:
    """A wall clock that is set, and ticks that are not."""

    def __init__(self) -> None:
        self.wall, self.ticks = 1_000_000.0, 50.0

    def pass_by(self, seconds: float) -> None:
        self.wall += seconds
        self.ticks += seconds

    def clock(self, **more: float) -> SteadyClock:
        return SteadyClock(lambda: self.wall, ticks=lambda: self.ticks, **more)


def test_a_steady_clock_is_the_wall_clock_and_follows_its_drift() -> None:
    machine = Machine()
    clock = machine.clock()
    for _ in range(5):
        assert clock().timestamp() == pytest.approx(machine.wall, abs=1e-6)
        machine.pass_by(10.0)
        machine.wall += 0.7
    assert not clock.in_doubt
    assert clock.take_step() == 0.0


def test_a_clock_that_is_set_forward_is_followed_and_nobody_is_judged_for_a_while() -> None:
    machine = Machine()
    clock = machine.clock(doubt_s=15.0)
    clock()
    machine.pass_by(1.0)
    machine.wall += 3600
    assert clock().timestamp() == machine.wall
    doubts = []
    for seconds in (0.0, 14.9, 0.2):
        machine.pass_by(seconds)
        clock()
        doubts.append(clock.in_doubt)
    assert doubts == [True, True, False]
    assert clock.take_step() == pytest.approx(3600)
    assert clock.take_step() == 0.0


def test_a_clock_that_is_set_back_is_waited_for_at_half_speed() -> None:
    machine = Machine()
    clock = machine.clock()
    before = clock().timestamp()
    machine.wall -= 3600
    assert clock().timestamp() == before
    for _ in range(71):
        machine.pass_by(100.0)
        assert before < clock().timestamp()
        before = clock().timestamp()
    assert before == pytest.approx(machine.wall, abs=51)
    machine.pass_by(100.0)
    assert clock().timestamp() == machine.wall
    assert not clock.in_doubt
    assert clock.take_step() == pytest.approx(-3600)


def test_a_clock_that_is_shown_its_reference_goes_by_its_ticks_in_between() -> None:
    machine = Machine()
    clock = SteadyClock(None, ticks=lambda: machine.ticks)
    clock.look = lambda: clock.observe(5000.0)
    assert clock().timestamp() == 5000.0
    machine.pass_by(3.0)
    machine.wall += 3600  # not its business
    assert clock().timestamp() == 5003.0
    assert clock.looked_s_ago == 3.0
    clock.observe(5003.004)
    assert clock().timestamp() == 5003.0, "that little may be the way to the database and back"
    clock.observe(5003.1, within_s=0.2)
    assert clock().timestamp() == 5003.0
    clock.observe(5003.1)
    assert clock().timestamp() == pytest.approx(5003.1)


def test_without_its_reference_a_clock_is_the_machines() -> None:
    assert abs(SteadyClock(None)().timestamp() - time.time()) < 60
