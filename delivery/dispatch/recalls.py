"""Calling back what a peer took and readers have not fetched: a row for each attempt, written before it leaves.

`ask` writes down what is to be called back or replaced, `send` does it, port by
port. An answer says only that the peer will try: what became of each reader comes
as a report (Cancelled, or Retrieved where it was too late), and is folded like any
other. Where a peer replaces nothing, a ReplaceReq becomes a CancelReq, and the
reader gets the new message as one of his own (`delivery.dispatch.correction`).
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

import numpy as np
from sqlalchemy import Integer, String, Table, case, exists, func, insert, literal, literal_column, select, update
from sqlalchemy.orm import Session

from content.models import Edition, EditionVersion, Publication
from delivery.lanes import RESEND
from delivery.models import Dispatch, Outcome, Port, Recall, Submission, deliveries
from delivery.ports import MessageContent, PortSettings, open_link
from delivery.ports.pace import effective
from delivery.ports.recalling import RecallAnswer, RecallRequest, can_recall
from delivery.throttle import Departure, port_key, throttle_for
from huabao.columns import integers
from huabao.db import UTCDateTime, in_ids
from huabao.errors import PortError
from huabao.ids import new_token
from huabao.log import get_logger
from huabao.queues import Task, enqueue
from huabao.runtime import Runtime

log = get_logger("recalls")

Kind = Literal["cancel", "replace"]

OPEN: Final = (Outcome.SUBMITTED, Outcome.NO_REPORT, Outcome.UNKNOWN)
"""Deliveries whose message may still lie with the peer."""

OFFERS: Final[Mapping[Kind, tuple[str, ...]]] = {"cancel": ("replace", "cancel"), "replace": ("replace",)}
"""What a port's option `recalls` must be for each kind."""

PAUSE_S: Final = 5.0
"""After a peer's "not now" that names no time."""

SILENT_S: Final = 120.0
"""An attempt that left so long ago, and whose worker wrote nothing since, is unknown."""

TEXT_CHARS_MAX: Final = 200

ASKED_AT_ONCE: Final = 10_000
"""Submissions whose recalls are written down in one transaction."""


def _send_recalls(runtime: Runtime, port_id: int) -> None:
    send(runtime, port_id)


SEND_RECALLS = Task("delivery.send_recalls", _send_recalls, queue="express", max_attempts=5, lease_s=60.0)
"""Ask a port's peer for every recall that waits; args: port_id."""


@dataclass(frozen=True)
class Reach:
    """What of some dispatches lies with peers, by what can be done about it.

    Attributes:
        submissions, readers: that can be called back or replaced.
        beyond: readers of submissions about which nothing can be done: the port offers nothing, or nobody learnt the MessageID.
    """

    submissions: int = 0
    readers: int = 0
    beyond: int = 0


def reach(session: Session, found: Sequence[Dispatch], kind: Kind) -> Reach:
    """What could be done about these dispatches now."""
    submissions = readers = beyond = 0
    able = able_ports(session, kind)
    for one in found:
        still = _still_there(one)
        keys = (Submission.port_id, Submission.message_id.is_not(None))
        rows = select(*keys, func.count(), func.sum(still.c.readers)).join(still, still.c.submission_id == Submission.id).group_by(*keys)
        for port_id, known, many, people in session.execute(rows):
            if port_id in able and known:
                submissions, readers = submissions + many, readers + int(people)
            else:
                beyond += int(people)
    return Reach(submissions, readers, beyond)


def ask(runtime: Runtime, dispatch: Dispatch, kind: Kind, *, by: str, now: datetime, variants: Mapping[int, int] | None = None, only_cancel: bool = False) -> int:
    """Write down one recall for each submission of which somebody may not have his message yet; how many.

    Some thousands at a time, so that nobody waits for their transaction; they leave from the
    first on. Asking again takes up those whose answer never came.

    Args:
        variants: of a replacement, the new variant for each old one; other submissions are left alone. Of a `cancel`, what its
            readers get instead, once their reports say that they were spared.
        only_cancel: leave out the ports that could do better than a `cancel`.
    """
    with runtime.transaction(read_only=True) as session:
        able = [port_id for port_id in able_ports(session, kind) if not (only_cancel and port_id in able_ports(session, "replace"))]
        if not able or (kind == "replace" and not variants):
            return 0
        still = _still_there(dispatch)
        found = np.sort(integers(session, select(still.c.submission_id)), axis=None)
    demand = _Demand(dispatch.id, kind, tuple(able), variants or {}, by[:80], now)
    asked = 0
    for at in range(0, found.size, ASKED_AT_ONCE):
        with runtime.transaction() as session:
            asked += _ask_some(session, demand, found[at : at + ASKED_AT_ONCE].tolist())
            enqueue_waiting(session, now=now)
    return asked


