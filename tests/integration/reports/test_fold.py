"""Reports become outcomes, in whatever order and shape they come, on both databases."""

from __future__ import annotations

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, text, update

from delivery.codecs.mm7 import DeliveryReportReq
from delivery.dialects import files, folders
from delivery.ledger import proof
from delivery.models import DeliveryEvent, EventState, Outcome, deliveries
from delivery.reports import folding, store
from delivery.reports.folding import fold, store_reports
from delivery.reports.meanings import watch_dialects
from huabao.alarms import Alarm
from huabao.clock import clock_from
from huabao.queues import Periodic
from huabao.runtime import Runtime
from subscribers.models import Reader, ReaderServiceMonth
from subscribers.orders.change import Change
from subscribers.orders.services import apply
from tests.integration.reports.ground import DAY, NOON, SERVICE, Sent, number, report, sent_dispatch

TABLES = ("deliveries", "submissions", "delivery_events", "reader_service_months", "readers", "dispatches", "edition_versions", "editions", "publications", "ports")

R, S, U, P = Outcome.RETRIEVED, Outcome.SUBMITTED, Outcome.UNKNOWN, Outcome.PENDING


@pytest.fixture
def runtime(runtime: Runtime) -> Runtime:
    """Its clock stands in the afternoon of the reports' day: parked ones are given up by their age."""
    return replace(runtime, clock=clock_from(NOON + timedelta(hours=3)))


@pytest.fixture
def sent(runtime: Runtime) -> Sent:
    """Ten readers in one accepted submission with MessageID `m`."""
    ground = sent_dispatch(runtime)
    ground.submit(range(10), "accepted", "m", S)
    return ground


def stored(sent: Sent, *what: DeliveryReportReq, received_at: object = NOON) -> None:
    """Store reports in one transaction."""
    with sent.runtime.transaction() as session:
        store_reports(session, sent.port_id, what, NOON if received_at is NOON else received_at)  # type: ignore[arg-type]


def test_one_report_for_each_recipient(sent: Sent) -> None:
    stored(sent, report("m", number(0)), report("m", number(1), status="Expired"), report("m", number(2), status="Deferred"))
    assert fold(sent.runtime) == 3
    outcomes = sent.outcomes()
    assert (outcomes[0], outcomes[1], outcomes[2], outcomes[3]) == (R, Outcome.EXPIRED, S, S)
    assert sent.events() == {EventState.FOLDED: 3}
    assert sent.counters() == {0: (1, 0, NOON), 1: (0, 1, None)}
    assert fold(sent.runtime) == 0


def test_one_report_for_all_numbers(sent: Sent) -> None:
    stored(sent, report("m", *(number(index) for index in range(10))))
    assert fold(sent.runtime) == 10
    assert set(sent.outcomes().values()) == {R}


def test_sender_and_recipient_swapped(sent: Sent) -> None:
    stored(sent, report("m", "10658000", sender=f"86{number(4)}"))
    stored(sent, report("m", "13999999999", sender=f"+86{number(5)}/TYPE=PLMN"))  # our own number looks like a reader's
    stored(sent, report("m", number(6), sender="13999999999"))
    assert fold(sent.runtime) == 3
    assert [index for index, outcome in sent.outcomes().items() if outcome is R] == [4, 5, 6]


def test_a_report_is_of_whoever_had_the_number_when_it_was_sent(sent: Sent) -> None:
    """0 took another number and 1, who is in the same submission, his; 2 gave his up, and a new reader has it."""
    at = NOON + timedelta(minutes=5)
    with sent.runtime.transaction() as session:
        moved = [
            Change(number(0), "number_change", "boss", "a", at, new_msisdn="13911110000"), Change(number(1), "number_change", "boss", "b", at, new_msisdn=number(0)),
            Change(number(2), "transfer", "boss", "c", at), Change(number(2), "order", "misc", "d", at + timedelta(minutes=1), SERVICE),
        ]  # fmt: skip
        assert [one.verdict for one in apply(session, moved, now=at + timedelta(hours=1))] == ["applied"] * 4
    stored(sent, report("m", number(0)), report("m", number(1), status="Expired"), report("m", number(2), status="Rejected"))
    assert fold(sent.runtime) == 3
    outcomes = sent.outcomes()
    assert (outcomes[0], outcomes[1], outcomes[2]) == (R, Outcome.EXPIRED, Outcome.REJECTED)


def test_a_report_before_the_answer_waits_under_the_number_of_then(runtime: Runtime) -> None:
    ground = sent_dispatch(runtime, 3)
    ground.submit([0, 1], "unknown", None, U)
    stored(ground, report("m9", number(0)))
    fold(runtime)
    with runtime.transaction() as session:
        apply(session, [Change(number(1), "number_change", "boss", "a", NOON + timedelta(minutes=1), new_msisdn="13911110000")], now=NOON + timedelta(hours=1))
    stored(ground, report("m9", number(1)))
    fold(runtime)
    assert ground.message_id(0) == "m9"
    assert (ground.outcomes()[0], ground.outcomes()[1]) == (R, R)


