"""Questions asked of the outbox's tables: what may leave, what was lost with its sender, what is known of a peer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, func, literal_column, select
from sqlalchemy.orm import Session, aliased

from reconciliation.outbox.breaker import Health
from reconciliation.outbox.models import DONE, DROPPED, REFUSED, OutboundPeer, OutboundRequest
from subscribers.models import Reader

# As the indices say it, so that they are used.
_IS_DUE: ColumnElement[Any] = literal_column("outbound_requests.state IN ('waiting', 'unknown')")
_IS_ASKING: ColumnElement[Any] = literal_column("outbound_requests.state = 'asking'")
_EARLIER_OPEN: ColumnElement[Any] = literal_column("earlier.state IN ('waiting', 'asking', 'unknown')")


def take_due(session: Session, peer: str, *, now: datetime, limit: int) -> list[OutboundRequest]:
    """The first open request of each line that is due, at most `limit`, locked; what is due longest first."""
    earlier = aliased(OutboundRequest, name="earlier")
    first = ~exists().where(earlier.peer == peer, earlier.line == OutboundRequest.line, earlier.id < OutboundRequest.id, _EARLIER_OPEN)
    wanted = select(OutboundRequest).where(OutboundRequest.peer == peer, _IS_DUE, OutboundRequest.due_at <= now, first)
    ordered = wanted.order_by(OutboundRequest.due_at, OutboundRequest.id).limit(limit)
    return list(session.scalars(ordered.with_for_update(skip_locked=True)))


def is_any_due(session: Session, peer: str, now: datetime) -> bool:
    """Whether something waits for a peer; cheap."""
    return session.scalar(select(OutboundRequest.id).where(OutboundRequest.peer == peer, _IS_DUE, OutboundRequest.due_at <= now).limit(1)) is not None


def numbers_of(session: Session, reader_ids: Sequence[int]) -> dict[int, str]:
    """The numbers that these readers have now, by id; one who gave his up has none."""
    return {row.id: row.msisdn for row in session.execute(select(Reader.id, Reader.msisdn).where(Reader.id.in_(reader_ids)))}


def is_anothers(session: Session, row: OutboundRequest, number: str) -> bool:
    """Whether the number under which a request leaves is somebody else's than whose request it is; of a number that no reader had, nobody's."""
    if row.reader_id is None and not row.forgotten:
        return False
    holder = session.scalar(select(Reader.id).where(Reader.msisdn == number))
    return holder is not None and holder != row.reader_id


def health_of(session: Session, peer: str) -> Health:
    """What is known of a peer."""
    row = session.get(OutboundPeer, peer)
    return Health() if row is None else Health(row.failures, row.down_since, row.probe_at, row.why)


def write_health(session: Session, peer: str, health: Health) -> None:
    """Keep what is known of a peer."""
    session.merge(OutboundPeer(peer=peer, failures=health.failures, down_since=health.down_since, probe_at=health.probe_at, why=health.why))


def is_any_silent(session: Session, before: datetime) -> bool:
    """Whether a request left before that instant and nothing was written down; cheap."""
    return session.scalar(select(OutboundRequest.id).where(_IS_ASKING, OutboundRequest.asked_at < before).limit(1)) is not None


def take_silent(session: Session, before: datetime) -> list[OutboundRequest]:
    """Requests that left before that instant and whose sender wrote nothing down, locked."""
    silent = select(OutboundRequest).where(_IS_ASKING, OutboundRequest.asked_at < before).order_by(OutboundRequest.id).limit(500)
    return list(session.scalars(silent.with_for_update(skip_locked=True)))


def count_for_people(session: Session) -> int:
    """How many requests wait for a person."""
    return session.scalar(select(func.count()).select_from(OutboundRequest).where(literal_column("state = 'person'"))) or 0


def remove_old(session: Session, *, before: datetime, limit: int = 5000) -> int:
    """Remove requests that were settled before that instant; how many."""
    old = select(OutboundRequest.id).where(OutboundRequest.state.in_((DONE, REFUSED, DROPPED)), OutboundRequest.created_at < before).order_by(OutboundRequest.id).limit(limit)
    gone = session.execute(delete(OutboundRequest).where(OutboundRequest.id.in_(old)))
    return int(gone.rowcount)  # type: ignore[attr-defined]  # a cursor's result
