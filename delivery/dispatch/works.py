"""What the desk asks of the send side: a plan, a schedule, a correction, a kill."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from content.works.services import Order, Result, Tell
from delivery.dispatch import correction, killing, plans, preflight, scheduling
from delivery.dispatch.planning import NO_PORT, Request, has_moved
from huabao.clock import parse_time
from huabao.errors import UsageError
from huabao.runtime import Runtime

SEPARATOR = ","


def request_of(edition_id: int, args: Mapping[str, Any]) -> Request:
    """What was chosen on the page, as a request.

    Raises:
        UsageError: a time is none.
    """

    def names(key: str) -> tuple[str, ...]:
        return tuple(name for name in str(args.get(key, "")).split(SEPARATOR) if name)

    start, deadline, confirmed = str(args.get("start", "")), str(args.get("deadline", "")), str(args.get("confirmed", ""))
    return Request(
        str(edition_id), names("ports"), parse_time(start) if start else None, parse_time(deadline) if deadline else None, many_variants=args.get("many") == "1",
        seed_group=str(args.get("seed_group", "")) or None, block_classes=names("block"), confirmed=int(confirmed) if confirmed else None,
    )  # fmt: skip


def plan(runtime: Runtime, order: Order, tell: Tell) -> Result:
    """Count what a schedule would do now.

    Raises:
        UsageError: as `plans.plan`.
    """
    request = request_of(order.edition_id, order.args)
    found = plans.plan(runtime, request, progress=lambda done: tell(done, 0))
    misfit = preflight.problem(found.tried, request.block_classes)
    problems = [*(found.outlook.problems if found.subject.ports else (NO_PORT,)), *((misfit,) if misfit else ())]
    return Result(found.to_document() | {"problems": problems, "version": found.subject.version.version, "capacity_per_s": _capacity(found)})


def _capacity(found: plans.Plan) -> float:
    """Readers a second that the ports carry together."""
    return round(sum(one.rate_per_s for one in found.outlook.forecasts), 3)


def schedule(runtime: Runtime, order: Order, tell: Tell) -> Result:
    """Freeze the audience and let it leave at its time.

    Raises:
        StoreError, UsageError: as `scheduling.schedule`.
    """
    made = scheduling.schedule(runtime, request_of(order.edition_id, order.args), by=order.by, progress=lambda done: tell(done, 0))
    return Result(made.to_document() | {"start_at": made.start_at.isoformat()})


def count_correction(runtime: Runtime, order: Order, _tell: Tell) -> Result:
    """Count whom a correction would reach now; it reads every copy of the edition.

    Raises:
        UsageError: as `correction.preview`.
    """
    return Result(correction.preview(runtime, request_of(order.edition_id, order.args)).to_document())


def correct(runtime: Runtime, order: Order, tell: Tell) -> Result:
    """Send the present version to whom the older ones have not reached.

    Raises:
        UsageError: as `correction.correct`, or noticeably more readers would get it than were confirmed.
    """
    replacing, reason = order.args.get("replacing") == "1", str(order.args.get("reason", ""))
    request = request_of(order.edition_id, order.args)
    if request.confirmed is not None:
        found = correction.preview(runtime, request).count.planned
        if has_moved(found, request.confirmed):
            raise UsageError(f"{found:,} readers would get it now, {request.confirmed:,} were confirmed; count again")
    made = correction.correct(runtime, request, replacing=replacing, by=order.by, reason=reason, progress=lambda done: tell(done, 0))
    return Result(made.to_document())


def kill(runtime: Runtime, order: Order, _tell: Tell) -> Result:
    """Withdraw the edition.

    Raises:
        UsageError: as `killing.kill`.
    """
    made = killing.kill(runtime, str(order.edition_id), recalling=order.args.get("recalling") == "1", by=order.by, reason=str(order.args.get("reason", "")))
    return Result(made.to_document())
