"""A worker process for the benchmarks: takes jobs one after the other until it is ended."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from console.registry import registry
from huabao.config import Config
from huabao.embedded import process_name
from huabao.runtime import Runtime, make_runtime
from huabao.working import work_once
from tests.command_line import process_environment
from tests.services.delivering import ROOT

QUEUES = ("express", "default", "bulk")


@contextmanager
def workers(runtime: Runtime, redis_url: str, number: int, *, queues: tuple[str, ...] = QUEUES) -> Iterator[None]:
    """So many processes on the runtime's database, with the throttle in Redis."""
    command = [sys.executable, "-m", "tests.benchmark.workers", *queues]
    environment = process_environment(runtime, {"HUABAO_REDIS_URL": redis_url})
    running = [subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(number)]
    try:
        for one in running:
            assert one.stdout is not None
            assert one.stdout.readline() == "working\n"
        yield
    finally:
        for one in running:
            one.terminate()
        for one in running:
            one.wait()
            assert one.stdout is not None
            one.stdout.close()


def _work(queues: tuple[str, ...]) -> None:
    runtime, tasks, me = make_runtime(Config()), registry().tasks, process_name()
    print("working", flush=True)
    while True:
        if not work_once(runtime, tasks, queues=queues, owner=me, look_first=True):
            time.sleep(0.02)


if __name__ == "__main__":
    _work(tuple(sys.argv[1:]))
