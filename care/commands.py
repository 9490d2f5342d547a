"""`huabao care …`: complaints."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from huabao.cli import Invocation, Report, operation
from huabao.clock import business_day, shanghai_text
from huabao.words import counted

if TYPE_CHECKING:
    from care.models import Complaint

LISTED_MAX = 200


@click.group()
def care() -> None:
    """What is done for readers: complaints, refunds."""


@care.group()
def complaints() -> None:
    """Complaints: import, list, count per 10,000."""


@complaints.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@operation
def import_(invocation: Invocation, file: Path) -> Report:
    """Read FILE.csv (`complained_at,msisdn` and any of reference, channel, cause, service_id, edition, text); bad rows go to FILE.rejected.csv."""
    from care.complaints.importing import import_complaints

    with invocation.progress("complaints, line", None) as progress:
        outcome = import_complaints(invocation.runtime, file, by=invocation.actor, progress=progress)
    lines = [f"{outcome.read:,} rows read: {counted(outcome.added, 'complaint')} added, {outcome.unchanged:,} known already"]
    if outcome.rejected:
        lines.append(f"{outcome.rejected:,} rows set aside in {outcome.rejected_file}, each with its line and reason; mend them there and import that file")
    return Report(outcome.to_document(), lines=lines, problem=outcome.rejected > 0)


@complaints.command("list")
@click.option("--cause", default="", help="Of this cause only.")
@click.option("--channel", default="", help="By this channel only.")
@operation
def list_(invocation: Invocation, cause: str, channel: str) -> Report:
    """Complaints without an answer, the most urgent first (the first 200)."""
    from care.complaints.entering import Wanted, list_open

    with invocation.runtime.transaction(read_only=True) as session:
        found = [_document(one) for one in list_open(session, Wanted(cause=cause, channel=channel), limit=LISTED_MAX)]
    columns = ("id", "due", "channel", "cause", "reader", "edition")
    rows = [(str(one["id"]), shanghai_text(one["due_at"]), one["channel"], one["cause"], str(one["reader_id"] or "none of ours"), str(one["edition_id"] or "")) for one in found]
    for one in found:
        one["due_at"], one["received_at"] = one["due_at"].isoformat(), one["received_at"].isoformat()
    return Report({"complaints": found}, columns=columns, rows=rows, lines=[] if found else ["no complaint is open"])


def _document(one: Complaint) -> dict[str, Any]:
    return {name: getattr(one, name) for name in ("id", "channel", "reference", "received_at", "reader_id", "city", "service_id", "edition_id", "dispatch_id", "cause", "due_at")}


@complaints.command()
@click.option("--month", default="", help="YYYY-MM (default: this one).")
@operation
def report(invocation: Invocation, month: str) -> Report:
    """A month's complaints per 10,000 readers who pay, by cause, beside the month before."""
    from care.complaints.causes import NAMES
    from care.complaints.counting import monthly
    from reconciliation.stop_send.report import month_of

    now = invocation.runtime.now()
    with invocation.runtime.transaction(read_only=True) as session:
        found = monthly(session, month_of(month) if month else business_day(now), now=now)
    rate, before = found.per_10000, found.before.per_10000 if found.before else None
    lines = [
        f"{counted(found.complaints, 'complaint')} in {found.month:%Y-%m}, {counted(found.repeated, 'repeated', 'repeated')}, {found.regulator} through the regulator",
        "no day of the month was counted, so there is no rate"
        if found.paying is None
        else f"{'no rate' if rate is None else f'{rate:.2f}'} per 10,000 of {found.paying:,} readers who paid (average of {counted(found.days, 'day')})"
        + ("" if before is None else f"; the month before {before:.2f}"),
        f"{found.open} without an answer, {found.overdue} of them overdue",
    ]
    rows = [(NAMES[name][0], f"{n:,}", f"{n / found.complaints:.2%}") for name, n in sorted(found.by_cause.items(), key=lambda one: -one[1])]
    return Report(found.to_document(), lines=lines, columns=("cause", "complaints", "share"), rows=rows)


@care.group()
def refunds() -> None:
    """Refunds: what was asked for, agreed to and handed over."""


@refunds.command("list")
@click.option("--state", default="asked", help="asked, approved, handed, paid, refused or bounced.", show_default=True)
@operation
def list_refunds(invocation: Invocation, state: str) -> Report:
    """Refunds of one state, those that wait the oldest first (the first 200); exit 1 where one waits for too long."""
    from huabao.errors import UsageError
    from reconciliation.charges.models import STATES
    from reconciliation.refunds.listing import counts, listed

    if state not in STATES:
        raise UsageError(f"--state {state}: is none of {', '.join(STATES)}")
    with invocation.runtime.transaction(read_only=True) as session:
        found = listed(session, state, limit=LISTED_MAX)
        late = counts(session, invocation.runtime.now())[1]
        names = ("id", "reader_id", "city", "service_id", "amount_fen", "why", "asked_by", "decided_by", "batch")
        rows = [{**{name: getattr(one, name) for name in names}, "month": f"{one.month:%Y-%m}", "asked_at": one.asked_at} for one in found]
    columns = ("id", "asked", "reader", "service", "month", "yuan", "why", "by")
    table = [
        (
            str(one["id"]),
            shanghai_text(one["asked_at"]),
            str(one["reader_id"] or "forgotten"),
            one["service_id"],
            one["month"],
            f"{one['amount_fen'] / 100:.2f}",
            one["why"],
            one["asked_by"],
        )
        for one in rows
    ]
    document = {"refunds": [{**one, "asked_at": one["asked_at"].isoformat()} for one in rows], "overdue": late}
    lines = ([] if rows else [f"no refund is {state}"]) + ([f"{counted(late, 'refund')} undecided for too long (setting refund_due_h)"] if late else [])
    return Report(document, columns=columns, rows=table, lines=lines, problem=late > 0)


COMMANDS: tuple[click.Command, ...] = (care,)
