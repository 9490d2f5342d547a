"""What people do with requests: look at them, have one asked again, drop one; and what happens when a reader is forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Text, cast, delete, or_, select
from sqlalchemy.orm import Session

from huabao import alarms, audit
from huabao.errors import UsageError
from reconciliation.outbox.models import ASKING, DONE, DROPPED, PERSON, UNKNOWN, WAITING, OutboundRequest
from reconciliation.outbox.requests import new_transaction_id, wake
from reconciliation.outbox.sending import PERSON_ALARM, close
from subscribers.models import Reader

OPEN = (WAITING, ASKING, UNKNOWN)
UNSETTLED = (*OPEN, PERSON)


def list_requests(session: Session, *, states: Sequence[str], peer: str | None = None, msisdn: str | None = None, limit: int = 200) -> list[OutboundRequest]:
    """Requests in `states`, oldest first; of one peer or one number."""
    wanted = select(OutboundRequest).where(OutboundRequest.state.in_(states))
    if peer is not None:
        wanted = wanted.where(OutboundRequest.peer == peer)
    if msisdn is not None:
        wanted = wanted.where(_of_number(session, msisdn))
    return list(session.scalars(wanted.order_by(OutboundRequest.id).limit(limit)))


def _of_number(session: Session, msisdn: str) -> ColumnElement[bool]:
    reader_id = session.scalar(select(Reader.id).where(Reader.msisdn == msisdn))
    mine = OutboundRequest.line == f"number:{msisdn}"
    return mine if reader_id is None else or_(OutboundRequest.reader_id == reader_id, mine)


def require(session: Session, request_id: int, *, locked: bool = False) -> OutboundRequest:
    """The request of that id.

    Raises:
        UsageError: there is none.
    """
    row = session.get(OutboundRequest, request_id, with_for_update=locked)
    if row is None:
        raise UsageError(f"there is no request {request_id}; `huabao outbox list` shows them")
    return row


def retry(session: Session, request_id: int, *, by: str, at: datetime) -> OutboundRequest:
    """Have a request asked again at once; where nobody knows whether the peer did it, under its own transaction id, by which it does it once.

    Raises:
        UsageError: it is on its way, or done; or something newer of the same reader and service was done since.
    """
    row = require(session, request_id, locked=True)
    if row.state in (ASKING, DONE):
        raise UsageError(f"request {request_id} is {row.state}; nothing is left to ask")
    newer = select(OutboundRequest.id).where(OutboundRequest.peer == row.peer, OutboundRequest.line == row.line, OutboundRequest.id > row.id, OutboundRequest.state == DONE)
    newer = newer.where(OutboundRequest.service_id == row.service_id) if row.service_id is not None else newer
    found = session.scalar(newer.limit(1))
    if found is not None and row.state not in OPEN:
        raise UsageError(f"request {found} about the same reader was done since; asking {request_id} now would undo it: drop it and let the order be made anew")
    lost = row.state == UNKNOWN or (row.asked_at is not None and row.answered_at is None)
    row.transaction_id = row.transaction_id if lost else new_transaction_id()
    row.state, row.due_at, row.attempts, row.answered_at = UNKNOWN if lost else WAITING, at, 0, None
    audit.record(session, actor=by, action="outbox.retry", object_kind="outbox", object_id=str(request_id), at=at, peer=row.peer)
    session.flush()
    wake(session, row.peer, now=at)
    _close_alarm(session, row.peer, at)
    return row


def drop(session: Session, request_id: int, *, why: str, by: str, at: datetime) -> OutboundRequest:
    """Ask no more.

    Raises:
        UsageError: it is on its way, or settled.
    """
    row = require(session, request_id, locked=True)
    if row.state == ASKING:
        raise UsageError(f"request {request_id} is on its way; wait for its answer")
    if row.state not in UNSETTLED:
        raise UsageError(f"request {request_id} is {row.state} already")
    row.state, row.answered_at, row.text = DROPPED, at, why[:200]
    audit.record(session, actor=by, action="outbox.drop", object_kind="outbox", object_id=str(request_id), at=at, peer=row.peer, why=why[:200])
    close(session, row, at)
    session.flush()
    _close_alarm(session, row.peer, at)
    return row


def _close_alarm(session: Session, peer: str, at: datetime) -> None:
    if session.scalar(select(OutboundRequest.id).where(OutboundRequest.peer == peer, OutboundRequest.state == PERSON).limit(1)) is None:
        alarms.close_alarm(session, PERSON_ALARM, peer, at=at)


def forget_number(session: Session, msisdn: str) -> dict[str, int]:
    """Remove the requests of a number. What ends his order goes on, under the number alone, and is removed with its answer: else he pays on.

    Where he pays in a request of another, its reader pays for himself from now on.
    """
    for row in session.scalars(select(OutboundRequest).where(cast(OutboundRequest.payload, Text).contains(msisdn))):
        if row.payload.get("fee_msisdn") == msisdn:
            row.payload = {name: value for name, value in row.payload.items() if name != "fee_msisdn"}
    mine = _of_number(session, msisdn)
    kept = session.scalars(select(OutboundRequest).where(mine, OutboundRequest.state.in_(UNSETTLED), OutboundRequest.kind == "cancel")).all()
    for row in kept:
        row.payload = {"msisdn": msisdn}
        row.reader_id, row.line, row.forgotten = None, f"number:{msisdn}", True
    session.flush()
    gone = session.execute(delete(OutboundRequest).where(mine, OutboundRequest.forgotten.is_(False)))
    return {OutboundRequest.__tablename__: int(gone.rowcount)}  # type: ignore[attr-defined]  # a cursor's result
