"""Acts that touch many readers say first how many: `dry_run` counts, `confirmed` names the count, and noticeably more refuses the act."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from console.api.problems import Problem
from console.api.schemas import Agent, Strict
from console.confirmed import MOVED_SHARE, REASON_CHARS_MAX


class CountedRequest(Strict):
    """An act that touches readers."""

    confirmed: Annotated[int | None, Field(ge=0, le=2**63 - 1, description="So many readers the count said; over 1 % more refuses the act. Needed unless dry_run")] = None
    dry_run: Annotated[bool, Field(description="Count only")] = False
    reason: Annotated[str, Field(max_length=REASON_CHARS_MAX, description="Needed unless dry_run")] = ""
    agent: Agent = None


def check(body: CountedRequest, count: int, *, counted: bool = True) -> str:
    """The reason of an act that may be done now.

    Args:
        count: readers whom it touches at this second.
        counted: whether it wants the count and a reason; pausing and holding do not, for speed.

    Raises:
        Problem: reason or count are missing, or noticeably more readers would be touched.
    """
    reason = body.reason.strip()
    if counted and not reason:
        raise Problem("invalid", "reason: say why, it is kept in the audit trail")
    if counted and body.confirmed is None:
        raise Problem("invalid", "confirmed: name the count that a dry_run gave", count=count)
    if body.confirmed is not None and count > body.confirmed * (1 + MOVED_SHARE):
        raise Problem("moved", f"{body.confirmed} were confirmed and it touches {count} now", count=count)
    return reason or "by the API"
