"""How fast an edition is usually retrieved: shares by age since the submission, kept of each dispatch when it closes.

A success rate over the last reports always looks fine, for phones that are off
report nothing. So today's readers are compared with those of earlier same weekdays
at the same age. The curve of a dispatch is counted once, at its end, over all of its
deliveries, and kept in `Dispatch.gate["curve"]`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Float, case, func, literal, select
from sqlalchemy import cast as sql_cast
from sqlalchemy.orm import Session

from content.models import Edition, Variant
from delivery import kinds
from delivery.models import Dispatch, Outcome, Port, deliveries
from huabao.db import is_postgres

AGES_S = (60, 300, 900, 1800, 3600)
"""Seconds since the submission at which shares are compared."""

WEEKS_BACK_MAX = 8
DAYS_MAX = 4
"""The last four same weekdays, at most eight weeks back."""


@dataclass(frozen=True)
class Curve:
    """Shares of the submitted readers who had retrieved it, by age.

    Attributes:
        all: of everybody, one share for each of `AGES_S`.
        handset_class, port: the same by class and by the port's name.
        dispatches: of how many it is the mean.
    """

    all: Sequence[float]
    handset_class: Mapping[str, Sequence[float]]
    port: Mapping[str, Sequence[float]]
    dispatches: int = 1

    def expected(self, handset_class: str, port: str, age: int) -> float:
        """The share that readers of this class on this port should have reached, at `AGES_S[age]`; the lower of both where they differ."""
        return min(self.handset_class.get(handset_class, self.all)[age], self.port.get(port, self.all)[age])

    def to_document(self) -> dict[str, Any]:
        """As `Dispatch.gate` keeps it."""
        return {"all": list(self.all), "handset_class": {name: list(one) for name, one in self.handset_class.items()}, "port": {name: list(one) for name, one in self.port.items()}}


def of_closed(session: Session, dispatch: Dispatch) -> Curve | None:
    """The curve that a dispatch about to close leaves, or None where its kind leaves none."""
    return count(session, dispatch) if dispatch.kind == kinds.EDITION else None


def remember(dispatch: Dispatch, curve: Curve | None) -> None:
    """Keep the curve of a dispatch that is about to close."""
    if curve is not None:
        dispatch.gate = {**dispatch.gate, "curve": curve.to_document()}


def count(session: Session, dispatch: Dispatch) -> Curve:
    """The curve of a dispatch, counted from its deliveries."""
    c = deliveries.c
    age_s = _seconds(session, c.outcome_at, c.submitted_at)
    retrieved = c.outcome == int(Outcome.RETRIEVED)
    by_age = [func.sum(case((retrieved & (age_s <= age), 1), else_=0)) for age in AGES_S]
    rows = session.execute(
        select(Variant.handset_class, Port.name, func.count(), *by_age)
        .select_from(deliveries)
        .join(Variant, Variant.id == c.variant_id)
        .join(Port, Port.id == c.port_id)
        .where(c.day == dispatch.day, c.dispatch_id == dispatch.id, c.submitted_at.is_not(None))
        .group_by(Variant.handset_class, Port.name)
    ).all()
    everybody: list[int] = [0] * (len(AGES_S) + 1)
    classes: dict[str, list[int]] = {}
    ports: dict[str, list[int]] = {}
    for handset_class, port, *numbers in rows:
        for sums in (everybody, classes.setdefault(handset_class, [0] * len(everybody)), ports.setdefault(port, [0] * len(everybody))):
            for place, number in enumerate(numbers):
                sums[place] += int(number)
    return Curve(_shares(everybody), {name: _shares(sums) for name, sums in classes.items()}, {name: _shares(sums) for name, sums in ports.items()})


def so_far(session: Session, dispatch: Dispatch, now: datetime) -> list[float | None]:
    """The shares of a dispatch that still runs, one for each of `AGES_S`: of those who were sent to so long ago at least; None while nobody was."""
    c = deliveries.c
    retrieved, age_s = c.outcome == int(Outcome.RETRIEVED), _seconds(session, c.outcome_at, c.submitted_at)
    counts: list[ColumnElement[Any]] = []
    for age in AGES_S:
        ripe = c.submitted_at <= now - timedelta(seconds=age)
        counts += [func.sum(case((ripe, 1), else_=0)), func.sum(case((ripe & retrieved & (age_s <= age), 1), else_=0))]
    row = session.execute(select(*counts).where(c.day == dispatch.day, c.dispatch_id == dispatch.id, c.submitted_at.is_not(None))).one()
    numbers = [int(one or 0) for one in row]
    return [round(done / ripe, 4) if ripe else None for ripe, done in zip(numbers[::2], numbers[1::2], strict=True)]


def _seconds(session: Session, later: ColumnElement[Any], earlier: ColumnElement[Any]) -> ColumnElement[float]:
    if is_postgres(session):
        return sql_cast(func.extract("epoch", later - earlier), Float)
    return (func.julianday(later, type_=Float) - func.julianday(earlier, type_=Float)) * literal(86_400.0)


def _shares(sums: Sequence[int]) -> list[float]:
    return [round(number / sums[0], 4) if sums[0] else 0.0 for number in sums[1:]]


def earlier(session: Session, dispatch: Dispatch) -> list[tuple[date, Mapping[str, Any]]]:
    """The kept curves of the title's last same weekdays, with their days, the newest first."""
    publication = select(Edition.publication_id).where(Edition.id == dispatch.edition_id).scalar_subquery()
    days = [dispatch.day - timedelta(weeks=week) for week in range(1, WEEKS_BACK_MAX + 1)]
    rows = session.execute(
        select(Dispatch.day, Dispatch.gate)
        .join(Edition, Edition.id == Dispatch.edition_id)
        .where(Edition.publication_id == publication, Dispatch.day.in_(days), Dispatch.kind == kinds.EDITION, Dispatch.closed_at.is_not(None))
        .order_by(Dispatch.day.desc(), Dispatch.id.desc())
        .limit(4 * DAYS_MAX)
    ).all()
    return [(day, gate["curve"]) for day, gate in rows if "curve" in gate][:DAYS_MAX]


def usual(session: Session, dispatch: Dispatch) -> Curve | None:
    """The mean curve of the title's last same weekdays, or None where there is none."""
    curves = [curve for _, curve in earlier(session, dispatch)]
    return mean(curves) if curves else None


def mean(curves: Sequence[Mapping[str, Any]]) -> Curve:
    """The mean of kept curves; a class or a port that stands in some of them counts in those."""

    def of(kind: str) -> dict[str, list[float]]:
        names = {name for curve in curves for name in curve[kind]}
        return {name: _mean([curve[kind][name] for curve in curves if name in curve[kind]]) for name in sorted(names)}

    return Curve(_mean([curve["all"] for curve in curves]), of("handset_class"), of("port"), len(curves))


def _mean(rows: Sequence[Sequence[float]]) -> list[float]:
    return [sum(column) / len(rows) for column in zip(*rows, strict=True)]
