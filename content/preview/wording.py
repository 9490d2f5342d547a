"""The words of a preview, in either language."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources


@lru_cache(maxsize=1)
def words() -> Mapping[str, Mapping[str, str]]:
    """Every sentence by name and language."""
    found: dict[str, dict[str, str]] = tomllib.loads((resources.files("content.preview") / "words.toml").read_text("utf-8"))
    return found


def say(language: str, name: str, /, **values: object) -> str:
    """The sentence called `name`; numbers with their thousands apart."""
    shown = {key: f"{value:,}" if isinstance(value, int) else value for key, value in values.items()}
    return words()[name][language].format(**shown)
