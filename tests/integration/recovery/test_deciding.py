"""Streaks over closed dispatches, who is stopped by them, what is held, what accounts and orders do: rows as a send leaves them."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from delivery.models import Brake, DeliveryEvent, Dispatch, EventState, Outcome, Port, Submission, deliveries
from delivery.partitions import ensure_day
from huabao.alarms import Alarm
from huabao.clock import business_day
from huabao.errors import UsageError
from huabao.ids import pack_ids
from huabao.runtime import Runtime
from reconciliation.stop_send import deciding, following, looking, passing, streaks
from reconciliation.stop_send.causes import CAUSES, HANDSET_CAUSES
from reconciliation.stop_send.models import DeliveryStop, DeliveryStreak, JudgedDispatch, StopCandidate
from subscribers.models import Reader, ReaderServiceMonth, Subscription, SubscriptionEvent
from tests.services.clocks import at
from tests.services.delivering import World, build_world, number_of, set_setting

T0 = datetime.fromisoformat("2026-11-02T06:30:00+08:00")
READERS = 60


@pytest.fixture
def world(runtime: Runtime) -> World:
    """A paper with readers and a port of China Mobile's dialect."""
    made = build_world(at(runtime, T0), readers=READERS)
    with runtime.transaction() as session:
        session.add(Port(name="main", kind="mm7", url="http://127.0.0.1:9/", rate=100, burst=10, created_at=T0, options={"dialect": "cmcc"}))
    return made


def send(runtime: Runtime, world: World, day: int, failed: dict[int, tuple[str, str]], *, kind: str = "edition", state: str = "closed") -> int:
    """A dispatch as it is when it was closed: so many retrieved it, these failed with a status and a code; its number."""
    sent = T0 + timedelta(days=day)
    with runtime.transaction() as session:
        dispatch = Dispatch(
            edition_id=world.edition_id, edition_version_id=world.version_id, service_id="paper", kind=kind, day=business_day(sent), state=state, audience=READERS,
            planned=READERS, start_at=sent, started_at=sent, sent_at=sent, closed_at=sent + timedelta(days=1), created_at=sent, created_by="test",
        )  # fmt: skip
        session.add(dispatch)
        session.flush()
        ensure_day(session, dispatch.day)
        one = Submission(
            dispatch_id=dispatch.id, day=dispatch.day, batch_id=1, port_id=1, variant_id=1, fence=1, transaction_id=f"t{dispatch.id}", message_id=f"m{dispatch.id}",
            recipients=READERS, reader_ids=pack_ids(range(1, READERS + 1)), state="accepted", status_code=1000, written_at=sent, answered_at=sent,
        )  # fmt: skip
        session.add(one)
        session.flush()
        common = {"day": dispatch.day, "dispatch_id": dispatch.id, "variant_id": 1, "port_id": 1, "late": 0, "submission_id": one.id, "submitted_at": sent}
        outcomes = {reader: Outcome.EXPIRED if reader in failed else Outcome.RETRIEVED for reader in range(1, READERS + 1)}
        session.execute(insert(deliveries), [{**common, "reader_id": reader, "outcome": int(outcome), "outcome_at": sent} for reader, outcome in outcomes.items()])
        for reader, (status, code) in failed.items():
            session.add(
                DeliveryEvent(
                    received_at=sent, port_id=1, message_id=f"m{dispatch.id}", number=number_of(reader), status=status, status_extension=code or None, submission_id=one.id,
                    reader_id=reader, state=int(EventState.FOLDED), outcome=int(Outcome.EXPIRED),
                )
            )  # fmt: skip
        return dispatch.id


def fetched(session: Session, reader: int, when: datetime, service: str = "paper") -> None:
    """A report says that he fetched something."""
    month = business_day(when).replace(day=1)
    session.merge(ReaderServiceMonth(month=month, reader_id=reader, service_id=service, retrieved=1, failed=0, last_success_at=when))


def kept(runtime: Runtime) -> dict[int, tuple[str, int]]:
    """Cause and editions of each streak."""
    with runtime.transaction(read_only=True) as session:
        return {one.reader_id: (one.cause, one.editions) for one in session.scalars(select(DeliveryStreak).order_by(DeliveryStreak.cause))}


