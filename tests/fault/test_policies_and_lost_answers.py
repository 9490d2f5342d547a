"""Peers that take messages and answer nothing, under each policy: only who was unknown is served again, and the ledger counts the copies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select, update

from content.models import Publication
from delivery.dispatch import planning as dispatches
from delivery.dispatch.planning import Request
from delivery.dispatch.policies import UNKNOWN_RETRY_S, UNKNOWN_TRIES_MAX, UNKNOWN_WAIT_S
from delivery.ledger import proof
from delivery.ledger.peer import read_peer
from delivery.models import Submission
from delivery.ports import health
from delivery.sending import unknowns
from delivery.sending.unknowns import NEVER, ONCE, RETRY
from huabao.ids import unpack_ids
from huabao.runtime import Runtime
from tests.services.delivering import Peer, add_port, add_readers, build_world, number_of, peer, set_setting, settle
from tests.services.texting import SMSC, add_smpp_port, owning, settle_texts, smsc
from tests.services.workers import outcomes

READERS = 120
TRIES = 2
SETTINGS = {
    UNKNOWN_WAIT_S.name: 0.5,
    UNKNOWN_RETRY_S.name: 0.3,
    UNKNOWN_TRIES_MAX.name: TRIES,
    health.BREAKER_FAILURES.name: 1000,
    health.UNREACHED_PAUSE_S.name: 0.05,
    "ramp_readers_min": READERS + 1,
    "brake_readers_min": READERS + 1,
}
COPIES_MAX = {NEVER: 1, ONCE: 2, RETRY: 1 + TRIES}


@contextmanager
def mm7(runtime: Runtime, folder: Path) -> Iterator[Peer]:
    """An MMSC that takes everything and drops each third answer, no report comes; and a port to it."""
    script = folder / "script.yaml"
    script.write_text("- when: {every: 3}\n  do: {drop: true}\n")
    with peer(folder / "kept", "--mix", "none=1", "--script", script) as running:
        build_world(runtime, readers=READERS)
        add_port(runtime, running.url, max_recipients=5, connections=3)
        yield running


@contextmanager
def smpp(runtime: Runtime, folder: Path) -> Iterator[SMSC]:
    """An SMSC that takes everything but each eleventh and answers neither that nor each fourth."""
    script = folder / "script.yaml"
    script.write_text("- when: {every: 4}\n  do: {drop: true, no_receipt: true}\n- when: {every: 11}\n  do: {lose: true}\n- do: {no_receipt: true}\n")
    with smsc(folder / "kept", "--script", script) as running:
        build_world(runtime)
        add_port(runtime, "http://127.0.0.1:9/", name="mms")
        add_readers(runtime, READERS, service_id="paper", handset_class="text-only")
        add_smpp_port(runtime, running.url, window=100, timeout_s=2.0)
        with owning(runtime):
            yield running


@pytest.mark.parametrize("policy", [NEVER, ONCE, RETRY])
@pytest.mark.parametrize("kind", [mm7, smpp])
def test_only_the_unknown_are_served_again(runtime: Runtime, tmp_path: Path, kind: type, policy: str) -> None:
    for name, value in SETTINGS.items():
        set_setting(runtime, name, value)
    with kind(runtime, tmp_path) as running:
        with runtime.transaction() as session:
            session.execute(update(Publication).values(unknown_policy=policy))
        dispatch_id = dispatches.create(runtime, Request("paper/1"), actor="test")

        def is_over() -> bool:
            again = unknowns.send_again(runtime)
            return not again and "pending" not in outcomes(runtime, dispatch_id) and (policy == NEVER or _all_dealt_with(runtime))

        (settle if kind is mm7 else settle_texts)(runtime, until=is_over)
        copies = Counter(running.recipients())
        lost, again = _submissions(runtime)
        assert max(copies.values()) == COPIES_MAX[policy]
        served_again = {number for number, times in copies.items() if times > 1}
        assert served_again <= {number_of(reader) for reader in again}, "somebody was served twice whose answer was not lost"
        assert again.keys() <= lost
        assert all(copies[number_of(reader)] <= 1 + times for reader, times in again.items())
        assert bool(again) == (policy != NEVER)
        with runtime.transaction(read_only=True) as session:
            found = proof.verify(session, peers=[read_peer(running.keep)])
        assert list(found.problems) == []
        assert dict(found.sent_again) == ({dispatch_id: len(again)} if again else {})


def _all_dealt_with(runtime: Runtime) -> bool:
    with runtime.transaction(read_only=True) as session:
        return session.scalar(select(Submission.id).where(Submission.state == "unknown", Submission.again_ids.is_(None)).limit(1)) is None


def _submissions(runtime: Runtime) -> tuple[set[int], Counter[int]]:
    """Readers whose answer was lost at some time, and those who were sent to once more, with how often."""
    lost: set[int] = set()
    again: Counter[int] = Counter()
    with runtime.transaction(read_only=True) as session:
        for one in session.scalars(select(Submission).where(Submission.state == "unknown")):
            lost |= set(unpack_ids(one.reader_ids))
            again.update(unpack_ids(one.again_ids) if one.again_ids else ())
    return lost, again
