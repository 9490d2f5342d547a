"""`handsets import`: capability records, names and TACs out of any form that is known. Applied whole, in one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy.orm import Session

from huabao import audit
from huabao.errors import UsageError
from huabao.runtime import Runtime
from subscribers import handset_records, handsets
from subscribers.capabilities import openddr, sniffing, tables
from subscribers.capabilities.facts import Profile
from subscribers.capabilities.markup import XML_BYTES_MAX
from subscribers.capabilities.uaprof import read_uaprof
from subscribers.imports.outcome import ImportOutcome
from subscribers.imports.records import Record, Table, read_records, read_table
from subscribers.imports.rejects import Rejects, original

_COLUMNS = {
    sniffing.CSV_FORM: (tables.GIVEN_COLUMNS, ("model",)),
    sniffing.INDEX: (tables.INDEX_COLUMNS, tables.INDEX_COLUMNS),
    sniffing.WURFL: (tables.WURFL_COLUMNS, tables.WURFL_COLUMNS),
}
"""Columns that are known, and those that must be there, by form."""

ROWS_MAX = 1_000_000
UNKNOWN_NAMED = 3


def import_handsets(runtime: Runtime, path: Path, *, by: str, form: str | None = None) -> tuple[ImportOutcome, int]:
    """Read a file of handset data and classify the readers anew; (counts, readers changed).

    Args:
        form: one of `sniffing.FORMS`; None lets the file itself say.

    Raises:
        UsageError: the file cannot be read, or has no form that is known; nothing was imported.
    """
    chosen = form or _sniffed(path)
    outcome = ImportOutcome(form=chosen)
    applied = _import_xml if chosen in sniffing.XML_FORMS else _import_rows
    with runtime.transaction() as session:
        applied(session, path, chosen, outcome)
        readers = handsets.reclassify_readers(session)
        audit.record(session, actor=by, action="handsets.import", object_kind="file", object_id=path.name[:120], at=runtime.now(), **outcome.to_document())
    return outcome, readers


def _sniffed(path: Path) -> str:
    try:
        return sniffing.form_of(_read(path, sniffing.HEAD_BYTES))
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from error


def _read(path: Path, bytes_max: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(bytes_max)
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}") from error


def _import_xml(session: Session, path: Path, form: str, outcome: ImportOutcome) -> None:
    try:
        data = _read(path, XML_BYTES_MAX + 1)
        if form == sniffing.OPENDDR_NAMES:
            _import_names(session, openddr.read_builders(data), outcome)
            return
        profiles = [read_uaprof(data)] if form == sniffing.UAPROF else openddr.read_devices(data)
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from error
    outcome.read = len(profiles)
    outcome.added, outcome.changed = handset_records.save_profiles(session, form, path.name, ((one, None) for one in profiles))
    outcome.unchanged = outcome.read - outcome.added - outcome.changed


def _import_names(session: Session, names: dict[str, tuple[str, ...]], outcome: ImportOutcome) -> None:
    outcome.read = len(names)
    outcome.added, unknown = handset_records.save_names(session, names)
    outcome.unchanged = outcome.read - len(unknown)
    outcome.rejected = len(unknown)
    if unknown:
        outcome.warnings = (
            f"{len(unknown):,} devices are known to nobody ({', '.join(unknown[:UNKNOWN_NAMED])} …); import the DeviceDataSource.xml that belongs to this file first",
        )


def _import_rows(session: Session, path: Path, form: str, outcome: ImportOutcome) -> None:
    table = _tac_table(path) if form == sniffing.TAC else read_table(path, known=_COLUMNS[form][0], required=_COLUMNS[form][1])
    with Rejects(path, table.columns) as rejects:
        rows = _good(table, form, rejects, outcome)
        if form == sniffing.TAC:
            outcome.added, outcome.changed = handset_records.save_tacs(session, path.name, (profile for profile, _ in rows))
        else:
            outcome.added, outcome.changed = handset_records.save_profiles(session, form, path.name, rows)
        outcome.rejected = rejects.count
        outcome.rejected_file = str(rejects.path) if rejects.count else None
    outcome.unchanged = outcome.read - outcome.added - outcome.changed - outcome.rejected


def _good(table: Table, form: str, rejects: Rejects, outcome: ImportOutcome) -> Iterator[tuple[Profile, str | None]]:
    read = tables.READERS[form]
    for record in table.records:
        outcome.read += 1
        if outcome.read > ROWS_MAX:
            raise UsageError(f"the file has more than {ROWS_MAX:,} rows; divide it")
        row = dict(zip(table.columns, (original(cell.strip()) for cell in record.fields), strict=False))
        found = record.problem or _unkept(row) or read(row)
        if isinstance(found, str):
            rejects.add(record.line, found, record.fields)
        else:
            yield found, row.get("handset_class") or None


def _unkept(row: dict[str, str]) -> str:
    wrong = next((name for name, cell in row.items() if any(char < " " or "\ud800" <= char <= "\udfff" for char in cell)), None)
    return "" if wrong is None else f"{wrong}: holds a control character or is not UTF-8"


def _tac_table(path: Path) -> Table:
    """A TAC list as a table: a line about its licence may stand first, and Osmocom's calls two columns `name`.

    Raises:
        UsageError: no header with `tac` and names.
    """
    records = read_records(path)
    for record in records:
        names = [one.strip().lower() for one in record.fields]
        if "tac" in names:
            columns = _tac_columns(names)
            if {"brand", "model"} <= set(columns):
                return Table(columns, _whole(records, len(columns)), 0)
            break
        if record.line > 2:
            break
    raise UsageError(f"{path}: is no TAC list: a header with tac, brand and model (or two columns `name`) is expected")


def _tac_columns(names: list[str]) -> tuple[str, ...]:
    found: list[str] = []
    for at, name in enumerate(names):
        twice = name == "name" and names.count("name") == 2
        title = ("model" if "name" in names[:at] else "brand") if twice else name
        found.append(title if title not in found else f"{title} {at + 1}")
    return tuple(found)


def _whole(records: Iterator[Record], width: int) -> Iterator[Record]:
    for record in records:
        fits = record.problem or len(record.fields) == width
        yield record if fits else Record(record.line, record.fields, f"has {len(record.fields)} fields where the header has {width}")
