"""Settings of the journal."""

from __future__ import annotations

from typing import Any

from huabao.settings import Setting

KEEP_DAYS = Setting("journal_keep_days", 1100, "days", "raw messages of BOSS and MISC are removed after this long; what is removed cannot be replayed", minimum=1)
STRAYS_KEEP_DAYS = Setting("journal_strays_keep_days", 60, "days", "raw messages that belong to no known reader are removed after this long", minimum=1)

SETTINGS: tuple[Setting[Any], ...] = (KEEP_DAYS, STRAYS_KEEP_DAYS)
