"""Of `huabao dispatch …` what is about hours and routes: `open-window` and `reroute`."""

from __future__ import annotations

import click

from huabao.cli import Invocation, Report, operation
from huabao.clock import parse_time, shanghai_text

REASON = click.option("--reason", required=True, metavar="TEXT", help="Why, for the audit trail.")


@click.command("open-window")
@click.argument("dispatch_id", metavar="ID", type=int)
@click.option("--until", required=True, metavar="T", help="It may send until then, whatever its publication's window says.")
@REASON
@operation
def open_window(invocation: Invocation, dispatch_id: int, until: str, reason: str) -> Report:
    """Let a dispatch send outside its window."""
    from delivery.dispatch.compliance import breaches
    from delivery.dispatch.gate import open_window
    from delivery.lifecycle import find_dispatch

    end, now = parse_time(until), invocation.runtime.now()
    with invocation.runtime.transaction() as session:
        state = open_window(session, dispatch_id, end, by=invocation.actor, at=now, reason=reason)
        broken = breaches(session, find_dispatch(session, dispatch_id), now)
    data = {"dispatch_id": dispatch_id, "state": state, "until": end.isoformat(), "contract": [one.to_document() for one in broken]}
    return Report(data, lines=[f"dispatch {dispatch_id} ({state}) may send until {shanghai_text(end)}", *(f"warning: {one}" for one in broken)])


@click.command("reroute")
@click.argument("dispatch_id", metavar="ID", type=int)
@click.option("--handset-class", required=True, metavar="C", help="Whose waiting readers get something else.")
@click.option("--to", required=True, type=click.Choice(("link", "text")), help="A pushed link to the WAP pages, or an SMS text with that link.")
@click.option("--dry-run", is_flag=True, help="Only count.")
@REASON
@operation
def reroute(invocation: Invocation, dispatch_id: int, handset_class: str, to: str, dry_run: bool, reason: str) -> Report:
    """Send a link or a text to a handset class whose message fails."""
    from delivery.dispatch import rerouting

    found = rerouting.reroute(invocation.runtime, dispatch_id, handset_class, to, by=invocation.actor, reason=reason, dry_run=dry_run)
    done = "would get" if dry_run else "get"
    line = f"dispatch {dispatch_id}: {found.readers:,} readers of {handset_class} in {found.batches:,} batches {done} a {to} through {found.port}"
    return Report({"dispatch_id": dispatch_id, "readers": found.readers, "batches": found.batches, "port": found.port, "dry_run": dry_run}, lines=[line])


COMMANDS: tuple[click.Command, ...] = (open_window, reroute)
