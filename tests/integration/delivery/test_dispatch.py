"""The whole way of a dispatch through a real MMSC, and what a person may do to it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from content.models import EditionVersion
from content.services import find_edition
from delivery.dispatch import planning as dispatches
from delivery.dispatch.planning import Request
from delivery.dispatch.progress import progress
from delivery.dispatch.steering import steer
from delivery.ledger import proof
from delivery.ledger.peer import read_peer
from delivery.models import Batch, Dispatch, DispatchTransition, Outcome, Submission, deliveries
from delivery.ports.health import DEFERRAL_PAUSE_S
from delivery.sending import claims, sender, sweeps
from huabao.errors import StoreError, UsageError
from huabao.runtime import Runtime
from huabao.settings import SettingValue
from subscribers.models import Subscription
from tests.services.delivering import LONG_AGO, Peer, add_port, build_world, peer, settle, work


def outcomes(runtime: Runtime, dispatch_id: int) -> dict[str, int]:
    with runtime.transaction(read_only=True) as session:
        return {name: number for name, number in proof.counts(session, dispatch_id).outcomes.items() if number}


def state(runtime: Runtime, dispatch_id: int) -> str:
    with runtime.transaction(read_only=True) as session:
        return session.get_one(Dispatch, dispatch_id).state


def drained(runtime: Runtime, dispatch_id: int) -> bool:
    return state(runtime, dispatch_id) in ("draining", "verified", "closed")


def problems(runtime: Runtime, dispatch_id: int, *peers: Peer) -> list[str]:
    with runtime.transaction(read_only=True) as session:
        return list(proof.verify(session, dispatch_id, peers=[read_peer(one.keep) for one in peers]).problems)


def test_everybody_gets_it_once(runtime: Runtime, tmp_path: Path) -> None:
    with peer(tmp_path / "kept") as mmsc:
        world = build_world(runtime, readers=2345)
        add_port(runtime, mmsc.url, max_recipients=100)
        dispatch_id = dispatches.create(runtime, Request(world.edition), actor="test")
        settle(runtime, until=lambda: drained(runtime, dispatch_id))
        assert outcomes(runtime, dispatch_id) == {"submitted": 2345}
        assert sorted(mmsc.recipients()) == sorted(set(mmsc.recipients()))
        assert len(mmsc.recipients()) == 2345
        assert problems(runtime, dispatch_id, mmsc) == []
        with runtime.transaction(read_only=True) as session:
            assert max(session.scalars(select(Submission.recipients))) == 100
            assert progress(session, dispatch_id, now=runtime.now()).sent == 2345


def begin(runtime: Runtime, mmsc_url: str, readers: int, **port: object) -> int:
    world = build_world(runtime, readers=readers)
    add_port(runtime, mmsc_url, **port)  # type: ignore[arg-type]
    return dispatches.create(runtime, Request(world.edition), actor="test")


def script(folder: Path, text: str) -> Path:
    path = folder / "script.yaml"
    path.write_text(text)
    return path


def test_lost_answers_are_unknown_and_never_sent_again(runtime: Runtime, tmp_path: Path) -> None:
    rules = script(tmp_path, "- when: {every: 4}\n  do: {drop: true}\n")
    with peer(tmp_path / "kept", "--script", rules) as mmsc:
        dispatch_id = begin(runtime, mmsc.url, 2000, max_recipients=100)
        settle(runtime, until=lambda: drained(runtime, dispatch_id))
        assert outcomes(runtime, dispatch_id) == {"submitted": 1500, "unknown": 500}
        assert len(mmsc.recipients()) == len(set(mmsc.recipients())) == 2000
        assert problems(runtime, dispatch_id, mmsc) == []


def test_a_port_that_says_not_now_loses_nobody(runtime: Runtime, tmp_path: Path) -> None:
    rules = script(tmp_path, "- when: {nth: 3}\n  do: {code: 4006}\n- when: {nth: 7}\n  do: {http: 503}\n- when: {nth: 9}\n  do: {code: 3000}\n")
    with peer(tmp_path / "kept", "--script", rules) as mmsc:
        with runtime.transaction() as session:
            session.merge(SettingValue(name=DEFERRAL_PAUSE_S.name, value=0.1, changed_at=runtime.now(), changed_by="test"))
        dispatch_id = begin(runtime, mmsc.url, 2000, max_recipients=100)
        settle(runtime, until=lambda: drained(runtime, dispatch_id))
        assert outcomes(runtime, dispatch_id) == {"submitted": 2000}
        assert len(mmsc.recipients()) == len(set(mmsc.recipients())) == 2000
        assert problems(runtime, dispatch_id, mmsc) == []
        with runtime.transaction(read_only=True) as session:
            assert sum(session.scalars(select(Batch.deferrals))) >= 1
            assert len(session.scalars(select(Submission.id).where(Submission.state == "deferred")).all()) == 3


def test_refused_numbers_are_singled_out(runtime: Runtime, tmp_path: Path) -> None:
    rules = script(tmp_path, '- do: {refuse: ["13800000005", "13800000250"]}\n')
    with peer(tmp_path / "kept", "--script", rules) as mmsc:
        dispatch_id = begin(runtime, mmsc.url, 300, max_recipients=100)
        settle(runtime, until=lambda: drained(runtime, dispatch_id))
        assert outcomes(runtime, dispatch_id) == {"submitted": 298, "rejected": 2}
        assert problems(runtime, dispatch_id, mmsc) == []
        with runtime.transaction(read_only=True) as session:
            turned_away = session.scalars(select(deliveries.c.reader_id).where(deliveries.c.outcome == int(Outcome.REJECTED))).all()
        assert sorted(turned_away) == [5, 250]


def test_refused_submissions_reject_their_readers(runtime: Runtime, tmp_path: Path) -> None:
    rules = script(tmp_path, "- when: {nth: 2}\n  do: {code: 2004}\n")
    with peer(tmp_path / "kept", "--script", rules) as mmsc:
        dispatch_id = begin(runtime, mmsc.url, 300, max_recipients=100)
        settle(runtime, until=lambda: drained(runtime, dispatch_id))
        assert outcomes(runtime, dispatch_id) == {"submitted": 200, "rejected": 100}
        assert problems(runtime, dispatch_id, mmsc) == []
        with runtime.transaction(read_only=True) as session:
            assert session.scalars(select(Submission.status_code).where(Submission.state == "refused")).all() == [2004]


def test_groups_are_halved_where_they_are_too_large(runtime: Runtime, tmp_path: Path) -> None:
    with peer(tmp_path / "kept", "--max-recipients", 30) as mmsc:
        dispatch_id = begin(runtime, mmsc.url, 1000, max_recipients=100)
        settle(runtime, until=lambda: drained(runtime, dispatch_id))
        assert outcomes(runtime, dispatch_id) == {"submitted": 1000}
        assert len(mmsc.recipients()) == len(set(mmsc.recipients())) == 1000
        assert problems(runtime, dispatch_id, mmsc) == []
        with runtime.transaction(read_only=True) as session:
            assert max(session.scalars(select(Submission.recipients).where(Submission.state == "accepted"))) == 25


def test_pause_and_resume(runtime: Runtime, tmp_path: Path) -> None:
    with peer(tmp_path / "kept") as mmsc:
        dispatch_id = begin(runtime, mmsc.url, 3000)
        work(runtime, rounds=1)
        assert steer(runtime, dispatch_id, "pause", by="ops", reason="a typo") == "paused"
        work(runtime)
        assert outcomes(runtime, dispatch_id) == {"submitted": 1000, "pending": 2000}
        with pytest.raises(StoreError, match="resume, cancel, kill"):
            steer(runtime, dispatch_id, "pause", by="ops")
        steer(runtime, dispatch_id, "resume", by="ops")
        settle(runtime, until=lambda: drained(runtime, dispatch_id))
        assert outcomes(runtime, dispatch_id) == {"submitted": 3000}
        assert problems(runtime, dispatch_id, mmsc) == []


@pytest.mark.parametrize("verb", ["cancel", "kill"])
def test_what_has_not_left_is_cancelled(runtime: Runtime, tmp_path: Path, verb: str) -> None:
    with peer(tmp_path / "kept") as mmsc:
        dispatch_id = begin(runtime, mmsc.url, 3000)
        work(runtime, rounds=1)
        steer(runtime, dispatch_id, verb, by="ops", reason="wrong front page")
        settle(runtime, until=lambda: outcomes(runtime, dispatch_id) == {"submitted": 1000, "cancelled": 2000})
        assert state(runtime, dispatch_id) == {"cancel": "cancelled", "kill": "killed"}[verb]
        assert problems(runtime, dispatch_id, mmsc) == []


def test_a_pause_takes_hold_in_the_middle_of_a_batch(runtime: Runtime, tmp_path: Path) -> None:
    """A batch is written a little ahead of its time; the pause comes with its second turn and the batch stops there."""
    with peer(tmp_path / "kept") as mmsc:
        dispatch_id = begin(runtime, mmsc.url, 1000, max_recipients=10, connections=1)
        real = claims.renew
        turns = 0

        def renew(*arguments: object, **more: object) -> claims.Standing:
            nonlocal turns
            turns += 1
            standing = real(*arguments, **more)  # type: ignore[arg-type]
            if turns == 2:
                return claims.Standing("paused", standing.port_state, standing.deferred_until)
            return standing

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(claims, "renew", renew)
            sender.send_batch(runtime, 1)
        sent = outcomes(runtime, dispatch_id)["submitted"]
        assert 0 < sent < 300
        settle(runtime, until=lambda: drained(runtime, dispatch_id))
        assert outcomes(runtime, dispatch_id) == {"submitted": 1000}
        assert problems(runtime, dispatch_id, mmsc) == []


def test_who_cancelled_since_the_snapshot_is_not_served(runtime: Runtime, tmp_path: Path) -> None:
    with peer(tmp_path / "kept") as mmsc:
        dispatch_id = begin(runtime, mmsc.url, 100)
        with runtime.transaction() as session:
            session.execute(update(Subscription).where(Subscription.reader_id.in_([3, 4])).values(state="cancelled", effective_at=runtime.now()))
            session.execute(update(Subscription).where(Subscription.reader_id == 9).values(stop_state="stopped"))
            session.execute(delete(Subscription).where(Subscription.reader_id == 12))
        settle(runtime, until=lambda: drained(runtime, dispatch_id))
        assert outcomes(runtime, dispatch_id) == {"submitted": 96, "cancelled": 4}
        assert not {"13800000003", "13800000004", "13800000009", "13800000012"} & set(mmsc.recipients())
        assert problems(runtime, dispatch_id, mmsc) == []


def test_reports_and_waiting_end_in_a_closed_dispatch(runtime: Runtime, tmp_path: Path) -> None:
    with peer(tmp_path / "kept") as mmsc:
        dispatch_id = begin(runtime, mmsc.url, 500)
        settle(runtime, until=lambda: drained(runtime, dispatch_id))
        assert state(runtime, dispatch_id) == "draining"
        with runtime.transaction() as session:
            session.execute(update(Dispatch).values(started_at=LONG_AGO))
            session.execute(update(deliveries).values(submitted_at=LONG_AGO))
        settle(runtime, until=lambda: state(runtime, dispatch_id) == "closed")
        assert outcomes(runtime, dispatch_id) == {"no_report": 500}
        with runtime.transaction(read_only=True) as session:
            after = session.scalars(select(DispatchTransition.after).order_by(DispatchTransition.id)).all()
        assert after == ["draft", "planned", "released", "sending", "draining", "verified", "closed"]


def test_the_same_version_is_not_sent_twice_by_mistake(runtime: Runtime, tmp_path: Path) -> None:
    world = build_world(runtime, readers=10)
    add_port(runtime, "http://127.0.0.1:1/")
    dispatches.create(runtime, Request(world.edition), actor="test")
    with pytest.raises(UsageError, match="--again"):
        dispatches.create(runtime, Request(world.edition), actor="test")
    assert dispatches.create(runtime, Request(world.edition, again=True), actor="test") == 2


def test_nor_is_the_same_folder_imported_again(runtime: Runtime) -> None:
    world = build_world(runtime, readers=10)
    add_port(runtime, "http://127.0.0.1:1/")
    dispatches.create(runtime, Request(world.edition), actor="test")
    with runtime.transaction() as session:
        edition = find_edition(session, world.edition)
        first = session.get_one(EditionVersion, edition.current_version_id)
        columns = {column.key: getattr(first, column.key) for column in EditionVersion.__table__.columns if column.key != "id"}
        again = EditionVersion(**{**columns, "version": first.version + 1})
        session.add(again)
        session.flush()
        edition.current_version_id = again.id
    with pytest.raises(UsageError, match=r"version 2 .* is dispatch 1 already"):
        dispatches.create(runtime, Request(world.edition), actor="test")


def test_a_start_in_the_future_waits(runtime: Runtime) -> None:
    world = build_world(runtime, readers=10)
    add_port(runtime, "http://127.0.0.1:1/")
    later = runtime.now() + timedelta(hours=2)
    dispatch_id = dispatches.create(runtime, Request(world.edition, start_at=later), actor="test")
    sweeps.start_due(runtime)
    assert state(runtime, dispatch_id) == "planned"
    assert work(runtime) == 0
    steer(runtime, dispatch_id, "hold", by="ops")
    steer(runtime, dispatch_id, "release", by="ops")
    assert state(runtime, dispatch_id) == "sending"
