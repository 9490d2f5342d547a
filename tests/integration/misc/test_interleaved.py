"""Calls that come twice, together and between requests of ours: both sides end with the same orders."""

from __future__ import annotations

import random
import time

from huabao.runtime import Runtime
from tests.integration.misc.ground import PAPER, journal_rows, serving, states
from tests.integration.misc.test_ordering import ask, both, requests
from tests.integration.sandbox.running import misc

NEXT = {"cancelled": {"order": "active"}, "active": {"cancel": "cancelled", "pause": "paused"}, "paused": {"cancel": "cancelled", "resume": "active"}}
"""What can happen to an order of MISC's."""


def walk(numbers: list[str], steps: int) -> list[dict[str, str]]:
    """Events that can follow each other, of all readers mixed; whoever is barred in between is let free at the end."""
    chance, at = random.Random(7), dict.fromkeys(numbers, "cancelled")
    events = []
    for _ in range(steps):
        number = chance.choice(numbers)
        if chance.random() < 0.2:
            events.append({"event": chance.choice(("barred", "unbarred")), "msisdn": number})
        else:
            event, at[number] = chance.choice(sorted(NEXT[at[number]].items()))
            events.append({"event": event, "msisdn": number})
    return events + [{"event": "unbarred", "msisdn": one} for one in numbers]


def test_repeated_and_interleaved_calls_end_with_equal_sides(runtime: Runtime) -> None:
    events = walk([f"138{n:08d}" for n in range(8)], 60)
    with serving(runtime) as tcp_port, misc("--report-url", f"http://127.0.0.1:{tcp_port}/misc", "--repeat", "0.3", "--delay-ms", "0-3") as peer:
        peer.do(*events)
        peer.wait_for("calls", len(events))
        while peer.stats()["calls_pending"]:
            time.sleep(0.02)
        held = {number: state for (number, service), state in peer.orders().items() if service == PAPER}
        counts = peer.stats()
    assert states(runtime) == held
    verdicts = [row.verdict for row in journal_rows(runtime)]
    assert len(verdicts) == counts["calls"] == len(events) + counts["repeated"]
    assert verdicts.count("repeated") == counts["repeated"] > 5


def test_requests_of_ours_between_calls_of_his(runtime: Runtime) -> None:
    """The reader orders at MISC and here at once: he has one order, and every request is answered."""
    numbers = [f"138{n:08d}" for n in range(4)]
    with both(runtime) as peer:
        peer.do(*({"event": event, "msisdn": one} for one in numbers for event in ("order", "cancel", "order")))
        for n, one in enumerate(numbers):
            ask(runtime, "order", f"k{n}", one)
        peer.wait_for("taken", 12)
        while peer.stats()["calls_pending"]:
            time.sleep(0.02)
        assert {number: state for (number, _), state in peer.orders().items()} == states(runtime) == dict.fromkeys(numbers, "active")
    assert {code for _, code in requests(runtime)} <= {"0", "118"}
