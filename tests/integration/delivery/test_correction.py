"""Correcting and killing an edition that is out, against a real MMSC that calls back and replaces."""

from __future__ import annotations

import dataclasses
import threading
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from content.models import Edition, EditionVersion, Publication
from content.services import find_edition
from delivery.dispatch import correction, killing, recalls
from delivery.dispatch import planning as dispatches
from delivery.dispatch.planning import Request
from delivery.dispatch.steering import steer
from delivery.ledger import proof
from delivery.ledger.peer import read_peer
from delivery.models import DeliveryEvent, Dispatch, DispatchTransition, Outcome, Port, Recall, Submission, deliveries
from delivery.reports.folding import fold
from delivery.sending import unknowns
from delivery.settings import RECALL_SETTLE_S
from huabao.errors import UsageError
from huabao.runtime import Runtime
from huabao.settings import SettingValue
from tests.integration.console.test_mm7_route import serving
from tests.integration.sandbox.running import kept
from tests.services.delivering import Peer, World, add_port, build_world, manuscript, peer, settle, work
from tests.services.waiting import PATIENCE_S, wait_until

SLOW = ("--mix", "retrieved=1", "--delay-ms", "600000")
"""Nobody fetches anything while the test runs."""

WAIT_S = 0.2


def outcomes(runtime: Runtime, dispatch_id: int) -> dict[str, int]:
    with runtime.transaction(read_only=True) as session:
        return {name: number for name, number in proof.counts(session, dispatch_id).outcomes.items() if number}


def dispatch(runtime: Runtime, dispatch_id: int) -> Dispatch:
    with runtime.transaction(read_only=True) as session:
        return session.get_one(Dispatch, dispatch_id)


def problems(runtime: Runtime, *peers: Peer) -> list[str]:
    with runtime.transaction(read_only=True) as session:
        return list(proof.verify(session, peers=[read_peer(one.keep) for one in peers]).problems)


def import_again(runtime: Runtime, world: World, title: str = "早报（更正）") -> None:
    """The editor imports the corrected folder."""
    with runtime.transaction() as session:
        edition = session.get_one(Edition, world.edition_id)
        first = session.get_one(EditionVersion, edition.current_version_id)
        columns = {column.key: getattr(first, column.key) for column in EditionVersion.__table__.columns if column.key != "id"}
        document = dataclasses.replace(manuscript(world.edition.split("/")[0], first.issue_date), title=title).to_document()
        changed = {"version": first.version + 1, "title": title, "manuscript": document, "source_sha256": f"{first.version:064d}"}
        again = EditionVersion(**{**columns, **changed})
        session.add(again)
        session.flush()
        edition.current_version_id, edition.state = again.id, "draft"


def half_sent(runtime: Runtime, url: str, *, readers: int = 300, first: int = 100, **port: Any) -> tuple[World, int]:
    """A dispatch of which the first batch has left and the rest waits."""
    world = build_world(runtime, readers=readers)
    with runtime.transaction() as session:
        session.merge(SettingValue(name="batch_readers_max", value=first, changed_at=runtime.now(), changed_by="test"))
    add_port(runtime, url, max_recipients=10, **port)
    dispatch_id = dispatches.create(runtime, Request(world.edition), actor="test")
    work(runtime, rounds=1)
    assert outcomes(runtime, dispatch_id) == {"submitted": first, "pending": readers - first}
    return world, dispatch_id


def correct(runtime: Runtime, world: World, *, replacing: bool = False) -> correction.Correction:
    return correction.correct(runtime, Request(world.edition), replacing=replacing, by="ops", reason="a wrong name", wait_s=WAIT_S)


def recall_states(runtime: Runtime) -> dict[tuple[str, str], int]:
    with runtime.transaction(read_only=True) as session:
        rows = session.execute(select(Recall.kind, Recall.state)).all()
    found = Counter((kind, state) for kind, state in rows)
    return dict(found)


