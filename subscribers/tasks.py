"""The jobs of this package: its imports run in the foreground; what is too old is removed."""

from __future__ import annotations

from huabao.queues import Periodic, Task
from huabao.runtime import Runtime


def _tidy_transactions(runtime: Runtime) -> None:
    from subscribers.orders.retention import tidy

    tidy(runtime)


TASKS: tuple[Task, ...] = ()
PERIODIC: tuple[Periodic, ...] = (Periodic("subscribers.tidy_transactions", _tidy_transactions, 3600.0),)