def test_failures_count_once_by_cause_and_a_success_ends_them(runtime: Runtime, world: World) -> None:
    later = at(runtime, T0 + timedelta(days=9))
    failed = {1: ("Expired", "4446"), 2: ("System Rejected", ""), 3: ("Expired", "5001"), 4: ("Expired", ""), 5: ("Expired", "")}
    for day in range(3):
        send(runtime, world, day, failed)
    with runtime.transaction() as session:
        fetched(session, 5, T0 + timedelta(days=2, hours=5), service="magazine")
    assert streaks.judge_closed(later) == 3
    assert streaks.judge_closed(later) == 0, "each once"
    assert kept(runtime) == {1: ("unknown", 3), 2: ("system", 3), 4: ("unknown", 3)}, "5xxx is the network's; the fifth fetched another title since"
    with runtime.transaction() as session:
        fetched(session, 4, T0 + timedelta(days=1, hours=5))  # reported late: between the second and the third
        fetched(session, 2, T0 + timedelta(days=4))
    streaks.end_by_success(later)
    assert kept(runtime) == {1: ("unknown", 3), 4: ("unknown", 1)}


@pytest.mark.parametrize("why", ["killed", "corrected", "resend", "braked", "outage", "mass"])
def test_incidents_never_count(sqlite_runtime: Runtime, why: str) -> None:
    runtime = sqlite_runtime
    world = build_world(at(runtime, T0), readers=READERS)
    with runtime.transaction() as session:
        session.add(Port(name="main", kind="mm7", url="http://127.0.0.1:9/", rate=100, burst=10, created_at=T0))
    failed = dict.fromkeys(range(1, 41 if why == "mass" else 3), ("Expired", ""))
    dispatch_id = send(runtime, world, 0, failed, kind="resend" if why == "resend" else "edition", state="killed" if why == "killed" else "closed")
    with runtime.transaction() as session:
        if why == "corrected":
            send_at = T0 + timedelta(hours=1)
            session.add(
                Dispatch(
                    edition_id=1,
                    edition_version_id=1,
                    service_id="paper",
                    kind="correction",
                    day=business_day(T0),
                    state="sending",
                    start_at=send_at,
                    created_at=send_at,
                    created_by="x",
                )
            )
        if why == "braked":
            session.add(Brake(dispatch_id=dispatch_id, scope="port", key="main", reason="curve", at=T0, by="huabao"))
        if why == "outage":
            session.add(Alarm(kind="port.unreachable", key="main", text="", first_seen_at=T0 + timedelta(minutes=5), last_seen_at=T0, closed_at=T0 + timedelta(hours=1)))
    streaks.judge_closed(at(runtime, T0 + timedelta(days=2)))
    assert kept(runtime) == {}
    with runtime.transaction(read_only=True) as session:
        assert session.scalars(select(JudgedDispatch.failed)).all() == [0]


def _streaks(runtime: Runtime, readers: range, *, days: int = 20, editions: int = 20, cause: str = "unknown") -> None:
    with runtime.transaction() as session:
        session.add_all(
            DeliveryStreak(reader_id=one, service_id="paper", cause=cause, failing_since=T0 - timedelta(days=days), editions=editions, last_failed_at=T0) for one in readers
        )


def test_days_and_editions_decide_and_a_stop_is_an_event(runtime: Runtime, world: World) -> None:
    _streaks(runtime, range(1, 2), days=8, editions=10, cause="memory_full")
    _streaks(runtime, range(2, 3), days=8, editions=9, cause="memory_full")
    _streaks(runtime, range(3, 4), days=14, editions=28, cause="unreachable")
    _streaks(runtime, range(4, 5), days=15, editions=10, cause="unreachable")
    now = at(runtime, T0)
    run = deciding.decide(now)
    assert run is not None
    assert (run.state, run.found, run.causes) == ("applied", 2, {"memory_full": 1, "unreachable": 1})
    assert deciding.decide(now) is None, "once"
    with runtime.transaction(read_only=True) as session:
        rows = session.execute(
            select(Subscription.reader_id, Subscription.stop_cause, Subscription.state).where(Subscription.stop_state == "stopped").order_by(Subscription.reader_id)
        )
        assert [tuple(one) for one in rows] == [(1, "memory_full", "active"), (4, "unreachable", "active")]
        assert session.execute(select(SubscriptionEvent.event, SubscriptionEvent.reason).order_by(SubscriptionEvent.reader_id)).all() == [
            ("stop", "memory_full"),
            ("stop", "unreachable"),
        ]
        assert session.scalar(select(func.count()).select_from(DeliveryStop)) == 2
        assert session.scalar(select(func.count()).select_from(StopCandidate)) == 0


