"""Small files: numbers for a blacklist. Applied whole, in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from huabao import audit
from huabao.msisdn import find_msisdn
from huabao.runtime import Runtime
from subscribers import services
from subscribers.imports.outcome import ImportOutcome
from subscribers.imports.records import Table, read_table
from subscribers.imports.rejects import Rejects, original

BLACKLIST_COLUMNS = ("msisdn", "reason")


def import_blacklist(runtime: Runtime, path: Path, kind: str, *, by: str) -> ImportOutcome:
    """Put the numbers of a CSV (`msisdn[,reason]`) on a blacklist.

    Raises:
        UsageError: no such blacklist, or the file or its header cannot be read.
    """
    services.require_kind(kind)
    table = read_table(path, known=BLACKLIST_COLUMNS, required=("msisdn",))
    outcome = ImportOutcome()
    rows = _good(path, table, outcome, _blacklist_row)
    now = runtime.now()
    with runtime.transaction() as session:
        outcome.added = services.blacklist(session, kind, ((row["msisdn"], row.get("reason", "")) for row in rows), at=now)
        outcome.unchanged = len(rows) - outcome.added
        audit.record(session, actor=by, action="blacklist.import", object_kind="blacklist", object_id=kind, at=now, file=path.name, **outcome.to_document())
    return outcome


def read_numbers(path: Path) -> tuple[list[str], ImportOutcome]:
    """The numbers of a CSV with a column `msisdn`; bad rows are set aside.

    Raises:
        UsageError: the file or its header cannot be read.
    """
    outcome = ImportOutcome()
    rows = _good(path, read_table(path, known=BLACKLIST_COLUMNS, required=("msisdn",)), outcome, _blacklist_row)
    return [row["msisdn"] for row in rows], outcome


def _good(path: Path, table: Table, outcome: ImportOutcome, check: Callable[[dict[str, str]], str]) -> list[dict[str, str]]:
    good = []
    with Rejects(path, table.columns) as rejects:
        for record in table.records:
            outcome.read += 1
            row = dict(zip(table.columns, (original(cell.strip()) for cell in record.fields), strict=False))
            problem = record.problem or check(row)
            if problem:
                rejects.add(record.line, problem, record.fields)
            else:
                good.append(row)
    outcome.rejected = rejects.count
    outcome.rejected_file = str(rejects.path) if rejects.count else None
    return good


def _blacklist_row(row: dict[str, str]) -> str:
    number = find_msisdn(row["msisdn"])
    if number is None:
        return "msisdn: not a mobile number of 11 digits beginning with 13–19 (86, +86 or 0086 may stand before it)"
    row["msisdn"] = str(number)
    return _unkept(row)


def _unkept(row: dict[str, str]) -> str:
    wrong = next((name for name, cell in row.items() if any(char < " " or "\ud800" <= char <= "\udfff" for char in cell)), None)
    return "" if wrong is None else f"{wrong}: holds a control character or is not UTF-8"
