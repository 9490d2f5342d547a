"""`huabao subscribers …` and `huabao subscriptions …`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from huabao.cli import Invocation, Report, operation
from huabao.clock import shanghai_text
from huabao.errors import UsageError
from huabao.msisdn import parse_msisdn
from subscribers import services, store

if TYPE_CHECKING:
    from subscribers.imports import ImportOutcome
    from subscribers.models import Reader

FILE = click.Path(path_type=Path, dir_okay=False)


@click.group()
def subscribers() -> None:
    """Readers: import, export, show, forget."""


@subscribers.command("import")
@click.argument("file", type=FILE)
@operation
def import_readers(invocation: Invocation, file: Path) -> Report:
    """Read FILE.csv (UTF-8, a header with `msisdn`); bad rows go to FILE.rejected.csv."""
    from subscribers import imports

    with invocation.progress("readers, line", lines_of(file)) as progress:
        outcome = imports.import_readers(invocation.runtime, file, by=invocation.actor, progress=progress)
    return import_report("readers", outcome)


def lines_of(file: Path) -> int | None:
    """How many lines a file has, for its progress; None where it cannot be read."""
    try:
        with file.open("rb") as stream:
            return sum(block.count(b"\n") for block in iter(lambda: stream.read(1 << 20), b""))
    except OSError:
        return None


def import_report(what: str, outcome: ImportOutcome) -> Report:
    """What an import did, for people."""
    lines = [f"{outcome.read:,} rows read: {outcome.added:,} {what} added, {outcome.changed:,} changed, {outcome.unchanged:,} as they were"]
    if outcome.readers_created:
        lines.append(f"{outcome.readers_created:,} numbers were no readers yet and became readers")
    lines.extend(outcome.warnings)
    if outcome.rejected:
        lines.append(f"{outcome.rejected:,} rows set aside in {outcome.rejected_file}, each with its line and reason; mend them there and import that file")
    return Report(outcome.to_document(), lines=lines, problem=outcome.rejected > 0)


@subscribers.command("export")
@click.option("--out", type=FILE, default=None, help="File to write (default: standard output).")
@operation
def export(invocation: Invocation, out: Path | None) -> Report:
    """Write all readers as a CSV that `import` reads; cells that a spreadsheet would run get an apostrophe before them."""
    from subscribers.exports import export_readers

    if out is None and invocation.as_json:
        raise UsageError("--json tells of a file: name it with --out FILE.csv")
    count = export_readers(invocation.runtime, out, by=invocation.actor)
    if out is None:
        return Report({"readers": count})
    return Report({"readers": count, "file": str(out)}, lines=[f"{count:,} readers written to {out}"])


@subscribers.command()
@click.argument("msisdn")
@operation
def show(invocation: Invocation, msisdn: str) -> Report:
    """What is known of one reader."""
    from subscribers.blacklists import kinds_of

    with invocation.runtime.transaction(read_only=True) as session:
        reader = services.require_reader(session, parse_msisdn(msisdn))
        data = {
            **_reader(reader),
            "consent": store.consent_of(session, reader),
            "blacklists": kinds_of(session, reader.id),
            "subscriptions": [one.service_id for one in store.subscriptions_of(session, reader)],
        }
    return Report(data, columns=("", ""), rows=[(name, _cell(value)) for name, value in data.items()])


def _reader(reader: Reader) -> dict[str, Any]:
    known = ("msisdn", "account_state", "opened_at", "city", "handset", "handset_class", "imei", "drive", "topics", "attribute_class", "preferred_hour", "last_active_at")
    names = (*known, "attributes", "created_at", "updated_at")
    return {name: getattr(reader, name) for name in names}


def _cell(value: object) -> object:
    from datetime import datetime

    if isinstance(value, datetime):
        return shanghai_text(value)
    if isinstance(value, dict):
        return ", ".join(f"{name}={text}" for name, text in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else value


@subscribers.command()
@click.argument("msisdn")
@click.option("--past", is_flag=True, help="Those who had the number before and have none now; not whoever has it now.")
@operation
def forget(invocation: Invocation, msisdn: str, past: bool) -> Report:
    """Remove a person and what hangs on him, his place in seed groups too; a blacklist entry stays, it is his wish to be left alone."""
    number = parse_msisdn(msisdn)
    with invocation.runtime.transaction() as session:
        about: dict[str, Any] = {"by": invocation.actor, "at": invocation.runtime.now(), "others": invocation.forgetters}
        nobodys = store.find_reader(session, number) is None
        gone = services.forget_past(session, number, **about) if past or nobodys else {}
        if past and not gone:
            raise UsageError("nobody who has no number now had this one before")
        if not past and not gone:
            gone = services.forget(session, number, **about)
        kept = store.blacklists_of(session, number)
    lines = [f"forgotten: {', '.join(f'{count} {name}' for name, count in gone.items() if count)}"]
    if kept:
        lines.append(f"the number stays on the blacklists {', '.join(kept)}; `huabao blacklist clear` takes it off")
    return Report({"removed": gone, "blacklists_kept": kept}, lines=lines)


@click.group()
def subscriptions() -> None:
    """Orders of services: import, show."""


@subscriptions.command("show")
@click.argument("msisdn")
@operation
def show_subscriptions(invocation: Invocation, msisdn: str) -> Report:
    """The orders of one reader and what happened to them."""
    with invocation.runtime.transaction(read_only=True) as session:
        reader = services.require_reader(session, parse_msisdn(msisdn))
        names = ("service_id", "state", "effective_at", "order_state", "fee_msisdn", "price_fen", "stop_state", "stop_cause", "stopped_at")
        found = [{name: getattr(one, name) for name in names} for one in store.subscriptions_of(session, reader)]
        told = ("service_id", "field", "event", "state", "effective_at", "recorded_at", "source", "reason", "fee_msisdn", "price_fen")
        events = [{name: getattr(one, name) for name in told} for one in store.events_of(session, reader)]
    rows = [[_cell(value) for value in one.values()] for one in found]
    lines = [f"{shanghai_text(one['effective_at'])}  {one['event']:8} {one['service_id'] or '-'}  ({': '.join(filter(None, (one['source'], one['reason'])))})" for one in events]
    return Report({"msisdn": reader.msisdn, "subscriptions": found, "events": events}, lines=lines, columns=names, rows=rows)
