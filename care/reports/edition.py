"""The figures of one edition: every dispatch of it together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from care.complaints.counting import by
from care.models import Complaint
from care.reports.sends import Sent, Sum, added, cells_together, exclusions, sends_of, total
from content.models import Edition, EditionVersion, Publication, Variant
from content.workflow.models import EditionComment
from delivery.models import Port
from huabao.errors import UsageError
from monitoring.measures import dispatch_progress
from monitoring.tallies import CITY, CODE, HANDSET_CLASS, PORT, VARIANT, Minute, minutes_of

UNSENT = ("pending", "cancelled")
"""Outcomes of readers to whom nothing left."""


@dataclass(frozen=True, slots=True)
class Copy:
    """One variant and its readers.

    Attributes:
        outcomes: readers by outcome.
        bytes: that left: its size for each reader to whom it was sent.
    """

    name: str
    handset_class: str
    version: int
    slides: int
    size_bytes: int
    outcomes: Mapping[str, int]

    @property
    def readers(self) -> int:
        """Who was to get it."""
        return sum(self.outcomes.values())

    @property
    def bytes(self) -> int:
        """See above."""
        return self.size_bytes * left(self.outcomes)


@dataclass(frozen=True, slots=True)
class EditionReport:
    """One edition.

    Attributes:
        issue_date: of its newest version.
        whole: of all its dispatches, corrections and resends to many among them.
        copies: its variants that had readers, those of most readers first.
        cells: readers by scope, key and outcome, over all dispatches.
        by_minute: readers by the minute of their last change.
        cost_fen: what its ports cost for those to whom it was sent; None where no port has a price.
        comments: that the desk made; complaints: by cause.
        city: whose readers alone these are, "" for all.
    """

    edition_id: int
    publication: str
    number: str
    heading: str
    issue_date: date
    made_at: datetime
    sends: tuple[Sent, ...]
    whole: Sum
    excluded: Mapping[str, int]
    copies: tuple[Copy, ...]
    cells: Mapping[str, Mapping[str, Mapping[str, int]]]
    by_minute: tuple[Minute, ...]
    cost_fen: int | None
    comments: int
    complaints: Mapping[str, int]
    city: str = ""

    @property
    def name(self) -> str:
        """As people call it."""
        return f"{self.publication} {self.number}"


def left(outcomes: Mapping[str, int]) -> int:
    """Readers to whom a copy left."""
    return sum(count for name, count in outcomes.items() if name not in UNSENT)


def gather_edition(session: Session, edition: Edition, now: datetime, *, city: str = "") -> EditionReport:
    """The edition as it stands now.

    Args:
        city: whose readers alone are counted, "" for all.

    Raises:
        UsageError: nothing of it is there: it has no version.
    """
    versions = session.scalars(select(EditionVersion).where(EditionVersion.edition_id == edition.id).order_by(EditionVersion.version)).all()
    if not versions:
        raise UsageError(f"edition {edition.id} has no version yet, so there is nothing to report")
    newest = next((one for one in versions if one.id == edition.current_version_id), versions[-1])
    found = sends_of(session, edition.id, city=city)
    cells = {scope: cells_together(found, scope) for scope in (PORT, HANDSET_CLASS, CITY, VARIANT, CODE)}
    return EditionReport(
        edition_id=edition.id,
        publication=session.get_one(Publication, edition.publication_id).title,
        number=edition.number,
        heading=newest.title,
        issue_date=newest.issue_date,
        made_at=now,
        sends=tuple(found),
        whole=total(found),
        excluded=exclusions(session, found, city=city),
        copies=_copies(session, versions, cells[VARIANT]),
        cells=cells,
        by_minute=_course(session, found, now, city),
        cost_fen=_cost(session, cells[PORT]),
        comments=session.scalar(select(func.count()).select_from(EditionComment).where(EditionComment.edition_id == edition.id)) or 0,
        complaints=by(session, Complaint.cause, [Complaint.edition_id == edition.id, *([Complaint.city == city] if city else [])]),
        city=city,
    )


def _copies(session: Session, versions: Sequence[EditionVersion], cells: Mapping[str, Mapping[str, int]]) -> tuple[Copy, ...]:
    """A variant of the same name in two versions is of the newer one: its readers cannot be told apart."""
    numbers = {one.id: one.version for one in versions}
    rows: dict[str, Any] = {}
    for one in session.scalars(select(Variant).where(Variant.edition_version_id.in_(numbers)).order_by(Variant.edition_version_id, Variant.id)):
        rows[one.name] = one
    made = [
        Copy(name, one.handset_class, numbers[one.edition_version_id], one.slides, one.size_bytes, cells[name])
        for name, one in rows.items()
        if name in cells
    ]  # fmt: skip
    return tuple(sorted(made, key=lambda one: (-one.readers, one.name)))


def _course(session: Session, found: Sequence[Sent], now: datetime, city: str) -> tuple[Minute, ...]:
    """Minute by minute: as it was kept of what is closed, as it is now of what runs; of a city as it was counted last."""
    minutes: dict[datetime, list[Mapping[str, int]]] = {}
    for one in found:
        known = minutes_of(session, one.dispatch_id) if one.is_over and not city else ()
        for minute in one.minutes if city else known if one.is_over else dispatch_progress(session, one.dispatch_id, now).by_minute:
            minutes.setdefault(minute.at, []).append(minute.counts)
    return tuple(Minute(at, added(minutes[at])) for at in sorted(minutes))


def _cost(session: Session, cells: Mapping[str, Mapping[str, int]]) -> int | None:
    prices = dict(session.execute(select(Port.name, Port.cost_fen_per_1000).where(Port.name.in_(cells), Port.cost_fen_per_1000 > 0)).all())
    return sum(left(cells[name]) * price for name, price in prices.items()) // 1000 if prices else None
