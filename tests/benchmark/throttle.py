"""The throttle as the peer sees it: recipients in the worst sliding second, and over ten seconds.

The real senders send to a peer that says when the kernel had each SubmitReq and when
its own program did (`stamping`): one process with the throttle of its own, and several
that share Redis's. The kernel's instants are what the sender is responsible for; the
program's also hold how long the peer waited for a processor.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
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
from tests.benchmark.stamping import Arrival, read_arrivals
from tests.benchmark.workers import workers
from tests.services.delivering import add_port, build_world, set_setting

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
                seen = measure(postgres_url, redis_url if "Redis" in way else "", rate)
                what = f"throttle at {rate:g}/s, {way}"
                found.append(figure(f"{what}: worst sliding second, by the peer's kernel", "recipients", [seen.worst_kernel], "limit + 1", [rate + 1]))
                found.append(figure(f"{what}: worst sliding second, by the peer's program", "recipients", [seen.worst_peer], "limit + 1", [rate + 1]))
                found.append(figure(f"{what}: least of any ten seconds", "recipients/s", [seen.least], "limit", [rate]))
                found.append(figure(f"{what}: most of any ten seconds", "recipients/s", [seen.most], "limit", [rate]))
    return found


@dataclass(frozen=True)
class Seen:
    """What a peer saw.

    Attributes:
        worst_kernel, worst_peer: recipients in the worst sliding second.
        least, most: recipients a second in any ten seconds, by the kernel.
    """

    worst_kernel: int
    worst_peer: int
    least: float
    most: float

    @classmethod
    def of(cls, came: Sequence[Arrival]) -> Seen:
        """The figures of a run."""
        kernel, program = (sorted((one[which], one.recipients) for one in came) for which in (0, 1))
        return cls(worst_second(kernel), worst_second(program), *averages(kernel, AVERAGE_S))


def measure(postgres_url: str, redis_url: str, rate: float) -> Seen:
    """One run at a rate."""
    with tempfile.TemporaryDirectory() as name, fresh(postgres_url, Path(name)) as runtime, stamping_peer(Path(name) / "arrivals") as (url, arrivals):
        readers = int(rate * FOR_S)
        world = build_world(runtime, readers=readers)
        add_port(runtime, url, rate=rate, burst=default_burst(rate), connections=8)
        set_setting(runtime, "ramp_readers_min", readers + 1)
        set_setting(runtime, "batch_readers_max", max(250, int(rate)))
        with workers(runtime, redis_url, PROCESSES) if redis_url else embedded(runtime):
            dispatches.create(runtime, Request(world.edition), actor="bench")
            while sum(one.recipients for one in read_arrivals(arrivals)) < readers:
                time.sleep(0.5)
        return Seen.of(list(read_arrivals(arrivals)))


@contextmanager
def stamping_peer(arrivals: Path) -> Iterator[tuple[str, Path]]:
    """A peer of `stamping` and the file that it writes."""
    process = subprocess.Popen([sys.executable, "-m", "tests.benchmark.stamping", str(arrivals)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip(), arrivals
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


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


def worst_second(came: Sequence[tuple[float, int]]) -> int:
    """The most recipients in any sliding second; those of both its ends do not count together."""
    worst = total = first = 0
    for at, recipients in came:
        total += recipients
        while came[first][0] <= at - 1.0:
            total -= came[first][1]
            first += 1
        worst = max(worst, total)
    return worst


def averages(came: Sequence[tuple[float, int]], seconds: float) -> tuple[float, float]:
    """The least and the most a second in windows of so many seconds.

    After the first second, and before the last one's worth: then senders run out of groups one after another.
    """
    times = [at for at, _ in came]
    sums = [0, *accumulate(number for _, number in came)]
    last = times[bisect_left(sums, sums[-1] * (1 - 1 / FOR_S)) - 1]
    begin, found = times[0] + 1.0, []
    while begin + seconds < last:
        found.append((sums[bisect_left(times, begin + seconds)] - sums[bisect_left(times, begin)]) / seconds)
        begin += 0.1
    return min(found), max(found)
