"""`huabao edition grey`: days without colour."""

from __future__ import annotations

from datetime import date

import click

from huabao.cli import Invocation, Report, operation
from huabao.clock import business_day
from huabao.errors import UsageError

LEFT_STATES = ("scheduled", "sent", "corrected")
"""In which a dispatch is bound to the version before."""


def day_of(text: str | None, today: date) -> date:
    """A day as it was written, or today.

    Raises:
        UsageError: it is none.
    """
    try:
        return date.fromisoformat(text) if text else today
    except ValueError as error:
        raise UsageError(f"{text!r} is no day; write it as 2026-11-23") from error


@click.command("grey")
@click.option("--date", "day", metavar="2026-11-23", help="The day, in Shanghai (default: today).")
@click.option("--publication", metavar="SLUG", help="One publication (default: all).")
@click.option("--off", is_flag=True, help="Take it back.")
@click.option("--list", "only_list", is_flag=True, help="Only show the days from that one on.")
@click.option("--reason", default="", metavar="TEXT", help="Why; kept.")
@operation
def grey(invocation: Invocation, day: str | None, publication: str | None, off: bool, only_list: bool, reason: str) -> Report:
    """Declare a day of mourning: the papers of that day appear without colour, those that are there already as a new version."""
    from content import greying
    from content.services import find_publication

    now = invocation.runtime.now()
    wanted = day_of(day, business_day(now))
    if only_list:
        return _listed(invocation, wanted)
    why = invocation.why(reason)
    with invocation.runtime.transaction() as session:
        title = find_publication(session, publication) if publication else None
        act = greying.revoke if off else greying.declare
        found = act(session, wanted, title, reason=why, by=invocation.actor, now=now)
    whose = publication or "every publication"
    lines = [f"{wanted}: {whose} appears {'in colour again' if off else 'without colour'}; {len(found)} editions have a new version"]
    lines += [f"{one.name}: `huabao edition reapprove {one.edition_id}` approves it again" for one in found if one.approval_ended]
    left = [one for one in found if one.before in LEFT_STATES]
    lines += [f"{one.name} was {one.before}: what waits is still the old one; `huabao edition correct {one.edition_id}` sends this one instead" for one in left]
    columns = ("edition", "version", "before", "state") if found else ()
    rows = [(one.name, one.version, one.before, one.state) for one in found]
    return Report({"date": wanted, "publication": publication, "grey": not off, "editions": [one.to_document() for one in found]}, lines=lines, columns=columns, rows=rows)


def _listed(invocation: Invocation, first: date) -> Report:
    from content.models import Publication
    from content.workflow import greydays

    with invocation.runtime.transaction(read_only=True) as session:
        days = [
            {"date": one.day, "publication": session.get_one(Publication, one.publication_id).slug if one.publication_id else None, "reason": one.reason, "by": one.by}
            for one in greydays.listed(session, first)
        ]
    columns = ("date", "publication", "reason", "by")
    rows = [[row[name] or "all" for name in columns] for row in days]
    return Report({"days": days}, lines=() if days else (f"no day without colour from {first} on",), columns=columns if days else (), rows=rows)


COMMANDS: tuple[click.Command, ...] = ()

SUBCOMMANDS: tuple[tuple[str, click.Command], ...] = (("edition", grey),)
"""What these add to groups of commands, see `console.registry`."""
