"""`huabao subscribers join` and `huabao subscriptions import`: here because they are entries of the journal."""

from __future__ import annotations

from pathlib import Path

import click

from huabao.cli import Invocation, Report, operation
from huabao.msisdn import parse_msisdn
from subscribers.reader_commands import FILE, import_report, lines_of


@click.command("join")
@click.argument("old")
@click.argument("new")
@click.option("--reason", required=True, help="How it is known that they are one person; kept in the audit trail.")
@operation
def join_readers(invocation: Invocation, old: str, new: str, reason: str) -> Report:
    """Join the past of who had the number OLD to the reader who has NEW: one person, whose number change was never told or told too late.

    Refused where BOSS or MISC said that OLD passed to another person, where OLD is still read under, and where both were told of at one time.
    """
    from reconciliation.intake.joining import join

    with invocation.runtime.transaction() as session:
        past = join(session, parse_msisdn(old), parse_msisdn(new), by=invocation.actor, at=invocation.runtime.now(), reason=reason)
    return Report({"joined": past}, lines=[f"joined: the past of reader {past} is shown, and forgotten, with who has the new number"])


@click.command("import")
@click.argument("file", type=FILE)
@operation
def import_subscriptions(invocation: Invocation, file: Path) -> Report:
    """Read FILE.csv (UTF-8, msisdn,service_id,state,effective_at); bad rows go to FILE.rejected.csv."""
    from reconciliation.intake.imported import import_file

    with invocation.progress("subscriptions, line", lines_of(file)) as progress:
        outcome = import_file(invocation.runtime, file, by=invocation.actor, progress=progress)
    return import_report("subscriptions", outcome)


SUBCOMMANDS: tuple[tuple[str, click.Command], ...] = (("subscribers", join_readers), ("subscriptions", import_subscriptions))
