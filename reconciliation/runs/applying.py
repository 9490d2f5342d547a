"""The job that carries out a run: what a person had repaired, or two people agreed to, is done batch by batch outside the request."""

from __future__ import annotations

from huabao.queues import Task
from huabao.runtime import Runtime


def _apply_run(runtime: Runtime, run_id: int, by: str) -> None:
    from reconciliation.runs.running import apply_repairs

    apply_repairs(runtime, run_id, by=by)


APPLY_RUN = Task("reconciliation.apply_run", _apply_run, queue="build", max_attempts=3, lease_s=600.0)
"""Repair what is planned and not held of a run; args: run_id, by."""
