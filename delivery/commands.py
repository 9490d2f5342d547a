"""Commands of this package: `dispatch`, `resend`, `ledger` and those of the ports."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from delivery.capacity_commands import capacity
from delivery.dialects.commands import dialects
from delivery.dispatch_commands import dispatch
from delivery.gate_commands import seeds
from delivery.ports.commands import port
from delivery.resend_commands import resend
from delivery.window_commands import COMMANDS as WINDOW_COMMANDS
from huabao.cli import Invocation, Report, operation


@click.group("ledger")
def ledger() -> None:
    """The proof of what became of every reader."""


def _twice(sent_again: Mapping[int, int]) -> list[str]:
    """What a person is told about lost answers that were sent to once more by policy."""
    return [f"dispatch {one}: {number:,} readers may have it twice: their answer was lost and sent to once more by stated policy" for one, number in sent_again.items()]


@ledger.command("verify")
@click.option("--dispatch", "dispatch_id", type=int, metavar="ID", help="This dispatch only (default: all).")
@click.option("--peer", "peers", multiple=True, type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Compare with what a sandbox MMSC kept; one for each peer.")
@operation
def verify(invocation: Invocation, dispatch_id: int | None, peers: tuple[Path, ...]) -> Report:
    """Recount deliveries, journal, reports and digest; exit 1 where something is off."""
    from delivery.ledger import proof as ledgers
    from delivery.ledger.peer import read_peer

    records = [read_peer(folder) for folder in peers]
    with invocation.runtime.transaction(read_only=True, still=True) as session:
        found = ledgers.verify(session, dispatch_id, peers=records)
    outcomes = list(found.dispatches[0].outcomes) if found.dispatches else []
    rows = [(one.dispatch_id, one.audience, one.planned, sum(one.excluded.values()), *one.outcomes.values()) for one in found.dispatches]
    verdict = "balanced" if found.balanced else f"NOT balanced: {len(found.problems)} problems"
    return Report(
        found.to_document(),
        lines=[f"{len(found.dispatches)} dispatches recounted: {verdict}", *_twice(found.sent_again), *found.problems],
        columns=("dispatch", "audience", "planned", "excluded", *outcomes) if rows else (),
        rows=rows,
        problem=not found.balanced,
    )


for _command in WINDOW_COMMANDS:
    dispatch.add_command(_command)

COMMANDS: tuple[click.Command, ...] = (capacity, dialects, dispatch, ledger, port, resend, seeds)
