"""Tasks of this package, and its periodic work."""

from __future__ import annotations

from delivery.ports.probing import PROBE_PORT
from delivery.reports import folding
from delivery.sending.waiting import SEND_BATCH
from huabao.queues import Periodic, Task
from huabao.runtime import Runtime


def _requeue_silent(runtime: Runtime) -> None:
    from delivery.sending.sweeps import requeue_silent

    requeue_silent(runtime)


def _start_due(runtime: Runtime) -> None:
    from delivery.sending.sweeps import start_due

    start_due(runtime)


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


TASKS: tuple[Task, ...] = (SEND_BATCH, PROBE_PORT)
PERIODIC: tuple[Periodic, ...] = (
    Periodic("delivery.start_due", _start_due, 1.0),
    Periodic("delivery.requeue_silent", _requeue_silent, 2.0),
    Periodic("delivery.advance", _advance, 2.0),
    Periodic("delivery.keep_partitions", _keep_partitions, 3600.0),
    Periodic("delivery.apply_rate_changes", _apply_rate_changes, 0.5),
    Periodic("delivery.probe_due", _probe_due, 1.0),
    Periodic("delivery.move_waiting", _move_waiting, 5.0),
    *folding.PERIODIC,
)