def test_a_correction_goes_to_whom_the_old_one_has_not_reached(runtime: Runtime, tmp_path: Path) -> None:
    with peer(tmp_path / "kept", *SLOW) as mmsc:
        world, old = half_sent(runtime, mmsc.url)
        import_again(runtime, world)
        seen = correction.preview(runtime, Request(world.edition))
        assert (seen.count.planned, seen.waiting, seen.reach.readers, seen.dispatch_id) == (200, 200, 100, None)
        assert dispatch(runtime, old).state == "sending", "a dry run does nothing"
        made = correct(runtime, world)
        assert made.dispatch_id is not None
        new = dispatch(runtime, made.dispatch_id)
        assert (new.kind, new.parent_id, new.planned, new.lane) == ("correction", old, 200, "bulk")
        assert (dispatch(runtime, old).state, outcomes(runtime, old)) == ("cancelled", {"submitted": 100, "cancelled": 200})
        settle(runtime, until=lambda: outcomes(runtime, new.id) == {"submitted": 200})
        assert len(mmsc.recipients()) == len(set(mmsc.recipients())) == 300
        with runtime.transaction(read_only=True) as session:
            why = session.scalars(select(DispatchTransition.reason).where(DispatchTransition.after == "cancelled")).all()
        assert why == ["corrected by version 2: a wrong name"]
        assert problems(runtime, mmsc) == []
        again = correct(runtime, world)
        assert (again.dispatch_id, again.count.audience) == (None, 0), "doing it again sends it to nobody twice"


def test_failed_and_unknown_ones_get_it_by_policy(runtime: Runtime, tmp_path: Path) -> None:
    with peer(tmp_path / "kept", *SLOW) as mmsc:
        world, _ = half_sent(runtime, mmsc.url)
        failing = {1: Outcome.FAILED, 2: Outcome.EXPIRED, 3: Outcome.REJECTED, 4: Outcome.UNKNOWN, 5: Outcome.RETRIEVED, 6: Outcome.NO_REPORT}
        with runtime.transaction() as session:
            for reader, outcome in failing.items():
                session.execute(update(deliveries).where(deliveries.c.reader_id == reader).values(outcome=int(outcome)))
        import_again(runtime, world)
        assert correction.preview(runtime, Request(world.edition)).count.planned == 204
        with runtime.transaction() as session:
            find_edition(session, world.edition)
            session.execute(update(Publication).values(unknown_policy="never"))
        made = correct(runtime, world)
        assert made.dispatch_id is not None
        with runtime.transaction(read_only=True) as session:
            readers = session.scalars(select(deliveries.c.reader_id).where(deliveries.c.dispatch_id == made.dispatch_id)).all()
        assert {one for one in readers if one <= 100} == {1, 2, 3}


def test_what_was_not_fetched_is_replaced_in_its_place(runtime: Runtime, tmp_path: Path) -> None:
    with serving(runtime) as tcp_port, peer(tmp_path / "kept", "--mix", "retrieved=1", "--delay-ms", "4000", "--report-url", f"http://127.0.0.1:{tcp_port}/mm7/main") as mmsc:
        world, old = half_sent(runtime, mmsc.url, readers=30, first=20)
        import_again(runtime, world)
        made = correct(runtime, world, replacing=True)
        assert (made.asked, made.count.planned) == (2, 10)
        settle(runtime, until=lambda: recall_states(runtime) == {("replace", "done"): 2})
        settle(runtime, until=lambda: outcomes(runtime, old) == {"retrieved": 20, "cancelled": 10})
        lines = kept(mmsc.keep, "recalls")
        assert sorted(number for line in lines for number in line["recipients"]) == sorted(f"138{one:08d}" for one in range(1, 21))
        assert len({line["body_sha256"] for line in lines}) == 1
        title = (mmsc.keep / "bodies" / f"{lines[0]['body_sha256']}.mime").read_bytes()
        assert title != (mmsc.keep / "bodies" / f"{kept(mmsc.keep)[0]['body_sha256']}.mime").read_bytes()
        with runtime.transaction(read_only=True) as session:
            statuses = session.scalars(select(DeliveryEvent.status)).all()
        assert statuses.count("Replaced") == 20
        assert len(mmsc.recipients()) == len(set(mmsc.recipients())) == 30
        assert problems(runtime, mmsc) == []


def test_a_peer_that_replaces_nothing_calls_back_and_gets_the_new_one(runtime: Runtime, tmp_path: Path) -> None:
    options = ("--recalls", "cancel", "--mix", "retrieved=1")
    with (
        serving(runtime) as tcp_port,
        peer(tmp_path / "kept", *options, "--delay-ms", "100-600000", "--report-url", f"http://127.0.0.1:{tcp_port}/mm7/main", "--seed", "3") as mmsc,
    ):
        with runtime.transaction() as session:
            session.merge(SettingValue(name=RECALL_SETTLE_S.name, value=0.0, changed_at=runtime.now(), changed_by="test"))
        world, old = half_sent(runtime, mmsc.url, readers=60, first=40)
        import_again(runtime, world)
        first = correct(runtime, world, replacing=True)
        assert first.count.planned == 20
        settle(runtime, until=lambda: recall_states(runtime) == {("replace", "unsupported"): 4, ("cancel", "done"): 4})
        spared = {number for line in kept(mmsc.keep, "recalls") if line["kind"] == "cancel" for number in line["recipients"]}
        assert len(spared) > 30
        settle(runtime, until=lambda: outcomes(runtime, old).get("cancelled") == 20 + len(spared))
        assert correction.follow_up(runtime) == 1
        assert correction.follow_up(runtime) == 0, "once is enough"
        assert first.dispatch_id is not None
        second = first.dispatch_id + 1
        settle(runtime, until=lambda: outcomes(runtime, second).get("submitted", 0) == len(spared))
        assert len(mmsc.recipients()) == 60 + len(spared)
        assert problems(runtime, mmsc) == []


