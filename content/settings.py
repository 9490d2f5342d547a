"""Settings of this package."""

from __future__ import annotations

from typing import Any

from huabao.settings import Setting

SETTINGS: tuple[Setting[Any], ...] = ()
