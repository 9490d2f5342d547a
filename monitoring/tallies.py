"""Dispatches broken down: who failed by port, handset class, city, variant and code; who was late, by how much, and why.

Counted by a round of its own while a dispatch runs and once after it closed, never by
a page: a pass over 1.5 million deliveries takes seconds. A dispatch is counted again
after a time that grows with what counting took, so that it never takes more than a
twentieth of one core. What a page shows says as of when it is. The same round counts
each city for itself (`monitoring.cities`).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, ColumnElement, SmallInteger, String, delete, func, insert, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from content.models import Variant
from delivery import kinds, lifecycle
from delivery.lanes import RESEND
from delivery.models import DeliveryEvent, Dispatch, Exclusion, Outcome, Port, Submission, deliveries
from huabao.db import Base, BigKey
from huabao.minutes import minute_of, minute_sql
from huabao.runtime import Runtime
from monitoring import cities
from monitoring.cities import Cities
from monitoring.lateness import CAUSES, Arrival, Usual, lateness, usual_of
from subscribers.models import Reader

PORT, HANDSET_CLASS, CITY, VARIANT, CODE = "port", "class", "city", "variant", "code"
BREAKDOWNS = (PORT, HANDSET_CLASS, CITY, VARIANT, CODE)
LATE, CAUSE = "late", "cause"
"""Readers by whole minutes after the promised time (0: in time); reader-minutes of lateness by cause."""

MINUTE = "minute"
"""Readers by the minute of their last change and their outcome: of a dispatch that is closed, for its report; of a large one, for the page that is opened first."""

LARGE = 100_000
"""Readers of a dispatch from which on a page does not wait until they are counted."""

FRESH = timedelta(minutes=5)
"""So long a tally of a dispatch that is not closed says how far it is."""

EVERY_S = 15.0
COST_FACTOR = 20.0
AFTER_CLOSE = timedelta(hours=26)
"""Late reports still come; then a dispatch is counted no more."""

UNFOLDED = timedelta(minutes=10)
"""So old a report may be before what it says is counted."""

CODES_MAX = 100
CITIES_MAX = 60
COUNTED_MAX = 12


class DispatchTally(Base):
    """Readers of a dispatch in one cell of a breakdown, by outcome; see `LATE` and `CAUSE` for those without."""

    __tablename__ = "dispatch_tallies"

    dispatch_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    scope: Mapped[str] = mapped_column(String(12), primary_key=True)
    key: Mapped[str] = mapped_column(String(120), primary_key=True)
    outcome: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    readers: Mapped[int] = mapped_column(BigInteger)


class DispatchTallied(Base):
    """When a dispatch was counted last, and how long that took."""

    __tablename__ = "dispatch_tallied"

    dispatch_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    cost_s: Mapped[float]


@dataclass(frozen=True)
class Minute:
    """Readers whose last change fell into the minute that begins at `at`, by outcome."""

    at: datetime
    counts: Mapping[str, int]


@dataclass(frozen=True)
class Tally:
    """A dispatch broken down.

    Attributes:
        cells: by scope and key: readers by outcome's name.
        late: retrieved readers by whole minutes after the promised time, 0 for in time; empty where nothing was promised.
        causes: reader-minutes of lateness by cause, see `monitoring.lateness`.
    """

    at: datetime
    cells: Mapping[str, Mapping[str, Mapping[str, int]]]
    late: Mapping[int, int]
    causes: Mapping[str, int]


def tally_of(session: Session, dispatch_id: int) -> Tally | None:
    """The dispatch as it was counted last, or None before it was."""
    counted = session.get(DispatchTallied, dispatch_id)
    if counted is None:
        return None
    cells: dict[str, dict[str, dict[str, int]]] = {scope: {} for scope in BREAKDOWNS}
    late: dict[int, int] = {}
    causes = dict.fromkeys(CAUSES, 0)
    one = DispatchTally
    for scope, key, outcome, readers in session.execute(select(one.scope, one.key, one.outcome, one.readers).where(one.dispatch_id == dispatch_id, one.scope != MINUTE)):
        if scope == LATE:
            late[int(key)] = int(readers)
        elif scope == CAUSE:
            causes[key] = int(readers)
        else:
            cells[scope].setdefault(key, {})[Outcome(outcome).name.lower()] = int(readers)
    return Tally(counted.at, cells, late, causes)


@dataclass(frozen=True)
class Course:
    """What became of a dispatch, as it was counted last; readers in whom nothing changed stand in no minute."""

    at: datetime
    outcomes: Mapping[str, int]
    minutes: tuple[Minute, ...]


def course_of(session: Session, dispatch: Dispatch) -> Course | None:
    """The course of a dispatch that was counted since it closed; None for any other."""
    counted = session.get(DispatchTallied, dispatch.id)
    return None if counted is None or dispatch.closed_at is None or counted.at < dispatch.closed_at else _course(session, dispatch, counted)


def latest_course(session: Session, dispatch: Dispatch, now: datetime) -> Course | None:
    """The course of a large dispatch that is not closed, as it was a moment ago; None where it was not counted lately, or is soon counted."""
    counted = session.get(DispatchTallied, dispatch.id)
    if counted is None or dispatch.closed_at is not None or dispatch.planned < LARGE or not timedelta(0) <= now - counted.at <= FRESH:
        return None
    return _course(session, dispatch, counted)


def _course(session: Session, dispatch: Dispatch, counted: DispatchTallied) -> Course | None:
    one = DispatchTally
    rows = session.execute(select(one.outcome, func.sum(one.readers)).where(one.dispatch_id == dispatch.id, one.scope == PORT).group_by(one.outcome))
    outcomes = {Outcome(outcome).name.lower(): int(readers) for outcome, readers in rows}
    return Course(counted.at, outcomes, minutes_of(session, dispatch.id)) if sum(outcomes.values()) == dispatch.planned else None


def minutes_of(session: Session, dispatch_id: int) -> tuple[Minute, ...]:
    """The course of a dispatch as it was counted last, ascending; empty for one that is not closed, unless it is large."""
    one, found = DispatchTally, dict[str, dict[str, int]]()
    for key, outcome, readers in session.execute(select(one.key, one.outcome, one.readers).where(one.dispatch_id == dispatch_id, one.scope == MINUTE)):
        found.setdefault(key, {})[Outcome(outcome).name.lower()] = int(readers)
    return tuple(Minute(datetime.fromisoformat(key), found[key]) for key in sorted(found))


def tally_due(runtime: Runtime) -> int:
    """Count each dispatch that is due, each in a transaction of its own; how many were."""
    with runtime.transaction(read_only=True) as session:
        wanted = due(session, runtime.now())
    for dispatch_id in wanted:
        with runtime.transaction() as session:
            dispatch, now = session.get_one(Dispatch, dispatch_id), runtime.now()
            if _is_as_counted(session, dispatch):
                _still(session, dispatch_id, now)
            else:
                count(session, dispatch, now)
    return len(wanted)


def due(session: Session, now: datetime) -> list[int]:
    """Dispatches to be counted now, the newest first."""
    recent = or_(Dispatch.closed_at.is_(None), Dispatch.closed_at > now - AFTER_CLOSE)
    rows = session.execute(
        select(Dispatch.id, Dispatch.state, Dispatch.closed_at, DispatchTallied.at, DispatchTallied.cost_s)
        .outerjoin(DispatchTallied, DispatchTallied.dispatch_id == Dispatch.id)
        .where(recent, Dispatch.day >= (now - timedelta(days=3)).date(), Dispatch.planned > 0, Dispatch.kind.not_in(kinds.UNCOUNTED), Dispatch.lane != RESEND)
        .order_by(Dispatch.id.desc())
        .limit(COUNTED_MAX * 4)
    )
    return [found for found, state, closed_at, at, cost_s in rows if at is None or now - at >= _rest(state, closed_at, at, cost_s)][:COUNTED_MAX]


def _rest(state: str, closed_at: datetime | None, at: datetime, cost_s: float) -> timedelta:
    dear = timedelta(seconds=COST_FACTOR * cost_s)
    if closed_at is not None and at > closed_at:
        return max(timedelta(hours=1), dear)
    return max(timedelta(seconds=EVERY_S if state in (lifecycle.SENDING, lifecycle.DRAINING) else 60), dear)


def _is_as_counted(session: Session, dispatch: Dispatch) -> bool:
    """Whether nothing came since it was counted: nobody's outcome changed, which never goes back, and no report was heard."""
    counted = session.get(DispatchTallied, dispatch.id)
    if counted is None or dispatch.state == lifecycle.SENDING or (dispatch.closed_at is not None and counted.at < dispatch.closed_at):
        return False
    c, one = deliveries.c, DispatchTally
    before = select(one.outcome, func.sum(one.readers)).where(one.dispatch_id == dispatch.id, one.scope == PORT).group_by(one.outcome)
    present = select(c.outcome, func.count()).where(c.day == dispatch.day, c.dispatch_id == dispatch.id).group_by(c.outcome)
    if {(outcome, int(readers)) for outcome, readers in session.execute(before)} != {(outcome, readers) for outcome, readers in session.execute(present)}:
        return False
    heard = select(DeliveryEvent.id).join(Submission, Submission.id == DeliveryEvent.submission_id)
    return session.scalar(heard.where(Submission.dispatch_id == dispatch.id, DeliveryEvent.received_at > counted.at - UNFOLDED).limit(1)) is None


