"""The ids of a run to take along: its difference file or one of the month's lists, numbers masked unless they may be seen."""

from __future__ import annotations

import csv
from pathlib import Path

from huabao.errors import UsageError
from huabao.msisdn import MSISDN
from reconciliation.runs.models import ReconcileRun

DIFFERENCES = "differences"


def source_of(run: ReconcileRun, name: str) -> Path:
    """The file of a run that is called so.

    Raises:
        UsageError: there is none; the message says which there are, or that it is gone.
    """
    lists = run.figures.get("lists", {})
    known = {**({DIFFERENCES: run.differences_file} if run.differences_file else {}), **{each: one["file"] for each, one in lists.items()}}
    if name not in known:
        there = ", ".join(known) or "none: files go after `reconcile_files_days`"
        raise UsageError(f"run {run.id} has no file {name!r}; it has {there}")
    path = Path(known[name])
    if not path.is_file():
        raise UsageError(f"the file {name} of run {run.id} is gone: files go after `reconcile_files_days`; give the run its files again")
    return path


def copy(source: Path, out: Path, *, masked: bool) -> int:
    """Write the file anew, with the middle of every number hidden if it shall be; how many lines. It is there only when it is whole.

    Raises:
        UsageError: it cannot be written.
    """
    part, lines = out.with_name(f"{out.name}.part"), 0
    try:
        with source.open(encoding="utf-8", newline="") as file, part.open("w", encoding="utf-8", newline="") as target:
            rows, writer = csv.reader(file), csv.writer(target, lineterminator="\n")
            header = next(rows, [])
            writer.writerow(header)
            hidden = [at for at, name in enumerate(header) if masked and name.endswith("msisdn")]
            for row in rows:
                for at in hidden:
                    row[at] = MSISDN(row[at]).masked if row[at] and "*" not in row[at] else row[at]
                writer.writerow(row)
                lines += 1
        part.replace(out)
    except OSError as error:
        raise UsageError(f"{out}: cannot be written: {error.strerror}; name a file in a folder that exists and is yours") from error
    finally:
        part.unlink(missing_ok=True)
    return lines
