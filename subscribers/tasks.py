"""The jobs of this package: its imports run in the foreground, changes of orders take effect when they are due."""

from __future__ import annotations

from huabao.queues import Periodic, Task
from huabao.runtime import Runtime

DUE_EVERY_S = 20.0


def _take_effect(runtime: Runtime) -> None:
    from subscribers.orders.due import take_all

    take_all(runtime)


TASKS: tuple[Task, ...] = ()
PERIODIC: tuple[Periodic, ...] = (Periodic("subscribers.take_effect", _take_effect, DUE_EVERY_S),)