def test_a_report_twice_counts_once(sent: Sent) -> None:
    for _ in range(3):
        stored(sent, report("m", number(0)))
    assert fold(sent.runtime) == 3
    stored(sent, report("m", number(0)))
    assert fold(sent.runtime) == 1
    assert sent.counters() == {0: (1, 0, NOON)}


def test_a_stronger_report_takes_back_what_the_weaker_counted(sent: Sent) -> None:
    stored(sent, report("m", number(0), status="Expired"))
    fold(sent.runtime)
    assert sent.counters() == {0: (0, 1, None)}
    stored(sent, report("m", number(0), status="Retrieved", at=NOON + timedelta(hours=1)), received_at=NOON + timedelta(hours=1))
    fold(sent.runtime)
    assert sent.counters() == {0: (1, 0, NOON + timedelta(hours=1))}
    stored(sent, report("m", number(0), status="Rejected", at=NOON + timedelta(hours=2)), received_at=NOON + timedelta(hours=2))
    fold(sent.runtime)
    assert sent.outcomes()[0] is R
    assert sent.counters() == {0: (1, 0, NOON + timedelta(hours=1))}


def test_last_success_is_the_latest_of_the_month(sent: Sent) -> None:
    with sent.runtime.transaction() as session:
        session.add(ReaderServiceMonth(month=DAY.replace(day=1), reader_id=sent.readers[0], service_id="news", retrieved=1, last_success_at=NOON + timedelta(days=1)))
        session.add(ReaderServiceMonth(month=DAY.replace(day=1), reader_id=sent.readers[1], service_id="news"))
    stored(sent, report("m", number(0)), report("m", number(1)))
    fold(sent.runtime)
    assert sent.counters() == {0: (2, 0, NOON + timedelta(days=1)), 1: (1, 0, NOON)}


def test_a_report_before_the_answer_waits_for_it(runtime: Runtime) -> None:
    sent = sent_dispatch(runtime)
    sent.submit(range(3), "leaving", None, P)
    stored(sent, report("early", number(0)), report("early", number(1), status="Rejected"))
    assert fold(runtime) == 0
    assert sent.events() == {EventState.PARKED: 2}
    assert fold(runtime) == 0
    sent.answer(0, "early")
    assert fold(runtime) == 2
    assert sent.events() == {EventState.FOLDED: 2}
    assert (sent.outcomes()[0], sent.outcomes()[1]) == (R, Outcome.REJECTED)


def test_a_lost_answer_is_learnt_from_the_first_report(runtime: Runtime) -> None:
    sent = sent_dispatch(runtime)
    sent.submit(range(5), "unknown", None, U)
    stored(sent, report("lost", number(3)), report("lost", number(4), status="Expired"))
    assert fold(runtime) == 2
    assert sent.message_id(0) == "lost"
    assert (sent.outcomes()[3], sent.outcomes()[4], sent.outcomes()[0]) == (R, Outcome.EXPIRED, U)
    stored(sent, report("lost", number(0)))
    assert fold(runtime) == 1


def test_an_answer_lost_after_its_report_was_parked(runtime: Runtime) -> None:
    sent = sent_dispatch(runtime)
    sent.submit(range(5), "leaving", None, P)
    stored(sent, report("lost", number(3)))
    assert fold(runtime) == 0
    with runtime.transaction() as session:
        session.execute(text("UPDATE submissions SET state = 'unknown'"))
    assert fold(runtime) == 1
    assert sent.message_id(0) == "lost"


def test_two_lost_answers_with_the_same_reader_are_not_guessed(runtime: Runtime) -> None:
    sent = sent_dispatch(runtime)
    sent.submit([0, 1], "unknown", None, U)
    sent.submit([1, 2], "unknown", None, U)
    stored(sent, report("x", number(1)))
    assert fold(runtime) == 0
    assert sent.events() == {EventState.PARKED: 1}
    stored(sent, report("x", number(0)))  # this reader was in the first one only
    fold(runtime)
    fold(runtime)
    assert sent.message_id(0) == "x"
    assert sent.events() == {EventState.FOLDED: 2}


def test_a_lost_answer_takes_no_report_of_one_that_is_still_leaving(runtime: Runtime) -> None:
    sent = sent_dispatch(runtime)
    sent.submit([0, 1], "unknown", None, U)
    sent.submit([0, 1], "leaving", None, U)
    stored(sent, report("second", number(0)))
    assert fold(runtime) == 0
    sent.answer(1, "second")
    assert fold(runtime) == 1
    assert (sent.message_id(0), sent.message_id(1)) == (None, "second")


