"""Queries of the reports: taking events, finding submissions and readers, writing outcomes and counters.

PostgreSQL gets one statement with arrays for a thousand rows, SQLite an executemany.
Rows are taken with SKIP LOCKED, so two folders never wait for each other nor
for a sender.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from operator import itemgetter
from typing import Any, NamedTuple, cast

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Table, Text, and_, func, literal, literal_column, select, text, update
from sqlalchemy import cast as sql_cast
from sqlalchemy.orm import Session

from delivery import kinds
from delivery.models import DeliveryEvent, Dispatch, EventState, Outcome, Submission, SubmissionPart, deliveries
from delivery.reports.outcomes import Evidence
from huabao.db import bulk_insert, in_ids, is_postgres
from huabao.ids import unpack_ids
from subscribers.models import Reader
from subscribers.orders.models import ReaderNumber


class Event(NamedTuple):
    """A stored report, as far as folding needs it."""

    id: int
    received_at: datetime
    port_id: int
    message_id: str
    number: str
    sender: str | None
    status: str
    reported_at: datetime | None


class Sent(NamedTuple):
    """A submission, as far as folding needs it; `part` is the number of the part that a message id names."""

    id: int
    dispatch_id: int
    day: date
    port_id: int
    message_id: str | None
    state: str
    written_at: datetime
    readers: frozenset[int]
    part: int | None = None


class Settled(NamedTuple):
    """Where an event ended up."""

    event_id: int
    state: EventState
    submission_id: int | None = None
    reader_id: int | None = None
    outcome: int | None = None


_EVENT = (
    DeliveryEvent.id, DeliveryEvent.received_at, DeliveryEvent.port_id, DeliveryEvent.message_id, DeliveryEvent.number, DeliveryEvent.sender,
    DeliveryEvent.status, DeliveryEvent.reported_at,
)  # fmt: skip
_EVENTS = cast(Table, DeliveryEvent.__table__)

EVENT_COLUMNS = (
    "received_at", "port_id", "message_id", "number", "sender", "status", "status_extension", "status_text", "reported_at", "state",
)  # fmt: skip
"""What an event has when it is stored."""

_SENT = (
    Submission.id, Submission.dispatch_id, Submission.day, Submission.port_id, Submission.message_id, Submission.state, Submission.written_at,
    Submission.reader_ids,
)  # fmt: skip


def _array(values: Iterable[Any]) -> str:
    """Numbers and instants as PostgreSQL writes an array; twenty times faster than adapting a list."""
    return "{" + ",".join("NULL" if one is None else one.isoformat() if isinstance(one, datetime) else str(int(one)) for one in values) + "}"


def _is_in(session: Session, column: Any, values: Collection[str]) -> ColumnElement[bool]:
    found: ColumnElement[bool] = column == func.any(list(values)) if is_postgres(session) else column.in_(list(values))
    return found


def _is_one_of(session: Session, column: Any, ids: Collection[int]) -> ColumnElement[bool]:
    if is_postgres(session):
        found: ColumnElement[bool] = column == func.any(sql_cast(literal(_array(sorted(ids)), Text), ARRAY(BigInteger)))
        return found
    return in_ids(session, column, list(ids))


def in_state(state: EventState) -> ColumnElement[bool]:
    """A condition that is seen to fit the partial index of open events: with the numbers in its text, and for SQLite the index's own words too."""
    return and_(DeliveryEvent.state == literal_column(str(int(state))), is_open())


def is_open() -> ColumnElement[bool]:
    """Events that are new or parked, in the words of their index."""
    return DeliveryEvent.state.in_([literal_column("0"), literal_column("2")])


def _events(session: Session, query: Any) -> list[Event]:
    locked = query.with_for_update(of=DeliveryEvent, skip_locked=True)
    return [Event(*row) for row in session.execute(locked)]


def take_new(session: Session, *, after_id: int, limit: int) -> list[Event]:
    """New events in order, locked; those in other hands are passed over."""
    return _events(session, select(*_EVENT).where(in_state(EventState.NEW), DeliveryEvent.id > after_id).order_by(DeliveryEvent.id).limit(limit))


