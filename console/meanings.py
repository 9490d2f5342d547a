"""What a setting means and its unit, in a person's language; where nobody set the Chinese yet, the English of its own module."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from typing import Any

from console.texts import CHINESE, ENGLISH, one_of
from huabao.settings import Setting


@lru_cache(maxsize=1)
def chinese() -> Mapping[str, Mapping[str, str]]:
    """Units and meanings by name."""
    found: dict[str, dict[str, str]] = tomllib.loads((resources.files("console") / "meanings.toml").read_text("utf-8"))
    return found


def meaning(setting: Setting[Any], language: str) -> tuple[str, str]:
    """The sentence, and the language that it is in."""
    found = chinese()["meanings"].get(setting.name) if language == CHINESE else None
    return (setting.meaning, "en") if found is None else (found, "zh-CN")


def measured(setting: Setting[Any], value: str, language: str) -> str:
    """A value with its unit."""
    shown = f"{value or '—'} {unit(setting, language)}".strip()
    return one_of(shown) if language == ENGLISH else shown


def unit(setting: Setting[Any], language: str) -> str:
    """The unit of its value."""
    return chinese()["units"].get(setting.unit, setting.unit) if language == CHINESE else setting.unit
