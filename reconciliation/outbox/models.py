"""Tables of the requests that go to peers, and of what is known of the peers themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from huabao.db import Base, BigKey

WAITING, ASKING, UNKNOWN = "waiting", "asking", "unknown"
DONE, REFUSED, PERSON, DROPPED = "done", "refused", "person", "dropped"
STATES = (WAITING, ASKING, UNKNOWN, DONE, REFUSED, PERSON, DROPPED)

_OPEN = text("state IN ('waiting', 'asking', 'unknown')")
_DUE = text("state IN ('waiting', 'unknown')")
_ASKING = text("state = 'asking'")
_PERSON = text("state = 'person'")

KINDS = ("order", "cancel", "pause", "resume", "account")
"""What may be asked of a peer: an order, its end, its pause and its return, and what became of an account."""


class OutboundRequest(Base):
    """One request to one peer about one reader.

    Attributes:
        peer: boss or misc.
        line: whose request it is; of a peer and a line one request is on its way at a time, in the order of ids.
        reader_id: None where the platform knows no reader of that number.
        key: what caused it; asking twice with one key is asking once.
        transaction_id: 16 digits; the same at every try, so that the peer does it once.
        payload: what the peer is told beyond kind, service and number; `msisdn` joins it when the request leaves.
        state: waiting; asking (it left, the answer is not written down yet); unknown (its answer was lost, it is asked
            again); done; refused (the peer said no for good); person (somebody has to look); dropped (by a person).
        attempts: tries that count; a peer that is away costs none.
        code, text: of the last answer, as the peer said it.
        forgotten: its reader was forgotten, so the row goes with its answer.
    """

    __tablename__ = "outbound_requests"
    __table_args__ = (
        Index("uq_outbound_requests_key", "peer", "key", unique=True),
        Index("uq_outbound_requests_transaction", "peer", "transaction_id", unique=True),
        Index("ix_outbound_requests_line", "peer", "line", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_outbound_requests_due", "peer", "due_at", "id", sqlite_where=_DUE, postgresql_where=_DUE),
        Index("ix_outbound_requests_asking", "asked_at", sqlite_where=_ASKING, postgresql_where=_ASKING),
        Index("ix_outbound_requests_person", "id", sqlite_where=_PERSON, postgresql_where=_PERSON),
        Index("ix_outbound_requests_reader", "reader_id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    peer: Mapped[str] = mapped_column(String(10))
    line: Mapped[str] = mapped_column(String(32))
    reader_id: Mapped[int | None] = mapped_column(BigKey)
    service_id: Mapped[str | None] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(16))
    key: Mapped[str] = mapped_column(String(120))
    transaction_id: Mapped[str] = mapped_column(String(16))
    payload: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(10), default=WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    asked_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    code: Mapped[str] = mapped_column(String(20), default="")
    text: Mapped[str] = mapped_column(String(200), default="")
    forgotten: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]


class OutboundPeer(Base):
    """Whether a peer answers; no row means that nothing is known against it.

    Attributes:
        failures: tries in a row that met nobody.
        down_since: since when it counts as away; None while it does not.
        probe_at: when one request may try it again.
        why: what the last try met.
    """

    __tablename__ = "outbound_peers"

    peer: Mapped[str] = mapped_column(String(10), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    down_since: Mapped[datetime | None]
    probe_at: Mapped[datetime | None]
    why: Mapped[str] = mapped_column(String(200), default="")
