"""What a rule may know of a reader: the Python face's only input."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import object_session

from subscribers.models import HOLDING_STATES, Reader, Subscription


@dataclass(frozen=True)
class ReaderFacts:
    """One reader, without number or id.

    Attributes:
        city, handset_class, attribute_class, drive: None where nobody knows.
        topics: what he prefers, possibly nothing.
        attributes: imported columns that nobody defined, by name.
        services: ids of the services that he has ordered, active or paused.
    """

    city: str | None = None
    handset_class: str | None = None
    attribute_class: str | None = None
    drive: str | None = None
    topics: tuple[Any, ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)
    services: frozenset[str] = frozenset()


def facts_of(reader: Reader) -> ReaderFacts:
    """The facts of a stored reader; what he has ordered is read in the session that he was loaded in."""
    return ReaderFacts(
        city=reader.city,
        handset_class=reader.handset_class,
        attribute_class=reader.attribute_class,
        drive=reader.drive,
        topics=tuple(reader.topics or ()),
        attributes=dict(reader.attributes or {}),
        services=_services(reader),
    )


def _services(reader: Reader) -> frozenset[str]:
    session = object_session(reader)
    if session is None or reader.id is None:
        return frozenset()
    return frozenset(session.scalars(select(Subscription.service_id).where(Subscription.reader_id == reader.id, Subscription.state.in_(HOLDING_STATES))))
