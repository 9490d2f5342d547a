"""Lanes: from the click on "send again" to the SubmitReq at the sandbox's MMSC, while a bulk fills the same port's rate.

The click is the commit that made the resend; the peer's own time of receipt ends
it. Beside it the same on a port that has nothing else to do. One process works
everything, as embedded; then several that share Redis, one of them for what
overtakes, as docker-compose starts them.
"""

from __future__ import annotations

import itertools
import json
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

from delivery.dispatch import planning as dispatches
from delivery.dispatch.planning import Request
from delivery.ports.services import default_burst
from delivery.resend import services
from delivery.resend.services import Ask
from delivery.sending import sweeps
from huabao.msisdn import MSISDN
from huabao.runtime import Runtime
from tests import servers
from tests.benchmark.figures import Figure, figure
from tests.benchmark.throttle import embedded, fresh
from tests.benchmark.workers import workers
from tests.services.delivering import Peer, add_port, build_world, number_of, peer, set_setting

BULK = 200_000
RESENDS = 40
EVERY_S = 0.4
RATE = 292.0


def run() -> list[Figure]:
    """Measure both ways to run."""
    with servers.postgres_server() as postgres_url, servers.redis_server() as redis_url:
        return [*_measure("one process", postgres_url, ""), *_measure("workers over Redis", postgres_url, redis_url)]


def _measure(way: str, postgres_url: str, redis_url: str) -> list[Figure]:
    with tempfile.TemporaryDirectory() as name, fresh(postgres_url, Path(name)) as runtime, peer(Path(name) / "kept") as mmsc:
        world = build_world(runtime, readers=BULK)
        add_port(runtime, mmsc.url, rate=RATE, burst=default_burst(RATE), connections=8)
        set_setting(runtime, "ramp_readers_min", BULK + 1)
        with _at_work(runtime, redis_url):
            services.resend(runtime, Ask(MSISDN(number_of(1)), world.edition, "bench", again=True), actor="bench")  # builds the variant
            alone = _resends(runtime, mmsc, world.edition, first=2)
            dispatches.create(runtime, Request(world.edition), actor="bench")
            time.sleep(3.0)
            began, before = time.monotonic(), int(mmsc.stats()["recipients"])
            beside = _resends(runtime, mmsc, world.edition, first=BULK // 2)
            rate = (int(mmsc.stats()["recipients"]) - before) / (time.monotonic() - began)
            worst = float(mmsc.stats()["worst_second"])
    what = f"lanes at {RATE:g}/s, {way}"
    return [
        figure(f"{what}: click to submit, 95th percentile", "s", [_p95(beside)], "the same without a bulk", [_p95(alone)]),
        figure(f"{what}: click to submit, median", "s", [statistics.median(beside)], "the same without a bulk", [statistics.median(alone)]),
        figure(f"{what}: all that arrived meanwhile", "recipients/s", [rate], "limit", [RATE]),
        figure(f"{what}: worst sliding second", "recipients", [worst], "limit + 1", [RATE + 1]),
    ]


@contextmanager
def _at_work(runtime: Runtime, redis_url: str) -> Iterator[None]:
    """One process for everything, or workers for everything and one for what overtakes; with the sweeps that the scheduler does."""
    if not redis_url:
        with embedded(runtime):
            yield
        return
    with ExitStack() as stack:
        stack.enter_context(workers(runtime, redis_url, 2))
        stack.enter_context(workers(runtime, redis_url, 1, queues=("express",)))
        stack.enter_context(_again_and_again(lambda: sweeps.start_due(runtime), 1.0))
        stack.enter_context(_again_and_again(lambda: sweeps.requeue_silent(runtime), 1.0))
        yield


@contextmanager
def _again_and_again(act: Callable[[], None], every_s: float) -> Iterator[None]:
    done = threading.Event()

    def repeat() -> None:
        while not done.wait(every_s):
            act()

    thread = threading.Thread(target=repeat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _resends(runtime: Runtime, mmsc: Peer, edition: str, *, first: int) -> list[float]:
    """Seconds from the commit to the peer of each of `RESENDS` resends, one after the other."""
    clicked: dict[str, float] = {}
    for reader in itertools.islice(itertools.count(first), RESENDS):
        answer = services.resend(runtime, Ask(MSISDN(number_of(reader)), edition, "bench", again=True), actor="bench")
        assert answer.state == "sent", answer
        clicked[number_of(reader)] = time.time()
        time.sleep(EVERY_S)
    give_up_at = time.monotonic() + 30.0
    while time.monotonic() < give_up_at:
        came = _first_alone(mmsc, clicked)
        if came.keys() == clicked.keys():
            return [came[number] - at for number, at in clicked.items()]
        time.sleep(0.2)
    raise AssertionError(f"{len(clicked.keys() - came.keys())} resends never arrived")


def _first_alone(mmsc: Peer, numbers: dict[str, float]) -> dict[str, float]:
    """When each number arrived in a SubmitReq of its own."""
    found: dict[str, float] = {}
    for line in (mmsc.keep / "submissions.jsonl").read_text().splitlines():
        document = json.loads(line)
        if len(document["recipients"]) == 1 and (number := document["recipients"][0][-11:]) in numbers:
            found.setdefault(number, datetime.fromisoformat(document["received_at"]).timestamp())
    return found


def _p95(values: list[float]) -> float:
    return sorted(values)[int(0.95 * (len(values) - 1))]
