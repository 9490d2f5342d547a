"""Dispatches as a report counts them: from the tallies that were kept of each (`monitoring.tallies`, of one city `monitoring.cities`), never from its deliveries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from content.models import Edition, EditionVersion, Publication
from delivery import kinds
from delivery.lanes import RESEND
from delivery.models import Dispatch, Exclusion, Outcome
from monitoring.cities import city_tallies, counted_by_city
from monitoring.lateness import merged, percentile
from monitoring.tallies import CAUSE, CITY, CODE, HANDSET_CLASS, LATE, PORT, VARIANT, DispatchTallied, DispatchTally, Minute

AT_ONCE = 300
OPEN = ("pending", "submitted")
"""Outcomes that are none yet."""

Cells = Mapping[str, Mapping[str, int]]
"""Readers by key and outcome's name."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One dispatch.

    Attributes:
        number: of its edition; `heading` is that edition's title.
        counted_at: as of when the figures are; None where nobody counted it.
        outcomes: readers by outcome.
        late: who retrieved it by whole minutes after the promised time, 0 for in time; empty where nothing was promised.
        causes: reader-minutes of lateness by cause.
        cells: by scope (port, code …), what was asked for.
        reasons, minutes: of one city: why its readers were excluded, and its course; elsewhere they are asked for apart.
    """

    dispatch_id: int
    edition_id: int
    day: date
    publication: str
    number: str
    heading: str
    kind: str
    state: str
    audience: int
    planned: int
    start_at: datetime
    deadline_at: datetime | None
    started_at: datetime | None
    sent_at: datetime | None
    closed_at: datetime | None
    counted_at: datetime | None
    outcomes: Mapping[str, int] = field(default_factory=dict)
    late: Mapping[int, int] = field(default_factory=dict)
    causes: Mapping[str, int] = field(default_factory=dict)
    cells: Mapping[str, Cells] = field(default_factory=dict)
    reasons: Mapping[str, int] = field(default_factory=dict)
    minutes: tuple[Minute, ...] = ()

    @property
    def excluded(self) -> int:
        """Of the audience, those who were not to get it."""
        return self.audience - self.planned

    @property
    def is_over(self) -> bool:
        """Whether nothing is sent or awaited any more."""
        return self.closed_at is not None

    @property
    def name(self) -> str:
        """As people call it."""
        return f"{self.publication} {self.number}"


@dataclass(frozen=True, slots=True)
class Sum:
    """Dispatches together; of these only those that were counted.

    Attributes:
        dispatches, planned: that were counted; `uncounted` were not.
        running: that are not over.
    """

    dispatches: int
    uncounted: int
    running: int
    planned: int
    audience: int
    outcomes: Mapping[str, int]
    late: Mapping[int, int]
    causes: Mapping[str, int]

    @property
    def retrieved(self) -> int:
        """Readers who have it."""
        return self.outcomes.get("retrieved", 0)

    @property
    def base(self) -> int:
        """Readers who were to have it: planned, less those whose copy was cancelled."""
        return self.planned - self.outcomes.get("cancelled", 0)

    @property
    def success(self) -> float | None:
        """Who has it, of those who were to; None where nobody was."""
        return self.retrieved / self.base if self.base > 0 else None

    @property
    def promised(self) -> int:
        """Readers who have what was promised for an hour."""
        return sum(self.late.values())

    @property
    def on_time(self) -> float | None:
        """Of these, who had it by then; None where nothing was promised."""
        return self.late.get(0, 0) / self.promised if self.promised else None

    @property
    def late_readers(self) -> int:
        """Of these, who had it later."""
        return self.promised - self.late.get(0, 0)

    def percentile(self, share: float) -> int | None:
        """Minutes after the promised time within which that share of them had it."""
        return percentile(self.late, share)


def total(found: Iterable[Sent]) -> Sum:
    """Dispatches together: histograms merged, percentiles never averaged."""
    every = list(found)
    counted = [one for one in every if one.counted_at is not None]
    return Sum(
        dispatches=len(counted),
        uncounted=len(every) - len(counted),
        running=sum(not one.is_over for one in every),
        planned=sum(one.planned for one in counted),
        audience=sum(one.audience for one in counted),
        outcomes=added(one.outcomes for one in counted),
        late=merged(one.late for one in counted),
        causes=added(one.causes for one in counted),
    )


def added(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Counts by name, added up."""
    found: dict[str, int] = {}
    for one in counts:
        for name, count in one.items():
            found[name] = found.get(name, 0) + count
    return found


def cells_together(found: Iterable[Sent], scope: str) -> dict[str, dict[str, int]]:
    """The cells of a breakdown over several dispatches, the most readers first."""
    sums: dict[str, list[Mapping[str, int]]] = {}
    for one in found:
        for key, outcomes in one.cells.get(scope, {}).items():
            sums.setdefault(key, []).append(outcomes)
    whole = {key: added(some) for key, some in sums.items()}
    return dict(sorted(whole.items(), key=lambda item: (-sum(item[1].values()), item[0])))


# --- asking the tables -----------------------------------------------------------------------------------------------


def sends(session: Session, since: date, until: date, *, scopes: Sequence[str] = (PORT,), city: str = "") -> list[Sent]:
    """What was sent on the days from `since` to `until`, both within; no seeds, no probes, no resends to single readers.

    Args:
        scopes: breakdowns that are wanted; outcomes and lateness are always there.
        city: to readers of that city only.
    """
    within = (Dispatch.day >= since, Dispatch.day <= until, Dispatch.kind.not_in(kinds.UNCOUNTED), Dispatch.lane != RESEND)
    return _city_sends(session, within, city) if city else _sends(session, within, scopes)


