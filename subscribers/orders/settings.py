"""The settings of orders."""

from __future__ import annotations

from typing import Any

from huabao.settings import Setting

TOLD_AGAIN_H = Setting(
    "number_told_again_h", 24, "h", "a closed account or a transfer that another source told of so shortly before is the same one told again", minimum=0, maximum=720
)

SETTINGS: tuple[Setting[Any], ...] = (TOLD_AGAIN_H,)
