"""The settings of orders."""

from __future__ import annotations

from typing import Any

from huabao.settings import Setting

TOLD_AGAIN_H = Setting(
    "number_told_again_h", 24, "h", "a closed account or a transfer that another source told of so shortly before is the same one told again", minimum=0, maximum=720
)
TRANSACTIONS_KEEP_DAYS = Setting(
    "transactions_keep_days",
    400,
    "days",
    "ids of transactions are kept so long, so that one that comes twice changes nothing; longer than any peer repeats a message or sends a file of the past",
    minimum=62,
)

SETTINGS: tuple[Setting[Any], ...] = (TOLD_AGAIN_H, TRANSACTIONS_KEEP_DAYS)
