"""A dispatch to readers whose handsets take texts only: planned, sent by SMPP, receipts folded, the ledger balanced against the SMSC."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import select

from delivery.dispatch import planning as dispatches
from delivery.dispatch.planning import Request
from delivery.ledger import proof
from delivery.ledger.peer import read_peer
from delivery.models import Batch, DeliveryEvent, Dispatch, EventState, Submission, SubmissionPart
from delivery.ports import MessageContent
from delivery.sending import prepared
from huabao.queues import Job
from huabao.runtime import Runtime
from tests.services.delivering import add_port, add_readers, build_world, number_of
from tests.services.texting import add_smpp_port, owning, settle_texts, smsc

READERS = 40


def begin(runtime: Runtime, readers: int = READERS) -> int:
    """A dispatch to readers of texts, who need an smpp port; the mm7 port that a paper has carries nobody."""
    world = build_world(runtime)
    add_port(runtime, "http://127.0.0.1:9/", name="mms")
    add_readers(runtime, readers, service_id="paper", handset_class="text-only")
    return dispatches.create(runtime, Request(world.edition), actor="test")


def outcomes(runtime: Runtime, dispatch_id: int) -> dict[str, int]:
    with runtime.transaction(read_only=True) as session:
        return {name: number for name, number in proof.counts(session, dispatch_id).outcomes.items() if number}


def is_closed(runtime: Runtime, dispatch_id: int) -> bool:
    with runtime.transaction(read_only=True) as session:
        return session.get_one(Dispatch, dispatch_id).closed_at is not None


def test_texts_reach_their_readers_and_the_ledger_balances(runtime: Runtime, tmp_path: Path) -> None:
    with smsc(tmp_path / "kept", "--delay-ms", "0-50", "--mix", "retrieved=0.8,expired=0.2", "--early", "0.3", "--double", "0.3") as peer:
        add_smpp_port(runtime, peer.url, binds=2)
        dispatch_id = begin(runtime)
        with owning(runtime):
            settle_texts(runtime, until=lambda: is_closed(runtime, dispatch_id))
        assert Counter(peer.recipients()) == {number_of(one): 1 for one in range(1, READERS + 1)}
        found = outcomes(runtime, dispatch_id)
        assert sum(found.values()) == READERS
        assert set(found) <= {"retrieved", "expired"}
        with runtime.transaction(read_only=True) as session:
            assert proof.verify(session, peers=[read_peer(peer.keep)]).problems == []
            assert session.scalars(select(DeliveryEvent.state).where(DeliveryEvent.state.in_((EventState.PARKED, EventState.STRAY)))).all() == []


def test_a_long_text_is_retrieved_when_all_its_parts_are(runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:

    monkeypatch.setattr(prepared, "_content", lambda *_: MessageContent(text="今天的早报很长。" * 12))
    script = tmp_path / "script.yaml"
    script.write_text(f"- when: {{recipient: '*{number_of(1)}'}}\n  do: {{stat: UNDELIV}}\n")
    with smsc(tmp_path / "kept", "--delay-ms", "0-50", "--early", "0.3", "--script", script) as peer:
        port_id = add_smpp_port(runtime, peer.url, binds=2)
        dispatch_id = begin(runtime, 6)
        with owning(runtime):
            settle_texts(runtime, until=lambda: is_closed(runtime, dispatch_id))
        assert outcomes(runtime, dispatch_id) == {"retrieved": 5, "failed": 1}
        lines = peer.lines()
        assert Counter((line["recipients"][0][-11:], line["part"]) for line in lines) == {(number_of(reader), part): 1 for reader in range(1, 7) for part in (1, 2)}
        with runtime.transaction(read_only=True) as session:
            parts = session.execute(select(SubmissionPart.port_id, SubmissionPart.message_id, SubmissionPart.status)).all()
            assert {row.port_id for row in parts} == {port_id}
            assert sorted(row.message_id or "" for row in parts) == sorted(line["message_id"] for line in lines)
            assert Counter(row.status for row in parts) == {"DELIVRD": 10, "UNDELIV": 2}
            assert proof.verify(session, peers=[read_peer(peer.keep)]).problems == []


def test_batches_of_an_smpp_port_wait_for_its_owner(runtime: Runtime, tmp_path: Path) -> None:
    with smsc(tmp_path / "kept", "--delay-ms", "0") as peer:
        port_id = add_smpp_port(runtime, peer.url)
        dispatch_id = begin(runtime, 5)
        for _ in range(3):
            settle_texts(runtime, until=lambda: True)
        with runtime.transaction(read_only=True) as session:
            assert set(session.scalars(select(Job.queue).where(Job.task == "delivery.send_batch"))) == {f"port-{port_id}"}
            assert set(session.scalars(select(Batch.state))) == {"ready"}
            assert session.scalar(select(Submission.id).limit(1)) is None
        with owning(runtime):
            settle_texts(runtime, until=lambda: is_closed(runtime, dispatch_id))
        assert outcomes(runtime, dispatch_id) == {"retrieved": 5}


def test_a_text_in_parts_is_charged_for_each_of_them(sqlite_runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepared, "_content", lambda *_: MessageContent(text="今天的早报很长。" * 12))
    with smsc(tmp_path / "kept", "--delay-ms", "0") as peer:
        add_smpp_port(sqlite_runtime, peer.url, rate=30, burst=1)
        dispatch_id = begin(sqlite_runtime, 60)
        with owning(sqlite_runtime):
            settle_texts(sqlite_runtime, until=lambda: is_closed(sqlite_runtime, dispatch_id))
        assert len(peer.lines()) == 120
        assert peer.stats()["worst_second"] <= 31
