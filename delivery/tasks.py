"""Tasks of this package, and its periodic work."""

from __future__ import annotations

from collections.abc import Callable

from delivery.ports.probing import PROBE_PORT
from delivery.reports import folding
from delivery.sending.waiting import QUEUE_READY, SEND_BATCH
from huabao.queues import Companion, Periodic, Registry, Task
from huabao.runtime import Runtime


def _requeue_silent(runtime: Runtime) -> None:
    from delivery.sending.sweeps import requeue_silent

    requeue_silent(runtime)


def _start_due(runtime: Runtime) -> None:
    from delivery.sending.sweeps import start_due

    start_due(runtime)


def _climb(runtime: Runtime) -> None:
    from delivery.dispatch.ramp import climb

    climb(runtime)


def _watch_vitals(runtime: Runtime) -> None:
    from delivery.dispatch.vitals import watch

    watch(runtime)


def _advance(runtime: Runtime) -> None:
    from delivery.sending.sweeps import advance

    advance(runtime)


def _keep_partitions(runtime: Runtime) -> None:
    from delivery.sending.sweeps import keep_partitions

    keep_partitions(runtime)


def _apply_rate_changes(runtime: Runtime) -> None:
    from delivery.ports.changes import apply_due

    apply_due(runtime)


def _probe_due(runtime: Runtime) -> None:
    from delivery.ports.probing import probe_due

    probe_due(runtime)


def _move_waiting(runtime: Runtime) -> None:
    from delivery.ports.moving import move_waiting

    move_waiting(runtime)


def _own_links(runtime: Runtime, registry: Registry) -> Callable[[], None]:
    from delivery.links.owners import Owners  # the event loop and the codecs are slow to import

    owners = Owners(runtime, registry)
    owners.start()
    return owners.stop


COMPANIONS: tuple[Companion, ...] = (Companion("delivery.links", _own_links),)
"""Embedded, the one process owns the binds as well."""

TASKS: tuple[Task, ...] = (SEND_BATCH, QUEUE_READY, PROBE_PORT)
PERIODIC: tuple[Periodic, ...] = (
    Periodic("delivery.start_due", _start_due, 1.0),
    Periodic("delivery.climb", _climb, 2.0),
    Periodic("delivery.watch_vitals", _watch_vitals, 5.0),
    Periodic("delivery.requeue_silent", _requeue_silent, 1.0),
    Periodic("delivery.advance", _advance, 2.0),
    Periodic("delivery.keep_partitions", _keep_partitions, 3600.0),
    Periodic("delivery.apply_rate_changes", _apply_rate_changes, 0.5),
    Periodic("delivery.probe_due", _probe_due, 1.0),
    Periodic("delivery.move_waiting", _move_waiting, 5.0),
    *folding.PERIODIC,
)
