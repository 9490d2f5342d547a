"""The job table worked in this process: the embedded way to run.

One worker at a time, by the lease `worker`: `huabao serve` holds it while it is
up; a command such as `dispatch start` takes it for its own time, or waits while
another process does the work.
"""

from __future__ import annotations

import gc
import os
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy.exc import OperationalError

from huabao import leases
from huabao.ids import new_token
from huabao.log import get_logger
from huabao.queues import QUEUES, Registry
from huabao.runtime import Runtime
from huabao.working import run_periodic, work_once

log = get_logger("worker")

WORKER_LEASE = "worker"
IDLE_S = 0.05
THREADS = 4
"""Jobs at a time; they wait for peers and disk most of the time."""


def process_name() -> str:
    """Who holds a lease: host, process and a random part."""
    return f"{socket.gethostname()}:{os.getpid()}:{new_token(4)}"


@dataclass
class EmbeddedWorker:
    """Works the job table and the periodic work until told to stop.

    Attributes:
        runtime: database and clock.
        registry: what may be run.
        queues: taken in this order.
    """

    runtime: Runtime
    registry: Registry
    queues: tuple[str, ...] = QUEUES
    name: str = field(default_factory=process_name)
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _companions: list[Callable[[], None]] = field(default_factory=list)

    def take_lease(self) -> bool:
        """Become the worker, or stay it; False while another process is."""
        with self.runtime.transaction() as session:
            return leases.take_lease(session, WORKER_LEASE, self.name, now=self.runtime.now(), lease_s=self.runtime.config.lease_s) is not None

    def start(self) -> None:
        """Start the threads; `take_lease` must have said True."""
        self._stop.clear()
        gc.freeze()  # what was imported stays; the collector need not walk over it again and again while rows come and go
        targets = [self._work] * THREADS + [self._keep_lease] + [self._tick] * bool(self.registry.periodics)
        self._threads = [threading.Thread(target=target, name=f"worker-{at}", daemon=True) for at, target in enumerate(targets)]
        for thread in self._threads:
            thread.start()
        self._companions = [one.start(self.runtime, self.registry) for one in self.registry.companions]

    def stop(self) -> None:
        """Finish the jobs in hand, then give the lease back."""
        self._stop.set()
        for stop in self._companions:
            stop()
        for thread in self._threads:
            thread.join()
        with self.runtime.transaction() as session:
            leases.drop_lease(session, WORKER_LEASE, self.name, now=self.runtime.now())

    def _work(self) -> None:
        busy = False
        while not self._stop.is_set():
            busy = self._work_once(look_first=not busy)
            if not busy:
                self._stop.wait(IDLE_S)

    def _work_once(self, *, look_first: bool) -> bool:
        """Run one job, see `work_once`."""
        try:
            return work_once(self.runtime, self.registry.tasks, queues=self.queues, owner=self.name, look_first=look_first)
        except OperationalError as error:
            log.warning("database unreachable, trying again", error=str(error.orig))
            self._stop.wait(1.0)
        return True

    def _keep_lease(self) -> None:
        while not self._stop.wait(self.runtime.config.lease_s / 3):
            try:
                held = self.take_lease()
            except OperationalError as error:
                log.warning("lease not renewed, database unreachable", error=str(error.orig))
                continue
            if not held:
                log.error("another process took over the work; this one stops")
                self._stop.set()

    def _tick(self) -> None:
        due = {one.name: time.monotonic() for one in self.registry.periodics}
        while not self._stop.is_set():
            for one in self.registry.periodics:
                if time.monotonic() >= due[one.name] and not self._stop.is_set():
                    run_periodic(self.runtime, one)
                    due[one.name] = time.monotonic() + one.every_s
            self._stop.wait(IDLE_S)


def work_until(runtime: Runtime, registry: Registry, done: Callable[[], bool], *, every_s: float = 0.25) -> None:
    """Work the job table until `done()`; while another process holds the lease, only wait."""
    worker = EmbeddedWorker(runtime, registry)
    working = False
    try:
        while not done():
            if not working and runtime.config.embedded and worker.take_lease():
                worker.start()
                working = True
            time.sleep(every_s)
    finally:
        if working:
            worker.stop()
