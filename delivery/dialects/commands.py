"""`huabao dialects …`: what peers' codes mean here."""

from __future__ import annotations

from pathlib import Path

import click

from delivery.dialects.tables import CodeMeaning
from huabao.cli import Invocation, Report, operation
from huabao.errors import UsageError

COLUMNS = ("table", "code", "name", "says", "cause", "stop", "retry", "en", "zh")


@click.group("dialects")
def dialects() -> None:
    """What the codes of MMSCs and SMSCs mean: one file for each dialect."""


@dialects.command("list")
@operation
def list_(invocation: Invocation) -> Report:
    """Every dialect there is, and where it comes from; exit 1 where a file cannot be used."""
    from delivery.dialects import files

    known = files.dialects()
    faults = known.faults()
    found = known.usable()
    documents = [
        {"name": one.name, "version": one.version, "title": one.title, "source": list(one.source), "entries": len(list(one.entries())), "fault": faults.get(one.name)}
        for one in found
    ]
    rows = [(one.name, one.version, one.title, len(list(one.entries())), one.source[-1]) for one in found]
    lines = [f"your own files: {known.folder}", *(f"NOT in force: {fault}" for fault in faults.values())]
    return Report({"folder": str(known.folder), "dialects": documents}, lines=lines, columns=("dialect", "version", "title", "codes", "file"), rows=rows, problem=bool(faults))


@dialects.command("show")
@click.argument("name")
@click.option("--code", metavar="CODE", help="This code only.")
@operation
def show(invocation: Invocation, name: str, code: str | None) -> Report:
    """Every code of a dialect, as it is in force."""
    from delivery.dialects import dialect
    from delivery.dialects.tables import folded

    found = dialect(name)
    entries = [(table, one) for table, one in found.entries() if code is None or folded(one.code) == folded(code) or str(one.number) == code]
    if code is not None and not entries:
        raise UsageError(f"dialect {name} has no code {code!r}; `huabao dialects show {name}` lists what it has")
    documents = [dict(zip(COLUMNS, _row(table, one), strict=True)) | {"manual": one.manual} for table, one in entries]
    data = {"name": found.name, "version": found.version, "title": found.title, "source": list(found.source), "entries": documents}
    return Report(data, lines=[f"{found.name} {found.version}: {found.title}"], columns=COLUMNS, rows=[_row(table, one) for table, one in entries])


def _row(table: str, one: CodeMeaning) -> tuple[object, ...]:
    says = one.verdict or (one.outcome.name.lower() if one.outcome is not None else "interim" if table in ("mm_status", "receipt_stat") else "")
    return (table, one.code, one.name, says, one.cause, one.stop, one.retry, one.en, one.zh)


@dialects.command("check")
@click.argument("file", type=click.Path(path_type=Path))
@operation
def check(invocation: Invocation, file: Path) -> Report:
    """Hold a file against the form of a dialect, without putting it in force; exit 2 with the line that is wrong."""
    from delivery.dialects import files
    from delivery.dialects.reading import read_dialect

    known = files.dialects()
    builtin = files.Dialects(Path("/nonexistent"))
    found = read_dialect(files.read_text(file), str(file), lambda name: (builtin if name == file.stem else known).read(name), name=file.stem)
    entries = len(list(found.entries()))
    told = [f"{file}: {entries} codes, version {found.version}; put it into {known.folder} and it is in force within {files.LOOK_S:g} s"]
    return Report({"name": found.name, "version": found.version, "entries": entries}, lines=told)


COMMANDS: tuple[click.Command, ...] = (dialects,)
