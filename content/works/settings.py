"""How long what the desk asked for is kept."""

from __future__ import annotations

from typing import Any

from huabao.settings import Setting

WORKS_KEEP_DAYS = Setting(
    "desk_works_keep_days", 30, "days", "what the desk asked for and the files that came of it (proofs, rehearsals) are kept so long", minimum=1, maximum=3650
)

SETTINGS: tuple[Setting[Any], ...] = (WORKS_KEEP_DAYS,)
