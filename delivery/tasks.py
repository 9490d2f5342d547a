"""Tasks of this package, and its periodic work."""

from __future__ import annotations

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


TASKS: tuple[Task, ...] = (SEND_BATCH,)
PERIODIC: tuple[Periodic, ...] = (
    Periodic("delivery.start_due", _start_due, 1.0),
    Periodic("delivery.requeue_silent", _requeue_silent, 2.0),
    Periodic("delivery.advance", _advance, 2.0),
    Periodic("delivery.keep_partitions", _keep_partitions, 3600.0),
    *folding.PERIODIC,
)
