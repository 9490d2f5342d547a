"""Money worked out in the plainest way, beside the engine's."""

from __future__ import annotations

from reconciliation.diff import Difference


def naive_money(one: Difference) -> int:
    """What is at stake, worked out line by line in the plainest way."""
    boss, misc, platform = one.price_fen
    price = next((fen for fen in (boss, misc, platform) if fen is not None), 0)
    if one.name in ("payer",):
        return price
    if one.name == "price":
        other = platform if platform is not None else misc
        return abs(boss - other) if boss is not None and other is not None else 0
    if one.name == "effective" or "unknown" in (one.states[0], one.states[2]):
        return 0
    charged, served = one.states[0] == "active", one.states[2] == "active"
    return price if charged != served else 0
