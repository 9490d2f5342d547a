"""Every kind of alarm there is: how bad, what it means, what to do next, in both languages."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Final

CRITICAL, WARNING, INFO = "critical", "warning", "info"
SEVERITIES: Final = (CRITICAL, WARNING, INFO)
"""Worst first."""

Pair = tuple[str, str]
"""A text in English and in Chinese."""


@dataclass(frozen=True)
class Kind:
    """One kind of incident.

    Attributes:
        id: as `Alarm.kind` has it.
        once: nothing says when it is over; it closes when it was not seen for long.
        place: the path of the console where one looks, `{key}` being what the alarm is about.
        name, meaning, next: in English and in Chinese.
    """

    id: str
    severity: str
    once: bool
    place: str
    name: Pair
    meaning: Pair
    next: Pair

    def path(self, key: str) -> str:
        """Where to look; the place without its key where that is no number."""
        return self.place.format(key=key) if key.isascii() and key.isdecimal() else self.place.partition("{")[0].removesuffix("dispatches/")


@lru_cache(maxsize=1)
def kinds() -> Mapping[str, Kind]:
    """Every kind by its id."""
    document = tomllib.loads((resources.files("monitoring") / "alarms" / "kinds.toml").read_text("utf-8"))
    return {
        name: Kind(name, one["severity"], bool(one.get("once")), one["place"], _pair(one["name"]), _pair(one["meaning"]), _pair(one["next"]))
        for name, one in document.items()
    }  # fmt: skip


def kind_of(name: str) -> Kind:
    """The kind called `name`; one that nobody wrote down yet is a warning by its own name."""
    found = kinds().get(name)
    return found or Kind(name, WARNING, False, "/", (name, name), ("", ""), ("Read what the alarm says.", "请查看告警内容。"))


def of_severity(severity: str) -> frozenset[str]:
    """The ids of all kinds as bad as that or worse."""
    worst = SEVERITIES[: SEVERITIES.index(severity) + 1]
    return frozenset(name for name, one in kinds().items() if one.severity in worst)


def _pair(texts: list[str]) -> Pair:
    english, chinese = texts
    return english, chinese
