"""`huabao serial show|run`: how a comic's readers stand with its chapters, and what they are due."""

from __future__ import annotations

import click

from huabao.cli import Invocation, Report, operation
from huabao.clock import shanghai_text
from huabao.errors import UsageError
from huabao.msisdn import MSISDN, parse_msisdn


@click.group()
def serial() -> None:
    """A comic's chapters, in order for each reader."""


@serial.command("show")
@click.argument("publication")
@click.argument("msisdn", required=False)
@operation
def show(invocation: Invocation, publication: str, msisdn: str | None) -> Report:
    """The chapters of PUBLICATION and where its readers stand; with MSISDN, what that reader was sent."""
    return _of_all(invocation, publication) if msisdn is None else _of_reader(invocation, publication, parse_msisdn(msisdn))


def _of_all(invocation: Invocation, slug: str) -> Report:
    from content.services import find_publication
    from delivery.serials.chapters import start_of
    from delivery.serials.showing import STATUSES, standings

    with invocation.runtime.transaction(read_only=True) as session:
        publication = find_publication(session, slug)
        start, found = start_of(publication), standings(session, publication, invocation.runtime.now())
    rows = [(one.chapter.ordinal, one.chapter.number, shanghai_text(one.chapter.begun_at), *(f"{one.readers[status]:,}" for status in STATUSES)) for one in found]
    none = f"{slug} is no serial; `huabao publication set {slug} --serial-start current` makes a comic one" if start == "none" else f"{slug} has no chapter yet"
    lines = () if found else (none,)
    columns = ("chapter", "edition", "began", *(f"{status.replace('_', ' ')}" for status in STATUSES)) if rows else ()
    return Report({"publication": slug, "serial_start": start, "chapters": [one.to_document() for one in found]}, lines=lines, columns=columns, rows=rows)


def _of_reader(invocation: Invocation, slug: str, msisdn: MSISDN) -> Report:
    from content.services import find_publication
    from delivery.serials.showing import steps_of
    from subscribers.store import find_reader

    with invocation.runtime.transaction(read_only=True) as session:
        publication, reader = find_publication(session, slug), find_reader(session, msisdn)
        if reader is None:
            raise UsageError(f"nobody has the number {msisdn}; `huabao subscribers import` brings readers")
        found = steps_of(session, publication, reader.id)
    rows = [(one.chapter.ordinal, one.chapter.number, shanghai_text(one.at), one.kind, one.outcome.name.lower(), one.note, one.dispatch_id) for one in found]
    columns = ("chapter", "edition", "sent", "kind", "outcome", "note", "dispatch") if rows else ()
    return Report({"publication": slug, "sent": [one.to_document() for one in found]}, lines=() if rows else (f"he was sent nothing of {slug}",), columns=columns, rows=rows)


@serial.command("run")
@click.argument("publication")
@operation
def run(invocation: Invocation, publication: str) -> Report:
    """Send now what readers who are out of step are due: a chapter that failed once more, or the next one. It happens by itself every five minutes."""
    from content.services import find_publication
    from delivery.serials.following import follow_up

    with invocation.runtime.transaction(read_only=True) as session:
        found = find_publication(session, publication)
    made = follow_up(invocation.runtime, found.id)
    lines = [f"dispatch {one}; `huabao dispatch status {one}` shows it" for one in made] or ["nobody is due anything"]
    return Report({"publication": publication, "dispatches": made}, lines=lines)


COMMANDS: tuple[click.Command, ...] = (serial,)
