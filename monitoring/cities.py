"""Dispatches as one city saw them: what an account of that city is shown, and what its reports are made of.

One row for each dispatch and city, counted in the same round as `monitoring.tallies` and held as one document: who reads it reads
nothing of another city. Readers whose city nobody knows stand in none. A dispatch that was over before it was counted so has no row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, String, delete, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from delivery.models import Outcome
from huabao.db import Base, BigKey, Document
from monitoring.lateness import CAUSES

AT_ONCE = 300

Cells = dict[str, dict[str, dict[str, int]]]
"""Readers by scope, key and outcome's name."""


class DispatchCity(Base):
    """A dispatch in one city.

    Attributes:
        planned: readers of the city who are to have it; excluded: of its audience, who are not.
        figures: as `CityCount.to_document` writes it.
    """

    __tablename__ = "dispatch_cities"
    __table_args__ = (Index("ix_dispatch_cities_city", "city", "dispatch_id"),)

    dispatch_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    city: Mapped[str] = mapped_column(String(40), primary_key=True)
    at: Mapped[datetime]
    planned: Mapped[int] = mapped_column(BigInteger)
    excluded: Mapped[int] = mapped_column(BigInteger)
    figures: Mapped[dict[str, Any]] = mapped_column(Document)


@dataclass
class CityCount:
    """What is counted of one city.

    Attributes:
        outcomes: readers by outcome.
        cells: by port, handset class, variant and code.
        minutes: readers by outcome, by the minute of their last change (as ISO 8601 writes it).
        late: who retrieved it by whole minutes after the promised time, 0 for in time; empty where nothing was promised.
        causes: reader-minutes of lateness by cause, see `monitoring.lateness`; of a dispatch that is closed.
        reasons: excluded readers by reason.
    """

    outcomes: dict[str, int] = field(default_factory=dict)
    cells: Cells = field(default_factory=dict)
    minutes: dict[str, dict[str, int]] = field(default_factory=dict)
    late: dict[int, int] = field(default_factory=dict)
    causes: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CAUSES, 0))
    reasons: dict[str, int] = field(default_factory=dict)

    def add(self, scope: str, key: str, outcome: int, readers: int) -> None:
        """Readers of one cell of a breakdown."""
        _add(self.cells.setdefault(scope, {}).setdefault(key[:120], {}), _name(outcome), readers)

    def add_outcome(self, outcome: int, readers: int) -> None:
        """Readers with an outcome."""
        _add(self.outcomes, _name(outcome), readers)

    def add_minute(self, minute: datetime, outcome: int, readers: int) -> None:
        """Readers whose last change fell into that minute."""
        _add(self.minutes.setdefault(minute.isoformat(timespec="minutes"), {}), _name(outcome), readers)

    def to_document(self) -> dict[str, Any]:
        """As the table holds it."""
        late = {str(minutes): readers for minutes, readers in self.late.items()}
        return {"outcomes": self.outcomes, "cells": self.cells, "minutes": self.minutes, "late": late, "causes": self.causes, "reasons": self.reasons}


class Cities(dict[str, CityCount]):
    """What is counted, by city; a city is there once it is named."""

    def of(self, city: str | None) -> CityCount | None:
        """Where readers of `city` are counted; None for those whose city nobody knows."""
        return self.setdefault(city, CityCount()) if city else None


def _name(outcome: int) -> str:
    return Outcome(outcome).name.lower()


def _add(counts: dict[str, int], name: str, readers: int) -> None:
    counts[name] = counts.get(name, 0) + readers


def keep(session: Session, dispatch_id: int, found: Mapping[str, CityCount], at: datetime) -> None:
    """Write down what was counted, in the place of what stood there."""
    session.execute(delete(DispatchCity).where(DispatchCity.dispatch_id == dispatch_id))
    rows = [
        {"dispatch_id": dispatch_id, "city": city, "at": at, "planned": sum(one.outcomes.values()), "excluded": sum(one.reasons.values()), "figures": one.to_document()}
        for city, one in found.items()
    ]
    if rows:
        session.execute(insert(DispatchCity), rows)


@dataclass(frozen=True, slots=True)
class CityTally:
    """A dispatch in one city as it was counted at `at`; the rest as `CityCount` has it."""

    dispatch_id: int
    city: str
    at: datetime
    planned: int
    excluded: int
    outcomes: Mapping[str, int]
    cells: Mapping[str, Mapping[str, Mapping[str, int]]]
    minutes: Mapping[datetime, Mapping[str, int]]
    late: Mapping[int, int]
    causes: Mapping[str, int]
    reasons: Mapping[str, int]

    @property
    def audience(self) -> int:
        """Its readers, planned and excluded."""
        return self.planned + self.excluded


def city_tally(session: Session, dispatch_id: int, city: str) -> CityTally | None:
    """The dispatch in that city; None where it has no reader there, or was not counted yet."""
    return city_tallies(session, [dispatch_id], city).get(dispatch_id)


def city_tallies(session: Session, dispatch_ids: Sequence[int], city: str) -> dict[int, CityTally]:
    """The same of several dispatches, by their number."""
    found = {}
    for start in range(0, len(dispatch_ids), AT_ONCE):
        wanted = (DispatchCity.dispatch_id.in_(dispatch_ids[start : start + AT_ONCE]), DispatchCity.city == city)
        for one in session.scalars(select(DispatchCity).where(*wanted)):
            found[one.dispatch_id] = _tally(one)
    return found


def counted_by_city(session: Session, dispatch_ids: Sequence[int]) -> set[int]:
    """Of these dispatches, those of which any city was counted."""
    found = set[int]()
    for start in range(0, len(dispatch_ids), AT_ONCE):
        found |= set(session.scalars(select(DispatchCity.dispatch_id).where(DispatchCity.dispatch_id.in_(dispatch_ids[start : start + AT_ONCE])).distinct()))
    return found


def cities_known(session: Session) -> list[str]:
    """Cities that any dispatch had readers in, by name."""
    return sorted(session.scalars(select(DispatchCity.city).distinct()))


def _tally(one: DispatchCity) -> CityTally:
    f = one.figures
    minutes = {datetime.fromisoformat(minute): f["minutes"][minute] for minute in sorted(f["minutes"])}
    late = {int(late): readers for late, readers in f["late"].items()}
    return CityTally(one.dispatch_id, one.city, one.at, one.planned, one.excluded, f["outcomes"], f["cells"], minutes, late, f["causes"], f["reasons"])