def sends_of(session: Session, edition_id: int, *, city: str = "") -> list[Sent]:
    """What was sent of one edition, in every breakdown; of one city, without that by city."""
    mine = (Dispatch.edition_id == edition_id, Dispatch.kind.not_in(kinds.UNCOUNTED), Dispatch.lane != RESEND)
    return _city_sends(session, mine, city) if city else _sends(session, mine, (PORT, HANDSET_CLASS, CITY, VARIANT, CODE))


def resends(session: Session, since: date, until: date) -> int:
    """Readers who were sent a copy again because somebody asked for one of them."""
    within = (Dispatch.day >= since, Dispatch.day <= until, Dispatch.lane == RESEND)
    return int(session.scalar(select(func.coalesce(func.sum(Dispatch.planned), 0)).where(*within)) or 0)


def exclusions(session: Session, found: Sequence[Sent], *, city: str = "") -> dict[str, int]:
    """Excluded readers by reason, most first; `found` is of that city, where one is named."""
    if city:
        return dict(sorted(added(one.reasons for one in found).items(), key=lambda row: (-row[1], row[0])))
    readers = func.count()
    ids = [one.dispatch_id for one in found]
    rows = session.execute(select(Exclusion.reason, readers).where(Exclusion.dispatch_id.in_(ids)).group_by(Exclusion.reason)) if ids else ()
    return dict(sorted(((reason, int(count)) for reason, count in rows), key=lambda row: (-row[1], row[0])))


_LINES = (
    select(Dispatch, Publication.title, Edition.number, EditionVersion.title, DispatchTallied.at)
    .join(Edition, Edition.id == Dispatch.edition_id)
    .join(Publication, Publication.id == Edition.publication_id)
    .join(EditionVersion, EditionVersion.id == Dispatch.edition_version_id)
    .outerjoin(DispatchTallied, DispatchTallied.dispatch_id == Dispatch.id)
    .where(Dispatch.audience > 0)
    .order_by(Dispatch.day, Dispatch.start_at, Dispatch.id)
)


def _city_sends(session: Session, conditions: Sequence[Any], city: str) -> list[Sent]:
    """Those with readers in the city, and those that nobody counted by city, of which nothing is known."""
    rows = session.execute(_LINES.where(*conditions)).all()
    ids = [row[0].id for row in rows]
    mine, known = city_tallies(session, ids, city), counted_by_city(session, ids)
    found = []
    for dispatch, publication, number, heading, _ in rows:
        tally = mine.get(dispatch.id)
        if tally is not None:
            found.append(
                replace(
                    _sent(dispatch, publication, number, heading, tally.at, {}),
                    audience=tally.audience,
                    planned=tally.planned,
                    outcomes=tally.outcomes,
                    late=tally.late,
                    causes=tally.causes,
                    cells=tally.cells,
                    reasons=tally.reasons,
                    minutes=tuple(Minute(at, counts) for at, counts in tally.minutes.items()),
                )
            )
        elif dispatch.id not in known:
            found.append(replace(_sent(dispatch, publication, number, heading, None, {}), audience=0, planned=0))
    return found


def _sends(session: Session, conditions: Sequence[Any], scopes: Sequence[str]) -> list[Sent]:
    rows = session.execute(_LINES.where(*conditions)).all()
    tallies = _tallies(session, [row[0].id for row in rows], {*scopes, PORT, LATE, CAUSE})
    return [_sent(*row, tallies.get(row[0].id, {})) for row in rows]


_Rows = dict[str, dict[str, dict[str, int]]]


def _tallies(session: Session, ids: Sequence[int], scopes: Iterable[str]) -> dict[int, _Rows]:
    """By dispatch, scope, key and outcome's name."""
    found: dict[int, _Rows] = {}
    one, wanted = DispatchTally, sorted(scopes)
    for start in range(0, len(ids), AT_ONCE):
        rows = session.execute(
            select(one.dispatch_id, one.scope, one.key, one.outcome, one.readers).where(one.dispatch_id.in_(ids[start : start + AT_ONCE]), one.scope.in_(wanted))
        )
        for dispatch_id, scope, key, outcome, readers in rows:
            found.setdefault(dispatch_id, {}).setdefault(scope, {}).setdefault(key, {})[Outcome(outcome).name.lower()] = int(readers)
    return found


def _sent(dispatch: Dispatch, publication: str, number: str, heading: str, counted_at: datetime | None, rows: _Rows) -> Sent:
    return Sent(
        dispatch_id=dispatch.id,
        edition_id=dispatch.edition_id,
        day=dispatch.day,
        publication=publication,
        number=number,
        heading=heading,
        kind=dispatch.kind,
        state=dispatch.state,
        audience=dispatch.audience,
        planned=dispatch.planned,
        start_at=dispatch.start_at,
        deadline_at=dispatch.deadline_at,
        started_at=dispatch.started_at,
        sent_at=dispatch.sent_at,
        closed_at=dispatch.closed_at,
        counted_at=counted_at,
        outcomes=added(rows.get(PORT, {}).values()),
        late={int(minutes): sum(cell.values()) for minutes, cell in rows.get(LATE, {}).items()},
        causes={cause: sum(cell.values()) for cause, cell in rows.get(CAUSE, {}).items()},
        cells={scope: cells for scope, cells in rows.items() if scope not in (LATE, CAUSE)},
    )
