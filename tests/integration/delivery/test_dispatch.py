"""The whole way of a dispatch through a real MMSC, and what a person may do to it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select, update

from delivery import dispatch as dispatches
from delivery import ledger, lifecycle, sweeps
from delivery.dispatch import Request
from delivery.models import Batch, Dispatch, Outcome, Submission, deliveries
from delivery.peer import read_peer
from delivery.progress import progress
from delivery.steering import steer
from huabao.errors import StoreError, UsageError
from huabao.runtime import Runtime
from subscribers.models import Subscription
from tests.services.delivering import Peer, add_port, build_world, peer, settle, work


def outcomes(runtime: Runtime, dispatch_id: int) -> dict[str, int]:
    with runtime.transaction(read_only=True) as session:
        return {name: number for name, number in ledger.counts(session, dispatch_id).outcomes.items() if number}


def state(runtime: Runtime, dispatch_id: int) -> str:
    with runtime.transaction(read_only=True) as session:
        return session.get_one(Dispatch, dispatch_id).state


def drained(runtime: Runtime, dispatch_id: int) -> bool:
    return state(runtime, dispatch_id) in ("draining", "verified", "closed")


def problems(runtime: Runtime, dispatch_id: int, *peers: Peer) -> list[str]:
    with runtime.transaction(read_only=True) as session:
        return list(ledger.verify(session, dispatch_id, peers=[read_peer(one.keep) for one in peers]).problems)


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
