"""The jobs of this package: none, its imports run in the foreground."""

from __future__ import annotations

from huabao.queues import Periodic, Task

TASKS: tuple[Task, ...] = ()
PERIODIC: tuple[Periodic, ...] = ()
