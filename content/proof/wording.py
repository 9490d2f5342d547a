"""The words of a proof, in either language."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from importlib import resources

from huabao.clock import SHANGHAI

LANGUAGES = ("zh", "en")
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@lru_cache(maxsize=1)
def words() -> Mapping[str, Mapping[str, str]]:
    """Every sentence by name and language."""
    found: dict[str, dict[str, str]] = tomllib.loads((resources.files("content.proof") / "words.toml").read_text("utf-8"))
    return found


def say(language: str, name: str, /, **values: object) -> str:
    """The sentence called `name`; numbers with their thousands apart."""
    shown = {key: f"{value:,}" if isinstance(value, int) else value for key, value in values.items()}
    return words()[name][language].format(**shown)


def moment(at: datetime | None) -> str:
    """An instant in Shanghai, to the minute."""
    return "" if at is None else at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def day(language: str, at: date) -> str:
    """2026年11月22日 星期日."""
    if language == "zh":
        return f"{at.year}年{at.month}月{at.day}日 星期{'一二三四五六日'[at.weekday()]}"
    return f"{_DAYS[at.weekday()]}, {at.isoformat()}"
