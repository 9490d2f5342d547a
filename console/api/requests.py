"""Operations on requests to BOSS and MISC that are not settled: listed, asked again, dropped."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from console.api.calls import Call, Operation, Reply, keep_whole
from console.api.confirming import CountedRequest, check
from console.api.schemas import Query
from console.api.scopes import SETTLE
from huabao.msisdn import MSISDN
from reconciliation.outbox import store
from reconciliation.outbox.boards import ACT_MAX, WantedRequests, act_on, count_requests, requests_page, waiting
from reconciliation.outbox.models import OutboundRequest
from reconciliation.outbox.peers import PEERS

Peer = Literal["", "boss", "misc"]
State = Literal["", "person", "waiting", "unknown", "asking"]
MOST = 2**63 - 1


class RequestQuery(Query):
    """Which requests."""

    peer: Annotated[Peer, Field(description="To this peer; empty for both")] = ""
    state: Annotated[State, Field(description="In this state; empty for all that are not settled")] = ""
    code: Annotated[str, Field(max_length=20, description="Whose last answer had this code; empty for any")] = ""
    after: Annotated[int, Field(ge=0, le=MOST, description="`next_after` of the page before this one")] = 0
    limit: Annotated[int, Field(ge=1, le=200, description="Requests of one page")] = 50


class PeerDocument(BaseModel):
    """A peer as the platform knows it."""

    peer: str = Field(description="boss or misc")
    away_since: datetime | None = Field(description="null while it answers")
    why: str = Field(description="What the last try met; empty where nothing is known against it")
    waiting: dict[str, int] = Field(description="Requests that are not settled, by state")


class RequestDocument(BaseModel):
    """One request that is not settled."""

    request_id: int = Field(description="Id of the request, as `actOnRequests` takes it")
    peer: str = Field(description="boss or misc")
    kind: str = Field(description="order, cancel, pause, resume or account")
    state: str = Field(description="person (somebody has to look), waiting, asking (on its way) or unknown (the answer was lost)")
    reader_id: int | None = Field(description="Whom it is about; null where the platform knows no reader of the number")
    msisdn: str = Field(description="Masked unless the token has the scope `numbers`; empty where he has none any more")
    service_id: str | None = Field(description="Code of the service at BOSS and MISC; null for an account")
    attempts: int = Field(description="Tries that count; a peer that is away costs none")
    code: str = Field(description="Of the peer's last answer; empty before that")
    text: str = Field(description="Of the peer's last answer, in its words")
    created_at: datetime = Field(description="When it was asked for")
    due_at: datetime = Field(description="When it is tried next")


class RequestPage(BaseModel):
    """Requests, the oldest first, and the peers that they wait for."""

    requests: list[RequestDocument] = Field(description="At most `limit` of them")
    peers: list[PeerDocument] = Field(description="BOSS and MISC")
    next_after: int | None = Field(description="Give it as `after` for the page that follows; null on the last")


class RequestAct(CountedRequest):
    """What is to be done about requests that fit; `confirmed` and a reason are needed unless dry_run."""

    act: Literal["retry", "drop"] = Field(description="retry: asked again at once, what the peer did it does not do twice; drop: asked no more")
    request_id: Annotated[int, Field(ge=0, le=MOST, description="This one; 0 for all that fit")] = 0
    peer: Annotated[Peer, Field(description="To this peer; empty for both")] = ""
    state: Annotated[State, Field(description="In this state; empty for all that are not settled")] = ""
    code: Annotated[str, Field(max_length=20, description="Whose last answer had this code; empty for any")] = ""


class RequestActDocument(BaseModel):
    """What came of it, or would."""

    requests: int = Field(description=f"How many it touches; at most {ACT_MAX} at once, the oldest first")
    done: int = Field(description="How many were done; 0 of a dry run")
    refused: dict[int, str] = Field(description="Why some were left as they were, by id")


def list_requests(call: Call) -> Reply:
    """What is not settled; whole numbers are kept in the audit trail."""
    query = call.query
    assert isinstance(query, RequestQuery)
    with call.runtime.transaction() as session:
        found = requests_page(session, WantedRequests(query.peer, query.state, query.code), after=query.after, limit=query.limit + 1)
        shown = found[: query.limit]
        numbers = store.numbers_of(session, [row.reader_id for row in shown if row.reader_id is not None])
        keep_whole(call, session, "outbox.numbers", "outbox", bool(shown))
        lines = [_request(call, row, row.payload.get("msisdn") or numbers.get(row.reader_id or 0, "")) for row in shown]
        return Reply(200, RequestPage(requests=lines, peers=_peers(session), next_after=shown[-1].id if len(found) > query.limit else None))


def _request(call: Call, row: OutboundRequest, number: str) -> RequestDocument:
    return RequestDocument(
        request_id=row.id, peer=row.peer, kind=row.kind, state=row.state, reader_id=row.reader_id, msisdn=call.number(MSISDN(number)) if number else "",
        service_id=row.service_id, attempts=row.attempts, code=row.code, text=row.text, created_at=row.created_at, due_at=row.due_at,
    )  # fmt: skip


def _peers(session: Session) -> list[PeerDocument]:
    lines = waiting(session)
    health = {name: store.health_of(session, name) for name in PEERS}
    return [
        PeerDocument(peer=name, away_since=one.down_since, why=one.why, waiting={line.state: line.count for line in lines if line.peer == name}) for name, one in health.items()
    ]


def act_on_requests(call: Call) -> Reply:
    """Have requests asked again, or drop them."""
    body = call.body
    assert isinstance(body, RequestAct)
    wanted = WantedRequests(body.peer, body.state, body.code, body.request_id)
    with call.runtime.transaction() as session:
        count = min(ACT_MAX, count_requests(session, wanted))
        if body.dry_run:
            return Reply(200, RequestActDocument(requests=count, done=0, refused={}))
        reason = check(body, count)
        acted = act_on(session, wanted, body.act, why=reason, by=call.actor(body.agent), at=call.runtime.now())
        return Reply(200, RequestActDocument(requests=count, done=acted.done, refused=acted.refused))


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "listRequests", "GET", "/reconcile/requests", (SETTLE,), "Requests to BOSS and MISC that are not settled, the oldest first", list_requests, {200: RequestPage}, (), None,
        RequestQuery,
    ),
    Operation(
        "actOnRequests", "POST", "/reconcile/requests/acts", (SETTLE,), "Ask BOSS and MISC again, or drop requests to them", act_on_requests, {200: RequestActDocument}, ("moved",),
        RequestAct,
    ),
)  # fmt: skip
