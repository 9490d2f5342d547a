"""What a rule may know of a reader: the Python face's only input."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from subscribers.models import Reader


@dataclass(frozen=True)
class ReaderFacts:
    """One reader, without number or id.

    Attributes:
        city, handset_class, attribute_class, drive: None where nobody knows.
        topics: what he prefers, possibly nothing.
        attributes: imported columns that nobody defined, by name.
    """

    city: str | None = None
    handset_class: str | None = None
    attribute_class: str | None = None
    drive: str | None = None
    topics: tuple[Any, ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)


def facts_of(reader: Reader) -> ReaderFacts:
    """The facts of a stored reader."""
    return ReaderFacts(
        city=reader.city,
        handset_class=reader.handset_class,
        attribute_class=reader.attribute_class,
        drive=reader.drive,
        topics=tuple(reader.topics or ()),
        attributes=dict(reader.attributes or {}),
    )