@dataclass(frozen=True)
class _Demand:
    """What is asked of the submissions of a dispatch."""

    dispatch_id: int
    kind: Kind
    ports: Sequence[int]
    variants: Mapping[int, int]
    by: str
    now: datetime


def _ask_some(session: Session, demand: _Demand, submissions: Sequence[int]) -> int:
    kind, variants = demand.kind, demand.variants
    new_variant: Any = case(variants, value=Submission.variant_id, else_=None) if variants else literal(None, Integer)
    where = [in_ids(session, Submission.id, submissions), Submission.message_id.is_not(None), Submission.port_id.in_(demand.ports)]
    if kind == "replace":
        where.append(Submission.variant_id.in_(list(variants)))
    mine = select(Submission.id).where(*where)
    again = update(_recalls).where(Recall.dispatch_id == demand.dispatch_id, Recall.kind == kind, Recall.state.in_(("unknown", "refused")), Recall.submission_id.in_(mine))
    connection = session.connection()
    asked = connection.execute(again.values(state="waiting", requested_by=demand.by, requested_at=demand.now)).rowcount
    known = exists().where(Recall.submission_id == Submission.id, Recall.kind == kind)
    rows = select(
        literal(demand.dispatch_id, Integer), Submission.port_id, Submission.id, literal(kind, String), new_variant, literal("waiting", String),
        literal(demand.by, String), literal(demand.now, UTCDateTime),
    ).where(*where, ~known)  # fmt: skip
    columns = ["dispatch_id", "port_id", "submission_id", "kind", "variant_id", "state", "requested_by", "requested_at"]
    return asked + connection.execute(insert(_recalls).from_select(columns, rows), execution_options={"preserve_rowcount": True}).rowcount


_recalls: Table = Recall.__table__  # type: ignore[assignment]  # a mapped class has a Table


def able_ports(session: Session, kind: Kind) -> list[int]:
    """Ports whose peers offer it."""
    ports = session.execute(select(Port.id, Port.options).where(Port.kind == "mm7"))
    return [port_id for port_id, options in ports if options.get("recalls", "replace") in OFFERS[kind]]


def _still_there(dispatch: Dispatch) -> Any:
    """Submissions of a dispatch with readers whose message may still lie with the peer, and how many."""
    mine = (deliveries.c.day == dispatch.day, deliveries.c.dispatch_id == dispatch.id, deliveries.c.outcome.in_([int(one) for one in OPEN]))
    return select(deliveries.c.submission_id, func.count().label("readers")).where(*mine, deliveries.c.submission_id.is_not(None)).group_by(deliveries.c.submission_id).subquery()


_IS_WAITING: Final = Recall.state == literal_column("'waiting'")
"""With the word in its text, so that the partial index is seen to fit."""


def enqueue_waiting(session: Session, *, now: datetime, delay_s: float = 0.0) -> None:
    """Give each port with waiting recalls its job."""
    waiting = exists().where(Recall.port_id == Port.id, _IS_WAITING)
    for port_id in session.scalars(select(Port.id).where(waiting)):
        enqueue(session, SEND_RECALLS, {"port_id": port_id}, now=now, delay_s=delay_s, unique_key=f"recalls:{port_id}")


def heal(runtime: Runtime) -> None:
    """What left and was never answered is unknown; what waits gets its job."""
    now = runtime.now()
    silent = update(Recall).where(Recall.state == "leaving", Recall.left_at < now - timedelta(seconds=SILENT_S))
    with runtime.transaction() as session:
        session.execute(silent.values(state="unknown", status_text="the worker fell silent before the answer was recorded"), execution_options={"synchronize_session": False})
        enqueue_waiting(session, now=now)


# --- sending ---------------------------------------------------------------------------------------------------------


def send(runtime: Runtime, port_id: int) -> int:
    """Ask the port's peer for what waits, until nothing does or it says "not now"; how many were asked.

    A port that a person paused is asked all the same: this stops messages, it sends none.
    """
    with runtime.transaction(read_only=True) as session:
        settings = PortSettings.of(session.get_one(Port, port_id))
    try:
        link = open_link(settings)
    except PortError as error:
        log.error("nothing can be called back", port=settings.name, reason=str(error))
        return 0
    asked = 0
    while True:
        claimed = _claim(runtime, settings)
        if not claimed:
            return asked
        if not can_recall(link):
            _record(runtime, [RecallAnswer(one.recall_id, "unsupported", status_text="this kind of port calls nothing back") for one in claimed])
            continue
        for one in claimed:
            _wait_for_token(runtime, settings, one)
        answers = link.recall(claimed)
        _tell_throttle(runtime, settings, claimed)
        asked += len(answers)
        pause_s = _record(runtime, answers)
        if pause_s is not None:
            with runtime.transaction() as session:
                enqueue_waiting(session, now=runtime.now(), delay_s=pause_s)
            return asked


