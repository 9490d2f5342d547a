"""The words of these reports, in either language."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache
from importlib import resources
from typing import Final

LANGUAGES: Final = ("zh", "en")
Say = Callable[..., str]

_WEEKDAYS: Final = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@lru_cache(maxsize=1)
def words() -> Mapping[str, Mapping[str, str]]:
    """Every sentence by name and language."""
    found: dict[str, dict[str, str]] = tomllib.loads((resources.files("care.reports") / "words.toml").read_text("utf-8"))
    return found


def say(language: str, name: str, /, **values: object) -> str:
    """The sentence called `name`; numbers with their thousands apart. Where one is counted, English may have a sentence of its own (`en_one`)."""
    shown = {key: f"{value:,}" if isinstance(value, int) else value for key, value in values.items()}
    found = words()[name]
    one = language == "en" and values.get("n") == 1 and "en_one" in found
    return found["en_one" if one else language].format(**shown)


def named(language: str, group: str, name: str) -> str:
    """What a code is called (`state_closed`, `reason_stopped`); a code that nobody wrote down stays as it is."""
    return say(language, f"{group}_{name}") if f"{group}_{name}" in words() else name


def long_day(language: str, day: date) -> str:
    """A day with its weekday."""
    return f"{day.isoformat()} {_WEEKDAYS[day.weekday()] if language == 'zh' else _DAYS[day.weekday()]}"
