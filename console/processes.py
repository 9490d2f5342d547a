"""The long-running processes: web, worker, scheduler, link; `health` asks whether they live."""

from __future__ import annotations

import gc
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

import uvicorn
from kombu.exceptions import OperationalError as BrokerError
from sqlalchemy.exc import OperationalError

from console import schema
from console.health import process_lease
from huabao import leases
from huabao.embedded import EmbeddedWorker, process_name
from huabao.log import get_logger
from huabao.queues import Registry
from huabao.rounds import Rounds
from huabao.runtime import Runtime

log = get_logger("processes")

RELAY_S = 0.2
HEARTBEAT_S = 5.0
STANDBY_S = 2.0
STARTUP_FAILED = 3
"""Exit code of a web process that could not listen; uvicorn's own."""


def serve(runtime: Runtime, registry: Registry, *, host: str, port: int) -> None:
    """The web console and the APIs; embedded, the worker too."""
    schema.require(runtime)
    from console.listening import listener_of
    from console.web import make_app, raw_apps

    worker = _EmbeddedCare(runtime, registry) if runtime.config.embedded else None
    if worker:
        worker.start()
    try:
        raw = raw_apps(runtime)
        stopping = threading.Event()
        app = make_app(runtime, registry, raw, stopping)
        gc.collect()
        gc.freeze()  # what lives as long as the process is not looked through again and again
        config = uvicorn.Config(
            app, host=host, port=port, loop="uvloop", http=listener_of(raw), ws="none", log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=5
        )
        server = _Server(config, stopping)
        with suppress(KeyboardInterrupt):
            server.run()
        if not server.started:
            sys.exit(STARTUP_FAILED)
    finally:
        if worker:
            worker.stop()


class _Server(uvicorn.Server):
    """uvicorn, that tells event streams to end as soon as it is told to."""

    def __init__(self, config: uvicorn.Config, stopping: threading.Event) -> None:
        super().__init__(config)
        self.stopping = stopping

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal came."""
        self.stopping.set()
        super().handle_exit(sig, frame)


class _EmbeddedCare(threading.Thread):
    """Keeps trying to be the embedded worker while the web is up."""

    def __init__(self, runtime: Runtime, registry: Registry) -> None:
        super().__init__(name="embedded-care", daemon=True)
        self.worker = EmbeddedWorker(runtime, registry)
        self.done = threading.Event()

    def run(self) -> None:
        while not self.done.is_set():
            try:
                if self.worker.take_lease():
                    self.worker.start()
                    while not self.done.wait(1.0) and not self.worker.stopping:
                        pass
                    self.worker.stop()  # where another process took over, this one tries again
            except OperationalError as error:
                log.warning("database unreachable", error=str(error.orig))
            self.done.wait(1.0)

    def stop(self) -> None:
        self.done.set()
        self.join()


def worker(runtime: Runtime, queues: list[str], concurrency: int) -> None:
    """A Celery worker for these queues."""
    schema.require(runtime)
    runtime.engine.dispose()  # the children make their own
    from console.worker import make_celery

    make_celery().worker_main(["worker", "--queues", ",".join(queues), "--concurrency", str(concurrency), "--without-mingle", "--without-gossip", "--loglevel", "WARNING"])


def scheduler(runtime: Runtime, registry: Registry) -> None:
    """Periodic work and the relay to Celery, done by one leader; others stand by."""
    schema.require(runtime)
    from console.worker import make_celery, relay

    celery = make_celery()
    rounds = Rounds(runtime, registry.periodics)

    def lead() -> None:
        rounds.start()
        try:
            relay(runtime, celery)
        except BrokerError as error:
            log.warning("broker out of reach; jobs wait in the database", error=str(error))

    _hold(runtime, "scheduler", lead, rounds.stop, every_s=RELAY_S)


def link(runtime: Runtime, registry: Registry, names: frozenset[str] | None) -> None:
    """Owner of the SMPP binds: of each port that nobody else owns, or of those named only.

    Raises:
        UsageError: a name is no port that has an owner.
    """
    from delivery.links.owners import Owners, check_names

    schema.require(runtime)
    if names is not None:
        check_names(runtime, names)
    owners = Owners(runtime, registry, names)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: owners.request_stop())
    beat_at = 0.0

    def beat() -> None:
        nonlocal beat_at
        if time.monotonic() >= beat_at:
            with runtime.transaction() as session:
                leases.take_lease(session, process_lease("link"), owners.holder, now=runtime.now(), lease_s=runtime.config.lease_s)
            beat_at = time.monotonic() + min(HEARTBEAT_S, runtime.config.lease_s / 3)

    owners.run(beat)


def _hold(runtime: Runtime, role: str, act: Callable[[], None], rest: Callable[[], None], *, every_s: float) -> None:
    """Hold the lease `role` and act again and again; rest and stand by while somebody else holds it."""
    me = process_name()
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    beat_at, leading = 0.0, False
    while not stopping.is_set():
        try:
            if time.monotonic() >= beat_at:
                leading = _beat(runtime, role, me)
                beat_at = time.monotonic() + min(HEARTBEAT_S, runtime.config.lease_s / 3)
            if leading:
                act()
        except OperationalError as error:
            log.warning("database unreachable", error=str(error.orig))
            leading = False
        if not leading:
            rest()
        stopping.wait(every_s if leading else STANDBY_S)
    rest()
    try:
        with runtime.transaction() as session:
            leases.drop_lease(session, role, me, now=runtime.now())
    except OperationalError as error:
        log.warning("lease not given back, it ends by itself", error=str(error.orig))


def _beat(runtime: Runtime, role: str, me: str) -> bool:
    now, lease_s = runtime.now(), runtime.config.lease_s
    with runtime.transaction() as session:
        leases.take_lease(session, process_lease(role), me, now=now, lease_s=lease_s)
        return leases.take_lease(session, role, me, now=now, lease_s=lease_s, in_doubt=runtime.in_doubt) is not None
