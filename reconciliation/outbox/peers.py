"""Who is asked, and how: one module for each peer, with two functions of fixed names.

`send(runtime, outgoing) -> Reply` lets a request leave and reads the answer; no transaction
is open. `settled(session, row, *, now)` hears of a request that was done, refused or
given up, in the transaction that writes this down.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from typing import Any, Final, cast

from sqlalchemy.orm import Session

from huabao.errors import HuabaoError
from huabao.runtime import Runtime
from reconciliation.outbox.models import OutboundRequest

PEERS: Final[Mapping[str, str]] = {
    "boss": "reconciliation.ordering.boss",
    "misc": "reconciliation.ordering.misc",
}
"""Which module speaks to which peer; named here so that the outbox imports none of them."""


@dataclass(frozen=True)
class Outgoing:
    """A request as its sender gets it.

    Attributes:
        msisdn: 11 digits.
        asked_before: it left once already and its answer was lost, so the peer may have done it.
        timeout_s: an answer that takes longer is lost.
    """

    request_id: int
    transaction_id: str
    kind: str
    msisdn: str
    service_id: str | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)
    reader_id: int | None = None
    asked_before: bool = False
    timeout_s: float = 20.0


@dataclass(frozen=True)
class Reply:
    """A peer's answer: its code as it says it, and its words."""

    code: str
    text: str = ""


class PeerAwayError(HuabaoError):
    """The peer surely did not take the request, and would take no other now either.

    Attributes:
        retry_after_s: what the peer asked for, or None.
    """

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class AnswerLostError(HuabaoError):
    """The request left and nobody knows whether it was taken."""


Sender = Callable[[Runtime, Outgoing], Reply]
Settled = Callable[..., None]


def sender_of(peer: str) -> Sender:
    """The function that speaks to `peer`."""
    return cast(Sender, import_module(PEERS[peer]).send)


def tell(session: Session, row: OutboundRequest, *, now: datetime) -> None:
    """Tell the peer's module that a request was settled."""
    settled: Settled = import_module(PEERS[row.peer]).settled
    settled(session, row, now=now)
