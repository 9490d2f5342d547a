"""`huabao blacklist …` and `huabao handsets …`."""

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


@click.group()
def handsets() -> None:
    """Models of handsets and the class each falls in."""


@handsets.command("import")
@click.argument("file", type=FILE)
@operation
def import_handsets(invocation: Invocation, file: Path) -> Report:
    """Read models from FILE.csv (`model,handset_class[,brand]`) and classify the readers anew."""
    from subscribers.imports.lists import import_handsets as run

    outcome, readers = run(invocation.runtime, file, by=invocation.actor)
    lines = [f"{outcome.added:,} models added, {outcome.changed:,} changed, {outcome.rejected:,} rows set aside; {readers:,} readers got another class"]
    return Report({**outcome.to_document(), "readers_reclassified": readers}, lines=lines, problem=outcome.rejected > 0)


@handsets.command("list")
@operation
def list_handsets(invocation: Invocation) -> Report:
    """All models."""
    from subscribers.handsets import list_handsets as found

    with invocation.runtime.transaction(read_only=True) as session:
        rows = [{"model": one.model, "handset_class": one.handset_class, "brand": one.brand, "source": one.source} for one in found(session)]
    return Report(rows, columns=("model", "class", "brand", "source"), rows=[tuple(row.values()) for row in rows])


@handsets.command()
@click.argument("model")
@operation
def show(invocation: Invocation, model: str) -> Report:
    """One model and its class."""
    from subscribers.handsets import find_handset

    with invocation.runtime.transaction(read_only=True) as session:
        found = find_handset(session, model)
    if found is None:
        raise UsageError(f"no handset model {model[:120]!r} is known; `huabao handsets import` adds models")
    data = {"model": found.model, "handset_class": found.handset_class, "brand": found.brand, "source": found.source}
    return Report(data, columns=("", ""), rows=list(data.items()))