def take_answered(session: Session, *, after_id: int, limit: int) -> list[Event]:
    """Parked events whose MessageID a submission has by now."""
    owner = (Submission.port_id == DeliveryEvent.port_id) & (Submission.message_id == DeliveryEvent.message_id)
    of_part = (SubmissionPart.port_id == DeliveryEvent.port_id) & (SubmissionPart.message_id == DeliveryEvent.message_id)
    known = select(Submission.id).where(owner).exists() | select(SubmissionPart.submission_id).where(of_part).exists()
    query = select(*_EVENT).where(in_state(EventState.PARKED), DeliveryEvent.id > after_id, known)
    return _events(session, query.order_by(DeliveryEvent.id).limit(limit))


def take_parked(session: Session, port_id: int, numbers: Collection[str], *, limit: int) -> list[Event]:
    """Parked events of a port about one of these numbers."""
    about = _is_in(session, DeliveryEvent.number, numbers) | _is_in(session, DeliveryEvent.sender, numbers)
    return _events(session, select(*_EVENT).where(in_state(EventState.PARKED), DeliveryEvent.port_id == port_id, about).order_by(DeliveryEvent.id).limit(limit))


def any_parked(session: Session) -> bool:
    """Whether some report waits for its submission."""
    return session.scalar(select(DeliveryEvent.id).where(in_state(EventState.PARKED)).limit(1)) is not None


def give_up_parked(session: Session, *, before: datetime) -> int:
    """Parked events received before that instant become strays; how many."""
    result = session.execute(update(DeliveryEvent).where(in_state(EventState.PARKED), DeliveryEvent.received_at < before).values(state=int(EventState.STRAY)))
    return int(getattr(result, "rowcount", 0))


class Parked(NamedTuple):
    """Reports of a port that wait for their submission: how many, and since when the first."""

    reports: int
    since: datetime


def parked(session: Session) -> dict[int, Parked]:
    """What waits for its submission, by port; by an index of its own, however many reports there are."""
    rows = session.execute(select(DeliveryEvent.port_id, func.count(), func.min(DeliveryEvent.received_at)).where(in_state(EventState.PARKED)).group_by(DeliveryEvent.port_id))
    return {port_id: Parked(number, since) for port_id, number, since in rows}


def _sent(rows: Iterable[Any]) -> list[Sent]:
    return [Sent(row.id, row.dispatch_id, row.day, row.port_id, row.message_id, row.state, row.written_at, frozenset(unpack_ids(row.reader_ids))) for row in rows]


def submissions_of(session: Session, events: Iterable[Event]) -> dict[tuple[int, str], list[Sent]]:
    """Submissions by (port, MessageID) of the events; newest first, since peers count their ids anew after a restart."""
    wanted: dict[int, set[str]] = {}
    for event in events:
        wanted.setdefault(event.port_id, set()).add(event.message_id)
    found: dict[tuple[int, str], list[Sent]] = {}
    for port_id, message_ids in wanted.items():
        query = select(*_SENT).where(Submission.port_id == port_id, _is_in(session, Submission.message_id, message_ids)).order_by(Submission.id.desc())
        for sent in _sent(session.execute(query)):
            found.setdefault((port_id, sent.message_id or ""), []).append(sent)
        _find_parts(session, port_id, message_ids, found)
    return found


def _find_parts(session: Session, port_id: int, message_ids: Collection[str], found: dict[tuple[int, str], list[Sent]]) -> None:
    """Add submissions by the ids of their parts; where one has parts, its own id is that of its first."""
    of_part = (SubmissionPart.port_id == port_id, _is_in(session, SubmissionPart.message_id, message_ids))
    query = select(*_SENT, SubmissionPart.number, SubmissionPart.message_id).join(SubmissionPart, SubmissionPart.submission_id == Submission.id).where(*of_part)
    for *row, number, message_id in session.execute(query):
        sent = Sent._make((*row[:-1], frozenset(unpack_ids(row[-1])), number))
        others = [one for one in found.get((port_id, message_id), ()) if one.id != sent.id]
        found[port_id, message_id] = sorted((sent, *others), key=lambda one: -one.id)