def test_a_killed_edition_stops_is_called_back_and_cannot_be_sent(runtime: Runtime, tmp_path: Path) -> None:
    with serving(runtime) as tcp_port, peer(tmp_path / "kept", *SLOW, "--report-url", f"http://127.0.0.1:{tcp_port}/mm7/main", "--delay-ms", "300-300000") as mmsc:
        world, old = half_sent(runtime, mmsc.url, readers=60, first=40)
        seen = killing.kill(runtime, world.edition, recalling=True, by="ops", reason="wrong front page", dry_run=True)
        assert (seen.stopped, seen.waiting, seen.reach.readers, dispatch(runtime, old).state) == ((old,), 20, 40, "sending")
        made = killing.kill(runtime, world.edition, recalling=True, by="ops", reason="wrong front page")
        assert (made.asked, dispatch(runtime, old).state) == (4, "killed")
        settle(runtime, until=lambda: recall_states(runtime) == {("cancel", "done"): 4})
        spared = {number for line in kept(mmsc.keep, "recalls") for number in line["recipients"]}
        settle(runtime, until=lambda: outcomes(runtime, old).get("cancelled") == 20 + len(spared))
        assert len(spared) > 30
        assert problems(runtime, mmsc) == []
        for request in (Request(world.edition), Request(world.edition, again=True)):
            with pytest.raises(UsageError, match="was killed"):
                dispatches.create(runtime, request, actor="test")
        with pytest.raises(UsageError, match="was killed; import its corrected folder"):
            correct(runtime, world)
        import_again(runtime, world)
        corrected = correct(runtime, world)
        assert corrected.count.planned == 20 + len(spared), "whom the killed version did not reach get the corrected one"


def test_the_ledger_sees_a_recall_that_never_was(runtime: Runtime, tmp_path: Path) -> None:
    with peer(tmp_path / "kept", *SLOW) as mmsc:
        world, _ = half_sent(runtime, mmsc.url, readers=60, first=40)
        killing.kill(runtime, world.edition, recalling=True, by="ops", reason="x")
        with runtime.transaction() as session:
            session.execute(update(Recall).where(Recall.id == 1).values(state="done", transaction_id="invented"))
        settle(runtime, until=lambda: ("cancel", "waiting") not in recall_states(runtime))
        assert any("1 recalls were answered, we say, but the peer got none of them" in one for one in problems(runtime, mmsc))
        spared = kept(mmsc.keep, "recalls")[0]["recipients"]
        with runtime.transaction() as session:
            reader = int(spared[0][3:])
            session.execute(update(deliveries).where(deliveries.c.reader_id == reader).values(outcome=int(Outcome.RETRIEVED)))
        assert any("called back, says the peer, but we call it retrieved" in one for one in problems(runtime, mmsc))


def test_a_port_that_calls_nothing_back_and_lost_message_ids_are_counted(runtime: Runtime, tmp_path: Path) -> None:
    with peer(tmp_path / "kept", *SLOW) as mmsc:
        world, _ = half_sent(runtime, mmsc.url, readers=60, first=40)
        with runtime.transaction() as session:
            session.execute(update(Submission).where(Submission.id == 1).values(message_id=None))
        seen = killing.kill(runtime, world.edition, recalling=True, by="ops", reason="x", dry_run=True)
        assert (seen.reach.submissions, seen.reach.readers, seen.reach.beyond) == (3, 30, 10)
        with runtime.transaction() as session:
            session.execute(update(Port).values(options={"recalls": "none"}))
        seen = killing.kill(runtime, world.edition, recalling=True, by="ops", reason="x")
        assert (seen.asked, seen.reach.beyond) == (0, 40)