def oracle(streaks_: list[tuple[str, int, int]]) -> str | None:
    """The cause to stop by, of (cause, days, editions); the ages are all different, so that nothing ties but editions."""
    days = {cause: 7 if cause in HANDSET_CAUSES else 15 for cause in CAUSES}
    by_number = sorted(streaks_, key=lambda one: (-one[2], one[1], one[0]))
    long, often = max((one[1] for one in streaks_), default=0), sum(one[2] for one in streaks_)
    if by_number and long >= days[by_number[0][0]] and often >= 10:
        return by_number[0][0]
    return next((cause for cause, age, editions in by_number if age >= days[cause] and editions >= 10), None)


def test_causes_that_take_turns_stop_as_one_does(runtime: Runtime, world: World) -> None:
    """Whatever a reader's failures are of: random rows of several causes against the rule in words."""
    set_setting(runtime, "stop_guard_share", 1.0)
    draws = random.Random(8)
    given: dict[int, list[tuple[str, int, int]]] = {1: [("memory_full", 8, 6), ("unreachable", 7, 5)], 2: [("memory_full", 8, 5), ("unreachable", 8, 6)], 3: [("unknown", 16, 9)]}
    for reader in range(4, READERS + 1):
        given[reader] = [(cause, draws.randint(1, 25), draws.randint(1, 14)) for cause in draws.sample(CAUSES, draws.randint(0, 4))]
    with runtime.transaction() as session:
        for reader, rows in given.items():
            for cause, days, editions in rows:
                since = T0 - timedelta(days=days)
                session.add(DeliveryStreak(reader_id=reader, service_id="paper", cause=cause, failing_since=since, editions=editions, last_failed_at=since + timedelta(hours=1)))
    deciding.decide(at(runtime, T0))
    with runtime.transaction(read_only=True) as session:
        found = {one.reader_id: (one.cause, one.failing_since) for one in session.scalars(select(DeliveryStop))}
    wanted = {reader: oracle(rows) for reader, rows in given.items()}
    assert (wanted[1], wanted[2], wanted[3]) == ("memory_full", None, None)
    assert {reader: cause for reader, (cause, _) in found.items()} == {reader: cause for reader, cause in wanted.items() if cause}
    assert all(since == T0 - timedelta(days=max(one[1] for one in given[reader])) for reader, (_, since) in found.items())


def test_who_fetched_while_a_run_was_held_is_not_stopped_by_it(sqlite_runtime: Runtime) -> None:
    runtime = sqlite_runtime
    build_world(at(runtime, T0), readers=READERS)
    _streaks(runtime, range(1, 31))
    run = deciding.decide(at(runtime, T0))
    assert run is not None
    with runtime.transaction() as session:
        fetched(session, 7, T0 - timedelta(hours=1))
        session.execute(update(DeliveryStreak).where(DeliveryStreak.reader_id == 7).values(last_failed_at=T0))
    streaks.end_by_success(at(runtime, T0))
    assert kept(runtime)[7] == ("unknown", 1), "he failed once more afterwards"
    with runtime.transaction() as session:
        deciding.approve(session, run.id, by="li", now=T0)
        assert deciding.approve(session, run.id, by="wang", now=T0)[1] == 29


def test_a_refusal_of_many_says_nothing_of_one(sqlite_runtime: Runtime) -> None:
    runtime = sqlite_runtime
    world = build_world(at(runtime, T0), readers=READERS)
    with runtime.transaction() as session:
        session.add(Port(name="main", kind="mm7", url="http://127.0.0.1:9/", rate=100, burst=10, created_at=T0))
    found = {}
    for day, (state, recipients) in enumerate((("refused", READERS), ("refused", 1), ("partial", READERS))):
        dispatch_id = send(runtime, world, day, {3: ("Expired", "")} if state == "partial" else {})
        with runtime.transaction() as session:
            session.execute(update(Submission).where(Submission.dispatch_id == dispatch_id).values(state=state, status_code=2003, recipients=recipients))
            failed = deliveries.c.reader_id == 3
            session.execute(
                update(deliveries).where(deliveries.c.dispatch_id == dispatch_id, failed).values(outcome=int(Outcome.EXPIRED if state == "partial" else Outcome.REJECTED))
            )
        streaks.judge_closed(at(runtime, T0 + timedelta(days=5)))
        found[state, recipients] = kept(runtime).get(3)
    assert found == {("refused", READERS): None, ("refused", 1): ("system", 1), ("partial", READERS): ("unknown", 1)}


