"""SMSCs with manners of their own: ids in another base, receipts in other forms, streams that break in the middle of a dispatch."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from delivery.dispatch import planning as dispatches
from delivery.dispatch.planning import Request
from delivery.ledger import proof
from delivery.ledger.peer import read_peer
from delivery.models import DeliveryEvent, EventState
from delivery.ports import health
from huabao.runtime import Runtime
from tests.services.delivering import add_port, add_readers, build_world, set_setting
from tests.services.texting import SMSC, add_smpp_port, owning, settle_texts, smsc

READERS = 120
WINDOW = 8
FAULTS = ("garbage", "half", "reset", "unbind")
SETTINGS = {
    health.BREAKER_FAILURES.name: 3,
    health.BREAKER_PROBE_S.name: 0.2,
    health.UNREACHED_PAUSE_S.name: 0.05,
    health.DEFERRAL_PAUSE_S.name: 0.05,
    "pace_recovery_s": 2.0,
    "breaker_trickle_per_s": 50.0,
    "unknown_wait_s": 86_400.0,
}


def begin(runtime: Runtime, readers: int) -> int:
    """A dispatch of texts, with short pauses and nobody sent to once more."""
    for name, value in SETTINGS.items():
        set_setting(runtime, name, value)
    world = build_world(runtime)
    add_port(runtime, "http://127.0.0.1:9/", name="mms")
    add_readers(runtime, readers, service_id="paper", handset_class="text-only")
    return dispatches.create(runtime, Request(world.edition), actor="test")


def counted(runtime: Runtime, dispatch_id: int) -> Counter[str]:
    """Readers by outcome."""
    with runtime.transaction(read_only=True) as session:
        return Counter({name: number for name, number in proof.counts(session, dispatch_id).outcomes.items() if number})


def check(runtime: Runtime, peer: SMSC) -> None:
    """The ledger balances against what the SMSC kept."""
    with runtime.transaction(read_only=True) as session:
        assert proof.verify(session, peers=[read_peer(peer.keep)]).problems == []


@pytest.mark.parametrize(
    ("ids", "form", "options"),
    [
        ("hex", "standard", {"receipt_id": "hex"}),
        ("decimal", "tlv", {"receipt_id": "decimal", "message_id": "nocase"}),
        ("upper", "short", {"message_id": "nocase"}),
        ("nozeros", "shuffled", {"message_id": "nozeros"}),
    ],
)
def test_every_receipt_finds_its_message(sqlite_runtime: Runtime, tmp_path: Path, ids: str, form: str, options: dict[str, Any]) -> None:
    manners = ("--receipt-ids", ids, "--receipt-form", form, "--early", "0.5", "--double", "0.3", "--mix", "retrieved=0.7,failed=0.3")
    with smsc(tmp_path / "kept", "--delay-ms", "0-30", *manners) as peer:
        add_smpp_port(sqlite_runtime, peer.url, binds=2, **options)
        dispatch_id = begin(sqlite_runtime, 30)
        with owning(sqlite_runtime):
            settle_texts(sqlite_runtime, until=lambda: sum(counted(sqlite_runtime, dispatch_id)[name] for name in ("retrieved", "failed")) == 30)
        found = counted(sqlite_runtime, dispatch_id)
        assert set(found) == {"retrieved", "failed"}
        with sqlite_runtime.transaction(read_only=True) as session:
            assert session.scalars(select(DeliveryEvent.id).where(DeliveryEvent.state.in_((EventState.PARKED, EventState.STRAY)))).all() == []
        check(sqlite_runtime, peer)


def test_a_stream_that_breaks_in_every_way_in_the_middle_of_a_dispatch(runtime: Runtime, tmp_path: Path) -> None:
    script = tmp_path / "script.yaml"
    script.write_text("".join(f"- when: {{nth: {20 * number}}}\n  do: {{{fault}: true}}\n" for number, fault in enumerate(FAULTS, 1)))
    with smsc(tmp_path / "kept", "--delay-ms", "0-20", "--answer-delay-ms", "5", "--script", script) as peer:
        add_smpp_port(runtime, peer.url, window=WINDOW, timeout_s=3.0)
        dispatch_id = begin(runtime, READERS)

        def is_over() -> bool:
            found = counted(runtime, dispatch_id)
            return not found["pending"] and not found["submitted"]

        with owning(runtime):
            settle_texts(runtime, until=is_over)
        stats = peer.stats()
        assert stats["connections"] >= len(FAULTS), "the bind came back after each fault"
        assert (stats["garbage_out"], stats["unbound_by_smsc"]) == (1, 1)
        got = peer.recipients()
        assert len(got) == len(set(got)), "somebody got it twice"
        found = counted(runtime, dispatch_id)
        assert found["retrieved"] + found["unknown"] == READERS
        assert READERS - len(got) <= found["unknown"] <= len(FAULTS) * WINDOW
        check(runtime, peer)
