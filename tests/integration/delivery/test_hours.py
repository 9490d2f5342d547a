"""Quiet hours, hours asked for and preferred: who waits until when, who is left out; the contact ledger; what shuts and grows stale."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, update

from content.models import Publication
from delivery.dispatch import closing, gate
from delivery.dispatch import planning as dispatches
from delivery.dispatch.planning import Request
from delivery.dispatch.policies import QUIET_HOURS
from delivery.dispatch.quiet import NEVER_QUIET, Quiet
from delivery.dispatch.steering import steer
from delivery.dispatch.wishes import earliest, not_before_sql
from delivery.ledger import proof
from delivery.models import Batch, Dispatch, Exclusion, Outcome, Withdrawal, deliveries
from delivery.sending import sweeps
from delivery.settings import BATCH_READERS_MAX
from huabao.alarms import Alarm
from huabao.hours import ALWAYS, Hours
from huabao.ids import unpack_ids
from huabao.runtime import Runtime
from subscribers.contacts import CONTACTS_DAYS, CONTACTS_MAX
from subscribers.models import CONTACT_CONSENT, Consent, Contact, Reader, Subscription
from tests.services.clocks import at, local
from tests.services.delivering import LONG_AGO, Peer, add_port, add_readers, build_world, peer, set_setting, settle, work

MORNING = "2026-11-22T06:00"


def consent(runtime: Runtime, *readers: int) -> None:
    said = {"kind": CONTACT_CONSENT, "source": "test", "given": True, "recorded_at": LONG_AGO}
    with runtime.transaction() as session:
        session.execute(insert(Consent), [{"reader_id": one, **said} for one in readers])


def reasons(runtime: Runtime, dispatch_id: int) -> dict[int, str]:
    with runtime.transaction(read_only=True) as session:
        return dict(session.execute(select(Exclusion.reader_id, Exclusion.reason).where(Exclusion.dispatch_id == dispatch_id)).all())


def withdrawn(runtime: Runtime, dispatch_id: int) -> dict[int, str]:
    with runtime.transaction(read_only=True) as session:
        return dict(session.execute(select(Withdrawal.reader_id, Withdrawal.reason).where(Withdrawal.dispatch_id == dispatch_id)).all())


def waits(runtime: Runtime, dispatch_id: int) -> dict[int, datetime | None]:
    with runtime.transaction(read_only=True) as session:
        batches = session.scalars(select(Batch).where(Batch.dispatch_id == dispatch_id)).all()
        return {reader: batch.not_before for batch in batches for reader in unpack_ids(batch.reader_ids)}


def outcomes(runtime: Runtime, dispatch_id: int) -> dict[str, int]:
    with runtime.transaction(read_only=True) as session:
        assert proof.verify(session, dispatch_id).problems == []
        return {name: number for name, number in proof.counts(session, dispatch_id).outcomes.items() if number}


def state(runtime: Runtime, dispatch_id: int) -> str:
    with runtime.transaction(read_only=True) as session:
        return session.get_one(Dispatch, dispatch_id).state


def drained(runtime: Runtime, dispatch_id: int) -> bool:
    return state(runtime, dispatch_id) in ("draining", "verified", "closed")


def open_alarms(runtime: Runtime, kind: str) -> list[str]:
    with runtime.transaction(read_only=True) as session:
        return list(session.scalars(select(Alarm.text).where(Alarm.kind == kind, Alarm.closed_at.is_(None))))


# --- the two faces of one rule ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("start", ["2026-11-22T06:30", "2026-11-22T21:30"])
@pytest.mark.parametrize("deadline_h", [None, 14])
def test_sql_and_rule_agree_on_every_reader(runtime: Runtime, start: str, deadline_h: int | None) -> None:
    begin = local(start)
    deadline = None if deadline_h is None else begin + timedelta(hours=deadline_h)
    quiet = Quiet.parse('{"default": "21:00-08:00", "杭州": "22:00-07:00", "宁波": ""}')
    of_city = {"杭州": Hours.parse("22:00-07:00"), "宁波": ALWAYS}
    people = [(city, own, preferred) for city in (None, "杭州", "宁波", "温州") for own in (None, "7", "09", "22:00", "soon") for preferred in (None, 7, 20)]
    common = {"topics": [], "created_at": LONG_AGO, "updated_at": LONG_AGO}
    rows = [
        {"id": one, "msisdn": f"139{one:08d}", "city": city, "preferred_hour": preferred, "attributes": {"not_before_hour": own} if own else {}, **common}
        for one, (city, own, preferred) in enumerate(people, 1)
    ]
    with runtime.transaction() as session:
        session.execute(insert(Reader), rows)
        for hours, prefers in ((quiet, True), (NEVER_QUIET, True), (NEVER_QUIET, False)):
            asked = not_before_sql(begin, deadline, quiet=hours, preferred=prefers)
            found = {row[0]: (row[1], bool(row[2])) for row in session.execute(select(Reader.id, asked.at, asked.too_late))}
            for one, (city, own, preferred) in enumerate(people, 1):
                night = NEVER_QUIET.otherwise if hours is NEVER_QUIET else of_city.get(city or "", hours.otherwise)
                hour = {"7": 7, "09": 9, "22:00": 22}.get(own or "")
                expected = earliest(begin, deadline, night, hour, preferred if prefers else None)
                assert found[one][0] == (None if expected == begin else expected), people[one - 1]
                assert found[one][1] == (deadline is not None and begin < expected and expected >= deadline), people[one - 1]


# --- the snapshot ----------------------------------------------------------------------------------------------------


def test_an_activity_in_the_evening_waits_for_each_citys_morning(runtime: Runtime) -> None:
    evening = at(runtime, "2026-11-22T21:30")
    world = build_world(evening, klass="activity")
    add_port(evening, "http://127.0.0.1:1/")
    set_setting(evening, QUIET_HOURS.name, '{"default": "21:00-08:00", "杭州": "22:00-07:00", "宁波": "21:00-09:00"}')
    for first, city in ((1, "杭州"), (11, "宁波"), (21, None)):
        add_readers(evening, 3, service_id=None, first=first, city=city)
        consent(evening, first, first + 1, first + 2)
    with evening.transaction() as session:
        session.execute(update(Reader).where(Reader.id == 22).values(preferred_hour=12))
        session.execute(update(Reader).where(Reader.id == 3).values(attributes={"not_before_hour": "23"}))
    dispatch_id = dispatches.create(evening, Request(world.edition), actor="test")
    seen = waits(evening, dispatch_id)
    assert (seen[1], seen[3]) == (None, local("2026-11-23T07:00")), "his own hour falls into the night"
    assert {seen[one] for one in (11, 12, 13)} == {local("2026-11-23T09:00")}
    assert {seen[one] for one in (21, 22, 23)} == {local("2026-11-23T08:00")}, "noon of this day is over"
    other = dispatches.create(evening, Request(world.edition, deadline_at=local("2026-11-23T08:30"), again=True), actor="test")
    assert reasons(evening, other) == dict.fromkeys((11, 12, 13), "quiet_hours")


def test_a_paid_paper_obeys_the_readers_own_hour_and_no_quiet_hours(runtime: Runtime) -> None:
    morning = at(runtime, MORNING)
    world = build_world(morning, readers=4)
    add_port(morning, "http://127.0.0.1:1/")
    with morning.transaction() as session:
        session.execute(update(Publication).values(send_window="06:30-08:00"))
        session.execute(update(Reader).where(Reader.id == 2).values(attributes={"not_before_hour": "7"}, preferred_hour=20))
        session.execute(update(Reader).where(Reader.id == 3).values(attributes={"not_before_hour": "9"}))
        session.execute(update(Reader).where(Reader.id == 4).values(preferred_hour=20))
    dispatch_id = dispatches.create(morning, Request(world.edition), actor="test")
    assert waits(morning, dispatch_id) == {1: None, 2: local("2026-11-22T07:00"), 3: local("2026-11-22T09:00"), 4: None}
    assert (state(morning, dispatch_id), reasons(morning, dispatch_id)) == ("released", {})
    with morning.transaction(read_only=True) as session:
        assert session.get_one(Dispatch, dispatch_id).deadline_at == local("2026-11-22T08:00")


def test_a_number_that_is_none_and_a_reader_addressed_too_often(runtime: Runtime) -> None:
    now = at(runtime, "2026-11-22T12:00")
    world = build_world(now, klass="activity")
    add_port(now, "http://127.0.0.1:1/")
    add_readers(now, 6, service_id=None)
    consent(now, 1, 2, 3, 4, 5, 6)
    set_setting(now, CONTACTS_MAX.name, 2)
    set_setting(now, CONTACTS_DAYS.name, 7)
    said = {"channel": "mms", "purpose": "activity", "reference": "dispatch:0"}
    ago = {2: (1, 6), 3: (1, 8), 4: (1, 2, 3), 5: (1,)}
    with now.transaction() as session:
        session.execute(update(Reader).where(Reader.id == 6).values(msisdn="0571-888888"))
        session.execute(insert(Contact), [{"reader_id": reader, "at": now.now() - timedelta(days=days), **said} for reader, many in ago.items() for days in many])
    dispatch_id = dispatches.create(now, Request(world.edition), actor="test")
    assert reasons(now, dispatch_id) == {2: "frequency_limit", 4: "frequency_limit", 6: "unknown_number"}


# --- at claim --------------------------------------------------------------------------------------------------------


def test_an_activity_writes_the_contact_ledger_and_looks_at_it_again(runtime: Runtime, tmp_path: Path) -> None:
    noon = at(runtime, "2026-11-22T12:00")
    with peer(tmp_path / "kept") as mmsc:
        first, second = (build_world(noon, klass="activity", slug=slug) for slug in ("games", "music"))
        add_port(noon, mmsc.url)
        add_readers(noon, 5, service_id=None)
        consent(noon, 1, 2, 3, 4, 5)
        set_setting(noon, CONTACTS_MAX.name, 1)
        one = dispatches.create(noon, Request(first.edition), actor="test")
        two = dispatches.create(noon, Request(second.edition), actor="test")
        work(noon)
        assert outcomes(noon, one) == {"submitted": 5}
        assert outcomes(noon, two) == {"cancelled": 5}
        assert set(withdrawn(noon, two).values()) == {"frequency_limit"}
        with noon.transaction(read_only=True) as session:
            kept = session.execute(select(Contact.reader_id, Contact.channel, Contact.purpose, Contact.reference, Contact.at).order_by(Contact.reader_id)).all()
        assert [tuple(row) for row in kept] == [(reader, "mms", "activity", f"dispatch:{one}", noon.now()) for reader in range(1, 6)]
        assert len(mmsc.recipients()) == 5


def test_the_night_comes_before_a_batch_is_claimed(runtime: Runtime, tmp_path: Path) -> None:
    with peer(tmp_path / "kept") as mmsc:
        evening, night, dawn = (at(runtime, when) for when in ("2026-11-22T20:59", "2026-11-22T21:01", "2026-11-23T08:00"))
        world = build_world(evening, klass="activity")
        add_port(evening, mmsc.url)
        add_readers(evening, 4, service_id=None)
        consent(evening, 1, 2, 3, 4)
        set_setting(evening, QUIET_HOURS.name, '{"default": "21:00-08:00", "宁波": ""}')
        with evening.transaction() as session:
            session.execute(update(Reader).where(Reader.id.in_([1, 2])).values(city="宁波"))
        dispatch_id = dispatches.create(evening, Request(world.edition), actor="test")
        work(night)
        assert outcomes(night, dispatch_id) == {"submitted": 2, "pending": 2}
        sweeps.requeue_silent(night)
        assert work(night) == 0
        sweeps.requeue_silent(dawn)
        work(dawn)
        assert outcomes(dawn, dispatch_id) == {"submitted": 4}
        assert len(set(mmsc.recipients())) == len(mmsc.recipients()) == 4


def test_a_night_that_lasts_beyond_the_deadline_withdraws(runtime: Runtime) -> None:
    evening, night = at(runtime, "2026-11-22T20:59"), at(runtime, "2026-11-22T21:01")
    world = build_world(evening, klass="activity")
    add_port(evening, "http://127.0.0.1:1/")
    add_readers(evening, 2, service_id=None)
    consent(evening, 1, 2)
    dispatch_id = dispatches.create(evening, Request(world.edition, deadline_at=local("2026-11-23T01:00")), actor="test")
    assert reasons(evening, dispatch_id) == {}
    work(night)
    assert outcomes(night, dispatch_id) == {"cancelled": 2}
    assert withdrawn(night, dispatch_id) == {1: "quiet_hours", 2: "quiet_hours"}


def test_who_left_after_the_snapshot_is_withdrawn_with_the_reason(runtime: Runtime, tmp_path: Path) -> None:
    now = at(runtime, MORNING)
    with peer(tmp_path / "kept") as mmsc:
        world = build_world(now, readers=5)
        add_port(now, mmsc.url)
        dispatch_id = dispatches.create(now, Request(world.edition), actor="test")
        with now.transaction() as session:
            session.execute(update(Subscription).where(Subscription.reader_id == 2).values(state="cancelled"))
            session.execute(update(Subscription).where(Subscription.reader_id == 3).values(stop_state="stopped"))
            session.delete(session.get_one(Reader, 4))
        work(now)
        assert outcomes(now, dispatch_id) == {"submitted": 2, "cancelled": 3}
        assert withdrawn(now, dispatch_id) == {2: "not_subscribed", 3: "stopped", 4: "unknown_number"}
        with now.transaction(read_only=True) as session:
            assert proof.counts(session, dispatch_id).to_document()["withdrawn"] == {"not_subscribed": 1, "stopped": 1, "unknown_number": 1}
        with now.transaction() as session:
            assert set(session.scalars(select(Withdrawal.at))) == {now.now()}
            session.execute(update(Withdrawal).where(Withdrawal.reader_id == 2).values(reason="a whim"))
        with now.transaction(read_only=True) as session:
            assert any("a whim" in problem for problem in proof.verify(session, dispatch_id).problems)


# --- the window shuts ------------------------------------------------------------------------------------------------


def windowed(runtime: Runtime, mmsc: Peer, *, readers: int = 250, stale_after_s: float | None = 6 * 3600.0) -> int:
    """A dispatch of 06:30 of which one batch of a hundred has left."""
    early, open_now = at(runtime, MORNING), at(runtime, "2026-11-22T06:30")
    set_setting(early, BATCH_READERS_MAX.name, 100)
    world = build_world(early, readers=readers, stale_after_s=stale_after_s)
    add_port(early, mmsc.url)
    with early.transaction() as session:
        session.execute(update(Publication).values(send_window="06:30-08:00"))
    dispatch_id = dispatches.create(early, Request(world.edition), actor="test")
    sweeps.start_due(early)
    assert (work(early), state(early, dispatch_id)) == (0, "released")
    sweeps.start_due(open_now)
    assert state(open_now, dispatch_id) == "sending"
    work(open_now, rounds=1)
    return dispatch_id


def test_what_the_window_leaves_is_held_and_said_and_grows_stale(runtime: Runtime, tmp_path: Path) -> None:
    with peer(tmp_path / "kept") as mmsc:
        dispatch_id = windowed(runtime, mmsc)
        shut, stale = at(runtime, "2026-11-22T08:00"), at(runtime, "2026-11-22T12:00")
        sweeps.start_due(shut)
        assert state(shut, dispatch_id) == "released"
        work(shut)
        assert outcomes(shut, dispatch_id) == {"submitted": 100, "pending": 150}
        (said,) = open_alarms(shut, closing.WINDOW_ALARM)
        assert "150 readers" in said
        assert "stale from 2026-11-22 12:00" in said
        closing.watch(shut)
        assert outcomes(shut, dispatch_id) == {"submitted": 100, "pending": 150}
        closing.watch(stale)
        assert outcomes(stale, dispatch_id) == {"submitted": 100, "cancelled": 150}
        assert set(withdrawn(stale, dispatch_id).values()) == {"stale_edition"}
        assert state(stale, dispatch_id) == "draining"
        assert "150 readers" in open_alarms(stale, closing.STALE_ALARM)[0]
        closing.watch(stale)
        assert open_alarms(stale, closing.WINDOW_ALARM) == []


def test_a_deadline_without_a_window_is_said_and_holds_nothing(runtime: Runtime, tmp_path: Path) -> None:
    with peer(tmp_path / "kept") as mmsc:
        now, late = at(runtime, "2026-11-22T06:30"), at(runtime, "2026-11-22T07:01")
        set_setting(now, BATCH_READERS_MAX.name, 10)
        world = build_world(now, readers=20)
        add_port(now, mmsc.url)
        dispatch_id = dispatches.create(now, Request(world.edition, deadline_at=local("2026-11-22T07:00")), actor="test")
        work(now, rounds=1)
        for _ in range(2):
            closing.watch(late)
        (said,) = open_alarms(late, closing.DEADLINE_ALARM)
        assert "10 readers not sent to" in said
        work(late)
        closing.watch(late)
        assert outcomes(late, dispatch_id) == {"submitted": 20}
        assert open_alarms(late, closing.DEADLINE_ALARM) == []


def test_a_stale_dispatch_waits_for_what_a_worker_has_in_hand(runtime: Runtime) -> None:
    now, stale = at(runtime, "2026-11-22T06:30"), at(runtime, "2026-11-22T12:31")
    set_setting(now, BATCH_READERS_MAX.name, 10)
    world = build_world(now, readers=20, stale_after_s=6 * 3600.0)
    add_port(now, "http://127.0.0.1:1/")
    dispatch_id = dispatches.create(now, Request(world.edition), actor="test")
    steer(now, dispatch_id, "pause", by="mei", reason="a typo")
    with now.transaction() as session:
        first = session.scalars(select(Batch.id).order_by(Batch.id)).first()
        session.execute(update(Batch).where(Batch.id == first).values(state="claimed", owner="test", lease_until=local("2026-11-22T12:32")))
    closing.watch(stale)
    assert (state(stale, dispatch_id), outcomes(stale, dispatch_id)) == ("paused", {"pending": 10, "cancelled": 10})
    with stale.transaction() as session:
        session.execute(update(Batch).where(Batch.id == first).values(state="ready", owner=None, lease_until=None))
    closing.watch(stale)
    assert (state(stale, dispatch_id), outcomes(stale, dispatch_id)) == ("draining", {"cancelled": 20})
    sweeps.advance(stale)
    assert state(stale, dispatch_id) == "closed"


def test_a_person_lets_the_rest_go_after_the_window(runtime: Runtime, tmp_path: Path) -> None:
    with peer(tmp_path / "kept") as mmsc:
        dispatch_id = windowed(runtime, mmsc)
        shut, later = at(runtime, "2026-11-22T08:00"), at(runtime, "2026-11-22T09:00")
        sweeps.start_due(shut)
        with shut.transaction() as session:
            assert gate.open_window(session, dispatch_id, local("2026-11-22T08:30"), by="mei", at=shut.now(), reason="the editor was late") == "sending"
        sweeps.start_due(shut)
        work(shut, rounds=1)
        assert outcomes(shut, dispatch_id) == {"submitted": 200, "pending": 50}
        sweeps.start_due(later)
        assert state(later, dispatch_id) == "released"


def test_hours_asked_for_outlive_the_window(runtime: Runtime, tmp_path: Path) -> None:
    with peer(tmp_path / "kept") as mmsc:
        early, open_now, shut, nine = (at(runtime, f"2026-11-22T{when}") for when in ("06:00", "06:30", "08:00", "09:00"))
        set_setting(early, BATCH_READERS_MAX.name, 100)
        world = build_world(early, readers=200, stale_after_s=6 * 3600.0)
        add_port(early, mmsc.url)
        with early.transaction() as session:
            session.execute(update(Publication).values(send_window="06:30-08:00"))
            session.execute(update(Reader).where(Reader.id > 190).values(attributes={"not_before_hour": "9"}))
        dispatch_id = dispatches.create(early, Request(world.edition), actor="test")
        sweeps.start_due(open_now)
        work(open_now, rounds=1)
        assert outcomes(open_now, dispatch_id) == {"submitted": 100, "pending": 100}
        sweeps.start_due(shut)
        closing.watch(shut)
        work(shut)
        assert outcomes(shut, dispatch_id) == {"submitted": 100, "pending": 100}
        assert state(shut, dispatch_id) == "sending"
        assert len(open_alarms(shut, closing.WINDOW_ALARM)) == 1
        sweeps.requeue_silent(nine)
        work(nine)
        assert outcomes(nine, dispatch_id) == {"submitted": 110, "pending": 90}
        with nine.transaction(read_only=True) as session:
            got = set(session.scalars(select(deliveries.c.reader_id).where(deliveries.c.outcome == int(Outcome.SUBMITTED))))
        assert set(range(191, 201)) <= got


def test_a_special_edition_waits_for_no_window(runtime: Runtime, tmp_path: Path) -> None:
    with peer(tmp_path / "kept") as mmsc:
        night = at(runtime, "2026-11-22T23:00")
        world = build_world(night, readers=10)
        add_port(night, mmsc.url)
        with night.transaction() as session:
            session.execute(update(Publication).values(send_window="06:30-08:00"))
        dispatch_id = dispatches.create(night, Request(world.edition, lane="special"), actor="test")
        assert state(night, dispatch_id) == "sending"
        with night.transaction(read_only=True) as session:
            assert set(session.scalars(select(Batch.lane))) == {"special"}
        settle(night, until=lambda: drained(night, dispatch_id))
        assert outcomes(night, dispatch_id) == {"submitted": 10}
        with night.transaction(read_only=True) as session:
            assert session.scalar(select(func.count()).select_from(Contact)) == 0, "a paid paper is no contact"
