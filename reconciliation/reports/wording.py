"""The words of a report, in either language."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from typing import Final

LANGUAGES: Final = ("zh", "en")


@lru_cache(maxsize=1)
def words() -> Mapping[str, Mapping[str, str]]:
    """Every sentence by name and language."""
    found: dict[str, dict[str, str]] = tomllib.loads((resources.files("reconciliation.reports") / "words.toml").read_text("utf-8"))
    return found


def say(language: str, name: str, /, **values: object) -> str:
    """The sentence called `name`; numbers with their thousands apart."""
    shown = {key: f"{value:,}" if isinstance(value, int) else value for key, value in values.items()}
    return words()[name][language].format(**shown)


def yuan(fen: int) -> str:
    """Money as people read it: 1,234.50."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100:,}.{abs(fen) % 100:02d}"


def share(rate: float | None, language: str) -> str:
    """A match rate, never rounded up to a whole: 99.987 %."""
    if rate is None:
        return say(language, "no_data")
    shown = int(rate * 100_000) / 1000
    return f"{shown:.3f} %"
