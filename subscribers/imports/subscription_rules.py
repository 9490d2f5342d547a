"""What a row about an order does to what is known of it: a pure rule.

The instant from which a state counts decides, not the order of the rows: an
older row is history that is known to be over, a newer one is applied, and two
states for one instant are a contradiction that a person must settle.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

EVENT_OF_STATE = {"active": "order", "paused": "pause", "cancelled": "cancel"}


@dataclass(frozen=True, slots=True)
class Order:
    """The state of one order and from when it counts."""

    state: str
    effective_at: datetime


Verdict = Literal["added", "changed", "confirmed", "unchanged", "superseded", "contradicts"]


def judge(known: Order | None, told: Order) -> Verdict:
    """What `told` does: `confirmed` is the same state from a later instant, which is kept without an event."""
    if known is None:
        return "added"
    if told.effective_at > known.effective_at:
        return "confirmed" if told.state == known.state else "changed"
    if told.effective_at == known.effective_at and told.state != known.state:
        return "contradicts"
    return "unchanged" if told.state == known.state else "superseded"


def event_of(known: Order | None, told: Order) -> str:
    """The event's name: order, pause, resume or cancel."""
    if told.state == "active" and known is not None and known.state == "paused":
        return "resume"
    return EVENT_OF_STATE[told.state]
