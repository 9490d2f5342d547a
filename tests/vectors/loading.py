"""Vectors: bytes with what they mean and where their form comes from."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Vector:
    """One pair of files."""

    name: str
    data: bytes
    origin: str
    expected: Mapping[str, Any]


def vectors(codec: str) -> list[Vector]:
    """All vectors of a codec, by name."""
    found = []
    for described in sorted((_HERE / codec).glob("*.yaml")):
        document = yaml.safe_load(described.read_text(encoding="utf-8"))
        bodies = [path for path in described.parent.glob(f"{described.stem}.*") if path != described]
        found.append(Vector(described.stem, bodies[0].read_bytes(), document["origin"], document["expected"]))
    return found


def plain(value: Any) -> Any:
    """A value as YAML would hold it; of a dataclass only the fields that differ from their defaults."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [each for each in dataclasses.fields(value) if getattr(value, each.name) != each.default]
        return {each.name: plain(getattr(value, each.name)) for each in names}
    if isinstance(value, tuple | list):
        return [plain(each) for each in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return f"{value.total_seconds():.0f} s"
    return value