def test_a_lost_answer_takes_no_report_of_before_it_was_sent(runtime: Runtime) -> None:
    sent = sent_dispatch(runtime)
    sent.submit([0], "unknown", None, U)
    stored(sent, report("older", number(0)), received_at=NOON - timedelta(hours=1))
    assert fold(runtime) == 0
    assert sent.message_id(0) is None


def test_another_ports_lost_answer_is_another_matter(runtime: Runtime) -> None:
    sent = sent_dispatch(runtime)
    sent.submit([0], "unknown", None, U)
    with runtime.transaction() as session:
        store_reports(session, sent.port_id + 1, [report("x", number(0))], NOON)
    assert fold(runtime) == 0


def test_a_report_after_no_report_counts_and_is_late(sent: Sent) -> None:
    with sent.runtime.transaction() as session:
        session.execute(update(deliveries).values(outcome=int(Outcome.NO_REPORT)))
    stored(sent, report("m", number(0)))
    fold(sent.runtime)
    assert sent.outcomes()[0] is R
    with sent.runtime.transaction(read_only=True) as session:
        assert session.scalars(select(deliveries.c.late).order_by(deliveries.c.reader_id)).all() == [1] + [0] * 9


def test_strays_are_counted_and_change_nothing(sent: Sent) -> None:
    stored(sent, report("m", "13999999999"), report("m", "not a number"))
    assert fold(sent.runtime) == 0
    assert sent.events() == {EventState.STRAY: 2}
    assert set(sent.outcomes().values()) == {S}
    with sent.runtime.transaction(read_only=True) as session:
        assert store.parked(session) == {}
        assert session.scalar(select(Alarm.kind)) == "reports.stray"


def test_what_never_finds_a_submission_becomes_a_stray(sent: Sent) -> None:
    stored(sent, report("nobody's", number(0)))
    fold(sent.runtime)
    assert sent.events() == {EventState.PARKED: 1}
    with sent.runtime.transaction() as session:
        assert store.parked(session) == {sent.port_id: store.Parked(1, NOON)}
        session.execute(update(DeliveryEvent).values(received_at=NOON - timedelta(days=100_000)))
    fold(sent.runtime)
    assert sent.events() == {EventState.STRAY: 1}


def test_an_undocumented_status_is_unknown_and_raises_one_alarm(sent: Sent) -> None:
    stored(sent, *(report("m", number(index), status="Teleported") for index in range(3)))
    fold(sent.runtime)
    assert sent.outcomes()[0] is U
    with sent.runtime.transaction(read_only=True) as session:
        [alarm] = session.scalars(select(Alarm)).all()
        assert (alarm.kind, alarm.key) == ("reports.unknown_status", "3gpp:Teleported")


OWN = 'name = "3gpp"\nversion = "mine"\nextends = "3gpp"\n[mm_status]\nTeleported = { outcome = "expired", cause = "network", en = "Gone.", zh = "消失。" }\n'


def test_a_status_that_is_entered_counts_from_then_on_and_what_was_folded_stays(sent: Sent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "own_folder", lambda: tmp_path)
    monkeypatch.setattr(folders, "LOOK_S", 0.0)
    stored(sent, report("m", number(0), status="Teleported"))
    fold(sent.runtime)
    (tmp_path / "3gpp.toml").write_text(OWN, encoding="utf-8")
    stored(sent, report("m", number(1), status="Teleported"))
    fold(sent.runtime)
    assert (sent.outcomes()[0], sent.outcomes()[1]) == (U, Outcome.EXPIRED)
    with sent.runtime.transaction(read_only=True) as session:
        meant = session.execute(select(DeliveryEvent.number, DeliveryEvent.outcome)).all()
        assert {(one, outcome) for one, outcome in meant} == {(number(0), int(U)), (number(1), int(Outcome.EXPIRED))}
        found = proof.verify(session, sent.dispatch_id)
        assert not any("answer and reports say" in problem for problem in found.problems), "the ledger holds to what a report meant when it came"


def test_a_file_that_breaks_is_an_alarm_until_it_is_mended(runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "own_folder", lambda: tmp_path)
    for content, opened in (("no toml", True), (OWN.replace("expired", "lost"), True), (OWN, False)):
        (tmp_path / "3gpp.toml").write_text(content, encoding="utf-8")
        watch_dialects(runtime)
        with runtime.transaction(read_only=True) as session:
            alarms = session.scalars(select(Alarm).where(Alarm.kind == "dialects.broken")).all()
        assert [one.closed_at is None for one in alarms] == [opened]


def test_message_ids_are_compared_as_the_port_says(runtime: Runtime) -> None:
    sent = sent_dispatch(runtime)
    sent.submit(range(3), "accepted", "1ab", S)
    with runtime.transaction() as session:
        store_reports(session, sent.port_id, [report("<0001AB>", number(0))], NOON, options={"message_id": "nocase-nozeros"})
    assert fold(runtime) == 1


