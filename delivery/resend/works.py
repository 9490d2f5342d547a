"""What the desk asks of a filtered resend: a count, then the send. Both read every copy of the edition, so both are jobs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from content.works.services import Order, Result, Tell
from delivery.resend import bulk
from delivery.resend.bulk import Demand
from delivery.resend.filters import ResendFilter, filter_of
from huabao.errors import UsageError
from huabao.runtime import Runtime

SEPARATOR = ","
LISTS = ("outcomes", "ports", "cities", "codes", "classes")
TIMES = ("from", "to")


def filter_from(edition_id: int, args: Mapping[str, Any]) -> ResendFilter:
    """What was chosen on the page, as a filter.

    Args:
        args: by key of a filter; lists joined by commas, `missing` and `not_stopped` as "1".

    Raises:
        UsageError: it is none; each problem with its key.
    """
    document: dict[str, Any] = {"edition": str(edition_id)}
    for key in LISTS:
        if names := [one.strip() for one in str(args.get(key, "")).split(SEPARATOR) if one.strip()]:
            document[key] = names
    document |= {key: str(args[key]) for key in TIMES if args.get(key)}
    if args.get("missing") == "1":
        document = {key: value for key, value in document.items() if key in ("edition", "cities")} | {"missing": True}
    if args.get("not_stopped") == "1":
        document["stopped"] = False
    return filter_of(document)


def count(runtime: Runtime, order: Order, _tell: Tell) -> Result:
    """Count whom it would reach now, and what preflight says of it.

    Raises:
        UsageError: the filter or the rate is none, or names what does not exist.
    """
    found = bulk.tally(runtime, _demand(order))
    misfit, unbuilt = bulk.foreseen(runtime, _demand(order), found)
    return Result(found.to_document() | {"problem": misfit, "unbuilt": unbuilt})


def send(runtime: Runtime, order: Order, tell: Tell) -> Result:
    """Send it to all of them, as one dispatch; the same count is sent once, however often it is asked for.

    Raises:
        UsageError, StoreError: as `bulk.resend_many`.
    """
    answer = bulk.resend_many(runtime, _demand(order), actor=order.by, progress=lambda done: tell(done, 0))
    if answer.refused is not None:
        raise UsageError(answer.refused)
    planned = None if answer.tally is None else answer.tally.planned
    return Result({"resend_id": answer.resend_id, "dispatch_id": answer.dispatch_id, "repeated": answer.repeated, "planned": planned})


def _demand(order: Order) -> Demand:
    args = order.args
    rate, confirmed = str(args.get("rate", "")), str(args.get("confirmed", ""))
    try:
        rate_per_s = float(rate) if rate else None
    except ValueError:
        raise UsageError(f"{rate[:20]!r} is no rate; write a number of recipients a second") from None
    return Demand(
        filter_from(order.edition_id, args), str(args.get("reason", "")), f"desk:{args['counted']}" if args.get("counted") else None, args.get("again") == "1", rate_per_s,
        many_variants=args.get("many") == "1", confirmed=int(confirmed) if confirmed else None,
    )  # fmt: skip
