"""Operations of the overview: its figures, and the readers behind them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from care.overview import lists
from care.overview.figures import Moves, OnTime, Overview, Waiting, Watched, overview
from care.overview.lists import WantedMoves
from care.overview.marks import NEW
from care.overview.rules import JOINED, LEFT
from console.api.calls import Call, Operation, Reply
from console.api.scopes import NUMBERS, READ, SUPPORT
from huabao import audit
from huabao.msisdn import MSISDN


class OnTimeDocument(BaseModel):
    """A day's share in time; the first is today."""

    day: date
    promised: int = Field(description="readers who have what was promised for an hour")
    in_time: int
    retrieved: int
    late_p95_min: int | None


class ServiceDocument(BaseModel):
    """Orders of one service."""

    service_id: str
    active: int
    paused: int
    stopped: int


class ReadershipDocument(BaseModel):
    """Who pays, as of the day that was counted last."""

    day: date
    readers: int
    before: int | None = Field(description="on `before_day`, some 30 days earlier")
    before_day: date | None
    with_mms: int | None
    handset_unknown: int | None
    retrieving: int | None = Field(description="fetched a copy within 30 days")
    services: list[ServiceDocument]


class MovesDocument(BaseModel):
    """Orders that began, or ended, within 30 days."""

    number: int
    today: int
    causes: dict[str, int]
    channels: dict[str, int]


class WatchedDocument(BaseModel):
    """A list that is kept, as of `at`; null where it was never made."""

    number: int
    waiting: int = Field(description="of these, who got nothing yet")
    fen: int = Field(description="what they pay a month")
    at: datetime | None


class WaitingDocument(BaseModel):
    """Complaints without an answer."""

    number: int
    overdue: int
    next_due_at: datetime | None


class StoppedDocument(BaseModel):
    """Stopped and still paying; those for 30 days or longer, of these for 60."""

    number: int
    fen: int
    over_30: int
    over_30_fen: int
    over_60: int
    over_60_fen: int


class OverviewDocument(BaseModel):
    """How the house stands. Money is in fen a month."""

    at: datetime
    on_time: list[OnTimeDocument] = Field(description="today, then the last four same weekdays; empty for a token of one city")
    readership: ReadershipDocument | None
    joined: MovesDocument
    left: MovesDocument
    churn: float | None = Field(description="orders that ended within 30 days, of readers who paid when they began")
    stopped: StoppedDocument
    unserved: int = Field(description="open differences in which somebody is charged and not served")
    unserved_fen: int
    never: WatchedDocument
    new: WatchedDocument
    risk_fen: int = Field(description="charged a month from readers who are not served now")
    complaints: WaitingDocument
    repeated: WaitingDocument
    regulator: WaitingDocument


class MovedQuery(BaseModel):
    """Which readers."""

    model_config = ConfigDict(extra="forbid")

    list: Annotated[
        Literal["joined", "left", "new", "never"], Field(description="Who joined or left within 30 days; who is new and had no paper within 24 hours; who never got any")
    ]
    cause: Annotated[str, Field(max_length=12, description="Of who joined or left")] = ""
    channel: Annotated[str, Field(max_length=10, description="Of who joined or left")] = ""
    waiting: Annotated[bool, Field(description="Of who is new: only who has none yet")] = False
    after: Annotated[str, Field(max_length=80, description="`next_after` of the page before")] = ""
    limit: Annotated[int, Field(ge=1, le=500)] = 100


class ListedDocument(BaseModel):
    """One order; the number is empty of a reader who was forgotten."""

    reader_id: int
    msisdn: str
    city: str
    service_id: str
    at: datetime = Field(description="when it began or ended, or was ordered")
    cause: str = ""
    channel: str = ""
    arrived_at: datetime | None = None
    price_fen: int | None = None


class ListedPage(BaseModel):
    """A page of them."""

    readers: list[ListedDocument]
    next_after: str | None


def show(call: Call) -> Reply:
    """How the house stands."""
    with call.runtime.transaction(read_only=True) as session:
        return Reply(200, _document(overview(session, call.runtime.now(), city=call.client.city or "")))


