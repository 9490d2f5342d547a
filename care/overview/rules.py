"""Why and by which way an order began or ended, from what its event says. Pure rules; the lists are short, so that shares can be read."""

from __future__ import annotations

from typing import Final

JOINED, LEFT = "joined", "left"
WHATS: Final = (JOINED, LEFT)

READER, OPERATOR, UNPAID, CLOSED, HANDED, REPAIR, OTHER = "reader", "operator", "unpaid", "closed", "handed", "repair", "other"
CAUSES: Final = (READER, OPERATOR, UNPAID, CLOSED, HANDED, REPAIR, OTHER)
"""He wished it; the operator's people or systems did it; he could not be charged; his account was closed; his number went to another; a difference was put right."""

MISC, BOSS, SMS, WAP, MMS, DESK, API, RECONCILED, ELSE = "misc", "boss", "sms", "wap", "mms", "desk", "api", "repair", "else"
CHANNELS: Final = (SMS, WAP, MMS, DESK, API, MISC, BOSS, RECONCILED, ELSE)
"""A text or a page of ours, the support desk, another system of the house, or what MISC and BOSS told without our asking; a repair; else."""

_HIS: Final = frozenset({"user", "by the reader"})
_EVENTS: Final = {"closed": CLOSED, "transfer": HANDED, "released": HANDED, "number_change": HANDED, "joined": HANDED}
_REASONS: Final = {"admin": OPERATOR, "charge_failed": UNPAID}
_ASKED: Final = {SMS: READER, WAP: READER, MMS: READER, DESK: READER, API: READER}


def moved(before: str | None, after: str) -> str | None:
    """Whether an order began or ended: its derived state before the event (None: there was none) and after it; None where neither."""
    held, holds = before not in (None, "cancelled"), after != "cancelled"
    if held == holds:
        return None
    return JOINED if holds else LEFT


def why(event: str, source: str, reason: str, asked_by: str | None) -> tuple[str, str]:
    """The cause and the channel.

    Args:
        asked_by: the channel of the request that was there shortly before, which this event answers; None where there was none.
    """
    channel = asked_by if asked_by in CHANNELS else {"platform": ELSE}.get(source, source)
    channel = channel if channel in CHANNELS else ELSE
    if event in _EVENTS:
        return _EVENTS[event], source if source in CHANNELS else ELSE
    if source == RECONCILED:
        return REPAIR, RECONCILED
    if reason in _REASONS and asked_by is None:
        return _REASONS[reason], channel
    if channel in _ASKED or reason in _HIS:
        return READER, channel
    return (OPERATOR if channel == BOSS else OTHER), channel
