"""`subscribers import`: readers from a CSV file.

A number that is known is changed where the file says something else; an empty
cell says nothing. A number that stands twice in the file is taken once, as it
stands first, and set aside the second time, so that the same file twice
changes nothing more.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from huabao import audit
from huabao.errors import UsageError
from huabao.msisdn import find_msisdn
from huabao.runtime import Runtime
from subscribers import handsets
from subscribers.handsets import Resolved
from subscribers.imports import cells, reader_store
from subscribers.imports.outcome import ImportOutcome
from subscribers.imports.records import Record, read_table
from subscribers.imports.rejects import Rejects, original
from subscribers.staging import chunks

COLUMNS = ("msisdn", "city", "handset", "imei", "drive", "topics", "attribute_class", "preferred_hour", "consent", "last_active_at")
"""The columns that are known; any other is kept as an attribute."""

_READ: Mapping[str, Callable[[str], Any]] = {
    "city": cells.text(40),
    "handset": cells.text(120),
    "imei": cells.imei,
    "drive": cells.drive,
    "topics": lambda cell: json.dumps(cells.topics(cell), separators=(",", ":")),
    "attribute_class": cells.attribute_class,
    "preferred_hour": cells.hour,
    "consent": cells.consent,
    "last_active_at": cells.instant,
}
_NOT_REPEATING = ("imei", "last_active_at")
_MEMORY_MAX = 50_000


class ReaderRows:
    """Turns records into rows of the staging table; keeps which numbers it has seen.

    Args:
        columns: the file's.
        resolve: a handset as it is given and an IMEI to model and class.
    """

    def __init__(self, columns: Sequence[str], resolve: Callable[[str | None, str | None], Resolved]) -> None:
        self._number_at = columns.index("msisdn")
        self._known = [(index, name, _remembered(_READ[name]) if name not in _NOT_REPEATING else _READ[name]) for index, name in enumerate(columns) if name in _READ]
        self._attributes = [(index, name) for index, name in enumerate(columns) if name and name not in COLUMNS]
        self._resolve = resolve
        self._seen: set[int] = set()
        self._blank = dict.fromkeys((*_READ, "handset_class", "handset_model"))

    def row(self, record: Record) -> dict[str, Any] | str:
        """The record's row, or why it is set aside."""
        if record.problem:
            return record.problem
        fields = record.fields
        number = find_msisdn(original(fields[self._number_at]))
        if number is None:
            return "msisdn: not a mobile number of 11 digits beginning with 13–19 (86, +86 or 0086 may stand before it)"
        row: dict[str, Any] = {"msisdn": str(number), "attributes": "{}", **self._blank}
        problem = ""
        for index, name, read in self._known:
            cell = fields[index].strip()
            if cell:
                try:
                    row[name] = read(cell)
                except UsageError as error:
                    problem = f"{problem}{'; ' if problem else ''}{name}: {error}"
        if row["handset"] is not None or row["imei"] is not None:
            found = self._resolve(row["handset"], row["imei"])
            row["handset_class"], row["handset_model"] = found.handset_class, found.model
        if self._attributes:
            attributes, wrong = self._read_attributes(fields)
            row["attributes"] = attributes
            problem = "; ".join(part for part in (problem, wrong) if part)
        return problem or self._once(row)

    def _read_attributes(self, fields: Sequence[str]) -> tuple[str, str]:
        found: dict[str, str] = {}
        for index, name in self._attributes:
            cell = fields[index].strip()
            if cell:
                try:
                    found[name] = _ATTRIBUTE(original(cell))
                except UsageError as error:
                    return "{}", f"{name}: {error}"
        return json.dumps(found, separators=(",", ":")), ""

    def _once(self, row: dict[str, Any]) -> dict[str, Any] | str:
        key = int(row["msisdn"])
        if key in self._seen:
            return "msisdn: stands twice in the file; its first row was taken"
        self._seen.add(key)
        return row


_ATTRIBUTE = cells.text(cells.ATTRIBUTE_CHARS_MAX)


def _remembered(read: Callable[[str], Any]) -> Callable[[str], Any]:
    known: dict[str, Any] = {}

    def recall(cell: str) -> Any:
        found = known.get(cell)
        if found is None:
            found = read(original(cell))
            if len(known) < _MEMORY_MAX:
                known[cell] = found
        return found

    return recall


def import_readers(runtime: Runtime, path: Path, *, by: str, progress: Callable[[int], None] | None = None) -> ImportOutcome:
    """Import the file at `path`, chunk by chunk, each in a transaction of its own.

    Args:
        by: who acts, for the audit trail and as the source of consents.
        progress: told the line that was reached.

    Raises:
        UsageError: the file or its header cannot be read; nothing was imported.
    """
    table = read_table(path, known=COLUMNS, required=("msisdn",))
    outcome = ImportOutcome()
    with runtime.transaction(read_only=True) as session:
        known = handsets.resolver(session)
    resolve = lru_cache(maxsize=_MEMORY_MAX)(lambda handset, tac: known.resolve(handset, tac))
    now = runtime.now()
    with Rejects(path, table.columns) as rejects:
        good = _good_rows(table.records, ReaderRows(table.columns, lambda handset, imei: resolve(handset, imei and imei[: handsets.TAC_DIGITS])), rejects, outcome, progress)
        try:
            for chunk in chunks(good):
                with runtime.transaction() as session:
                    added, changed = reader_store.apply(session, chunk, source=f"import by {by}"[:80], now=now)
                outcome.added += added
                outcome.changed += changed
                outcome.unchanged += len(chunk) - added - changed
        finally:
            outcome.rejected = rejects.count
            outcome.rejected_file = str(rejects.path) if rejects.count else None
            _record(runtime, outcome, path, by, now)
    return outcome


def _good_rows(
    records: Iterator[Record], rows: ReaderRows, rejects: Rejects, outcome: ImportOutcome, progress: Callable[[int], None] | None
) -> Iterator[dict[str, Any]]:
    for record in records:
        outcome.read += 1
        if progress is not None and outcome.read % 5000 == 0:
            progress(record.line)
        row = rows.row(record)
        if isinstance(row, str):
            rejects.add(record.line, row, record.fields)
        else:
            yield row


def _record(runtime: Runtime, outcome: ImportOutcome, path: Path, by: str, now: datetime) -> None:
    with runtime.transaction() as session:
        audit.record(session, actor=by, action="subscribers.import", object_kind="file", object_id=path.name[:120], at=now, **outcome.to_document())
