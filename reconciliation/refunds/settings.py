"""Bounds of refunds."""

from __future__ import annotations

from typing import Any

from huabao.settings import Setting

FREE_FEN_MAX = Setting("refund_free_fen_max", 500, "fen", "where neither a bill nor a price is known, at most so much may be asked back of a month", minimum=0, maximum=1_000_000)
MONTHS_BACK = Setting("refund_months_back", 12, "months", "the charge of a month that is longer past is not given back", minimum=1, maximum=60)
YEAR_MAX = Setting("refund_year_max", 6, "requests", "so many refunds may be asked for one reader within 366 days; what came to nothing does not count", minimum=1, maximum=120)
DUE_H = Setting("refund_due_h", 72, "h", "a refund that was asked for is to be decided within so long", minimum=1, maximum=8760)
HAND_MAX = Setting("refund_hand_max", 5000, "refunds", "so many at most go into one list for BOSS's people", minimum=1, maximum=100_000)

SETTINGS: tuple[Setting[Any], ...] = (FREE_FEN_MAX, MONTHS_BACK, YEAR_MAX, DUE_H, HAND_MAX)
