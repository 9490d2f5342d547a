"""The job behind a rehearsal."""

from __future__ import annotations

from huabao.queues import Periodic, Task
from huabao.runtime import Runtime

REHEARSE = "rehearse"


def _rehearse(runtime: Runtime, work_id: int) -> None:
    from console.rehearsal.doing import rehearse
    from content.works import services

    services.run(runtime, work_id, {REHEARSE: rehearse})


REHEARSAL = Task("console.rehearse", _rehearse, queue="build", max_attempts=1, lease_s=120.0)
"""Play a rehearsal; args: work_id."""

TASKS: tuple[Task, ...] = (REHEARSAL,)
PERIODIC: tuple[Periodic, ...] = ()
