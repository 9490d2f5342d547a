"""What becomes of readers whose answer was lost, as their publication states; the ledger says who may have it twice."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from content.models import Publication
from delivery.dialects import dialect
from delivery.dispatch import planning as dispatches
from delivery.dispatch.planning import Request
from delivery.dispatch.policies import UNKNOWN_TRIES_MAX
from delivery.dispatch.steering import steer
from delivery.ledger import proof
from delivery.ledger.peer import read_peer
from delivery.links.late import learn
from delivery.models import Dispatch, DispatchTransition, EventState, Outcome, Submission, deliveries
from delivery.ports.smpp.receivers import LateAnswer
from delivery.reports.folding import append, fold
from delivery.sending import sweeps, unknowns
from delivery.sending.unknowns import UnknownRule
from huabao.ids import unpack_ids
from huabao.runtime import Runtime
from huabao.settings import SettingValue
from tests.services.clocks import at, local
from tests.services.delivering import Peer, add_port, build_world, peer, work

MORNING = local("2026-11-22T06:30")


def after(runtime: Runtime, seconds: float) -> Runtime:
    return at(runtime, MORNING + timedelta(seconds=seconds))


def script(folder: Path, text: str) -> Path:
    path = folder / "script.yaml"
    path.write_text(text)
    return path


def send(runtime: Runtime, mmsc: Peer, policy: str, *, deadline_s: float | None = None, readers: int = 40) -> int:
    """A dispatch of forty readers by tens, all of whose submissions have left once."""
    now = after(runtime, 0)
    world = build_world(now, readers=readers)
    add_port(now, mmsc.url, max_recipients=10, connections=2)
    with now.transaction() as session:
        session.execute(update(Publication).values(unknown_policy=policy))
    deadline = None if deadline_s is None else now.now() + timedelta(seconds=deadline_s)
    dispatch_id = dispatches.create(now, Request(world.edition, deadline_at=deadline), actor="test")
    work(now)
    return dispatch_id


def outcomes(runtime: Runtime, dispatch_id: int) -> dict[str, int]:
    with runtime.transaction(read_only=True) as session:
        return {name: number for name, number in proof.counts(session, dispatch_id).outcomes.items() if number}


def verified(runtime: Runtime, dispatch_id: int, *peers: Peer) -> tuple[list[str], dict[int, int]]:
    with runtime.transaction(read_only=True) as session:
        found = proof.verify(session, dispatch_id, peers=[read_peer(one.keep) for one in peers])
        return list(found.problems), dict(found.sent_again)


def state(runtime: Runtime, dispatch_id: int) -> str:
    with runtime.transaction(read_only=True) as session:
        return session.get_one(Dispatch, dispatch_id).state


def test_never_sends_nothing_again_and_closes(runtime: Runtime, tmp_path: Path) -> None:
    with peer(tmp_path / "kept", "--script", script(tmp_path, "- when: {nth: 2}\n  do: {drop: true}\n")) as mmsc:
        dispatch_id = send(runtime, mmsc, "never")
        assert outcomes(runtime, dispatch_id) == {"submitted": 30, "unknown": 10}
        assert unknowns.send_again(after(runtime, 100_000)) == 0
        sweeps.advance(after(runtime, 400_000))
        assert state(runtime, dispatch_id) == "closed"
        assert verified(runtime, dispatch_id, mmsc) == ([], {})


def test_wait_then_once(runtime: Runtime, tmp_path: Path) -> None:
    with peer(tmp_path / "kept", "--script", script(tmp_path, "- when: {nth: 2}\n  do: {drop: true}\n")) as mmsc:
        dispatch_id = send(runtime, mmsc, "wait-then-once")
        assert outcomes(runtime, dispatch_id) == {"submitted": 30, "unknown": 10}
        early, due, late = after(runtime, 1700), after(runtime, 1900), after(runtime, 400_000)
        assert unknowns.send_again(early) == 0
        sweeps.advance(early)
        assert state(early, dispatch_id) == "draining", "it is not closed while lost answers are waited for"
        assert unknowns.send_again(due) == 10
        assert state(due, dispatch_id) == "sending"
        assert outcomes(due, dispatch_id) == {"submitted": 30, "pending": 10}
        assert verified(due, dispatch_id, mmsc) == ([], {dispatch_id: 10})
        work(due)
        assert outcomes(due, dispatch_id) == {"submitted": 40}
        assert state(due, dispatch_id) == "draining"
        assert unknowns.send_again(late) == 0
        assert len(mmsc.recipients()) == 50, "the dropped answer's readers had it already"
        assert verified(due, dispatch_id, mmsc) == ([], {dispatch_id: 10})
        sweeps.advance(late)
        assert state(late, dispatch_id) == "closed"


def test_once_is_once(runtime: Runtime, tmp_path: Path) -> None:
    with peer(tmp_path / "kept", "--script", script(tmp_path, "- do: {drop: true}\n")) as mmsc:
        dispatch_id = send(runtime, mmsc, "wait-then-once", readers=10)
        for seconds in (1900, 4000, 8000):
            now = after(runtime, seconds)
            unknowns.send_again(now)
            work(now)
        assert outcomes(runtime, dispatch_id) == {"unknown": 10}
        assert len(mmsc.recipients()) == 20
        assert verified(runtime, dispatch_id, mmsc) == ([], {dispatch_id: 10})
        late = after(runtime, 400_000)
        sweeps.advance(late)
        assert state(late, dispatch_id) == "closed"


def test_a_reader_with_a_report_is_not_sent_to_again(runtime: Runtime, tmp_path: Path) -> None:
    with peer(tmp_path / "kept", "--script", script(tmp_path, "- when: {nth: 1}\n  do: {drop: true}\n")) as mmsc:
        dispatch_id = send(runtime, mmsc, "wait-then-once", readers=10)
        with runtime.transaction() as session:  # what folding a report of the lost submission does
            session.execute(update(deliveries).where(deliveries.c.reader_id.in_([1, 2, 3])).values(outcome=int(Outcome.RETRIEVED)))
        due = after(runtime, 1900)
        assert unknowns.send_again(due) == 7
        work(due)
        assert outcomes(due, dispatch_id) == {"submitted": 7, "retrieved": 3}
        with runtime.transaction(read_only=True) as session:
            lost = session.scalars(select(Submission).where(Submission.state == "unknown")).one()
            assert unpack_ids(lost.again_ids or b"") == [4, 5, 6, 7, 8, 9, 10]


@pytest.mark.parametrize("early", [True, False])
def test_reports_of_both_copies_find_their_reader(runtime: Runtime, tmp_path: Path, early: bool) -> None:
    with peer(tmp_path / "kept", "--script", script(tmp_path, "- when: {nth: 2}\n  do: {drop: true}\n")) as mmsc:
        dispatch_id = send(runtime, mmsc, "wait-then-once")
        due = after(runtime, 1900)
        unknowns.send_again(due)
        if early:  # the first copy's reports come while its readers wait to be sent to once more: nothing more leaves
            report_all(due, mmsc)
            assert outcomes(due, dispatch_id) == {"retrieved": 40}
        work(due)
        if not early:
            report_all(due, mmsc)
        assert len(mmsc.recipients()) == (40 if early else 50)
        assert outcomes(due, dispatch_id) == {"retrieved": 40}
        assert verified(due, dispatch_id, mmsc) == ([], {dispatch_id: 10})
        sweeps.advance(due)
        assert state(due, dispatch_id) == "closed"


def test_an_answer_that_comes_late_keeps_its_readers_from_a_second_copy(runtime: Runtime, tmp_path: Path) -> None:
    with peer(tmp_path / "kept", "--script", script(tmp_path, "- when: {nth: 2}\n  do: {drop: true}\n")) as mmsc:
        dispatch_id = send(runtime, mmsc, "wait-then-once")
        due = after(runtime, 1900)
        unknowns.send_again(due)
        kept = [json.loads(line)["message_id"] for line in (mmsc.keep / "submissions.jsonl").read_text().splitlines()]
        with due.transaction() as session:
            lost = session.scalars(select(Submission).where(Submission.state == "unknown")).one()
            known = set(session.scalars(select(Submission.message_id).where(Submission.message_id.is_not(None))))
            (missing,) = set(kept) - known
            assert learn(session, lost.port_id, LateAnswer(lost.id, 1, 1, 0, missing), dialect("smpp"), now=due.now())
        assert outcomes(due, dispatch_id) == {"submitted": 40}
        work(due)
        assert len(mmsc.recipients()) == 40
        assert verified(due, dispatch_id, mmsc) == ([], {dispatch_id: 10})


def test_a_dispatch_whose_lost_answers_were_all_reported_closes_at_once(runtime: Runtime, tmp_path: Path) -> None:
    with peer(tmp_path / "kept", "--script", script(tmp_path, "- when: {nth: 2}\n  do: {drop: true}\n")) as mmsc:
        dispatch_id = send(runtime, mmsc, "wait-then-once")
        soon = after(runtime, 60)
        report_all(soon, mmsc)
        sweeps.advance(soon)
        assert (state(soon, dispatch_id), outcomes(soon, dispatch_id)) == ("closed", {"retrieved": 40})
        assert verified(soon, dispatch_id, mmsc) == ([], {})


def report_all(runtime: Runtime, mmsc: Peer) -> None:
    """A report of each copy that the peer took, the answered ones and the lost one."""
    lines = [json.loads(line) for line in (mmsc.keep / "submissions.jsonl").read_text().splitlines()]
    empty = {"sender": None, "status_extension": None, "status_text": None, "reported_at": None, "state": int(EventState.NEW)}
    common = {"received_at": runtime.now(), "port_id": 1, "status": "Retrieved", **empty}
    rows = [{"message_id": line["message_id"], "number": number, **common} for line in lines for number in line["recipients"]]
    with runtime.transaction() as session:
        append(rows, session)
    for _ in range(3):
        fold(runtime)


def test_retry_goes_on_until_an_answer_and_no_further_than_its_tries(runtime: Runtime, tmp_path: Path) -> None:
    with peer(tmp_path / "kept", "--script", script(tmp_path, "- do: {drop: true}\n")) as mmsc:
        with runtime.transaction() as session:
            session.merge(SettingValue(name=UNKNOWN_TRIES_MAX.name, value=2, changed_at=MORNING, changed_by="test"))
        dispatch_id = send(runtime, mmsc, "retry", readers=10)
        sent = []
        for step in range(1, 5):
            now = after(runtime, 61 * step)
            sent.append(unknowns.send_again(now))
            work(now)
        assert sent == [10, 10, 0, 0]
        assert len(mmsc.recipients()) == 30
        assert outcomes(runtime, dispatch_id) == {"unknown": 10}
        assert verified(runtime, dispatch_id, mmsc) == ([], {dispatch_id: 10})


def test_nothing_is_sent_again_after_the_deadline(runtime: Runtime, tmp_path: Path) -> None:
    with peer(tmp_path / "kept", "--script", script(tmp_path, "- when: {nth: 2}\n  do: {drop: true}\n")) as mmsc:
        dispatch_id = send(runtime, mmsc, "wait-then-once", deadline_s=1000)
        assert unknowns.send_again(after(runtime, 300)) == 0
        assert unknowns.send_again(after(runtime, 1000)) == 0
        assert unknowns.send_again(after(runtime, 401)) == 10, "ten minutes before the deadline nothing more is waited for"
        work(after(runtime, 401))
        assert outcomes(runtime, dispatch_id) == {"submitted": 40}


def test_who_was_to_be_sent_to_again_is_unknown_when_the_dispatch_is_cancelled(runtime: Runtime, tmp_path: Path) -> None:
    with peer(tmp_path / "kept", "--script", script(tmp_path, "- when: {nth: 2}\n  do: {drop: true}\n")) as mmsc:
        dispatch_id = send(runtime, mmsc, "wait-then-once")
        due = after(runtime, 1900)
        assert unknowns.send_again(due) == 10
        steer(due, dispatch_id, "cancel", by="mei", reason="enough")
        assert outcomes(due, dispatch_id) == {"submitted": 30, "unknown": 10}
        assert verified(due, dispatch_id, mmsc) == ([], {dispatch_id: 10})
        with due.transaction(read_only=True) as session:
            said = session.scalars(select(DispatchTransition.reason).where(DispatchTransition.before == "draining")).all()
        assert said == ["the answers of 10 readers were lost; they are sent to once more by policy"]


def test_a_tampered_excuse_is_found(runtime: Runtime, tmp_path: Path) -> None:
    with peer(tmp_path / "kept", "--script", script(tmp_path, "- when: {nth: 2}\n  do: {drop: true}\n")) as mmsc:
        dispatch_id = send(runtime, mmsc, "wait-then-once")
        due = after(runtime, 1900)
        unknowns.send_again(due)
        work(due)
        with due.transaction() as session:
            session.execute(update(Submission).values(again_ids=None))
        problems, again = verified(due, dispatch_id, mmsc)
        assert again == {}
        assert any("10 readers in more than one submission" in one for one in problems)
        assert any("10 readers who got it twice, says the peer" in one for one in problems)


@pytest.mark.parametrize(("policy", "tries"), [("never", 0), ("wait-then-once", 1), ("retry", 3)])
def test_every_policy_has_a_rule(sqlite_runtime: Runtime, policy: str, tries: int) -> None:
    with sqlite_runtime.transaction(read_only=True) as session:
        rule = UnknownRule.of(session, policy)
    assert rule.tries_max == tries
    assert (rule.due_before(None, MORNING) is None) == (policy == "never")
    assert rule.due_before(MORNING, MORNING) is None
