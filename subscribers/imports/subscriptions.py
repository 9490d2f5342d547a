"""`subscriptions import`: who ordered what, `msisdn,service_id,state,effective_at`.

A number that is no reader yet becomes one, with its number only: BOSS says
that he pays, so he is served. A row older than what is known changes nothing; one whose
time has not come is kept, and until then the history says what holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from sqlalchemy.orm import Session

from huabao import audit
from huabao.clock import shanghai_text
from huabao.errors import UsageError
from huabao.msisdn import find_msisdn
from huabao.runtime import Runtime
from subscribers.imports import cells, subscription_store
from subscribers.imports.outcome import ImportOutcome
from subscribers.imports.records import Record, Table, read_table
from subscribers.imports.rejects import Rejects, original
from subscribers.imports.subscription_store import Applied, ToldOrder
from subscribers.staging import CHUNK_ROWS, chunks

COLUMNS = ("msisdn", "service_id", "state", "effective_at")


class OrderRows:
    """Turns records into orders; times repeat in such files, so they are remembered."""

    def __init__(self, table: Table) -> None:
        self._at = [table.columns.index(name) for name in COLUMNS]
        self._instants: dict[str, datetime] = {}

    def order(self, record: Record) -> ToldOrder | str:
        """The record's order, or why it is set aside."""
        if record.problem:
            return record.problem
        number, service, state, at = (original(record.fields[index].strip()) for index in self._at)
        msisdn = find_msisdn(number)
        if msisdn is None:
            return "msisdn: not a mobile number of 11 digits beginning with 13–19 (86, +86 or 0086 may stand before it)"
        for name, cell in (("service_id", service), ("state", state), ("effective_at", at)):
            if not cell:
                return f"{name}: is missing"
        problem = "service_id"
        try:
            service_id = cells.service_id(service)
            problem = "state"
            told_state = cells.subscription_state(state)
            problem = "effective_at"
            effective_at = self._instant(at)
        except UsageError as error:
            return f"{problem}: {error}"
        return ToldOrder(str(msisdn), service_id, told_state, effective_at, record)

    def _instant(self, cell: str) -> datetime:
        found = self._instants.get(cell)
        if found is None:
            found = cells.instant(cell)
            if len(self._instants) < 50_000:
                self._instants[cell] = found
        return found


class Apply(Protocol):
    """What applies a chunk: `subscription_store.apply`, or what keeps it in the journal besides."""

    def __call__(self, session: Session, orders: Sequence[ToldOrder], *, source: str, now: datetime) -> Applied:
        """Apply the orders in their order."""


def import_subscriptions(
    runtime: Runtime, path: Path, *, by: str, progress: Callable[[int], None] | None = None, apply: Apply = subscription_store.apply, chunk_rows: int = CHUNK_ROWS
) -> ImportOutcome:
    """Import the file at `path`, chunk by chunk, each in a transaction of its own.

    Args:
        by: who acts, for the audit trail and as the source of events.
        progress: told the line that was reached.
        apply: of a chunk, at most `chunk_rows` rows.

    Raises:
        UsageError: the file or its header cannot be read; nothing was imported.
    """
    table = read_table(path, known=COLUMNS, required=COLUMNS)
    outcome, now = ImportOutcome(), runtime.now()
    superseded = 0
    with Rejects(path, table.columns) as rejects:
        try:
            for chunk in chunks(_good_rows(table, OrderRows(table), rejects, outcome, progress), chunk_rows):
                with runtime.transaction() as session:
                    applied = apply(session, chunk, source=f"import by {by}"[:40], now=now)
                outcome.added += applied.added
                outcome.changed += applied.changed
                outcome.unchanged += applied.unchanged + applied.superseded
                outcome.readers_created += applied.readers_created
                superseded += applied.superseded
                for told, known in applied.contradictions:
                    when = shanghai_text(told.effective_at)
                    rejects.add(told.record.line, f"state: the order is known as {known} from {when}; give this state a later effective_at", told.record.fields)
        finally:
            outcome.rejected = rejects.count
            outcome.rejected_file = str(rejects.path) if rejects.count else None
            if superseded:
                outcome.warnings = (f"{superseded:,} rows are older than what is known of the order and changed nothing",)
            with runtime.transaction() as session:
                audit.record(session, actor=by, action="subscriptions.import", object_kind="file", object_id=path.name[:120], at=now, **outcome.to_document())
    return outcome


def _good_rows(table: Table, rows: OrderRows, rejects: Rejects, outcome: ImportOutcome, progress: Callable[[int], None] | None) -> Iterator[ToldOrder]:
    for record in table.records:
        outcome.read += 1
        if progress is not None and outcome.read % 5000 == 0:
            progress(record.line)
        told = rows.order(record)
        if isinstance(told, str):
            rejects.add(record.line, told, record.fields)
        else:
            yield told