def _still(session: Session, dispatch_id: int, now: datetime) -> None:
    """What was counted holds now too."""
    session.execute(update(DispatchTallied).where(DispatchTallied.dispatch_id == dispatch_id).values(at=now))
    session.execute(update(cities.DispatchCity).where(cities.DispatchCity.dispatch_id == dispatch_id).values(at=now))


def count(session: Session, dispatch: Dispatch, now: datetime) -> None:
    """Count the dispatch anew."""
    began = time.monotonic()
    found = Cities()
    rows = [
        {"dispatch_id": dispatch.id, "scope": scope, "key": key[:120], "outcome": outcome, "readers": readers} for scope, key, outcome, readers in _rows(session, dispatch, found)
    ]
    session.execute(delete(DispatchTally).where(DispatchTally.dispatch_id == dispatch.id))
    if rows:
        session.execute(insert(DispatchTally), rows)
    cities.keep(session, dispatch.id, found, now)
    session.merge(DispatchTallied(dispatch_id=dispatch.id, at=now, cost_s=time.monotonic() - began))
    session.flush()


def _rows(session: Session, dispatch: Dispatch, found: Cities) -> Iterator[tuple[str, str, int, int]]:
    sums: dict[tuple[str, str, int], int] = {}
    for place, readers in (*_cells(session, dispatch, found), *_codes(session, dispatch, found)):
        sums[place] = sums.get(place, 0) + readers
    yield from ((*place, readers) for place, readers in sums.items())
    minutes = _minutes(session, dispatch, found)
    if dispatch.closed_at is not None or dispatch.planned >= LARGE:
        yield from ((*place, readers) for place, readers in minutes.items())
    if dispatch.deadline_at is not None and dispatch.started_at is not None:
        arrivals = _arrivals(session, dispatch)
        late = lateness(arrivals, start=dispatch.start_at, began=dispatch.started_at, promised=dispatch.deadline_at)
        yield from ((LATE, str(minutes), 0, readers) for minutes, readers in late.minutes.items())
        yield from ((CAUSE, cause, 0, total) for cause, total in late.causes.items())
        for mine in found.values():
            mine.late = late_of(mine.minutes, dispatch.deadline_at)
        if dispatch.closed_at is not None:
            _causes_by_city(session, dispatch, found, usual_of(arrivals))
    _exclusions(session, dispatch, found)