def _wait_for_token(runtime: Runtime, settings: PortSettings, request: RecallRequest) -> None:
    """One token for each request, before all others: a contract that counts requests counts these."""
    throttle = throttle_for(runtime)
    rate, burst = effective(settings, runtime.now())
    while (wait_s := throttle.acquire(port_key(settings.port_id), 1, rate=rate, burst=burst, lane=RESEND, ticket=_ticket(request))) > 0:
        time.sleep(min(wait_s, 0.5))


def _tell_throttle(runtime: Runtime, settings: PortSettings, answered: Sequence[RecallRequest]) -> None:
    """The peer has had these requests by now."""
    throttle, key = throttle_for(runtime), port_key(settings.port_id)
    throttle.left(key, [Departure(_ticket(one), 1, time.monotonic()) for one in answered])
    throttle.settle(key)


def _ticket(request: RecallRequest) -> int:
    return -request.recall_id  # submissions have the positive ones


def _claim(runtime: Runtime, settings: PortSettings) -> list[RecallRequest]:
    """The next recalls of the port, written down as leaving."""
    now, token = runtime.now(), new_token(6)
    with runtime.transaction() as session:
        wanted = select(Recall).where(Recall.port_id == settings.port_id, _IS_WAITING).order_by(Recall.kind, Recall.id)
        rows = session.scalars(wanted.limit(settings.connections).with_for_update(skip_locked=True)).all()
        requests = []
        for row in rows:
            row.state, row.left_at, row.transaction_id = "leaving", now, f"recall-{row.id}-{token}"
            submission = session.get_one(Submission, row.submission_id)
            assert submission.message_id is not None, "only what has a MessageID can be called back"
            content = _content(session, row) if row.kind == "replace" else None
            requests.append(RecallRequest(row.id, row.transaction_id, submission.printed_id or submission.message_id, content))
        return requests


def _content(session: Session, row: Recall) -> MessageContent:
    """The message that takes the other's place."""
    from content.variants import load_payload  # pictures are slow to import

    assert row.variant_id is not None, "a replacement has a variant"
    dispatch = session.get_one(Dispatch, row.dispatch_id)
    edition = session.get_one(Edition, dispatch.edition_id)
    version = session.get_one(EditionVersion, edition.current_version_id)
    publication = session.get_one(Publication, edition.publication_id)
    return MessageContent(mime=load_payload(session, row.variant_id), subject=version.title, service_code=publication.service_code)


def _record(runtime: Runtime, answers: Sequence[RecallAnswer]) -> float | None:
    """Write answers down; the pause that the peer wants, or None."""
    now = runtime.now()
    pause_s = None
    with runtime.transaction() as session:
        for answer in answers:
            row = session.get_one(Recall, answer.recall_id)
            row.status_code, row.status_text = answer.status_code, answer.status_text[:TEXT_CHARS_MAX]
            if answer.state == "deferred":
                row.state, row.transaction_id = "waiting", None
                pause_s = max(pause_s or 0.0, answer.retry_after_s or PAUSE_S)
                continue
            row.state, row.answered_at = answer.state, now
            if answer.state == "unsupported" and row.kind == "replace":
                _cancel_instead(session, row, now)
        session.flush()
    return pause_s


def _cancel_instead(session: Session, row: Recall, now: datetime) -> None:
    """The peer replaces nothing: call it back, so that the reader gets the new one as a message of its own."""
    if session.scalar(select(Recall.id).where(Recall.submission_id == row.submission_id, Recall.kind == "cancel")) is None:
        session.add(
            Recall(
                dispatch_id=row.dispatch_id, port_id=row.port_id, submission_id=row.submission_id, kind="cancel", variant_id=row.variant_id, state="waiting",
                requested_by=row.requested_by, requested_at=now,
            )
        )  # fmt: skip


def summary(session: Session, dispatch_ids: Sequence[int]) -> dict[str, dict[str, int]]:
    """Recalls of these dispatches: how many of each kind stand where."""
    rows = select(Recall.kind, Recall.state, func.count()).where(Recall.dispatch_id.in_(dispatch_ids)).group_by(Recall.kind, Recall.state)
    found: dict[str, dict[str, int]] = {}
    for kind, state, number in session.execute(rows.order_by(Recall.kind, Recall.state)):
        found.setdefault(kind, {})[state] = number
    return found