def unanswered_submissions(session: Session, port_ids: Collection[int] | None = None) -> list[Sent]:
    """Submissions (of these ports) whose MessageID nobody learnt: still leaving, or unknown."""
    query = select(*_SENT).where(text("message_id IS NULL AND state IN ('leaving', 'unknown')"))
    if port_ids is not None:
        query = query.where(Submission.port_id.in_(port_ids))
    return _sent(session.execute(query))


def learn_message_id(session: Session, submission_id: int, message_id: str) -> None:
    """Give a submission without answer the MessageID that its report told."""
    session.execute(update(Submission).where(Submission.id == submission_id, Submission.message_id.is_(None)).values(message_id=message_id))


def numbers_of(session: Session, readers: Collection[int]) -> set[str]:
    """Numbers that these readers have or had."""
    ids, c = list(readers), ReaderNumber
    had = session.scalars(select(c.msisdn).where(in_ids(session, c.reader_id, ids)))
    return {*session.scalars(select(Reader.msisdn).where(in_ids(session, Reader.id, ids))), *had}


def lock_deliveries(session: Session, day: date, dispatch_id: int, readers: Collection[int]) -> tuple[dict[int, Evidence], set[int]]:
    """Deliveries of a dispatch: what is known of those that are free, and which exist but are in other hands."""
    c = deliveries.c
    where = (c.day == day, c.dispatch_id == dispatch_id, _is_one_of(session, c.reader_id, readers))
    rows = session.execute(select(c.reader_id, c.outcome, c.outcome_at, c.late).where(*where).with_for_update(skip_locked=True))
    known = {reader: Evidence(Outcome(outcome), at, bool(late)) for reader, outcome, at, late in rows}
    if len(known) == len(readers):
        return known, set()
    return known, set(session.scalars(select(c.reader_id).where(*where))) - known.keys()


_UPDATE_DELIVERIES = text("""
UPDATE deliveries AS d SET outcome = v.outcome, outcome_at = v.at, late = v.late
FROM unnest(CAST(:readers AS bigint[]), CAST(:outcomes AS smallint[]), CAST(:ats AS timestamptz[]), CAST(:lates AS smallint[])) AS v(reader_id, outcome, at, late)
WHERE d.day = :day AND d.dispatch_id = :dispatch_id AND d.reader_id = v.reader_id
""")


def write_outcomes(session: Session, day: date, dispatch_id: int, changes: Mapping[int, Evidence]) -> None:
    """Give deliveries of a dispatch what the reports made of them."""
    if is_postgres(session):
        values = changes.values()
        session.execute(
            _UPDATE_DELIVERIES,
            {
                "readers": _array(changes),
                "outcomes": _array(one.outcome for one in values),
                "ats": _array(one.at for one in values),
                "lates": _array(one.late for one in values),
                "day": day,
                "dispatch_id": dispatch_id,
            },
        )
        return
    rows = [(int(one.outcome), _sqlite_instant(one.at), int(one.late), day.isoformat(), dispatch_id, reader) for reader, one in changes.items()]
    _sqlite_many(session, "UPDATE deliveries SET outcome = ?, outcome_at = ?, late = ? WHERE day = ? AND dispatch_id = ? AND reader_id = ?", rows)


def _sqlite_many(session: Session, statement: str, rows: Iterable[Sequence[Any]]) -> None:
    """The driver's own executemany: through SQLAlchemy each row costs five times as much."""
    session.flush()
    session.connection().connection.cursor().executemany(statement, rows)  # type: ignore[arg-type]  # sqlite3 streams any iterable


def _sqlite_instant(at: datetime | None) -> str | None:
    """As `UTCDateTime` keeps it."""
    return None if at is None else at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


_UPDATE_EVENTS = text("""
UPDATE delivery_events AS e SET state = v.state, submission_id = v.submission_id, reader_id = v.reader_id, outcome = v.outcome
FROM unnest(
    CAST(:ids AS bigint[]), CAST(:states AS smallint[]), CAST(:submissions AS bigint[]), CAST(:readers AS bigint[]), CAST(:outcomes AS smallint[])
) AS v(id, state, submission_id, reader_id, outcome)
WHERE e.id = v.id
""")