def test_a_mass_waits_for_two_different_people(runtime: Runtime, world: World) -> None:
    _streaks(runtime, range(1, 31))
    now = at(runtime, T0)
    run = deciding.decide(now)
    assert run is not None
    assert (run.state, run.found) == ("held", 30)
    assert deciding.decide(now) is None, "it keeps others back"
    with runtime.transaction() as session:
        session.execute(update(Subscription).where(Subscription.reader_id == 7).values(state="cancelled"))
        assert deciding.approve(session, run.id, by="li", now=T0)[1] is None
    with runtime.transaction() as session, pytest.raises(UsageError, match="another person"):
        deciding.approve(session, run.id, by="li", now=T0)
    with runtime.transaction() as session:
        assert deciding.approve(session, run.id, by="wang", now=T0)[1] == 29, "who left meanwhile is not stopped"
    with runtime.transaction() as session:
        assert session.scalar(select(func.count()).select_from(DeliveryStop)) == 29
        assert session.scalar(select(Alarm.closed_at).where(Alarm.kind == deciding.HELD_ALARM)) == T0


def test_small_runs_add_up_to_a_mass_and_a_dropped_run_forgets(sqlite_runtime: Runtime) -> None:
    runtime = sqlite_runtime
    build_world(at(runtime, T0), readers=READERS)
    now = at(runtime, T0)
    _streaks(runtime, range(1, 9))
    assert getattr(deciding.decide(now), "state", "") == "applied"
    _streaks(runtime, range(9, 13))
    run = deciding.decide(now)
    assert run is not None
    assert run.state == "held", "8 and 4 in a day are more than 10 and more than 1 %"
    with runtime.transaction() as session:
        deciding.drop(session, run.id, by="li", why="the MMSC was ill", now=T0)
    assert deciding.decide(now) is None
    assert set(kept(runtime)) == set(range(1, 9))


def test_a_bar_stops_and_its_lifting_resumes_outside_every_attempt(runtime: Runtime, world: World) -> None:
    now = at(runtime, T0)
    with runtime.transaction() as session:
        session.execute(update(Reader).where(Reader.id == 3).values(account_state="barred", account_at=T0 - timedelta(hours=2)))
        session.execute(update(Subscription).where(Subscription.reader_id == 3).values(state="paused"))
    assert following.follow(now)["barred"] == 1
    assert following.follow(now)["barred"] == 0
    assert passing.recover(now)["begun"] == 0
    with runtime.transaction() as session:
        session.execute(update(Reader).where(Reader.id == 3).values(account_state="normal", account_at=T0 + timedelta(hours=1)))
        session.execute(update(Subscription).where(Subscription.reader_id == 3).values(state="active"))
    assert following.follow(at(runtime, T0 + timedelta(hours=2)))["unbarred"] == 1
    with runtime.transaction(read_only=True) as session:
        stop = session.scalars(select(DeliveryStop)).one()
        assert (stop.cause, stop.ended_by, stop.stopped_at) == ("barred", "unbarred", T0 - timedelta(hours=2))
        assert session.scalars(select(SubscriptionEvent.event).order_by(SubscriptionEvent.id)).all() == ["stop", "restart"]


def test_two_billed_months_call_a_person(sqlite_runtime: Runtime) -> None:
    runtime = sqlite_runtime
    build_world(at(runtime, T0), readers=3)
    with runtime.transaction() as session:
        assert looking.stop_one(session, number_of(1), "paper", "system", by="li", reason="he asked", now=T0 - timedelta(days=33)) == 1
    for day, expected in ((0, 0), (28, 0), (59, 1), (60, 0)):
        with runtime.transaction() as session:
            assert looking.list_overdue(session, T0 + timedelta(days=day)) == expected
    with runtime.transaction() as session:
        (one,) = looking.listed(session)
        assert "****" in one["msisdn"]
        assert looking.release(session, number_of(1), None, by="li", reason="refunded", now=T0 + timedelta(days=61)) == 1
        assert looking.listed(session) == []


def test_passes_are_idempotent(sqlite_runtime: Runtime) -> None:
    runtime = sqlite_runtime
    build_world(at(runtime, T0), readers=3)
    set_setting(runtime, "stop_editions_unknown", 1)
    _streaks(runtime, range(1, 2))
    now = at(runtime, T0)
    passing.judge(now)
    passing.recover(now)
    before = _everything(runtime)
    passing.judge(now)
    passing.recover(now)
    assert _everything(runtime) == before


def _everything(runtime: Runtime) -> list[object]:
    with runtime.transaction(read_only=True) as session:
        return [tuple(row) for table in (Subscription, SubscriptionEvent, DeliveryStop) for row in session.execute(select(*table.__table__.columns))]
