"""The database of a morning: an issue most of which was sent and reported, written straight into the tables.

What `bin/bench issue` takes ten minutes for stands here after one or two: the audience is
taken down by the service, submissions and reports come by bulk INSERT.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, Column, Integer, MetaData, String, Table, case, cast, func, insert, literal, select, text, update
from sqlalchemy.orm import Session

from content.models import Edition, EditionVersion
from content.services import import_folder
from delivery import kinds, lifecycle
from delivery.dispatch import curves, planning
from delivery.dispatch.planning import Request
from delivery.models import Batch, DeliveryEvent, Dispatch, EventState, Outcome, Port, Submission, deliveries
from huabao.db import UTCDateTime, bulk_insert, is_postgres
from huabao.ids import pack_ids, unpack_ids
from huabao.runtime import Runtime
from subscribers.models import Reader, Subscription
from tests.benchmark.papers import write_newspaper

RATE = 292.0
"""Readers a second: the latest were sent to just now."""

CLASSES = ("30kb-128x160", "50kb-176x220", "100kb-240x320")
CITIES = ("合肥", "芜湖", "蚌埠", "淮南", "马鞍山", "淮北", "铜陵", "安庆", "黄山", "滁州", "阜阳", "宿州", "六安", "亳州", "池州", "宣城", "巢湖")

MIX = ((860, Outcome.RETRIEVED, "Retrieved"), (30, Outcome.EXPIRED, "Expired"), (10, Outcome.REJECTED, "Rejected"))
"""Of a thousand readers who were sent to; of the others no report came yet."""

_sent = Table(
    "morning_sent",
    MetaData(),
    Column("reader_id", BigInteger, primary_key=True, autoincrement=False),
    Column("submission_id", BigInteger),
    Column("at", UTCDateTime),
    prefixes=["TEMPORARY"],
)


@dataclass(frozen=True)
class Morning:
    """What stands in the tables.

    Attributes:
        sent: readers who were sent to; the others wait.
        submissions: how many SubmitReqs that took.
    """

    dispatch_id: int
    sent: int
    submissions: int


def furnish(runtime: Runtime, folder: Path, readers: int) -> None:
    """Readers with orders, two ports and an edition."""
    now = runtime.now()
    at = literal(now, UTCDateTime())
    numbers: Any = select(literal(0, Integer).label("at")).cte("numbers", recursive=True)
    numbers = numbers.union_all(select(numbers.c.at + 1).where(numbers.c.at < readers - 1))
    msisdn = literal("138") + _eight_digits(numbers.c.at + 1)
    handset_class = case(*((numbers.c.at % 10 < share, literal(name)) for share, name in zip((6, 9), CLASSES, strict=False)), else_=literal(CLASSES[-1]))
    city = case(*((numbers.c.at % len(CITIES) == place, literal(name)) for place, name in enumerate(CITIES[1:], 1)), else_=literal(CITIES[0]))
    with runtime.transaction() as session:
        import_folder(session, write_newspaper(folder / "paper"), "bench", now)
        names = ["msisdn", "handset_class", "city", "topics", "attributes", "created_at", "updated_at"]
        rows = select(msisdn, handset_class, city, text("'[]'"), text("'{}'"), at, at).select_from(numbers)
        session.execute(insert(Reader).from_select(names, rows))
        order = select(Reader.id, *(literal(one) for one in ("bench", "active", "active", "misc", "sending")), at, at, at)
        session.execute(insert(Subscription).from_select(["reader_id", "service_id", "state", "order_state", "order_source", "stop_state", "effective_at", "order_at", "updated_at"], order))
        for name in ("mm-1", "mm-2"):
            session.add(Port(name=name, kind="mm7", url="http://127.0.0.1:9/mm7", rate=RATE, burst=100, max_recipients=100, created_at=now))
    analyse(runtime)


def _eight_digits(number: Any) -> Any:
    return func.substr(cast(number + 100_000_000, String), 2, 8)


def analyse(runtime: Runtime) -> None:
    """Give the planner its statistics, as the database's own housekeeping does within minutes."""
    with runtime.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def send_most(runtime: Runtime, *, group: int, share: float = 0.9) -> Morning:
    """Plan the edition and write down that `share` of its readers were sent to at `RATE`, until now."""
    now = runtime.now()
    dispatch_id = planning.create(runtime, Request("bench/1", start_at=now + timedelta(minutes=1)), actor="bench")
    with runtime.transaction() as session:
        dispatch = session.get_one(Dispatch, dispatch_id)
        batches = _first(session.scalars(select(Batch).where(Batch.dispatch_id == dispatch_id).order_by(Batch.stage, Batch.position)).all(), int(dispatch.planned * share))
        total = sum(batch.size for batch in batches)
        began = now - timedelta(seconds=total / RATE)
        _sent.create(session.connection())
        columns = ("dispatch_id", "day", "batch_id", "port_id", "variant_id", "fence", "transaction_id", "message_id", "recipients", "reader_ids", "state", "written_at", "answered_at")  # fmt: skip
        first = int(session.scalar(select(func.coalesce(func.max(Submission.id), 0))) or 0) + 1
        submissions = bulk_insert(session, Submission, _submissions(batches, began, group), columns=columns)
        bulk_insert(session, _sent, _links(batches, began, group, first), columns=("reader_id", "submission_id", "at"))
        session.execute(text("ANALYZE morning_sent" if is_postgres(session) else "ANALYZE"))
        _settle(session, dispatch)
        _report(session, dispatch)
        session.execute(update(Batch).where(Batch.id.in_([batch.id for batch in batches])).values(state="done", fence=1))
        session.execute(update(Dispatch).values(state=lifecycle.SENDING, started_at=began, start_at=began, stage=3))
        _earlier_weeks(session, dispatch)
        _sent.drop(session.connection())
    analyse(runtime)
    return Morning(dispatch_id, total, submissions)


