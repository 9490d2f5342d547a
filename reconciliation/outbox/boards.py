"""Requests that are not settled, as a board shows them: how many wait for each peer and how long, the list, an act on many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, literal_column, select, union_all
from sqlalchemy.orm import Session

from huabao.errors import UsageError
from reconciliation.outbox import people
from reconciliation.outbox.models import ASKING, PERSON, UNKNOWN, WAITING, OutboundRequest

RETRY, DROP = "retry", "drop"
VERBS = (RETRY, DROP)
ACT_MAX = 500
"""Requests that one press touches: each is locked, and its peer's line with it, until all are done."""

STATES = (PERSON, WAITING, UNKNOWN, ASKING)
"""What is not settled; what a person has to look at first."""

# As the indices say it, so that they are used.
_IS_OPEN: ColumnElement[Any] = literal_column("outbound_requests.state IN ('waiting', 'asking', 'unknown')")
_IS_PERSON: ColumnElement[Any] = literal_column("outbound_requests.state = 'person'")


@dataclass(frozen=True)
class Waiting:
    """So many requests of one state wait for a peer, the oldest since `oldest_at`."""

    peer: str
    state: str
    count: int
    oldest_at: datetime


@dataclass(frozen=True)
class WantedRequests:
    """Which of the unsettled ones; "" for any.

    Attributes:
        code: of the peer's last answer.
        request_id: this one alone; 0 for any.
    """

    peer: str = ""
    state: str = ""
    code: str = ""
    request_id: int = 0

    def conditions(self) -> list[ColumnElement[bool]]:
        """What a statement over `outbound_requests` asks."""
        row = OutboundRequest
        found: list[ColumnElement[bool]] = [row.state == self.state if self.state else row.state.in_(STATES)]
        for column, value in ((row.peer, self.peer), (row.code, self.code), (row.id, self.request_id)):
            if value:
                found.append(column == value)
        return found


@dataclass(frozen=True)
class Acted:
    """What came of an act on many.

    Attributes:
        refused: why some were left as they are, by id.
    """

    done: int
    refused: dict[int, str]


def waiting(session: Session) -> list[Waiting]:
    """What waits for each peer."""
    row = OutboundRequest
    counted = select(row.peer, row.state, func.count().label("count"), func.min(row.created_at).label("oldest")).group_by(row.peer, row.state)
    lines = union_all(*(counted.where(one) for one in (_IS_OPEN, _IS_PERSON))).subquery()
    return [Waiting(*line) for line in session.execute(select(lines.c.peer, lines.c.state, lines.c.count, lines.c.oldest).order_by(lines.c.peer, lines.c.state))]


def requests_page(session: Session, wanted: WantedRequests, *, after: int = 0, limit: int) -> Sequence[OutboundRequest]:
    """Requests with an id above `after`, ascending: the oldest first."""
    asked = select(OutboundRequest).where(*wanted.conditions(), OutboundRequest.id > after)
    return session.scalars(asked.order_by(OutboundRequest.id).limit(limit)).all()


def count_requests(session: Session, wanted: WantedRequests) -> int:
    """How many there are."""
    return session.scalar(select(func.count()).select_from(OutboundRequest).where(*wanted.conditions())) or 0


def act_on(session: Session, wanted: WantedRequests, verb: str, *, why: str = "", by: str, at: datetime) -> Acted:
    """Have all that fit asked again, or dropped: the oldest first, at most `ACT_MAX`. One that refuses is left as it is, the others go on."""
    ids = session.scalars(select(OutboundRequest.id).where(*wanted.conditions()).order_by(OutboundRequest.id).limit(ACT_MAX)).all()
    refused: dict[int, str] = {}
    for one in ids:
        try:
            if verb == RETRY:
                people.retry(session, one, by=by, at=at)
            else:
                people.drop(session, one, why=why, by=by, at=at)
        except UsageError as error:
            refused[one] = str(error)
    return Acted(len(ids) - len(refused), refused)