def settle_events(session: Session, settled: Sequence[Settled]) -> None:
    """Write down where events ended up."""
    if not settled:
        return
    if is_postgres(session):
        columns = list(zip(*settled, strict=True))
        session.execute(
            _UPDATE_EVENTS,
            dict(zip(("ids", "states", "submissions", "readers", "outcomes"), map(_array, columns), strict=True)),
        )
        return
    values = [(int(one.state), one.submission_id, one.reader_id, one.outcome, one.event_id) for one in settled]
    _sqlite_many(session, "UPDATE delivery_events SET state = ?, submission_id = ?, reader_id = ?, outcome = ? WHERE id = ?", values)


def services_of(session: Session, dispatch_ids: Collection[int]) -> dict[int, str]:
    """Service of each dispatch; test handsets and probes stand in no statistics and have none."""
    wanted = select(Dispatch.id, Dispatch.service_id).where(Dispatch.id.in_(dispatch_ids), Dispatch.kind.not_in(kinds.UNCOUNTED))
    return {row.id: row.service_id for row in session.execute(wanted)}


_ADD_COUNTS = """
INSERT INTO reader_service_months AS kept (month, reader_id, service_id, retrieved, failed, last_success_at) {rows}
ON CONFLICT (month, reader_id, service_id) DO UPDATE SET
retrieved = kept.retrieved + excluded.retrieved, failed = kept.failed + excluded.failed, last_success_at = {latest}
"""

_ADD_COUNTS_POSTGRES = text(
    _ADD_COUNTS.format(
        rows="SELECT * FROM unnest(CAST(:month AS date[]), CAST(:reader_id AS bigint[]), CAST(:service_id AS text[]), "
        "CAST(:retrieved AS int[]), CAST(:failed AS int[]), CAST(:last_success_at AS timestamptz[]))",
        latest="greatest(kept.last_success_at, excluded.last_success_at)",
    )
)

_ADD_COUNTS_SQLITE = _ADD_COUNTS.format(
    rows="VALUES (?, ?, ?, ?, ?, ?)",
    latest="max(coalesce(kept.last_success_at, excluded.last_success_at), coalesce(excluded.last_success_at, kept.last_success_at))",
)


def add_counts(session: Session, rows: Iterable[Mapping[str, Any]]) -> None:
    """Add to `ReaderServiceMonth`: month, reader_id, service_id, retrieved, failed, last_success_at (the later one stays).

    The rows hold each key once; they are written in the order of their keys, so that two writers never dead-lock.
    """
    ordered = sorted(rows, key=lambda row: (row["month"], row["reader_id"], row["service_id"]))
    if not ordered:
        return
    if is_postgres(session):
        plain = ("reader_id", "retrieved", "failed", "last_success_at")
        columns: dict[str, Any] = {name: [row[name] for row in ordered] for name in ordered[0]}
        session.execute(_ADD_COUNTS_POSTGRES, columns | {name: _array(columns[name]) for name in plain})
    else:
        keys = ("reader_id", "service_id", "retrieved", "failed")
        _sqlite_many(session, _ADD_COUNTS_SQLITE, [(row["month"].isoformat(), *(row[key] for key in keys), _sqlite_instant(row["last_success_at"])) for row in ordered])


def append_events(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Append events, each a mapping of `EVENT_COLUMNS`."""
    if not rows:
        return
    if not is_postgres(session):
        bulk_insert(session, _EVENTS, rows, columns=EVENT_COLUMNS)
        return
    session.flush()
    cursor = session.connection().connection.cursor()
    with cursor.copy(_COPY_EVENTS) as copy:
        copy.write("".join([_copy_line(row) for row in rows]))


_COPY_EVENTS = f"COPY delivery_events ({', '.join(EVENT_COLUMNS)}) FROM STDIN"
_copied_values = itemgetter(*EVENT_COLUMNS)
_COPY_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _copy_line(row: Mapping[str, Any]) -> str:
    """A row as COPY's text format has it; a fifth of what the driver takes for it value by value."""
    return "\t".join([_copied(value) for value in _copied_values(row)]) + "\n"


def _copied(value: str | int | datetime | None) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, str):
        return value if value.isalnum() else value.translate(_COPY_ESCAPES)
    return value.isoformat() if isinstance(value, datetime) else str(value)
