"""Fields of an order and of an account: each keeps its value with the instant and the source of its last change. Pure rules.

The newest word about a field stands, by the instant from which it holds, not by when it
came. So the same events end in the same state, however late, often or mixed up they come.
Of two words for one instant that of the field's master stands, else the one told last.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

EVER = datetime(1970, 1, 1, tzinfo=UTC)
"""The instant of what nobody has said: older than any word."""

MASTERS = {"order": frozenset({"misc"}), "account": frozenset({"boss"}), "payer": frozenset({"boss"}), "price": frozenset({"boss"})}
"""Who is right about a field where two speak of the same instant."""

ORDER_STATE = {"order": "active", "resume": "active", "pause": "paused", "cancel": "cancelled"}
"""What an event says of the order."""

ACCOUNT_STATE = {"barred": "barred", "unbarred": "normal", "opened": "normal"}
"""What an event says of the account."""

Weight = Literal["applied", "unchanged", "late"]


@dataclass(frozen=True, slots=True)
class Known:
    """The last word about a field.

    Attributes:
        at: the instant from which it holds; `EVER` where nobody said anything.
    """

    value: Any
    at: datetime = EVER
    source: str = ""


NO_ORDER = Known("cancelled")
"""An order that nobody has spoken of."""

NORMAL = Known("normal")
NOTHING = Known(None)


def weigh(field: str, known: Known, told: Known) -> Weight:
    """What `told` does to a field: the same value from a later instant is `unchanged`, and its instant is kept.

    The first word about an order is `applied`, whatever it says.
    """
    if told.at < known.at or (told.at == known.at and _rank(field, told.source) < _rank(field, known.source)):
        return "late"
    return "applied" if told.value != known.value or known is NO_ORDER else "unchanged"


def _rank(field: str, source: str) -> int:
    return int(source in MASTERS[field])


def newer(field: str, known: Known, told: Known) -> Known:
    """The word that stands."""
    return known if weigh(field, known, told) == "late" else told


def derive(order: Known, account: Known) -> tuple[str, datetime]:
    """The state of a subscription and the instant from which the order, or while it is barred the account, says so."""
    if order.value == "cancelled":
        return "cancelled", order.at
    if account.value == "closed":
        return "cancelled", max(order.at, account.at)
    if order.value == "active" and account.value == "barred":
        return "paused", max(order.at, account.at)
    return str(order.value), order.at