def _cells(session: Session, dispatch: Dispatch, found: Cities) -> Iterator[tuple[tuple[str, str, int], int]]:
    c = deliveries.c
    rows = session.execute(
        select(c.port_id, c.variant_id, Reader.city, c.outcome, func.count())
        .select_from(deliveries)
        .outerjoin(Reader, Reader.id == c.reader_id)
        .where(c.day == dispatch.day, c.dispatch_id == dispatch.id)
        .group_by(c.port_id, c.variant_id, Reader.city, c.outcome)
    ).all()
    ports = dict(session.execute(select(Port.id, Port.name)).all())
    variants = {id_: names for id_, *names in session.execute(select(Variant.id, Variant.handset_class, Variant.name).where(Variant.id.in_({row.variant_id for row in rows})))}
    for port_id, variant_id, city, outcome, readers in rows:
        port, (handset_class, variant) = ports[port_id], variants[variant_id]
        mine = found.of(city)
        if mine is not None:
            mine.add_outcome(outcome, readers)
        for scope, key in ((PORT, port), (HANDSET_CLASS, handset_class), (VARIANT, variant)):
            yield (scope, key, int(outcome)), int(readers)
            if mine is not None:
                mine.add(scope, key, outcome, readers)
        yield (CITY, city or "", int(outcome)), int(readers)


def _minutes(session: Session, dispatch: Dispatch, found: Cities) -> dict[tuple[str, str, int], int]:
    c, sums = deliveries.c, dict[tuple[str, str, int], int]()
    minute = minute_sql(session, func.coalesce(c.outcome_at, c.submitted_at)).label("minute")
    rows = session.execute(
        select(minute, c.outcome, Reader.city, func.count())
        .select_from(deliveries)
        .outerjoin(Reader, Reader.id == c.reader_id)
        .where(c.day == dispatch.day, c.dispatch_id == dispatch.id, or_(c.outcome_at.is_not(None), c.submitted_at.is_not(None)))
        .group_by(minute, c.outcome, Reader.city)
    )
    for at, outcome, city, readers in rows:
        begins = minute_of(at)
        place = (MINUTE, begins.isoformat(timespec="minutes"), int(outcome))
        sums[place] = sums.get(place, 0) + int(readers)
        mine = found.of(city)
        if mine is not None:
            mine.add_minute(begins, outcome, readers)
    return sums


