"""The ledger sees through every lie that its rows could tell."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from delivery.dispatch import planning as dispatches
from delivery.dispatch.planning import Request
from delivery.dispatch.progress import progress
from delivery.ledger import proof
from delivery.ledger.peer import read_peer
from delivery.models import Batch, DeliveryEvent, Dispatch, EventState, Exclusion, Outcome, Port, Submission, deliveries
from delivery.ports import Answer
from delivery.sending import claims, journal, losses
from huabao.errors import FenceError, UsageError
from huabao.ids import pack_ids, unpack_ids
from huabao.msisdn import MSISDN
from huabao.runtime import Runtime
from subscribers import services as subscribers
from subscribers.models import Reader
from subscribers.orders.change import Change
from subscribers.orders.services import apply
from tests.services.delivering import add_port, add_readers, build_world, number_of


def sent_world(runtime: Runtime) -> None:
    """Ten readers planned, two excluded; 1–4 submitted together, 5–6 refused, 7 unknown, 8–10 pending."""
    world = build_world(runtime, readers=12)
    add_port(runtime, "http://127.0.0.1:1/")
    with runtime.transaction() as session:
        session.execute(update(Reader).where(Reader.id.in_([11, 12])).values(handset_class="no-mms"))
    dispatches.create(runtime, Request(world.edition), actor="test")
    now = runtime.now()
    with runtime.transaction() as session:
        batch = claims.take(session, 1, owner="test", now=now, lease_s=30)
        assert batch is not None
        claimed = claims.look_up(session, batch, now=now)
        groups = [(1, 2, 3, 4), (5, 6), (7,)]
        outbound = journal.write_submissions(session, claimed, groups, first=0, at=now)
        ids = [one.submission_id for one in outbound]
        answers = [Answer(ids[0], "accepted", "m1", 1000), Answer(ids[1], "refused", None, 2004), Answer(ids[2], "unknown")]
        journal.record_answers(session, claimed, answers, dict(zip(ids, groups, strict=True)), at=now)


def problems(runtime: Runtime) -> list[str]:
    with runtime.transaction(read_only=True) as session:
        return list(proof.verify(session).problems)


def report(session: Session, reader: int, status: str, now: Any) -> None:
    session.add(
        DeliveryEvent(received_at=now, port_id=1, message_id="m1", number=number_of(reader), status=status, submission_id=1, reader_id=reader, state=int(EventState.FOLDED))
    )


def test_what_happened_balances(runtime: Runtime) -> None:
    sent_world(runtime)
    assert problems(runtime) == []
    with runtime.transaction(read_only=True) as session:
        found = proof.verify(session).to_document()["dispatches"][0]
    assert {name: number for name, number in found["outcomes"].items() if number} == {"pending": 3, "submitted": 4, "rejected": 2, "unknown": 1}
    assert found["excluded"] == {"handset_cannot": 2}


Lie = Callable[[Session, Any], object]


def outcome_of(reader: int, outcome: Outcome, **more: Any) -> Lie:
    return lambda session, now: session.execute(update(deliveries).where(deliveries.c.reader_id == reader).values(outcome=int(outcome), **more))


LIES: dict[str, tuple[Lie, str]] = {
    "a row vanished": (lambda session, now: session.execute(delete(deliveries).where(deliveries.c.reader_id == 9)), "10 readers were planned, 9 delivery rows are there"),
    "a reader was swapped": (
        lambda session, now: session.execute(update(deliveries).where(deliveries.c.reader_id == 9).values(reader_id=11)),
        "their digest differs",
    ),
    "planned and excluded": (lambda session, now: session.execute(insert(Exclusion).values(dispatch_id=1, reader_id=3, reason="stopped")), "planned and excluded at once"),
    "an exclusion vanished": (lambda session, now: session.execute(delete(Exclusion).where(Exclusion.reader_id == 11)), "the audience was 12"),
    "a reader is in two submissions": (
        lambda session, now: session.execute(update(Submission).where(Submission.id == 2).values(reader_ids=pack_ids([4, 5, 6]))),
        "1 reader in more than one submission",
    ),
    "submitted, but never written down": (outcome_of(8, Outcome.SUBMITTED), "called submitted, though in no submission"),
    "retrieved without a report": (outcome_of(2, Outcome.RETRIEVED), "called retrieved, though answer and reports say submitted"),
    "a refusal was forgotten": (outcome_of(5, Outcome.SUBMITTED), "called submitted, though answer and reports say rejected"),
    "taken by the peer, but called pending": (outcome_of(1, Outcome.PENDING), "called pending, though answer and reports say submitted"),
    "bound to another submission": (outcome_of(1, Outcome.SUBMITTED, submission_id=2), "bound to another submission"),
    "a report was not folded": (lambda session, now: report(session, 1, "Expired", now), "called submitted, though answer and reports say expired"),
    "a stranger's report": (lambda session, now: report(session, 11, "Expired", now), "with a report, but not planned"),
    "an outcome that does not exist": (
        lambda session, now: session.execute(update(deliveries).where(deliveries.c.reader_id == 3).values(outcome=77)),
        "1 reader with the outcome 77, which does not exist",
    ),
    "an outcome that does not exist, of one who waits": (
        lambda session, now: session.execute(update(deliveries).where(deliveries.c.reader_id == 9).values(outcome=77)),
        "1 reader with the outcome 77, which does not exist",
    ),
    "another variant than was sent": (
        lambda session, now: session.execute(update(deliveries).where(deliveries.c.reader_id.in_([2, 7])).values(variant_id=deliveries.c.variant_id + 1)),
        "2 readers planned for another variant than was submitted",
    ),
    "a reason that does not exist": (
        lambda session, now: session.execute(update(Exclusion).where(Exclusion.reader_id == 11).values(reason="because")),
        "1 exclusions give the reason 'because', which does not exist",
    ),
    "a batch lost a reader": (
        lambda session, now: session.execute(update(Batch).values(reader_ids=pack_ids(range(1, 10)))),
        "a batch of 10 readers holds 9",
    ),
}


@pytest.mark.parametrize("name", LIES)
def test_a_lie_is_found(runtime: Runtime, name: str) -> None:
    sent_world(runtime)
    lie, said = LIES[name]
    with runtime.transaction() as session:
        lie(session, runtime.now())
    found = problems(runtime)
    assert any(said in problem for problem in found), found
    assert not any(number_of(reader) in problem for reader in range(1, 13) for problem in found), "a whole number is shown"


def test_an_outcome_that_does_not_exist_is_counted_and_named(runtime: Runtime) -> None:
    sent_world(runtime)
    with runtime.transaction() as session:
        session.execute(update(deliveries).where(deliveries.c.reader_id == 3).values(outcome=77))
    with runtime.transaction(read_only=True) as session:
        found = proof.verify(session)
        stands = progress(session, 1, now=runtime.now())
    assert [problem.partition(" (")[0] for problem in found.problems] == ["dispatch 1: 1 reader with the outcome 77, which does not exist"]
    assert stands.counts.outcomes["unknown"] == 2
    assert sum(stands.counts.outcomes.values()) == stands.counts.planned


def test_reports_fold_to_what_stands(runtime: Runtime) -> None:
    sent_world(runtime)
    with runtime.transaction() as session:
        for reader, status in ((1, "Retrieved"), (1, "Expired"), (2, "Deferred"), (3, "Expired")):
            report(session, reader, status, runtime.now())
        for reader, outcome in ((1, Outcome.RETRIEVED), (3, Outcome.EXPIRED), (4, Outcome.NO_REPORT)):
            outcome_of(reader, outcome)(session, None)
    assert problems(runtime) == []


def peer_folder(folder: Path, runtime: Runtime, *lines: tuple[str, list[int]]) -> Path:
    with runtime.transaction(read_only=True) as session:
        rows = session.execute(select(Submission.id, Submission.transaction_id, Submission.message_id)).all()
    names = {f"s{row.id}": row.transaction_id for row in rows}
    given = {f"s{row.id}": row.message_id for row in rows}
    records = [
        {"message_id": given.get(name) or "m", "transaction_id": names.get(name, name), "recipients": [number_of(one) for one in readers], "status_code": 1000, "answered": True}
        for name, readers in lines
    ]
    (folder / "submissions.jsonl").write_text("".join(json.dumps(one) + "\n" for one in records))
    return folder


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([("s1", [1, 2, 3, 4])], []),
        ([("s1", [1, 2, 3, 4]), ("s3", [7])], []),
        ([("s1", [1, 2, 3, 4]), ("s1", [2, 3])], ["2 readers who got it twice, says the peer"]),
        ([("s1", [1, 2, 3])], ["1 reader submitted, we say, but the peer never got it"]),
        ([("s1", [1, 2, 3, 4, 9])], ["1 reader pending, we say, but the peer got it"]),
        ([("s1", [1, 2, 3, 4, 99])], ["1 numbers that belong to no planned reader"]),
        ([("s1", [1, 2, 3, 4]), ("other", [5])], ["took 1 submissions that the journal does not know"]),
    ],
)
def test_the_peer_is_asked(runtime: Runtime, tmp_path: Path, lines: list[tuple[str, list[int]]], said: list[str]) -> None:
    sent_world(runtime)
    peer = read_peer(peer_folder(tmp_path, runtime, *lines))
    with runtime.transaction(read_only=True) as session:
        found = proof.verify(session, peers=[peer]).problems
    assert len(found) == len(said)
    assert all(one in problem for one, problem in zip(said, found, strict=True)), found


def forget_reader(runtime: Runtime, reader: int) -> None:
    with runtime.transaction() as session:
        subscribers.forget(session, MSISDN(number_of(reader)), by="test", at=runtime.now())


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([("s1", [1, 2, 3, 4])], []),
        ([("s1", [1, 2, 3, 4, 99])], ["1 numbers that belong to no planned reader (2 more may be"]),
        ([("s1", [1, 2, 3, 4]), ("s1", [2])], ["1 number without a planned reader got it twice"]),
        ([("s1", [1, 2, 3, 4]), ("s1", [3, 4])], ["1 number without a planned reader got it twice", "1 reader who got it twice"]),
        ([("s1", [1, 2, 3])], []),
        ([("s1", [1, 2, 4])], ["1 reader submitted, we say, but the peer never got it"]),
    ],
)
def test_forgotten_readers_at_the_peer(runtime: Runtime, tmp_path: Path, lines: list[tuple[str, list[int]]], said: list[str]) -> None:
    """2 and 4 were sent to and are forgotten, so is 9, who still waits: his number can be nowhere."""
    sent_world(runtime)
    peer = read_peer(peer_folder(tmp_path, runtime, *lines))
    for reader in (2, 4, 9):
        forget_reader(runtime, reader)
    with runtime.transaction(read_only=True) as session:
        found = proof.verify(session, peers=[peer]).problems
    assert len(found) == len(said), found
    assert all(one in problem for one, problem in zip(said, found, strict=True)), found


def test_numbers_that_changed_hands_since_at_the_peer(runtime: Runtime, tmp_path: Path) -> None:
    """1 took another number, and 9, who still waits, his; 2 gave his up: the peer names what they had when it was sent."""
    sent_world(runtime)
    peer = read_peer(peer_folder(tmp_path, runtime, ("s1", [1, 2, 3, 4])))
    now = runtime.now() + timedelta(minutes=1)
    with runtime.transaction() as session:
        moved = [
            Change(number_of(1), "number_change", "boss", "a", now, new_msisdn="13911110001"), Change(number_of(9), "number_change", "boss", "b", now, new_msisdn=number_of(1)),
            Change(number_of(2), "transfer", "boss", "c", now),
        ]  # fmt: skip
        assert [one.verdict for one in apply(session, moved, now=now)] == ["applied"] * 3
    with runtime.transaction(read_only=True) as session:
        assert proof.verify(session, peers=[peer]).problems == []
    other = read_peer(peer_folder(tmp_path, runtime, ("s1", [1, 2, 3, 4, 9])))
    with runtime.transaction(read_only=True) as session:
        (found,) = proof.verify(session, peers=[other]).problems
    assert "1 reader pending, we say, but the peer got it" in found


def test_another_message_id_than_the_peers(runtime: Runtime, tmp_path: Path) -> None:
    sent_world(runtime)
    peer = read_peer(peer_folder(tmp_path, runtime, ("s1", [1, 2, 3, 4])))
    with runtime.transaction() as session:
        session.execute(update(Submission).where(Submission.id == 1).values(message_id="m2"))
    with runtime.transaction(read_only=True) as session:
        found = proof.verify(session, peers=[peer]).problems
    assert found == ["dispatch 1: 1 submission has another MessageID than the peer gave (e.g. submission 1)"]


def test_the_peers_message_id_as_the_port_reads_it(runtime: Runtime, tmp_path: Path) -> None:
    sent_world(runtime)
    folder = peer_folder(tmp_path, runtime, ("s1", [1, 2, 3, 4]))
    path = folder / "submissions.jsonl"
    path.write_text(path.read_text().replace('"m1"', '"<M1>"'))
    with runtime.transaction() as session:
        session.execute(update(Port).values(options={"message_id": "nocase"}))
    with runtime.transaction(read_only=True) as session:
        assert proof.verify(session, peers=[read_peer(folder)]).problems == []


def test_a_folder_that_is_no_peers(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--keep DIR"):
        read_peer(tmp_path)
    (tmp_path / "submissions.jsonl").write_text('{"transaction_id": "x"}\n')
    with pytest.raises(UsageError, match=r"submissions\.jsonl:1"):
        read_peer(tmp_path)


def test_a_worker_that_comes_back_is_refused(runtime: Runtime) -> None:
    sent_world(runtime)
    now = runtime.now()
    with runtime.transaction() as session:
        old = session.get_one(Batch, 1)
        before = claims.ClaimedBatch(1, 1, old.day, old.variant_id, old.port_id, None, "test", old.fence, 0, {}, {})
        assert claims.take(session, 1, owner="late", now=now, lease_s=30) is None
        session.execute(update(Batch).values(lease_until=now.replace(year=2025)))
        assert losses.make_ready(session, [1], now=now) == 1
    with runtime.transaction() as session:
        written = journal.write_submissions(
            session, claims.ClaimedBatch(1, 1, old.day, old.variant_id, old.port_id, None, "test", 1, 0, {8: MSISDN("13800000008")}, {}), [(8,)], first=9, at=now
        )
        batch = claims.take(session, 1, owner="next", now=now, lease_s=30)
        assert batch is not None
        claimed = claims.look_up(session, batch, now=now)
        assert sorted(claimed.numbers) == [9, 10]
    with runtime.transaction() as session, pytest.raises(FenceError):
        claims.renew(session, before, now=now, lease_s=30)
    with runtime.transaction(read_only=True) as session:
        assert session.get_one(Submission, written[0].submission_id).state == "unknown"
        assert unpack_ids(session.get_one(Submission, written[0].submission_id).reader_ids) == [8]
    assert problems(runtime) == []


def test_every_dispatch_is_looked_at(runtime: Runtime) -> None:
    sent_world(runtime)
    other = build_world(runtime, slug="other")
    add_readers(runtime, 3, service_id="other", first=50)
    dispatches.create(runtime, Request(other.edition), actor="test")
    with runtime.transaction() as session:
        session.execute(update(Dispatch).where(Dispatch.id == 2).values(planned=4))
    with runtime.transaction(read_only=True) as session:
        found = proof.verify(session)
    assert [one.dispatch_id for one in found.dispatches] == [1, 2]
    assert all(problem.startswith("dispatch 2: ") for problem in found.problems)