def _first(batches: Sequence[Batch], readers: int) -> list[Batch]:
    found: list[Batch] = []
    for batch in batches:
        if readers <= 0:
            break
        readers -= batch.size
        found.append(batch)
    return found


def _groups(batches: Sequence[Batch], began: datetime, group: int) -> Iterator[tuple[Batch, list[int], datetime]]:
    sent = 0
    for batch in batches:
        readers = unpack_ids(batch.reader_ids)
        for at in range(0, len(readers), group):
            yield batch, readers[at : at + group], began + timedelta(seconds=sent / RATE)
            sent += len(readers[at : at + group])


def _submissions(batches: Sequence[Batch], began: datetime, group: int) -> Iterator[dict[str, Any]]:
    for number, (batch, readers, at) in enumerate(_groups(batches, began, group), 1):  # ids count from 1 too
        yield {
            "dispatch_id": batch.dispatch_id, "day": batch.day, "batch_id": batch.id, "port_id": batch.port_id, "variant_id": batch.variant_id, "fence": 1,
            "transaction_id": f"{batch.id}-1-{number}-bench", "message_id": f"{number:08d}", "recipients": len(readers), "reader_ids": pack_ids(readers),
            "state": "accepted", "written_at": at, "answered_at": at,
        }  # fmt: skip


def _links(batches: Sequence[Batch], began: datetime, group: int, first: int) -> Iterator[dict[str, Any]]:
    for number, (_, readers, at) in enumerate(_groups(batches, began, group), first):
        yield from ({"reader_id": reader, "submission_id": number, "at": at} for reader in readers)


def _by_mix(values: Sequence[Any], otherwise: Any) -> Any:
    """One of the values for each reader, by `MIX`."""
    whens, upper = [], 0
    for (share, *_), value in zip(MIX, values, strict=True):
        upper += share
        whens.append((_sent.c.reader_id * 617 % 1000 < upper, value))
    return case(*whens, else_=otherwise)


def _settle(session: Session, dispatch: Dispatch) -> None:
    outcome = _by_mix([literal(int(one), Integer) for _, one, _ in MIX], literal(int(Outcome.SUBMITTED), Integer))
    outcome_at = _by_mix([_sent.c.at for _ in MIX], None)
    mine = (deliveries.c.day == dispatch.day, deliveries.c.dispatch_id == dispatch.id, deliveries.c.reader_id == _sent.c.reader_id)
    session.connection().execute(update(deliveries).where(*mine).values(outcome=outcome, submission_id=_sent.c.submission_id, submitted_at=_sent.c.at, outcome_at=outcome_at))


def _report(session: Session, dispatch: Dispatch) -> None:
    c = deliveries.c
    status = case(*((c.outcome == int(one), literal(name)) for _, one, name in MIX))
    mine = (c.day == dispatch.day, c.dispatch_id == dispatch.id, c.outcome.in_([int(one) for _, one, _ in MIX]))
    rows = select(
        c.outcome_at, c.port_id, _eight_digits(c.submission_id), literal("138") + _eight_digits(c.reader_id), status, c.submission_id, c.reader_id,
        literal(int(EventState.FOLDED), Integer), c.outcome,
    ).where(*mine)  # fmt: skip
    names = ["received_at", "port_id", "message_id", "number", "status", "submission_id", "reader_id", "state", "outcome"]
    session.execute(insert(DeliveryEvent).from_select(names, rows))


def _earlier_weeks(session: Session, dispatch: Dispatch) -> None:
    """Two same weekdays with their curves, so that the brake has something to compare with."""
    edition = session.get_one(Edition, dispatch.edition_id)
    older = Edition(publication_id=edition.publication_id, number="0", kind=edition.kind, state=edition.state, created_at=dispatch.created_at)
    session.add(older)
    session.flush()
    version = session.get_one(EditionVersion, dispatch.edition_version_id)
    curve = curves.Curve((0.5, 0.7, 0.8, 0.85, 0.86), {}, {}).to_document()
    for week in (1, 2):
        day = dispatch.day - timedelta(weeks=week)
        at = dispatch.created_at - timedelta(weeks=week)
        session.add(
            Dispatch(
                edition_id=older.id, edition_version_id=version.id, service_id=dispatch.service_id, kind=kinds.EDITION, day=day, state=lifecycle.CLOSED,
                gate={"curve": curve}, planned_digest=sha256().hexdigest(), start_at=at, started_at=at, sent_at=at, closed_at=at, created_at=at, created_by="bench",
            )
        )  # fmt: skip


def correct_paper(runtime: Runtime, folder: Path) -> None:
    """Import the edition once more, with a word changed."""
    path = folder / "paper" / "articles" / "0.md"
    path.write_text(path.read_text("utf-8").replace("清晨", "早晨"), "utf-8")
    with runtime.transaction() as session:
        import_folder(session, folder / "paper", "bench", runtime.now())
