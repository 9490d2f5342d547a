"""`huabao edition correct` and `edition kill`: what is done to an edition that is out."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from huabao.cli import Invocation, Report, operation

if TYPE_CHECKING:
    from delivery.dispatch.correction import Correction
    from delivery.dispatch.killing import Killing
    from delivery.dispatch.recalls import Reach

KINDS = {"replace": "the replacement", "cancel": "the calling back"}
"""What a person reads for each kind of recall."""

BLOCK_CLASSES = click.option("--block-class", "block_classes", multiple=True, metavar="C", help="Hold this handset class back and send to all others; may be repeated.")
ANSWERS_S = 30.0
"""How long an embedded `kill --recall` waits for the peers' answers."""


@click.command("correct")
@click.argument("edition", metavar="ID")
@click.option("--replace", "replacing", is_flag=True, help="Also put it in the place of what left and was not fetched (ReplaceReq, else CancelReq and a new message).")
@click.option("--dry-run", is_flag=True, help="Count, and do nothing.")
@click.option("--reason", default="", metavar="TEXT", help="Why; kept.")
@click.option("--ports", "ports", multiple=True, metavar="NAME[,NAME…]", help="Ports that share the load (default: all that are up).")
@BLOCK_CLASSES
@click.option("--yes", is_flag=True, help="More than 256 variants are wanted.")
@click.option("--detach", is_flag=True, help="Return at once; `huabao serve` or the workers send.")
@operation
def correct(
    invocation: Invocation, edition: str, replacing: bool, dry_run: bool, reason: str, ports: tuple[str, ...], block_classes: tuple[str, ...], yes: bool, detach: bool
) -> Report:
    """Send the version imported since to whom the older ones have not reached; what of them waits is cancelled first."""
    from delivery.dispatch import correction
    from delivery.dispatch.planning import Request
    from delivery.dispatch_commands import follow

    names = tuple(name.strip() for given in ports for name in given.split(",") if name.strip())
    request = Request(edition, names, many_variants=yes, block_classes=block_classes)
    if dry_run:
        return _correction(correction.preview(invocation.runtime, request), replacing=replacing, dry_run=True)
    with invocation.progress("variants", None) as advance:
        made = correction.correct(invocation.runtime, request, replacing=replacing, by=invocation.actor, reason=reason, progress=advance)
    if made.dispatch_id is not None and not detach:
        follow(invocation, made.dispatch_id)
    return _correction(made, replacing=replacing, dry_run=False)


def _correction(made: Correction, *, replacing: bool, dry_run: bool) -> Report:
    count = made.count
    would = "would go" if dry_run else "goes"
    lines = [f"version {made.version} of {made.edition} {would} to {count.planned:,} readers whom older versions have not reached"]
    if made.waiting:
        lines.append(f"{made.waiting:,} of them still wait for an older version, which is cancelled first")
    if made.dispatch_id is not None:
        lines.append(f"dispatch {made.dispatch_id} brings it; `huabao dispatch status {made.dispatch_id}` shows it")
    elif not dry_run:
        lines.append("nobody is left to send it to")
    if made.busy:
        lines.append(f"{made.busy:,} readers were still in a worker's hands; run it again for them")
    lines += _reach(made.reach, "replaced or called back" if replacing else "replaced; --replace does that")
    if dry_run:
        lines += [f"asked before: {KINDS[kind]} of {_answers_text(states)}" for kind, states in made.recalls.items()]
    if made.asked:
        lines.append(f"{made.asked:,} submissions are to be replaced or called back; run `huabao edition correct {made.edition} --dry-run` for what is left")
    rows: list[tuple[object, ...]] = [(f"excluded: {reason}", f"{number:,}") for reason, number in count.excluded.items()]
    return Report(made.to_document(), lines=lines, columns=("", "readers") if rows else (), rows=rows, problem=bool(made.busy))


def _answers_text(states: Mapping[str, int]) -> str:
    """How many submissions, and what came of it: `5 submissions (3 done, 2 waiting)`."""
    return f"{sum(states.values()):,} submissions ({', '.join(f'{number:,} {state}' for state, number in states.items())})"


def _reach(found: Reach, verb: str) -> list[str]:
    lines = [f"{found.readers:,} readers in {found.submissions:,} submissions may not have fetched an older message: it can be {verb}"] if found.readers else []
    if found.beyond:
        lines.append(f"{found.beyond:,} readers have one that cannot be called back: their port does not offer it, or nobody learnt its MessageID")
    return lines


@click.command("kill")
@click.argument("edition", metavar="ID")
@click.option("--recall", "recalling", is_flag=True, help="Also call back what left and was not fetched (CancelReq).")
@click.option("--dry-run", is_flag=True, help="Count, and do nothing.")
@click.option("--reason", default="", metavar="TEXT", help="Why; kept, and shown to whoever wants to send it again. At a terminal it is asked for.")
@operation
def kill(invocation: Invocation, edition: str, recalling: bool, dry_run: bool, reason: str) -> Report:
    """Withdraw an edition: nothing of it leaves any more, and nobody can send it again."""
    from delivery.dispatch import killing

    why = reason if dry_run else invocation.why(reason)
    made = killing.kill(invocation.runtime, edition, recalling=recalling, by=invocation.actor, reason=why, dry_run=dry_run)
    if made.asked:
        until = time.monotonic() + ANSWERS_S
        invocation.work_until(lambda: not killing.is_recalling(invocation.runtime, edition) or time.monotonic() > until)
        made = killing.with_answers(invocation.runtime, made)
    return _killing(made, recalling=recalling, dry_run=dry_run)


@click.command("recall")
@click.argument("dispatch_id", metavar="ID", type=int)
@click.option("--dry-run", is_flag=True, help="Count, and do nothing.")
@click.option("--reason", default="", metavar="TEXT", help="Why; kept. At a terminal it is asked for.")
@operation
def recall(invocation: Invocation, dispatch_id: int, dry_run: bool, reason: str) -> Report:
    """Call back what left of a dispatch and was not fetched (CancelReq); what waits is the business of `cancel` and `kill`."""
    from delivery.dispatch import killing

    why = reason if dry_run else invocation.why(reason)
    made = killing.call_back(invocation.runtime, dispatch_id, by=invocation.actor, reason=why, dry_run=dry_run)
    if made.asked:
        until = time.monotonic() + ANSWERS_S
        invocation.work_until(lambda: not killing.is_recalling(invocation.runtime, made.edition) or time.monotonic() > until)
        made = killing.with_answers(invocation.runtime, made, dispatch_id)
    lines = _reach(made.reach, "called back") or [f"nothing of dispatch {dispatch_id} can be called back"]
    return Report(made.to_document(), lines=lines, columns=("recall", "answer", "submissions") if made.recalls else (), rows=_answers(made))


def _answers(made: Killing) -> list[tuple[object, ...]]:
    return [(kind, state, f"{number:,}") for kind, states in made.recalls.items() for state, number in states.items()]


def _killing(made: Killing, *, recalling: bool, dry_run: bool) -> Report:
    lines = [f"{made.edition} {'would be' if dry_run else 'is'} killed: {made.waiting:,} readers who still waited get nothing"]
    lines += _reach(made.reach, "called back" if recalling else "called back; --recall does that")
    rows = _answers(made)
    return Report(made.to_document(), lines=lines, columns=("recall", "answer", "submissions") if rows else (), rows=rows)


SUBCOMMANDS: tuple[tuple[str, click.Command], ...] = (("edition", correct), ("edition", kill), ("dispatch", correct), ("dispatch", recall))
"""What these add to groups of commands, see `console.registry`."""
