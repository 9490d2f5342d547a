"""How the ports stand: rate against limit, errors, what waits in which lane, what a change of rate would do.

What left is read from counters by the minute (`delivery.ports.minutes`), what
waits from the batches of dispatches that are not through: neither grows with the history.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from content.models import Edition, Publication
from delivery import lifecycle
from delivery.dispatch.carriers import begins, carriers, finish, supplies_of, waiting_readers
from delivery.lanes import LANES, shares
from delivery.models import Batch, Dispatch, Port, PortMinute, PortRateChange, Submission
from delivery.ports import PortSettings, changes
from delivery.ports.pace import PaceRules, effective, factor_now
from delivery.ports.settings import Clearance
from huabao.audit import AuditEntry

MINUTE = timedelta(minutes=1)
DISPATCHES_MAX = 40
"""Dispatches that a change of rate is looked at for, those with most readers first."""


@dataclass(frozen=True)
class LaneLine:
    """What waits in a lane; `oldest_at` is since when the first of it could have left, or None."""

    lane: str
    queued: int = 0
    in_hand: int = 0
    oldest_at: datetime | None = None


@dataclass(frozen=True)
class LastError:
    """The newest submission of a port that was not taken."""

    at: datetime
    state: str
    code: int | None
    text: str
    dispatch_id: int


@dataclass(frozen=True)
class PortLine:
    """One port at this instant.

    Attributes:
        rate_now: what it may send at, 0 while it may not; `rate_per_s` what it really sent in the last minute.
        factor: share of its rate that its peer left it.
        window: submissions without an answer at most, in each process.
        errors: submissions of the last minute that were refused, put off or not answered.
        lanes: by name, those in which anything waits.
    """

    port: Port
    clearance: Clearance
    rate_now: float
    factor: float
    rate_per_s: float
    errors: int
    last_error: LastError | None
    window: int
    lanes: Mapping[str, LaneLine]
    ahead: Sequence[PortRateChange]

    @property
    def unit(self) -> str:
        """What its rate counts: recipients, submits or pdus."""
        return unit_of(self.port)

    @property
    def waiting(self) -> int:
        """Readers in its lanes."""
        return sum(lane.queued + lane.in_hand for lane in self.lanes.values())


@dataclass(frozen=True)
class PortBoard:
    """All ports, and the lanes over all of them; `shares` is what each lane keeps of a port's rate."""

    ports: Sequence[PortLine]
    lanes: Sequence[LaneLine]
    shares: Mapping[str, float]


def unit_of(port: Port) -> str:
    """What the port's rate counts: recipients, submits or pdus."""
    if port.kind == "smpp":
        return "pdus"
    return "submits" if port.options.get("counts") == "submits" else "recipients"


def board(session: Session, now: datetime, *, name: str | None = None) -> PortBoard:
    """Every port by name, or the one called `name`."""
    wanted = select(Port).order_by(Port.name)
    rows = session.scalars(wanted if name is None else wanted.where(Port.name == name)).all()
    waiting, rules = _waiting(session, now), PaceRules.of(session)
    left, agreed = _left(session, now), changes.ahead(session, rows)
    lines = [_line(session, row, PortSettings.of(row, rules), now, left, waiting, agreed.get(row.id, [])) for row in rows]
    whole = [_joined(lane, [line.lanes[lane] for line in lines if lane in line.lanes]) for lane in LANES]
    return PortBoard(lines, whole, shares(session))


def _line(
    session: Session, row: Port, settings: PortSettings, now: datetime, left: Mapping[int, tuple[float, int]], waiting: Sequence[tuple[int, LaneLine]],
    agreed: Sequence[PortRateChange],
) -> PortLine:  # fmt: skip
    clearance = settings.may_send(now)
    rate, errors = left.get(row.id, (0.0, 0))
    return PortLine(
        port=row,
        clearance=clearance,
        rate_now=effective(settings, now)[0] if clearance.allowed else 0.0,
        factor=factor_now(settings, now),
        rate_per_s=rate,
        errors=errors,
        last_error=_last_error(session, row.id),
        window=settings.in_flight,
        lanes={lane.lane: lane for port_id, lane in waiting if port_id == row.id},
        ahead=agreed,
    )


