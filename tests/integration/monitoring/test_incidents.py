"""One row an incident: opened, seen again, closed, opened again; and what a person does with it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from huabao import alarms
from huabao.alarms import Alarm
from huabao.audit import AuditEntry
from huabao.errors import UsageError
from monitoring.alarms import handling, watching
from monitoring.alarms.checks import Check, Finding
from monitoring.models import AlarmWatch
from tests.integration.monitoring.conftest import House


def _said(house: House, alarm_id: int) -> list[str]:
    with house.runtime.transaction(read_only=True) as session:
        return [one.what for one in reversed(handling.history(session, alarm_id))]


def _raise(house: House, kind: str = "port.unreachable", key: str = "p1") -> int:
    with house.runtime.transaction() as session:
        return alarms.raise_alarm(session, kind, key, "it does not answer", at=house.now, readers=7).id


def test_what_comes_back_soon_is_the_same_incident(house: House) -> None:
    first = _raise(house)
    house.after(seconds=30)
    assert _raise(house) == first
    with house.runtime.transaction() as session:
        alarms.close_alarm(session, "port.unreachable", "p1", at=house.after(minutes=1))
    house.after(minutes=9)
    assert _raise(house) == first
    assert _said(house, first) == ["opened", "closed", "reopened"]
    with house.runtime.transaction() as session:
        assert session.get_one(Alarm, first).count == 3
        alarms.close_alarm(session, "port.unreachable", "p1", at=house.now)
    house.after(minutes=11)
    second = _raise(house)
    assert second != first
    with house.runtime.transaction() as session:
        handling.close(session, second, "a test of ours", by="wang", now=house.now)
    assert _raise(house) not in (first, second), "what a person closed is over, whatever comes next is new"


def test_a_number_in_an_error_is_told_to_nobody(house: House) -> None:
    with house.runtime.transaction() as session:
        one = alarms.raise_alarm(session, "jobs.failed", "x", "IntegrityError: [parameters: ('13800138000', 3)] of +8613900139000", at=house.now)
        assert one.text == "IntegrityError: [parameters: ('138****8000', 3)] of 139****9000"
        assert handling.history(session, one.id)[0].text == one.text


def test_acts_stand_in_history_and_audit(house: House) -> None:
    one = _raise(house)
    with house.runtime.transaction() as session:
        handling.take(session, one, by="wang", now=house.now)
        handling.take(session, one, by="wang", now=house.now)
        handling.silence(session, one, 3600, "the operator works on it", by="wang", now=house.now)
        handling.announce(session, one, " resend at  09:10, wait ", by="wang", now=house.now)
        with pytest.raises(UsageError, match="say why"):
            handling.close(session, one, "  ", by="wang", now=house.now)
        with pytest.raises(UsageError, match="at most 24 hours"):
            handling.silence(session, one, 90_000, "long", by="wang", now=house.now)
    with house.runtime.transaction() as session:
        assert [(found.notice, found.severity) for found in handling.known(session)] == [("resend at 09:10, wait", "critical")]
        assert handling.counts(session, house.now) == {"open": 0, "silenced": 1}
        assert [found.id for found in handling.current(session, "silenced", house.now)] == [one]
        later = house.after(minutes=61)
        assert [found.id for found in handling.current(session, "open", later)] == [one]
        handling.close(session, one, "mended", by="li", now=later)
        assert handling.known(session) == ()
        with pytest.raises(UsageError, match="closed"):
            handling.take(session, one, by="li", now=later)
        acts = session.scalars(select(AuditEntry.action).where(AuditEntry.object_kind == "alarm").order_by(AuditEntry.id)).all()
    assert acts == ["alarms.taken", "alarms.silenced", "alarms.announced", "alarms.closed"]
    assert _said(house, one) == ["opened", "taken", "silenced", "announced", "closed"]


def test_closed_alarms_follow_each_other_page_by_page(house: House) -> None:
    ids = [_raise(house, key=f"p{number}") for number in range(7)]
    with house.runtime.transaction() as session:
        for number in range(7):
            alarms.close_alarm(session, "port.unreachable", f"p{number}", at=house.after(seconds=number // 3))
    seen: list[int] = []
    after = None
    with house.runtime.transaction(read_only=True) as session:
        while page := handling.closed(session, after=after, limit=2):
            seen += [one.id for one in page]
            assert page[-1].closed_at is not None
            after = page[-1].closed_at, page[-1].id
    assert sorted(seen) == ids and len(seen) == 7


def test_a_check_opens_and_closes_by_looks_in_a_row(house: House) -> None:
    bad = {"p1"}
    looked = 0

    def look(_session: Session, _now: object) -> Mapping[str, Finding]:
        nonlocal looked
        looked += 1
        return {key: Finding(f"{key} is bad", {"readers": 3}) for key in bad}

    rounds = (Check("reports.stopped", look),)

    def found() -> list[tuple[str, bool, int]]:
        house.after(seconds=15)
        watching.watch(house.runtime, rounds)
        with house.runtime.transaction(read_only=True) as session:
            return [(one.key, one.closed_at is None, one.count) for one in session.scalars(select(Alarm).order_by(Alarm.id))]

    assert found() == []
    assert found() == [("p1", True, 1)]
    bad.clear()
    assert found() == [("p1", True, 1)]
    bad.add("p1")
    assert found() == [("p1", True, 2)]
    bad.clear()
    assert [found()[0][1] for _ in range(3)] == [True, True, False]
    with house.runtime.transaction(read_only=True) as session:
        assert session.scalars(select(AlarmWatch)).all() == []
    assert looked == 7


def test_what_happens_once_fades(house: House) -> None:
    one, other = _raise(house, "jobs.failed", "content.build"), _raise(house)
    house.after(hours=25)
    with house.runtime.transaction() as session:
        assert handling.fade(session, house.now) == 1
        assert (session.get_one(Alarm, one).closed_at, session.get_one(Alarm, other).closed_at) == (house.now, None)
