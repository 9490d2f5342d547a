"""Windows, quiet hours and hours asked for: pure rules of when somebody is sent to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.models import Publication
from delivery.dispatch import windows
from delivery.dispatch.policies import APPROVED_BY, QUIET_HOURS
from delivery.dispatch.quiet import NEVER_QUIET, Quiet, wake
from delivery.dispatch.reserve import expected_at, opens_today
from delivery.dispatch.wishes import earliest
from delivery.models import Dispatch
from huabao.clock import SHANGHAI
from huabao.errors import UsageError
from huabao.hours import ALWAYS, Hours, at_hour


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)


def paper(window: str = "06:30-08:00") -> Publication:
    return Publication(slug="paper", send_window=window)


def send(start: str = "2026-11-22T06:00", lane: str = "bulk", **gate: object) -> Dispatch:
    return Dispatch(start_at=local(start), lane=lane, gate=dict(gate))


def test_a_dispatch_waits_for_its_start_and_its_window() -> None:
    early = windows.may_start(paper(), send(), local("2026-11-22T05:50"))
    assert (early.may, early.at) == (False, local("2026-11-22T06:30"))
    assert "start" in early.why
    shut = windows.may_start(paper(), send(), local("2026-11-22T06:10"))
    assert (shut.may, shut.at) == (False, local("2026-11-22T06:30"))
    assert "06:30-08:00" in shut.why
    assert windows.may_start(paper(), send(), local("2026-11-22T06:30")).may
    assert windows.may_start(paper(), send(), local("2026-11-22T08:00")).at == local("2026-11-23T06:30")


@pytest.mark.parametrize("lane", ["resend", "seed", "welcome", "special"])
def test_what_is_urgent_waits_for_no_window(lane: str) -> None:
    assert windows.may_start(paper(), send(lane=lane), local("2026-11-22T12:00")).may
    assert windows.deadline_of("06:30-08:00", local("2026-11-22T06:30"), None, lane=lane) is None


def test_no_window_is_any_time() -> None:
    assert windows.may_start(paper(""), send(), local("2026-11-22T23:00")).may
    assert windows.deadline_of("", local("2026-11-22T23:00"), None) is None


def test_the_deadline_is_the_windows_end_unless_another_was_asked_for() -> None:
    assert windows.deadline_of("06:30-08:00", local("2026-11-22T06:00"), None) == local("2026-11-22T08:00")
    assert windows.deadline_of("06:30-08:00", local("2026-11-22T09:00"), None) == local("2026-11-23T08:00")
    asked = local("2026-11-22T07:00")
    assert windows.deadline_of("06:30-08:00", local("2026-11-22T06:00"), asked) == asked


def test_a_person_opens_the_window() -> None:
    waived = send(any_time=local("2026-11-22T10:00").isoformat())
    assert windows.may_start(paper(), waived, local("2026-11-22T09:00")).may
    assert not windows.may_start(paper(), waived, local("2026-11-22T10:00")).may


def test_later_hours_outlive_the_window_and_do_not_open_it_early() -> None:
    late = windows.late_until("06:30-08:00", local("2026-11-22T06:30"), local("2026-11-22T09:00"))
    assert late == local("2026-11-22T10:00").isoformat()
    assert windows.late_until("06:30-08:00", local("2026-11-22T06:30"), local("2026-11-22T07:00")) is None
    assert windows.late_until("", local("2026-11-22T06:30"), local("2026-11-22T09:00")) is None
    lasting = send(late_until=late)
    assert not windows.may_start(paper(), lasting, local("2026-11-22T06:10")).may
    assert windows.may_start(paper(), lasting, local("2026-11-22T08:30")).may
    assert windows.is_late(paper(), lasting, local("2026-11-22T08:30"))
    assert not windows.is_late(paper(), lasting, local("2026-11-22T07:30"))
    assert not windows.may_start(paper(), lasting, local("2026-11-22T10:00")).may


def test_quiet_hours_are_read_by_city() -> None:
    quiet = Quiet.parse('{"default": "21:00-08:00", "杭州": "22:00-07:00", "宁波": ""}')
    asleep = quiet.asleep(local("2026-11-22T21:30"))
    assert (asleep.cities, asleep.awake, asleep.others) == ((), ("宁波", "杭州"), True)
    assert asleep.wakes_at == local("2026-11-23T08:00")
    early = quiet.asleep(local("2026-11-22T06:30"))
    assert (early.cities, early.others, early.wakes_at) == (("杭州",), True, local("2026-11-22T07:00"))
    assert quiet.asleep(local("2026-11-22T12:00")).wakes_at is None


@pytest.mark.parametrize("text", ["[]", "21:00-08:00", '{"default": "all night"}', '{"default": "00:00-24:00"}', '{"杭州": 5}'])
def test_quiet_hours_that_are_none_are_refused_when_they_are_set(text: str) -> None:
    with pytest.raises(UsageError):
        QUIET_HOURS.parse(text)
    assert QUIET_HOURS.parse(QUIET_HOURS.default) == QUIET_HOURS.default


def test_the_hour_of_approval_is_a_time() -> None:
    assert APPROVED_BY.parse("04:30") == "04:30"
    with pytest.raises(UsageError):
        APPROVED_BY.parse("breakfast")


NIGHT = Hours.parse("21:00-08:00")
HOUR = st.none() | st.integers(0, 23)
INSTANT = st.integers(0, 2880).map(lambda minutes: local("2026-11-22T00:00") + timedelta(minutes=minutes))


def test_whoever_asked_for_nothing_is_sent_to_at_once() -> None:
    start = local("2026-11-22T06:30")
    assert earliest(start, None, ALWAYS, None, None) == start


def test_an_hour_that_is_preferred_is_waited_for_only_in_time() -> None:
    start = local("2026-11-22T10:00")
    assert earliest(start, local("2026-11-22T20:00"), ALWAYS, None, 19) == local("2026-11-22T19:00")
    assert earliest(start, local("2026-11-22T18:00"), ALWAYS, None, 19) == start
    assert earliest(start, None, ALWAYS, None, 9) == start
    assert earliest(start, None, NIGHT, None, 22) == local("2026-11-23T08:00")


@given(start=INSTANT, deadline=st.none() | INSTANT, own=HOUR, preferred=HOUR, night=st.sampled_from([ALWAYS, NIGHT]))
def test_nobody_is_sent_to_too_early(start: datetime, deadline: datetime | None, own: int | None, preferred: int | None, night: Hours) -> None:
    at = earliest(start, deadline, night, own, preferred)
    assert at >= start
    assert wake(night, at) == at, "in his quiet hours"
    if own is not None:
        assert at >= at_hour(start, own)
    bound = earliest(start, deadline, night, own, None)
    if at != bound:
        assert preferred is not None
        assert at > bound
        assert deadline is None or at < deadline, "a wish made him late"


def test_the_days_paper_is_expected_before_its_window() -> None:
    at = local("2026-11-22T05:00")
    assert opens_today(paper(), at) == local("2026-11-22T06:30")
    assert expected_at(paper(), at, "05:45", 120) == local("2026-11-22T05:45")
    assert expected_at(paper("04:00-06:00"), at, "05:45", 120) == local("2026-11-22T04:00")
    assert expected_at(paper("16:30-20:30"), at, "05:45", 120) == local("2026-11-22T14:30"), "nobody misses an evening paper before dawn"
    assert NEVER_QUIET.asleep(at).wakes_at is None