def _document(found: Overview) -> OverviewDocument:
    known = found.readership
    return OverviewDocument(
        at=found.at, on_time=[_on_time(one) for one in found.on_time],
        readership=None if known is None else ReadershipDocument(
            **{name: getattr(known, name) for name in ReadershipDocument.model_fields if name != "services"},
            services=[ServiceDocument(service_id=name, active=active, paused=paused, stopped=stopped) for name, active, paused, stopped in known.services],
        ),
        joined=_moves(found.joined), left=_moves(found.left), churn=found.churn,
        stopped=StoppedDocument(**{name: getattr(found.stopped, name) for name in StoppedDocument.model_fields}),
        unserved=found.unserved, unserved_fen=found.unserved_fen, never=_watched(found.never), new=_watched(found.new), risk_fen=found.risk_fen,
        complaints=_waiting(found.complaints), repeated=_waiting(found.repeated), regulator=_waiting(found.regulator),
    )  # fmt: skip


def _on_time(one: OnTime) -> OnTimeDocument:
    whole = one.sum
    return OnTimeDocument(day=one.day, promised=whole.promised, in_time=whole.late.get(0, 0), retrieved=whole.retrieved, late_p95_min=whole.percentile(0.95))


def _moves(one: Moves) -> MovesDocument:
    return MovesDocument(number=one.number, today=one.today, causes=dict(one.causes), channels=dict(one.channels))


def _watched(one: Watched) -> WatchedDocument:
    return WatchedDocument(number=one.number, waiting=one.waiting, fen=one.fen, at=one.at)


def _waiting(one: Waiting) -> WaitingDocument:
    return WaitingDocument(number=one.number, overdue=one.overdue, next_due_at=one.next_due_at)


def readers(call: Call) -> Reply:
    """The readers behind a figure; whole numbers are kept in the audit trail."""
    query, now, city = call.query, call.runtime.now(), call.client.city or ""
    assert isinstance(query, MovedQuery)
    with call.runtime.transaction() as session:
        if query.list in (JOINED, LEFT):
            before = int(query.after) if query.after.isascii() and query.after.isdecimal() and len(query.after) < 19 else None
            moved = lists.moves(session, WantedMoves(query.list, query.cause, query.channel, None, city), now, before=before, limit=query.limit + 1)
            found = [
                (str(one.move.event_id), ListedDocument(
                    reader_id=one.move.reader_id, msisdn=call.number(MSISDN(one.msisdn)) if one.msisdn else "", city=one.move.city, service_id=one.move.service_id,
                    at=one.move.at, cause=one.move.cause, channel=one.move.channel,
                )) for one in moved
            ]  # fmt: skip
        else:
            marked = lists.marked(session, query.list, city=city, waiting=query.waiting and query.list == NEW, after=lists.behind(query.after), limit=query.limit + 1)
            found = [
                (lists.cursor(one.mark), ListedDocument(
                    reader_id=one.mark.reader_id, msisdn=call.number(MSISDN(one.msisdn)), city=one.mark.city, service_id=one.mark.service_id, at=one.mark.since,
                    arrived_at=one.mark.arrived_at, price_fen=one.mark.price_fen,
                )) for one in marked
            ]  # fmt: skip
        if found and NUMBERS in call.client.scopes:
            asked = query.model_dump_json(exclude_defaults=True)
            audit.record(session, actor=call.client.actor, action="overview.numbers", object_kind="readers", object_id=query.list, at=now, filter=asked)
        shown = found[: query.limit]
        return Reply(200, ListedPage(readers=[one for _, one in shown], next_after=shown[-1][0] if len(found) > query.limit else None))


OPERATIONS: tuple[Operation, ...] = (
    Operation("showOverview", "GET", "/overview", (READ,), "How the house stands: in time, readers, who comes and goes, money at risk, complaints", show, {200: OverviewDocument}),
    Operation("listOverviewReaders", "GET", "/overview/readers", (SUPPORT,), "The readers behind its figures", readers, {200: ListedPage}, (), None, MovedQuery),
)