def test_a_peer_that_is_away_is_asked_again_and_a_silent_worker_is_noticed(runtime: Runtime, tmp_path: Path) -> None:
    with peer(tmp_path / "kept", *SLOW) as mmsc:
        world, _ = half_sent(runtime, mmsc.url, readers=20, first=10)
        with runtime.transaction() as session:
            session.execute(update(Port).values(url="http://127.0.0.1:1/"))
        killing.kill(runtime, world.edition, recalling=True, by="ops", reason="x")
        assert recalls.send(runtime, 1) == 1
        assert recall_states(runtime) == {("cancel", "waiting"): 1}
        with runtime.transaction() as session:
            session.execute(update(Port).values(url=mmsc.url))
            session.execute(update(Recall).values(state="leaving", left_at=runtime.now() - timedelta(seconds=1000)))
        recalls.heal(runtime)
        assert recall_states(runtime) == {("cancel", "unknown"): 1}
        assert killing.kill(runtime, world.edition, recalling=True, by="ops", reason="x").asked == 1, "asking again takes it up"
        assert recalls.send(runtime, 1) == 1
        assert recall_states(runtime) == {("cancel", "done"): 1}


def test_nothing_to_correct_is_said(runtime: Runtime, tmp_path: Path) -> None:
    world = build_world(runtime, readers=5)
    add_port(runtime, "http://127.0.0.1:1/")
    with pytest.raises(UsageError, match="nothing of it was sent"):
        correct(runtime, world)
    dispatch_id = dispatches.create(runtime, Request(world.edition), actor="test")
    with pytest.raises(UsageError, match="import the corrected folder first"):
        correct(runtime, world)
    steer(runtime, dispatch_id, "cancel", by="ops")
    import_again(runtime, world)
    made = correct(runtime, world)
    assert made.count.planned == 5
    assert fold(runtime) == 0


def test_a_worker_in_the_middle_of_the_old_one_lets_go_and_nobody_gets_both(runtime: Runtime, tmp_path: Path) -> None:
    """The old version leaves slowly in another thread while it is corrected; whoever was in its hands is not sent to twice."""
    with peer(tmp_path / "kept", *SLOW, "--answer-delay-ms", "20") as mmsc:
        world = build_world(runtime, readers=400)
        with runtime.transaction() as session:
            session.merge(SettingValue(name="batch_readers_max", value=200, changed_at=runtime.now(), changed_by="test"))
        add_port(runtime, mmsc.url, max_recipients=5, connections=1)
        old = dispatches.create(runtime, Request(world.edition), actor="test")
        import_again(runtime, world)
        worker = threading.Thread(target=work, args=(runtime,), kwargs={"owner": "other"})
        worker.start()
        wait_until(lambda: len(mmsc.recipients()) >= 30, every_s=0.02)
        made = correction.correct(runtime, Request(world.edition), replacing=False, by="ops", wait_s=PATIENCE_S)
        worker.join(PATIENCE_S)
        assert made.dispatch_id is not None
        new = made.dispatch_id
        settle(runtime, until=lambda: "pending" not in outcomes(runtime, new))
        before, after = outcomes(runtime, old), outcomes(runtime, new)
        assert before["submitted"] + after["submitted"] == 400
        assert (made.busy, before["submitted"] > 0, after["submitted"] > 0) == (0, True, True)
        assert len(mmsc.recipients()) == len(set(mmsc.recipients())) == 400
        assert problems(runtime, mmsc) == []


def test_a_lost_answer_of_a_corrected_version_is_not_sent_once_more(runtime: Runtime, tmp_path: Path) -> None:
    """Its readers get the corrected one instead; the old one would be sent to them by policy otherwise."""
    rules = tmp_path / "script.yaml"
    rules.write_text("- when: {nth: 1}\n  do: {drop: true}\n")
    with peer(tmp_path / "kept", *SLOW, "--script", rules) as mmsc:
        with runtime.transaction() as session:
            session.merge(SettingValue(name="unknown_wait_s", value=0.0, changed_at=runtime.now(), changed_by="test"))
        world = build_world(runtime, readers=20)
        add_port(runtime, mmsc.url, max_recipients=10, connections=1)
        old = dispatches.create(runtime, Request(world.edition), actor="test")
        work(runtime, rounds=1)
        assert outcomes(runtime, old) == {"submitted": 10, "unknown": 10}
        with runtime.transaction(read_only=True) as session:
            assert unknowns.is_awaited(session, session.get_one(Dispatch, old), now=runtime.now()), "by policy they would be sent to once more"
        import_again(runtime, world)
        assert correct(runtime, world).count.planned == 10
        assert unknowns.send_again(runtime) == 0
        settle(runtime, until=lambda: outcomes(runtime, old + 1) == {"submitted": 10})
        assert outcomes(runtime, old) == {"submitted": 10, "unknown": 10}
        assert problems(runtime, mmsc) == []
