"""`huabao blacklist …`."""

from __future__ import annotations

from pathlib import Path

import click
from sqlalchemy import select

from huabao.cli import Invocation, Report, operation
from huabao.clock import shanghai_text
from huabao.errors import UsageError
from huabao.msisdn import parse_msisdn
from subscribers import services
from subscribers.models import BLACKLIST_KINDS, BlacklistEntry
from subscribers.reader_commands import FILE

KIND = click.option("--kind", required=True, type=click.Choice(BLACKLIST_KINDS), help="Which blacklist.")


@click.group()
def blacklist() -> None:
    """Numbers that must not be registered, tried out or marketed to."""


@blacklist.command("import")
@KIND
@click.argument("file", type=FILE)
@operation
def import_blacklist(invocation: Invocation, kind: str, file: Path) -> Report:
    """Add the numbers of FILE.csv (`msisdn[,reason]`); bad rows go to FILE.rejected.csv."""
    from subscribers.imports.lists import import_blacklist as run

    outcome = run(invocation.runtime, file, kind, by=invocation.actor)
    lines = [f"{outcome.added:,} numbers added to the {kind} blacklist, {outcome.unchanged:,} were on it, {outcome.rejected:,} rows set aside"]
    return Report(outcome.to_document(), lines=lines, problem=outcome.rejected > 0)


@blacklist.command()
@KIND
@click.argument("file", type=FILE, required=False)
@click.option("--msisdn", multiple=True, help="One number; may be repeated.")
@click.option("--all", "everything", is_flag=True, help="Empty the blacklist.")
@operation
def clear(invocation: Invocation, kind: str, file: Path | None, msisdn: tuple[str, ...], everything: bool) -> Report:
    """Take off the numbers of FILE.csv, single numbers, or all of them."""
    from subscribers.imports.lists import read_numbers

    if sum((file is not None, bool(msisdn), everything)) != 1:
        raise UsageError("name what to take off: FILE.csv, --msisdn NUMBER or --all, one of the three")
    rejected, numbers = 0, [str(parse_msisdn(one)) for one in msisdn]
    if file is not None:
        numbers, outcome = read_numbers(file)
        rejected = outcome.rejected
    with invocation.runtime.transaction() as session:
        gone = services.clear_blacklist(session, kind, None if everything else numbers, by=invocation.actor, at=invocation.runtime.now())
    return Report({"removed": gone, "rejected": rejected}, lines=[f"{gone:,} numbers taken off the {kind} blacklist"], problem=rejected > 0)


@blacklist.command("list")
@KIND
@operation
def list_blacklist(invocation: Invocation, kind: str) -> Report:
    """The numbers on a blacklist."""
    with invocation.runtime.transaction(read_only=True) as session:
        entries = list(session.scalars(select(BlacklistEntry).where(BlacklistEntry.kind == kind).order_by(BlacklistEntry.msisdn)))
    data = [{"msisdn": one.msisdn, "reason": one.reason, "recorded_at": one.recorded_at} for one in entries]
    return Report(data, columns=("number", "reason", "since"), rows=[(one.msisdn, one.reason, shanghai_text(one.recorded_at)) for one in entries])
