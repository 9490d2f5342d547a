"""`huabao reconcile differences`: the ids of a run, as a file to take along."""

from __future__ import annotations

from pathlib import Path

import click

from huabao.cli import Invocation, Report, operation
from huabao.errors import UsageError
from reconciliation.report_commands import SEES_NUMBERS


@click.command()
@click.argument("run_id", metavar="RUN", type=int)
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="FILE")
@click.option("--list", "name", default="differences", show_default=True, metavar="NAME", help="One of the month's lists in place of the differences.")
@click.option("--numbers", is_flag=True, help="Whole numbers, for who may see them (default: masked).")
@operation
def differences(invocation: Invocation, run_id: int, out: Path, name: str, numbers: bool) -> Report:
    """What differs, or a list of the month, line by line as CSV."""
    from huabao import audit
    from reconciliation.runs import downloads
    from reconciliation.runs.models import ReconcileRun

    if numbers and invocation.role not in SEES_NUMBERS:
        raise UsageError(f"the role {invocation.role} sees numbers masked; leave --numbers out")
    with invocation.runtime.transaction(read_only=True) as session:
        run = session.get(ReconcileRun, run_id)
        if run is None:
            raise UsageError(f"there is no run {run_id}; `huabao reconcile runs` shows them all")
        source = downloads.source_of(run, name)
    lines = downloads.copy(source, out, masked=not numbers)
    if numbers:
        with invocation.runtime.transaction() as session:
            audit.record(
                session, actor=invocation.actor, action="reconcile.download", object_kind="reconcile_run", object_id=run_id, at=invocation.runtime.now(), file=name, numbers=lines
            )
    return Report({"run_id": run_id, "list": name, "lines": lines, "masked": not numbers, "file": str(out)}, lines=[f"{lines:,} lines: {out}"])