def test_the_same_message_id_again_means_the_submission_that_holds_the_reader(runtime: Runtime) -> None:
    sent = sent_dispatch(runtime)
    sent.submit([0, 1], "accepted", "7", S)
    sent.submit([2, 3], "accepted", "7", S)
    stored(sent, report("7", number(0)), report("7", number(3)))
    assert fold(runtime) == 2
    assert [index for index, outcome in sent.outcomes().items() if outcome is R] == [0, 3]


def test_a_delivery_that_is_gone_makes_its_report_a_stray(sent: Sent) -> None:
    with sent.runtime.transaction() as session:
        session.execute(delete(deliveries).where(deliveries.c.reader_id == sent.readers[0]))
    stored(sent, report("m", number(0)))
    assert fold(sent.runtime) == 0
    assert sent.events() == {EventState.STRAY: 1}


def test_a_wrong_clock_does_not_move_time(sent: Sent) -> None:
    stored(sent, report("m", number(0), at=NOON + timedelta(days=300)))
    fold(sent.runtime)
    assert sent.counters() == {0: (1, 0, NOON)}


def test_small_chunks_give_the_same(sent: Sent) -> None:
    stored(sent, *(report("m", number(index)) for index in range(10)))
    assert fold(sent.runtime, limit=3) == 10


def test_folders_side_by_side_fold_each_report_once(runtime: Runtime) -> None:
    sent = sent_dispatch(runtime, readers=300)
    for group in range(3):
        sent.submit(range(group * 100, group * 100 + 100), "accepted", f"m{group}", S)
    stored(sent, *(report(f"m{index // 100}", number(index), status=status) for status in ("Expired", "Retrieved") for index in range(300)))
    ready = threading.Barrier(4)

    def work() -> int:
        ready.wait()
        return fold(runtime, limit=50)

    with ThreadPoolExecutor(4) as pool:
        folded = sum(one.result() for one in [pool.submit(work) for _ in range(4)])
    folded += fold(runtime)
    assert folded == 600
    assert set(sent.outcomes().values()) == {R}
    assert set(sent.counters().values()) == {(1, 0, NOON)}


def test_a_delivery_in_other_hands_is_folded_the_next_time(postgres_runtime: Runtime) -> None:
    sent = sent_dispatch(postgres_runtime)
    sent.submit(range(3), "accepted", "m", S)
    stored(sent, report("m", number(0)), report("m", number(1)))
    with postgres_runtime.transaction() as session:
        session.execute(select(deliveries).where(deliveries.c.reader_id == sent.readers[0]).with_for_update())
        assert fold(postgres_runtime) == 1
    assert sent.events() == {EventState.NEW: 1, EventState.FOLDED: 1}
    assert fold(postgres_runtime) == 1


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["Retrieved", "Expired", "Rejected", "Deferred", "Indeterminate"]), st.integers(0, 20)), min_size=1, max_size=8),
    st.data(),
)
def test_any_order_and_repetition_gives_the_same_rows(sqlite_runtime: Runtime, what: list[tuple[int, str, int]], data: st.DataObject) -> None:
    """Rows and counters after folding are a function of the set of reports, however they were stored, chunked and repeated."""
    results = []
    for _ in range(2):
        order = data.draw(st.permutations([*what, *data.draw(st.lists(st.sampled_from(what), max_size=4))]))
        with sqlite_runtime.transaction() as session:
            for table in TABLES:
                session.execute(text(f"DELETE FROM {table}"))
        sent = sent_dispatch(sqlite_runtime, readers=3)
        sent.submit(range(3), "accepted", "m", S)
        for steps in itertools.batched(order, 3) if hasattr(itertools, "batched") else [order[at : at + 3] for at in range(0, len(order), 3)]:
            stored(sent, *(report("m", number(index), status=status, at=NOON - timedelta(minutes=minute)) for index, status, minute in steps))
            fold(sqlite_runtime, limit=data.draw(st.integers(1, 5)))
        results.append((sent.outcomes(), {key: value[:2] for key, value in sent.counters().items()}))
    assert results[0] == results[1]
    assert all(retrieved + failed <= 1 for retrieved, failed in results[0][1].values())


def test_the_periodic_work_is_registered() -> None:
    [periodic] = [one for one in folding.PERIODIC if one.name == "delivery.fold_reports"]
    assert isinstance(periodic, Periodic)


def test_numbers_that_changed_hands_leave_the_report_a_stray(sent: Sent) -> None:
    with sent.runtime.transaction() as session:
        session.execute(update(Reader).where(Reader.id == sent.readers[0]).values(msisdn="13700000000"))
    stored(sent, report("m", number(0)))
    fold(sent.runtime)
    assert sent.events() == {EventState.STRAY: 1}
