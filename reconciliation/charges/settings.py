"""How long bills are kept."""

from __future__ import annotations

from typing import Any

from huabao.settings import Setting

BILLS_KEEP_MONTHS = Setting("bill_keep_months", 24, "months", "what the bills say of single readers is removed after this long", minimum=1, maximum=120)

SETTINGS: tuple[Setting[Any], ...] = (BILLS_KEEP_MONTHS,)
