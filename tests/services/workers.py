"""Workers as processes of their own, to be killed, and clocks of theirs to be set."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from delivery.ledger import proof
from huabao.runtime import Runtime
from tests.command_line import process_environment
from tests.services.delivering import ROOT
from tests.services.forked import Fork, run_text
from tests.services.waiting import PATIENCE_S

LEASE_S = 3
"""Short, so that the next worker soon takes over."""

_WORKER = """
import sys, time
from pathlib import Path
from huabao.config import Config
from huabao.embedded import EmbeddedWorker
from huabao.queues import Registry
from huabao.runtime import make_runtime
from huabao.working import SWEEP
from delivery.tasks import PERIODIC, TASKS
from huabao import log
log.configure("ERROR")  # to standard error: nobody reads all that goes to standard output
{more}

runtime = make_runtime(Config())
worker = EmbeddedWorker(runtime, Registry({{task.name: task for task in TASKS}}, (*PERIODIC, SWEEP)))
while not worker.take_lease():
    time.sleep(0.1)
print("working", flush=True)
worker.start()
while True:
    time.sleep(0.2)
    print(time.time(), flush=True)
"""


@dataclass
class Worker:
    """A process that works the job table."""

    process: subprocess.Popen[str] | Fork

    @property
    def wall_s(self) -> float:
        """What its wall clock shows, seconds since 1970."""
        assert self.process.stdout is not None
        os.set_blocking(self.process.stdout.fileno(), False)
        said = self.process.stdout.read()
        return float(said.split()[-1])

    @property
    def lives(self) -> bool:
        """Whether it still runs."""
        return self.process.poll() is None

    def kill(self) -> None:
        """End the process as a power cut would."""
        if self.lives:
            os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE_S)
        if self.process.stdout is not None:
            self.process.stdout.close()


def start_worker(runtime: Runtime, environment: Mapping[str, str] | None = None, *, more: str = "") -> Worker:
    """A worker that has begun.

    Args:
        more: lines of its program, run before it begins.
    """
    given = process_environment(runtime, {"HUABAO_LEASE_S": str(LEASE_S), "HUABAO_LOG_LEVEL": "ERROR", **(environment or {})})
    program = _WORKER.format(more=more)
    process: subprocess.Popen[str] | Fork
    if "LD_PRELOAD" in given:  # only a new program takes it
        process = subprocess.Popen([sys.executable, "-c", program], env=given, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    else:
        process = Fork(run_text, program, name="worker", environment=given)
    assert process.stdout is not None
    assert process.stdout.readline() == "working\n"
    return Worker(process)


SLEEPS = "import threading; time.sleep = lambda seconds: threading.Event().wait(seconds)"
"""For a worker under a `WallClock`: libfaketime refuses the one call of which `time.sleep` is made, and none of those of `Event.wait`."""


@dataclass
class WallClock:
    """The wall clock of a process, set from outside; its other clocks go on as they are (libfaketime).

    Attributes:
        file: says by how much it is off.
    """

    file: Path

    def set(self, offset: str) -> None:
        """`+3600s`, `-3600s`; `+0s` is right."""
        new = self.file.with_suffix(".new")
        new.write_text(offset + "\n")
        new.replace(self.file)

    @property
    def environment(self) -> dict[str, str]:
        """Of the process whose clock it is."""
        found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
        assert found, "libfaketime is not installed; run bin/test, which installs what the tests need"
        return {"LD_PRELOAD": str(found[0]), "FAKETIME_TIMESTAMP_FILE": str(self.file), "FAKETIME_CACHE_DURATION": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1"}


def wall_clock(folder: Path) -> WallClock:
    """A clock that is right."""
    made = WallClock(folder / "wall_clock")
    made.set("+0s")
    return made


def outcomes(runtime: Runtime, dispatch_id: int) -> dict[str, int]:
    """Readers by outcome, those that there are."""
    with runtime.transaction(read_only=True) as session:
        return {name: number for name, number in proof.counts(session, dispatch_id).outcomes.items() if number}
