"""`huabao resend`: an edition once more, to one reader or to all whom a filter finds."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from huabao.cli import Invocation, Report, operation
from huabao.clock import shanghai_text
from huabao.errors import UsageError
from huabao.msisdn import parse_msisdn

if TYPE_CHECKING:
    from delivery.resend.bulk import Demand, Tally
    from delivery.resend.copies import Copy
    from delivery.resend.services import Answer

VARIANTS_SHOWN = 20
"""Lines of a table by variant or city for a person; `--json` has them all."""


@click.command("resend")
@click.option("--msisdn", metavar="M", help="The reader's number.")
@click.option("--edition", metavar="E", help="The edition, by id or as publication/number.")
@click.option("--filter", "filter_file", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Instead of a number: a YAML filter, see docs/resend.md.")
@click.option("--reason", default="", metavar="TEXT", help="Why; kept with who and when.")
@click.option("--key", metavar="K", help="Asking twice with the same key is asking once.")
@click.option("--again", is_flag=True, help="Although it was sent again a moment ago.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done, with counts; nothing is sent.")
@click.option("--rate", type=float, metavar="N", help="Of a filter: recipients a second (default: a share of the ports' rate, `resend_rate_share`).")
@click.option("--block-class", "block_classes", multiple=True, metavar="C", help="Of a filter: hold this handset class back and send to all others; may be repeated.")
@click.option("--yes", is_flag=True, help="More than 256 variants are wanted.")
@click.option("--detach", is_flag=True, help="Return at once; `huabao serve` or the workers send.")
@operation
def resend(
    invocation: Invocation, msisdn: str | None, edition: str | None, filter_file: Path | None, reason: str, key: str | None, again: bool, dry_run: bool,
    rate: float | None, block_classes: tuple[str, ...], yes: bool, detach: bool,
) -> Report:  # fmt: skip
    """Send an edition again: to a reader who asks for it, or to all whom a filter finds.

    Exit 1 where it is refused, or was sent again a moment ago.
    """
    if filter_file is not None:
        if msisdn is not None or edition is not None:
            raise UsageError("give --filter FILE, or --msisdn and --edition, not both; the filter names the edition")
        from delivery.resend import bulk
        from delivery.resend.filters import read_filter

        invocation.check("resend --filter")
        demand = bulk.Demand(read_filter(filter_file), reason if dry_run else invocation.why(reason), key, again, rate, yes, block_classes)
        return _many(invocation, demand, dry_run=dry_run, detach=detach)
    if msisdn is None or edition is None:
        raise UsageError("say to whom and what: --msisdn M --edition E, or --filter FILE")
    if rate is not None or block_classes:
        raise UsageError("--rate and --block-class are for a --filter; a single message goes at once")
    return _one(invocation, msisdn, edition, reason=reason, key=key, again=again, dry_run=dry_run, detach=detach)


# --- one reader ------------------------------------------------------------------------------------------------------


def _one(invocation: Invocation, msisdn: str, edition: str, *, reason: str, key: str | None, again: bool, dry_run: bool, detach: bool) -> Report:
    from delivery.resend import rules, services

    if not reason.strip() and not dry_run:
        raise UsageError("say why it is sent again: --reason TEXT")
    ask = services.Ask(parse_msisdn(msisdn), edition, reason or "dry run", key, again)
    if dry_run:
        answer = services.look_only(invocation.runtime, ask, actor=invocation.actor)
    else:
        answer = services.resend(invocation.runtime, ask, actor=invocation.actor)
    if answer.refusal == rules.UNKNOWN_NUMBER:
        raise UsageError(answer.refused or "")
    outcome = None
    if answer.dispatch_id is not None and not dry_run:
        outcome = outcome_of(invocation, answer.dispatch_id) if detach or answer.state != services.SENT else _until_sent(invocation, answer.dispatch_id)
    document = {**answer.to_document(), "outcome": outcome, "dry_run": dry_run}
    rows = [_row(one) for one in answer.copies]
    return Report(document, _lines(answer, outcome, dry_run=dry_run), rows, _COLUMNS if rows else (), problem=answer.state != services.SENT)


_COLUMNS = ("copies before: dispatch", "kind", "asked", "by", "sent", "outcome", "why")


def _row(one: Copy) -> tuple[object, ...]:
    return one.dispatch_id, one.kind, shanghai_text(one.asked_at), one.by, shanghai_text(one.sent_at), one.outcome.name.lower(), "" if one.meaning is None else one.meaning.en


def _lines(answer: Answer, outcome: str | None, *, dry_run: bool) -> list[str]:
    from delivery.resend import services

    if answer.state == services.REFUSED:
        return [f"refused ({answer.refusal}): {answer.refused}"]
    if answer.state == services.ALREADY:
        return [f"not sent: {answer.refused}; `--again` sends one more"]
    if dry_run:
        return [f"{answer.edition} would be sent to {answer.msisdn} through {answer.port}, variant {answer.variant}"]
    before = "asked for with this key before: " if answer.repeated else ""
    waits = "" if outcome != "pending" else "; it waits, `huabao dispatch status` says for what"
    return [f"{before}{answer.edition} to {answer.msisdn} is dispatch {answer.dispatch_id}: {outcome}{waits}"]


def outcome_of(invocation: Invocation, dispatch_id: int) -> str:
    """What has become of the one delivery of a single resend."""
    from delivery.ledger.proof import counts

    with invocation.runtime.transaction(read_only=True) as session:
        found = counts(session, dispatch_id).outcomes
    return next((name for name, number in found.items() if number), "pending")


def _until_sent(invocation: Invocation, dispatch_id: int) -> str:
    """Work (embedded) or wait until the message has left, `resend_follow_s` at most."""
    from delivery.resend.settings import RESEND_FOLLOW_S

    with invocation.runtime.transaction(read_only=True) as session:
        until = time.monotonic() + RESEND_FOLLOW_S.get(session)
    found = ["pending"]

    def done() -> bool:
        found[0] = outcome_of(invocation, dispatch_id)
        return found[0] != "pending" or time.monotonic() > until

    invocation.work_until(done)
    return found[0]


# --- many readers ----------------------------------------------------------------------------------------------------


def _many(invocation: Invocation, demand: Demand, *, dry_run: bool, detach: bool) -> Report:
    from delivery.resend import bulk

    if dry_run:
        found = bulk.tally(invocation.runtime, demand)
        return _counted(found, *bulk.foreseen(invocation.runtime, demand, found))
    with invocation.progress("variants", None) as advance:
        answer = bulk.resend_many(invocation.runtime, demand, actor=invocation.actor, progress=advance)
    document = {
        "resend_id": answer.resend_id, "dispatch_id": answer.dispatch_id, "refused": answer.refused, "repeated": answer.repeated,
        "found": None if answer.tally is None else answer.tally.to_document(),
    }  # fmt: skip
    if answer.refused is not None:
        return Report(document, [f"refused: {answer.refused}"], problem=True)
    if answer.dispatch_id is None:
        return Report(document, ["nobody is left to send to", *_why(answer.tally)])
    sent = _followed(invocation, answer.dispatch_id, detach=detach)
    return Report({**document, **sent.data}, [*_why(answer.tally), *sent.lines], sent.rows, sent.columns, sent.problem)


def _followed(invocation: Invocation, dispatch_id: int, *, detach: bool) -> Report:
    from delivery.dispatch_commands import follow, left, now_of

    return left(now_of(invocation, dispatch_id)) if detach else follow(invocation, dispatch_id)


def _why(tally: Tally | None) -> list[str]:
    return [] if tally is None else [f"left out, {reason}: {number:,}" for reason, number in tally.excluded.items()]


def _counted(found: Tally, trouble: str | None, unbuilt: int) -> Report:
    finish = "no port that is up can carry it" if found.forecast_s is None else f"{found.forecast_s:,} s at {found.rate_per_s:g}/s"
    lines = [f"{found.edition}, version {found.version}: {found.matched:,} readers found, {found.planned:,} would get it ({found.stopped:,} of them stopped); {finish}"]
    if found.killed is not None:
        lines.append(f"refused: {found.killed}; nobody may get it any more")
    if trouble is not None:
        lines.append(f"would be refused: {trouble}")
    if unbuilt:
        lines.append(f"{unbuilt:,} variants are not built yet; preflight tries them when it is sent")
    rows: list[tuple[object, ...]] = [("left out", reason, f"{number:,}") for reason, number in found.excluded.items()]
    for name, numbers in found.by.items():
        rows += [(name, value, f"{number:,}") for value, number in list(numbers.items())[:VARIANTS_SHOWN]]
        if len(numbers) > VARIANTS_SHOWN:
            rows.append((name, f"… and {len(numbers) - VARIANTS_SHOWN} more (--json has them)", ""))
    data = {**found.to_document(), "dry_run": True, "preflight": trouble, "unbuilt": unbuilt}
    return Report(data, lines, rows, ("by", "", "readers") if rows else (), problem=found.killed is not None or not found.rate_per_s or trouble is not None)
