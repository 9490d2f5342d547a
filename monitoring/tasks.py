"""Periodic work of this package; it runs where the scheduler leads, for what must be told when no worker runs."""

from __future__ import annotations

from huabao.queues import Periodic, Task
from huabao.runtime import Runtime


def _watch(runtime: Runtime) -> None:
    from monitoring.alarms.watching import watch

    watch(runtime)


def _deliver(runtime: Runtime) -> None:
    from monitoring.channels.sending import deliver

    deliver(runtime)


def _beat(runtime: Runtime) -> None:
    from monitoring.heartbeat import beat

    beat(runtime)


def _tally(runtime: Runtime) -> None:
    from monitoring.tallies import tally_due

    tally_due(runtime)


TASKS: tuple[Task, ...] = ()
PERIODIC: tuple[Periodic, ...] = (
    Periodic("monitoring.watch", _watch, 15.0),
    Periodic("monitoring.deliver", _deliver, 5.0),
    Periodic("monitoring.tally", _tally, 10.0),
    Periodic("monitoring.heartbeat", _beat, 60.0),
)
