"""Orders as files: out to the department that opens services, its answers back in."""

from __future__ import annotations

import os
from pathlib import Path

from huabao import audit
from huabao.clock import shanghai_text
from huabao.errors import UsageError
from huabao.msisdn import find_msisdn
from huabao.runtime import Runtime
from subscribers.imports.outcome import ImportOutcome
from subscribers.imports.records import read_table
from subscribers.imports.rejects import CSVFile, Rejects, original
from subscribers.offers import orders
from subscribers.offers.models import ORDER_KINDS

EXPORT_COLUMNS = ("order_id", "msisdn", "service_id", "service", "kind", "channel", "answer", "recorded_at")
RESULT_COLUMNS = ("msisdn", "service_id", "kind", "result", "reason")
RESULTS = ("confirmed", "refused")


def export_orders(runtime: Runtime, out: Path, *, by: str) -> tuple[int, str]:
    """Write the recorded orders to `out` and mark them exported; how many, and the batch's name.

    The file is whole on the disk before the orders are marked: what dies between
    writes the same orders into the next file, never into none.

    Raises:
        UsageError: the file exists, or cannot be written.
    """
    if out.exists():
        raise UsageError(f"{out}: exists already; name a new file, orders are handed out once")
    now = runtime.now()
    batch = f"orders-{now:%Y%m%d-%H%M%S}"
    with runtime.transaction() as session:
        found = orders.list_orders(session, ("recorded",), to_export=True)
        part = out.with_name(out.name + ".part")
        with CSVFile(part, EXPORT_COLUMNS) as file:
            for one in found:
                row = one.order
                file.write((row.id, one.msisdn, row.service_id, row.service, row.kind, row.channel, row.answer, shanghai_text(row.recorded_at)))
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.replace(out)
        orders.mark_exported(session, [one.order.id for one in found], batch, by=by, at=now)
    return len(found), batch


def import_results(runtime: Runtime, path: Path, *, by: str) -> ImportOutcome:
    """What became of orders, from a CSV; rows that answer no open order are set aside.

    Raises:
        UsageError: the file or its header cannot be read.
    """
    table = read_table(path, known=RESULT_COLUMNS, required=RESULT_COLUMNS[:4])
    outcome, now = ImportOutcome(), runtime.now()
    with Rejects(path, table.columns) as rejects, runtime.transaction() as session:
        for record in table.records:
            outcome.read += 1
            row = dict(zip(table.columns, (original(cell.strip()) for cell in record.fields), strict=False))
            problem = record.problem or _wrong(row)
            number = find_msisdn(row.get("msisdn", "")) or ""
            if not problem and not orders.decide(session, number, row["service_id"], row["kind"], row["result"], row.get("reason", ""), now):
                problem = "no open order of this number, service and kind"
            if problem:
                rejects.add(record.line, problem, record.fields)
            else:
                outcome.changed += 1
        outcome.rejected = rejects.count
        outcome.rejected_file = str(rejects.path) if rejects.count else None
        audit.record(session, actor=by, action="offers.results", object_kind="offers", object_id=path.name[-120:], at=now, **outcome.to_document())
    return outcome


def _wrong(row: dict[str, str]) -> str:
    if find_msisdn(row["msisdn"]) is None:
        return "msisdn: not a mobile number of 11 digits beginning with 13–19 (86, +86 or 0086 may stand before it)"
    if row["kind"] not in ORDER_KINDS or row["result"] not in RESULTS:
        return f"`kind` is {' or '.join(ORDER_KINDS)}, `result` {' or '.join(RESULTS)}"
    wrong = next((name for name, cell in row.items() if any(char < " " or "\ud800" <= char <= "\udfff" for char in cell)), None)
    return "" if wrong is None else f"{wrong}: holds a control character or is not UTF-8"
