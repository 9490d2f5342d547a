"""A file of complaints from the hotline: rows that cannot be used are set aside, the same row twice counts once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sqlalchemy.orm import Session

from care.complaints.causes import CAUSES, CHANNEL_NAMES, CHANNELS, HOTLINE, NAMES, read
from care.complaints.entering import TEXT_CHARS_MAX, Said, enter
from content.services import find_edition
from huabao import audit
from huabao.errors import UsageError
from huabao.msisdn import parse_msisdn
from huabao.runtime import Runtime
from subscribers.imports import ImportOutcome, cells
from subscribers.imports.records import Record, read_table
from subscribers.imports.rejects import Rejects, original

COLUMNS = ("complained_at", "msisdn", "reference", "channel", "cause", "service_id", "edition", "text")
AT_ONCE = 500
T = TypeVar("T")


def import_complaints(runtime: Runtime, path: Path, *, by: str, progress: Callable[[int], None] = lambda line: None) -> ImportOutcome:
    """Keep the complaints of a CSV: `complained_at,msisdn` and any of `reference,channel,cause,service_id,edition,text`.

    Raises:
        UsageError: the file or its header cannot be read.
    """
    table = read_table(path, known=COLUMNS, required=("complained_at", "msisdn"))
    outcome, now = ImportOutcome(), runtime.now()
    with Rejects(path, table.columns) as rejects:

        def keep(some: list[Record]) -> None:
            with runtime.transaction() as session:
                for record in some:
                    try:
                        _, new = enter(session, _said(session, table.columns, record), by=by, now=now)
                    except UsageError as error:
                        rejects.add(record.line, str(error), record.fields)
                    else:
                        outcome.added, outcome.unchanged = outcome.added + new, outcome.unchanged + (not new)

        some: list[Record] = []
        for record in table.records:
            outcome.read += 1
            some.append(record)
            if len(some) == AT_ONCE:
                keep(some)
                progress(record.line)
                some = []
        keep(some)
    outcome.rejected, outcome.rejected_file = rejects.count, str(rejects.path) if rejects.count else None
    with runtime.transaction() as session:
        audit.record(session, actor=by, action="complaint.import", object_kind="complaint", object_id=path.name, at=now, **outcome.to_document())
    return outcome


def _said(session: Session, columns: tuple[str, ...], record: Record) -> Said:
    if record.problem:
        raise UsageError(record.problem)
    row = {name: original(cell.strip()) for name, cell in zip(columns, record.fields, strict=False) if cell.strip()}
    if "complained_at" not in row or "msisdn" not in row:
        raise UsageError("complained_at and msisdn: both must be there")
    channel, cause = read(row.get("channel", HOTLINE), CHANNEL_NAMES), read(row["cause"], NAMES) if "cause" in row else ""
    if channel is None:
        raise UsageError(f"channel: is none of {', '.join(CHANNELS)}, nor the Chinese name of one")
    if cause is None:
        raise UsageError(f"cause: is none of {', '.join(CAUSES)}, nor the Chinese name of one")
    return Said(
        msisdn=_cell(row, "msisdn", parse_msisdn),
        channel=channel,
        received_at=_cell(row, "complained_at", cells.instant),
        cause=cause,
        reference=_cell(row, "reference", cells.text(80)) if "reference" in row else "",
        text=_cell(row, "text", cells.text(TEXT_CHARS_MAX)) if "text" in row else "",
        service_id=_cell(row, "service_id", cells.service_id) if "service_id" in row else None,
        edition_id=find_edition(session, row["edition"]).id if "edition" in row else None,
    )


def _cell(row: dict[str, str], name: str, reader: Callable[[str], T]) -> T:
    try:
        return reader(row[name])
    except UsageError as error:
        raise UsageError(f"{name}: {error}") from error