def _codes(session: Session, dispatch: Dispatch, found: Cities) -> Iterator[tuple[tuple[str, str, int], int]]:
    readers = func.count(DeliveryEvent.reader_id.distinct())
    rows = session.execute(
        select(DeliveryEvent.status, DeliveryEvent.status_extension, DeliveryEvent.outcome, Reader.city, readers)
        .join(Submission, Submission.id == DeliveryEvent.submission_id)
        .outerjoin(Reader, Reader.id == DeliveryEvent.reader_id)
        .where(Submission.dispatch_id == dispatch.id, DeliveryEvent.reader_id.is_not(None), DeliveryEvent.outcome.is_not(None))
        .group_by(DeliveryEvent.status, DeliveryEvent.status_extension, DeliveryEvent.outcome, Reader.city)
        .order_by(readers.desc())
        .limit(CODES_MAX * CITIES_MAX)
    )
    sums: dict[tuple[str, str, int], int] = {}
    for status, extension, outcome, city, number in rows:
        place = (CODE, f"{status} {extension}" if extension else str(status), int(outcome or 0))
        sums[place] = sums.get(place, 0) + int(number)
        mine = found.of(city)
        if mine is not None and len(mine.cells.get(CODE, ())) < CODES_MAX:
            mine.add(*place, number)
    yield from sorted(sums.items(), key=lambda one: -one[1])[:CODES_MAX]


def _exclusions(session: Session, dispatch: Dispatch, found: Cities) -> None:
    rows = session.execute(
        select(Reader.city, Exclusion.reason, func.count())
        .join(Reader, Reader.id == Exclusion.reader_id)
        .where(Exclusion.dispatch_id == dispatch.id)
        .group_by(Reader.city, Exclusion.reason)
    )
    for city, reason, readers in rows:
        mine = found.of(city)
        if mine is not None:
            mine.reasons[reason] = int(readers)


def _arrivals(session: Session, dispatch: Dispatch) -> list[Arrival]:
    c = deliveries.c
    sent, got = minute_sql(session, c.submitted_at).label("sent"), minute_sql(session, c.outcome_at).label("got")
    rows = session.execute(select(c.port_id, sent, got, func.count()).where(*_retrieved(dispatch)).group_by(c.port_id, sent, got))
    return [Arrival(port_id, minute_of(sent_at), minute_of(got_at), int(readers)) for port_id, sent_at, got_at, readers in rows]


def late_of(minutes: Mapping[str, Mapping[str, int]], promised: datetime) -> dict[int, int]:
    """Readers who have it by whole minutes after the promised time, from their minutes as `CityCount` keeps them."""
    found: dict[int, int] = {}
    for minute, counts in minutes.items():
        readers = counts.get(Outcome.RETRIEVED.name.lower(), 0)
        if readers:
            late = max(0, int((datetime.fromisoformat(minute) - promised).total_seconds() // 60))
            found[late] = found.get(late, 0) + readers
    return found


def _causes_by_city(session: Session, dispatch: Dispatch, found: Cities, usual: Usual) -> None:
    """Why readers of each city were late. Many groups where most were late, so it is asked once a dispatch is closed, not while it runs."""
    assert dispatch.deadline_at is not None and dispatch.started_at is not None
    c = deliveries.c
    late: dict[str, list[Arrival]] = {}
    sent, got = minute_sql(session, c.submitted_at).label("sent"), minute_sql(session, c.outcome_at).label("got")
    rows = session.execute(
        select(Reader.city, c.port_id, sent, got, func.count())
        .join(Reader, Reader.id == c.reader_id)
        .where(*_retrieved(dispatch), c.outcome_at > dispatch.deadline_at, Reader.city.is_not(None))
        .group_by(Reader.city, c.port_id, sent, got)
    )
    for city, port_id, sent_at, got_at, readers in rows:
        late.setdefault(city, []).append(Arrival(port_id, minute_of(sent_at), minute_of(got_at), int(readers)))
    for city, arrivals in late.items():
        mine = found.of(city)
        if mine is not None:
            mine.causes = dict(lateness(arrivals, start=dispatch.start_at, began=dispatch.started_at, promised=dispatch.deadline_at, usual=usual).causes)


def _retrieved(dispatch: Dispatch) -> tuple[ColumnElement[bool], ...]:
    c = deliveries.c
    return (c.day == dispatch.day, c.dispatch_id == dispatch.id, c.outcome == int(Outcome.RETRIEVED), c.submitted_at.is_not(None), c.outcome_at.is_not(None))
