"""Tasks of this package."""

from __future__ import annotations

from huabao.queues import Periodic, Task

TASKS: tuple[Task, ...] = ()
PERIODIC: tuple[Periodic, ...] = ()
