"""What a token may do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from console import rights
from huabao.errors import UsageError

READ, RESEND, RESEND_BULK, TRY, NUMBERS = "read", "resend", "resend-bulk", "try", "numbers"
SUPPORT, RELEASE, REFUND = "support", "release", "refund"
ALARMS = "alarms"
OPERATE, AUDIT = "operate", "audit"
DESK, APPROVE, SEND = "desk", "approve", "send"
WRITE, SETTLE, ACCOUNTS = "write", "settle", "accounts"

SCOPES: Mapping[str, str] = MappingProxyType(
    {
        READ: "see dispatches, ports and resends",
        RESEND: "send an edition again to one reader",
        RESEND_BULK: "count and send an edition again to all whom a filter finds",
        TRY: "send an edition to a number of a seed group before anybody has it",
        SUPPORT: "see one reader and what explains what he gets, try to reach him, cancel his order; enter and answer complaints; ask for refunds",
        RELEASE: "send to a stopped reader again without an attempt",
        REFUND: "agree to refunds or refuse them, hand them over, write down what became of them",
        ALARMS: "take, silence, close and announce alarms; keep the roster, the handover and who is told",
        WRITE: "begin editions, save their drafts and pictures, keep drafts as versions",
        DESK: "hand editions in for review, comment on them, let hits stand, try them, count their plans, rehearse them; count and keep segments",
        APPROVE: "approve editions and return them",
        SEND: "schedule, correct and kill editions; release, hold, pause, slow down, cancel and kill dispatches; hold handset classes",
        SETTLE: "agree to, apply and drop what a guard holds; see open differences and give them an owner; join two readers",
        OPERATE: "change, pause and try ports, change seed groups and settings",
        AUDIT: "see who did what, but to accounts and tokens",
        ACCOUNTS: "look after accounts and tokens; nobody gets what the token has not itself",
        NUMBERS: "see whole numbers instead of masked ones",
    }
)
"""Every scope with what it allows."""

ROLE_SCOPES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        rights.EDITOR: frozenset({READ, WRITE, DESK, APPROVE, TRY}),
        rights.OPS: frozenset(SCOPES) - {WRITE, DESK, APPROVE, ACCOUNTS},
        rights.SUPPORT: frozenset({READ, SUPPORT, RESEND}),
    }
)
"""What a token must have before it gives a person that role; the role of administrators it never gives."""


def parse_scopes(text: str) -> tuple[str, ...]:
    """Scopes separated by commas, each once.

    Raises:
        UsageError: there is none, or one that does not exist.
    """
    return checked_scopes(one.strip() for one in text.split(",") if one.strip())


def checked_scopes(names: Iterable[str]) -> tuple[str, ...]:
    """The same of a list."""
    found = tuple(dict.fromkeys(names))
    unknown = [one for one in found if one not in SCOPES]
    if unknown or not found:
        raise UsageError(f"{unknown[0]!r} is no scope; there are {', '.join(SCOPES)}" if unknown else f"name at least one scope of {', '.join(SCOPES)}")
    return found
