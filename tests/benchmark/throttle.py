"""The throttle as the peer sees it: recipients in the worst sliding second, and over ten seconds.

The real senders send to the sandbox's MMSC: one process with the throttle of its
own, and several that share Redis's.
"""

from __future__ import annotations

import json
import tempfile
import time
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import accumulate
from pathlib import Path

from console.registry import registry
from console.schema import upgrade
from delivery.dispatch import planning as dispatches
from delivery.dispatch.planning import Request
from delivery.ports import close_links
from delivery.ports.services import default_burst
from huabao.config import Config
from huabao.embedded import EmbeddedWorker
from huabao.runtime import Runtime, make_runtime
from tests import servers
from tests.benchmark.figures import Figure, figure
from tests.benchmark.workers import workers
from tests.services.delivering import Peer, add_port, build_world, peer, set_setting

RATES = (50.0, 292.0, 1000.0)
PROCESSES = 3
FOR_S = 13.0
AVERAGE_S = 10.0


def run() -> list[Figure]:
    """Measure each rate in each of the two ways to run."""
    found: list[Figure] = []
    with servers.postgres_server() as postgres_url, servers.redis_server() as redis_url:
        for way in ("one process, its own throttle", f"{PROCESSES} processes, Redis"):
            for rate in RATES:
                worst, least, most = measure(postgres_url, redis_url if "Redis" in way else "", rate)
                what = f"throttle at {rate:g}/s, {way}"
                found.append(figure(f"{what}: worst sliding second", "recipients", [worst], "limit + 1", [rate + 1]))
                found.append(figure(f"{what}: least of any ten seconds", "recipients/s", [least], "limit", [rate]))
                found.append(figure(f"{what}: most of any ten seconds", "recipients/s", [most], "limit", [rate]))
    return found


def measure(postgres_url: str, redis_url: str, rate: float) -> tuple[float, float, float]:
    """The worst sliding second, and the least and the most a second over ten."""
    with tempfile.TemporaryDirectory() as name, fresh(postgres_url, Path(name)) as runtime, peer(Path(name) / "kept") as mmsc:
        readers = int(rate * FOR_S)
        world = build_world(runtime, readers=readers)
        add_port(runtime, mmsc.url, rate=rate, burst=default_burst(rate), connections=8)
        set_setting(runtime, "ramp_readers_min", readers + 1)
        set_setting(runtime, "batch_readers_max", 250)
        with workers(runtime, redis_url, PROCESSES) if redis_url else embedded(runtime):
            dispatches.create(runtime, Request(world.edition), actor="bench")
            wait_for(mmsc, readers)
        return float(mmsc.stats()["worst_second"]), *averages(arrivals(mmsc), AVERAGE_S)


@contextmanager
def fresh(postgres_url: str, folder: Path) -> Iterator[Runtime]:
    """The server's database, emptied."""
    runtime = make_runtime(Config(database_url=postgres_url, data_dir=folder))
    with runtime.engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    upgrade(runtime)
    try:
        yield runtime
    finally:
        close_links()
        runtime.engine.dispose()


@contextmanager
def embedded(runtime: Runtime) -> Iterator[None]:
    worker = EmbeddedWorker(runtime, registry())
    assert worker.take_lease()
    worker.start()
    try:
        yield
    finally:
        worker.stop()


def wait_for(mmsc: Peer, recipients: int) -> None:
    """Return when the peer took so many."""
    while int(mmsc.stats().get("recipients", 0)) < recipients:
        time.sleep(0.2)


def arrivals(mmsc: Peer) -> list[tuple[float, int]]:
    """When how many recipients arrived."""
    lines = (json.loads(line) for line in (mmsc.keep / "submissions.jsonl").read_text().splitlines())
    return sorted((datetime.fromisoformat(line["received_at"]).timestamp(), len(line["recipients"])) for line in lines)


def averages(came: list[tuple[float, int]], seconds: float) -> tuple[float, float]:
    """The least and the most a second in windows of so many seconds, after the first second and before the last group."""
    times = [at for at, _ in came]
    sums = [0, *accumulate(number for _, number in came)]
    begin, found = times[0] + 1.0, []
    while begin + seconds < times[-1]:
        found.append((sums[bisect_left(times, begin + seconds)] - sums[bisect_left(times, begin)]) / seconds)
        begin += 0.1
    return min(found), max(found)