def _left(session: Session, now: datetime) -> dict[int, tuple[float, int]]:
    """(rate a second, errors) of the last minute by port: what this minute has, and of the one before the part that is not over."""
    this = now.replace(second=0, microsecond=0)
    part = 1 - (now - this) / MINUTE
    sums: dict[int, tuple[float, float]] = {}
    for row in session.scalars(select(PortMinute).where(PortMinute.minute >= this - MINUTE)):
        weight = 1.0 if row.minute >= this else part
        units, errors = sums.get(row.port_id, (0.0, 0.0))
        sums[row.port_id] = units + weight * row.units, errors + weight * (row.refused + row.deferred + row.unknown)
    return {port_id: (units / 60, -int(-errors // 1)) for port_id, (units, errors) in sums.items()}


def _last_error(session: Session, port_id: int) -> LastError | None:
    failed = select(PortMinute.last_failed_id).where(PortMinute.port_id == port_id, PortMinute.last_failed_id.is_not(None))
    found = session.get(Submission, session.scalar(failed.order_by(PortMinute.minute.desc()).limit(1)) or 0)
    if found is None:
        return None
    return LastError(found.answered_at or found.written_at, found.state, found.status_code, found.status_text or "", found.dispatch_id)


def _waiting(session: Session, now: datetime) -> list[tuple[int, LaneLine]]:
    """What could leave now, by port and lane: of dispatches that send, due, held by nobody."""
    since = func.coalesce(Batch.not_before, Dispatch.started_at, Dispatch.start_at, type_=Dispatch.start_at.type)
    sending = (Dispatch.state.in_((lifecycle.SENDING, lifecycle.SEEDING)), Batch.stage <= Dispatch.stage, Batch.held.is_(None))
    due = Batch.not_before.is_(None) | (Batch.not_before <= now)
    rows = session.execute(
        select(Batch.port_id, Batch.lane, Batch.state, func.sum(Batch.size), func.min(since))
        .join(Dispatch, Dispatch.id == Batch.dispatch_id)
        .where(*sending, due, Batch.state.in_(("ready", "claimed")))
        .group_by(Batch.port_id, Batch.lane, Batch.state)
    )
    found: dict[tuple[int, str], LaneLine] = {}
    for port_id, lane, state, size, oldest in rows:
        one = LaneLine(lane, int(size) if state == "ready" else 0, 0 if state == "ready" else int(size), oldest if state == "ready" else None)
        found[port_id, lane] = _joined(lane, [one, found.get((port_id, lane), LaneLine(lane))])
    return [(port_id, line) for (port_id, _), line in found.items()]


def _joined(lane: str, lines: Sequence[LaneLine]) -> LaneLine:
    oldest = min((line.oldest_at for line in lines if line.oldest_at is not None), default=None)
    return LaneLine(lane, sum(line.queued for line in lines), sum(line.in_hand for line in lines), oldest)


# --- one port --------------------------------------------------------------------------------------------------------


def curve(session: Session, port_id: int, begin: datetime, end: datetime) -> Sequence[PortMinute]:
    """What left through the port, minute by minute; a minute in which nothing did is missing."""
    mine = (PortMinute.port_id == port_id, PortMinute.minute >= begin, PortMinute.minute < end)
    return session.scalars(select(PortMinute).where(*mine).order_by(PortMinute.minute)).all()


def history(session: Session, name: str, *, before_id: int | None = None, limit: int = 50) -> Sequence[AuditEntry]:
    """What was done to the port and what befell it, the newest first."""
    wanted = select(AuditEntry).where(AuditEntry.object_kind == "port", AuditEntry.object_id == name).order_by(AuditEntry.id.desc()).limit(limit)
    return session.scalars(wanted if before_id is None else wanted.where(AuditEntry.id < before_id)).all()


@dataclass(frozen=True)
class Touched:
    """A dispatch with readers at a port.

    Attributes:
        waiting: of its readers, those who are still to be sent to there.
        finish_at: when it is through as the ports stand; `after_at` at the other rate. None where nobody knows.
    """

    dispatch: Dispatch
    title: str
    waiting: int
    finish_at: datetime | None
    after_at: datetime | None


def readers_at(session: Session, port_id: int) -> int:
    """Readers who are still to be sent to there, held and paused dispatches among them."""
    return sum(waiting for _, waiting in _dispatches_at(session, port_id))


@dataclass(frozen=True)
class Waits:
    """Readers of one dispatch who are still to be sent to at a port."""

    dispatch: Dispatch
    title: str
    readers: int


def waits(session: Session, port_id: int) -> list[Waits]:
    """The dispatches that wait at the port, held and paused ones among them; the one with most readers first."""
    found = sorted(_dispatches_at(session, port_id), key=lambda one: (-one[1], one[0].id))[:DISPATCHES_MAX]
    titles = _titles(session, [dispatch for dispatch, _ in found])
    return [Waits(dispatch, titles[dispatch.id], readers) for dispatch, readers in found]


def touched(session: Session, port: Port, rate: float, now: datetime) -> list[Touched]:
    """The dispatches that wait at the port, and what another rate would do to their ends; the one with most readers first."""
    found = sorted(_dispatches_at(session, port.id), key=lambda one: (-one[1], one[0].id))[:DISPATCHES_MAX]
    titles = _titles(session, [dispatch for dispatch, _ in found])
    return [Touched(dispatch, titles[dispatch.id], waiting, *_ends(session, dispatch, port, rate, now)) for dispatch, waiting in found]


def _dispatches_at(session: Session, port_id: int) -> list[tuple[Dispatch, int]]:
    mine = (Batch.port_id == port_id, Batch.state.in_(("ready", "claimed")), Dispatch.state.in_(lifecycle.UNSENT))
    ids = select(Batch.dispatch_id).join(Dispatch, Dispatch.id == Batch.dispatch_id).where(*mine).distinct()
    counted = [(one, waiting_readers(session, one)) for one in session.scalars(select(Dispatch).where(Dispatch.id.in_(ids)))]
    return [(dispatch, Counter(readers)[port_id]) for dispatch, readers in counted if readers[port_id]]


def _titles(session: Session, dispatches: Sequence[Dispatch]) -> dict[int, str]:
    editions = select(Edition.id, Publication.title, Edition.number).join(Publication, Publication.id == Edition.publication_id)
    rows = session.execute(editions.where(Edition.id.in_({one.edition_id for one in dispatches})))
    known = {edition_id: f"{title} {number}" for edition_id, title, number in rows}
    return {one.id: known.get(one.edition_id, "") for one in dispatches}


def _ends(session: Session, dispatch: Dispatch, port: Port, rate: float, now: datetime) -> tuple[datetime | None, datetime | None]:
    """When the dispatch is through: as the ports stand, and with this one at the other rate."""
    begin = begins(session, dispatch, now)
    before = carriers(session, dispatch, now, begin)
    supply = supplies_of(session, dispatch, [port])[port.id]
    by = rate / port.rate
    first, *later = supply.steps
    other = replace(supply, steps=((first[0], first[1] * by, first[2] * by), *later))
    after = [replace(one, finish_at=other.finish(begin, one.waiting)) if one.name == port.name and one.finish_at is not None else one for one in before]
    return finish(before, begin), finish(after, begin)
