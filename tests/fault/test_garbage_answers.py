"""A peer that takes messages and answers with garbage: whoever's answer says nothing is unknown, nobody is sent to twice, everything else goes on."""

from __future__ import annotations

from pathlib import Path

from delivery.dispatch import planning as dispatches
from delivery.dispatch.planning import Request
from delivery.ledger import proof
from delivery.ledger.peer import read_peer
from delivery.ports import health
from huabao.runtime import Runtime
from tests.services.delivering import add_port, add_readers, build_world, peer, set_setting, settle
from tests.services.mangling import ENDLESS_BYTES, MM7_SPOILS, SMPP_SPOILS, spoiled_mm7, spoiled_smpp
from tests.services.texting import add_smpp_port, owning, settle_texts, smsc
from tests.services.workers import outcomes

READERS = 200
GROUP = 4
WINDOW = 6
SETTINGS = {
    health.BREAKER_FAILURES.name: 50,
    health.BREAKER_PROBE_S.name: 0.2,
    health.UNREACHED_PAUSE_S.name: 0.05,
    health.DEFERRAL_PAUSE_S.name: 0.05,
    "pace_recovery_s": 1.0,
    "breaker_trickle_per_s": 50.0,
    "unknown_wait_s": 86_400.0,
    "ramp_readers_min": READERS + 1,
    "brake_readers_min": READERS + 1,
    "report_wait_s": 86_400.0,
}


def quick(runtime: Runtime) -> None:
    for name, value in SETTINGS.items():
        set_setting(runtime, name, value)


def _is_over(found: dict[str, int]) -> bool:
    """Nobody waits; a receipt may be missing of what was taken without an id, or was on its way when a bind was lost."""
    return "pending" not in found and found.get("submitted", 0) <= len(SMPP_SPOILS)


def test_mm7_answers_that_are_none(runtime: Runtime, tmp_path: Path) -> None:
    quick(runtime)
    spoils = {5 * number: kind for number, kind in enumerate(MM7_SPOILS, 1)}
    with peer(tmp_path / "kept", "--mix", "retrieved=1") as mmsc, spoiled_mm7(mmsc.url, spoils) as between:
        world = build_world(runtime, readers=READERS)
        add_port(runtime, between.url, max_recipients=GROUP, connections=4)
        dispatch_id = dispatches.create(runtime, Request(world.edition), actor="test")
        settle(runtime, until=lambda: "pending" not in outcomes(runtime, dispatch_id))
        got = mmsc.recipients()
        assert len(got) == len(set(got)) == READERS
        assert between.count == dict.fromkeys(MM7_SPOILS, 1)
        assert between.longest < ENDLESS_BYTES // 2, "an endless answer was read to its end"
        found = outcomes(runtime, dispatch_id)
        assert GROUP * (len(MM7_SPOILS) - 2) <= found["unknown"] <= GROUP * len(MM7_SPOILS)
        assert found["unknown"] + found["submitted"] == READERS
        with runtime.transaction(read_only=True) as session:
            assert list(proof.verify(session, peers=[read_peer(mmsc.keep)]).problems) == []


def test_smpp_answers_that_are_none(runtime: Runtime, tmp_path: Path) -> None:
    quick(runtime)
    spoils = {20 * number: kind for number, kind in enumerate(SMPP_SPOILS, 1)}
    with smsc(tmp_path / "kept", "--delay-ms", "0-20", "--answer-delay-ms", "5") as peer_, spoiled_smpp(peer_.url, spoils) as between:
        add_smpp_port(runtime, between.url, window=WINDOW, timeout_s=5.0)
        world = build_world(runtime)
        add_port(runtime, "http://127.0.0.1:9/", name="mms")
        add_readers(runtime, READERS, service_id="paper", handset_class="text-only")
        dispatch_id = dispatches.create(runtime, Request(world.edition), actor="test")
        with owning(runtime):
            settle_texts(runtime, until=lambda: _is_over(outcomes(runtime, dispatch_id)))
        got = peer_.recipients()
        assert len(got) == len(set(got)), "somebody got it twice"
        assert between.count == dict.fromkeys(SMPP_SPOILS, 1)
        found = outcomes(runtime, dispatch_id)
        assert found["retrieved"] + found.get("unknown", 0) + found.get("submitted", 0) == READERS
        assert READERS - len(got) <= found.get("unknown", 0) <= len(SMPP_SPOILS) * WINDOW, "of most, a receipt tells what the answer did not"
        with runtime.transaction(read_only=True) as session:
            assert proof.verify(session, peers=[read_peer(peer_.keep)]).problems == []
