"""Periodic work of check files and runs."""

from __future__ import annotations

from huabao.queues import Periodic, Task
from huabao.runtime import Runtime


def _run_day(runtime: Runtime, day: str) -> None:
    from datetime import date

    from reconciliation.runs.daily import run_day

    run_day(runtime, date.fromisoformat(day))


def _take_feeds(runtime: Runtime) -> None:
    from reconciliation.runs.daily import look

    look(runtime)


def _hand_out(runtime: Runtime) -> None:
    from reconciliation.runs.handing_out import hand_out

    hand_out(runtime)


def _tidy(runtime: Runtime) -> None:
    from reconciliation.runs.open import tidy

    tidy(runtime)


RUN_DAY = Task("reconciliation.run_day", _run_day, queue="build", max_attempts=3, lease_s=600.0)
"""Reconcile a day with the files that were taken for it; args: day."""

TASKS: tuple[Task, ...] = (RUN_DAY,)
PERIODIC: tuple[Periodic, ...] = (
    Periodic("reconciliation.take_feeds", _take_feeds, 60.0),
    Periodic("reconciliation.hand_out", _hand_out, 300.0),
    Periodic("reconciliation.tidy_runs", _tidy, 3600.0),
)
