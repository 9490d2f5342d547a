"""What may be asked back of a charge, and why. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Final

from reconciliation.charges.models import APPROVED, ASKED, BOUNCED, HANDED, PAID, REFUSED

BILL, PRICE, FREE = "bill", "price", "free"

REASONS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "nothing": ("nothing arrived", "一期也没收到"),
        "partly": ("only part arrived", "只收到一部分"),
        "stopped": ("charged while stopped", "停发期间仍收费"),
        "ended": ("charged after it was cancelled", "退订后仍收费"),
        "unwanted": ("did not order it", "未订购却收费"),
        "wrong": ("another price than agreed", "资费与约定不符"),
        "goodwill": ("as a courtesy", "服务补偿"),
    }
)
"""Why money goes back, in English and in Chinese."""

WHYS: Final = tuple(REASONS)

MOVES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {ASKED: (APPROVED, REFUSED), APPROVED: (HANDED, REFUSED), HANDED: (PAID, BOUNCED), PAID: (), REFUSED: (), BOUNCED: ()}
)
"""Into which states each may go."""


@dataclass(frozen=True, slots=True)
class Charged:
    """What is known of one month of one service.

    Attributes:
        billed_fen: by the month's bill; 0 where it does not name him; None where no bill was read.
        price_fen: a month's price as it stood at the month's end, or None.
        held: he had the order for some of the month.
        credited_fen: what a stop that ended gave back of the month's price already.
        retrieved, failed: copies of the month.
    """

    month: date
    service_id: str
    billed_fen: int | None = None
    price_fen: int | None = None
    held: bool = False
    credited_fen: int = 0
    retrieved: int = 0
    failed: int = 0

    @property
    def charged_fen(self) -> int | None:
        """By the bill, else by the price while he held the order; None where nobody can say."""
        return self.billed_fen if self.billed_fen is not None else self.price_fen if self.held else None

    @property
    def likely(self) -> str:
        """The reason that is likely by what arrived."""
        if self.charged_fen and not self.held:
            return "ended"
        if not self.retrieved:
            return "nothing"
        return "partly" if self.failed else "goodwill"


def bound(one: Charged, free_fen_max: int) -> tuple[int, str]:
    """The most that may be asked back, fen, and from what that comes."""
    if one.billed_fen is not None:
        return max(0, one.billed_fen - one.credited_fen), BILL
    if one.held and one.price_fen:
        return max(0, one.price_fen - one.credited_fen), PRICE
    return max(0, free_fen_max - one.credited_fen), FREE


def held_within(changes: Iterable[tuple[datetime, str]], begins: datetime, ends: datetime) -> bool:
    """Whether an order held at some instant of [begins, ends).

    Args:
        changes: (instant, state after it) in the order of time; before a first change that ends it, it held.
    """
    state = ""
    for at, after in changes:
        state = state or ("active" if after == "cancelled" else "cancelled")
        if at >= ends:
            break
        if at >= begins and (state != "cancelled" or after != "cancelled"):
            return True
        state = after
    return state not in ("", "cancelled")


def add_months(month: date, months: int) -> date:
    """The first day of the month so many months on."""
    index = month.year * 12 + month.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)
