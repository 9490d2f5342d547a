"""Writing requests down: in the transaction of their cause, once for each cause."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from huabao.queues import Task, enqueue_many
from huabao.runtime import Runtime
from reconciliation.outbox.models import KINDS, OutboundRequest
from reconciliation.outbox.peers import PEERS
from subscribers.orders.store import in_texts


@dataclass(frozen=True)
class Request:
    """What a peer is asked.

    Attributes:
        peer: boss or misc.
        kind: one of `KINDS`.
        key: what caused it, at most 120 characters (`order:17`, `repair:4711:boss`); one key is asked once.
        reader_id: whose order or account it is; his number is taken when the request leaves.
        msisdn: where there is no such reader, the number; 11 digits.
        service_id: None for an account.
        payload: what else the peer is told, as JSON: `fee_msisdn`, `price_fen`, `effective_at`, `reason`, `state` …
    """

    peer: str
    kind: str
    key: str
    reader_id: int | None = None
    msisdn: str | None = None
    service_id: str | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)

    @property
    def line(self) -> str:
        """Whose request it is; those of one line go one after the other."""
        return f"reader:{self.reader_id}" if self.reader_id is not None else f"number:{self.msisdn}"


def _send(runtime: Runtime, peer: str) -> None:
    from reconciliation.outbox.sending import work

    work(runtime, peer)


SEND_REQUESTS: Final = Task("reconciliation.send_requests", _send, max_attempts=1, lease_s=60.0)
"""Send what waits for a peer; args: peer."""


def enqueue(session: Session, request: Request, *, now: datetime, due_at: datetime | None = None) -> int:
    """Write a request down; its id, which is the earlier one's where the same key was asked before.

    It leaves once this transaction is committed, after what waits for the same reader.

    Args:
        due_at: not before; None is at once.
    """
    return enqueue_all(session, [request], now=now, due_at=due_at)[0]


def enqueue_all(session: Session, requests: Sequence[Request], *, now: datetime, due_at: datetime | None = None) -> list[int]:
    """Write requests down, some hundred at a time; their ids in the same order, see `enqueue`."""
    c = OutboundRequest
    peers = sorted({one.peer for one in requests})
    known: dict[tuple[str, str], int] = {}
    for peer in peers:
        keys = [one.key for one in requests if one.peer == peer]
        known |= {(peer, row.key): row.id for row in session.execute(select(c.id, c.key).where(c.peer == peer, in_texts(session, c.key, keys)))}
    new = {(one.peer, one.key): one for one in requests if (one.peer, one.key) not in known}
    rows = {name: _row(one, now, due_at or now) for name, one in new.items()}
    session.add_all(rows.values())
    session.flush()
    for peer in sorted({peer for peer, _ in rows}):
        wake(session, peer, now=now)
    ids = known | {name: row.id for name, row in rows.items()}
    return [ids[one.peer, one.key] for one in requests]


def _row(request: Request, now: datetime, due_at: datetime) -> OutboundRequest:
    assert request.peer in PEERS and request.kind in KINDS, f"{request.peer} {request.kind}"
    assert (request.reader_id is None) != (request.msisdn is None), "a reader or a number"
    return OutboundRequest(
        peer=request.peer,
        line=request.line,
        reader_id=request.reader_id,
        service_id=request.service_id,
        kind=request.kind,
        key=request.key,
        transaction_id=new_transaction_id(),
        payload=dict(request.payload) | ({"msisdn": request.msisdn} if request.msisdn is not None else {}),
        due_at=due_at,
        created_at=now,
    )


def new_transaction_id() -> str:
    """16 digits of chance: MISC takes at most 16 characters and its own are digits. Among ten million two are alike in one case of 200, which the table refuses.

    Spec: MISC 1.5.0 TransactionID, at most 16 characters.
    """
    return f"{secrets.randbelow(10**16):016d}"


def wake(session: Session, peer: str, *, now: datetime, delay_s: float = 0.0) -> None:
    """Have what waits for `peer` looked at, once however often this is asked."""
    enqueue_many(session, SEND_REQUESTS, [{"peer": peer}], now=now, delay_s=delay_s, key_of=lambda _: f"outbox:{peer}")
