"""The passes of stop-send and recovery as jobs: they read many rows, so they are no periodic work of their own."""

from __future__ import annotations

from huabao.queues import Periodic, Task, enqueue_many
from huabao.runtime import Runtime


def _judge(runtime: Runtime) -> None:
    from reconciliation.stop_send import passing

    passing.judge(runtime)


def _recover(runtime: Runtime) -> None:
    from reconciliation.stop_send import passing

    passing.recover(runtime)


JUDGE = Task("reconciliation.judge_failures", _judge, max_attempts=1)
RECOVER = Task("reconciliation.recover_stopped", _recover, max_attempts=1)


def _enqueue(runtime: Runtime, task: Task) -> None:
    with runtime.transaction() as session:
        enqueue_many(session, task, [{}], now=runtime.now(), key_of=lambda _: task.name)


def _judge_often(runtime: Runtime) -> None:
    _enqueue(runtime, JUDGE)


def _recover_often(runtime: Runtime) -> None:
    _enqueue(runtime, RECOVER)


def _tidy(runtime: Runtime) -> None:
    from reconciliation.stop_send.tidying import tidy

    tidy(runtime)


TASKS: tuple[Task, ...] = (JUDGE, RECOVER)
PERIODIC: tuple[Periodic, ...] = (
    Periodic("reconciliation.judge_often", _judge_often, 300.0),
    Periodic("reconciliation.recover_often", _recover_often, 120.0),
    Periodic("reconciliation.tidy_stops", _tidy, 3600.0),
)
