"""The job table worked in this process: the embedded way to run.

One worker at a time, by the lease `worker`: `huabao serve` holds it while it is
up; a command such as `dispatch start` takes it for its own time, or waits while
another process does the work.
"""

from __future__ import annotations

import gc
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from huabao import leases, queues
from huabao.db import data_version
from huabao.ids import new_token
from huabao.log import get_logger
from huabao.queues import QUEUES, Registry
from huabao.rounds import Rounds
from huabao.runtime import Runtime
from huabao.working import work_once

log = get_logger("worker")

WORKER_LEASE = "worker"
LOOK_S = 0.05
"""How often an idle worker looks whether another process wrote a job; its own jobs wake it at once."""

THREADS = 4
"""Jobs at a time; they wait for peers and disk most of the time."""

EXPRESS = "express"
"""The queue that has a thread of its own beside those, so that nothing in it ever waits for a long job."""


SWITCH_S = 0.001
"""How long a busy thread keeps the interpreter while another one, whose answer or grant has come, waits for it."""


def process_name() -> str:
    """Who holds a lease: host, process and a random part."""
    return f"{socket.gethostname()}:{os.getpid()}:{new_token(4)}"


class _Bell:
    """Wakes one sleeping thread at a time; who finds work rings for the next. Nobody falls asleep any more once it is closed."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._closed = False
        self.sleeping = 0

    def ring(self) -> None:
        """Wake one sleeper, if there is one."""
        with self._condition:
            self._condition.notify()

    def sleep(self, seconds: float) -> None:
        """Sleep until the bell is rung, or that long."""
        with self._condition:
            self.sleeping += 1
            if not self._closed:
                self._condition.wait(seconds)
            self.sleeping -= 1

    def open(self) -> None:
        """From now on it is slept by again."""
        self._closed = False

    def close(self) -> None:
        """Wake everybody, and whoever was just about to sleep."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()


@dataclass
class EmbeddedWorker:
    """Works the job table and the periodic work until told to stop.

    One thread looks for the others: at once when this process wrote a job, every
    `LOOK_S` for what others wrote. One more works the queue `express` only.

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
    _rounds: Rounds | None = None
    _news: threading.Event = field(default_factory=threading.Event)
    _bell: _Bell = field(default_factory=_Bell)
    _express_bell: _Bell = field(default_factory=_Bell)
    _companions: list[Callable[[], None]] = field(default_factory=list)

    def take_lease(self) -> bool:
        """Become the worker, or stay it; False while another process is."""
        with self.runtime.transaction() as session:
            now, lease_s = self.runtime.now(), self.runtime.config.lease_s
            return leases.take_lease(session, WORKER_LEASE, self.name, now=now, lease_s=lease_s, in_doubt=self.runtime.in_doubt) is not None

    @property
    def stopping(self) -> bool:
        """Whether it was told to stop, or another process took over the work."""
        return self._stop.is_set()

    def start(self) -> None:
        """Start the threads; `take_lease` must have said True."""
        self._stop.clear()
        self._bell.open()
        self._express_bell.open()
        sys.setswitchinterval(SWITCH_S)
        gc.freeze()  # what was imported stays; the collector need not walk over it again and again while rows come and go
        express = [self._work_express] * (EXPRESS in self.queues and len(self.queues) > 1)
        targets = [self._work_all] * THREADS + express + [self._look, self._keep_lease]
        queues.listeners.append(self._news.set)
        self._threads = [threading.Thread(target=target, name=f"worker-{at}", daemon=True) for at, target in enumerate(targets)]
        for thread in self._threads:
            thread.start()
        self._rounds = Rounds(self.runtime, self.registry.periodics)
        self._rounds.start()
        self._companions = [one.start(self.runtime, self.registry) for one in self.registry.companions]

    def stop(self) -> None:
        """Finish the jobs in hand, then give the lease back."""
        self._stop.set()
        self._news.set()
        if self._news.set in queues.listeners:
            queues.listeners.remove(self._news.set)
        for stop in self._companions:
            stop()
        if self._rounds is not None:
            self._rounds.stop()
        for thread in self._threads:
            thread.join()
        with self.runtime.transaction() as session:
            leases.drop_lease(session, WORKER_LEASE, self.name, now=self.runtime.now())

    def _work_all(self) -> None:
        self._work(self.queues, self._bell)

    def _work_express(self) -> None:
        self._work((EXPRESS,), self._express_bell)

    def _work(self, names: tuple[str, ...], bell: _Bell) -> None:
        while not self._stop.is_set():
            if not self._work_once(names, bell):
                bell.sleep(60.0)

    def _look(self) -> None:
        """Ring where a job is due, until told to stop."""
        while not self._stop.is_set():
            try:
                with self.runtime.engine.connect().execution_options(huabao_read_only=True) as connection:
                    self._look_through(connection)
            except OperationalError as error:
                log.warning("database unreachable, trying again", error=str(error.orig))
                self._stop.wait(1.0)
        self._bell.close()
        self._express_bell.close()

    def _look_through(self, connection: Connection) -> None:
        """The same through a connection that nobody writes through; while everybody works, nobody need be told."""
        due: list[datetime | None] = []
        seen = None
        while not self._stop.is_set():
            news = self._news.wait(LOOK_S)
            self._news.clear()
            if self._bell.sleeping or self._express_bell.sleeping:
                version = data_version(connection)
                if news or version is None or version != seen:
                    due, seen = queues.next_due(connection, queues=self.queues), version
                    connection.rollback()
                self._ring(due)

    def _ring(self, due: Sequence[datetime | None]) -> None:
        now = self.runtime.now()
        ready = [name for name, at in zip(self.queues, due, strict=True) if at is not None and at <= now]
        if EXPRESS in ready:
            self._express_bell.ring()
        if ready:
            self._bell.ring()

    def _work_once(self, names: tuple[str, ...], bell: _Bell) -> bool:
        """Run one job, see `work_once`; ring for the next before it begins."""
        try:
            return work_once(self.runtime, self.registry.tasks, queues=names, owner=self.name, look_first=False, begun=bell.ring)
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
