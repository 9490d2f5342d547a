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
from console.api.calls import Call, Operation, Reply, keep_whole
from console.api.scopes import READ, SUPPORT
from huabao.msisdn import MSISDN


class OnTimeDocument(BaseModel):
    """A day's share in time; the first is today."""

    day: date = Field(description="Business day in Shanghai")
    promised: int = Field(description="readers who have what was promised for an hour")
    in_time: int = Field(description="Of these, who fetched it within the promised hour")
    retrieved: int = Field(description="Of these, who fetched it at all")
    late_p95_min: int | None = Field(description="Minutes after the promise at which 95 % of those who fetched had it; null where nobody did")


class ServiceDocument(BaseModel):
    """Orders of one service."""

    service_id: str = Field(description="Code of the service at BOSS and MISC, up to 40 characters")
    active: int = Field(description="Orders that are in force")
    paused: int = Field(description="Orders that rest, mostly with a barred account")
    stopped: int = Field(description="Of the active ones, those that are not sent to")


class ReadershipDocument(BaseModel):
    """Who pays, as of the day that was counted last."""

    day: date = Field(description="The day that was counted")
    readers: int = Field(description="Readers with an order in force")
    before: int | None = Field(description="on `before_day`, some 30 days earlier")
    before_day: date | None = Field(description="null where no day was counted then")
    with_mms: int | None = Field(description="Of these, whose handset takes MMS; null where it was not counted")
    handset_unknown: int | None = Field(description="Of these, whose handset nobody knows; null where it was not counted")
    retrieving: int | None = Field(description="fetched a copy within 30 days")
    services: list[ServiceDocument] = Field(description="A line for each service")


class MovesDocument(BaseModel):
    """Orders that began, or ended, within 30 days."""

    number: int = Field(description="Orders within 30 days")
    today: int = Field(description="Of these, orders of today")
    causes: dict[str, int] = Field(description="Count by why")
    channels: dict[str, int] = Field(description="Count by which way")


class WatchedDocument(BaseModel):
    """A list that is kept, as of `at`; null where it was never made."""

    number: int = Field(description="Readers on the list")
    waiting: int = Field(description="of these, who got nothing yet")
    fen: int = Field(description="what they pay a month")
    at: datetime | None = Field(description="When the list was made; null where it never was")


class WaitingDocument(BaseModel):
    """Complaints without an answer."""

    number: int = Field(description="Open complaints")
    overdue: int = Field(description="Of these, past their time")
    next_due_at: datetime | None = Field(description="When the next one must be answered; null where none is open")


class StoppedFigures(BaseModel):
    """Stopped and still paying; those for 30 days or longer, of these for 60."""

    number: int = Field(description="Stopped orders")
    fen: int = Field(description="What they pay a month, in fen")
    over_30: int = Field(description="Of these, stopped for 30 days or longer")
    over_30_fen: int = Field(description="What those pay a month, in fen")
    over_60: int = Field(description="Of these, stopped for 60 days or longer")
    over_60_fen: int = Field(description="What those pay a month, in fen")


class OverviewDocument(BaseModel):
    """How the house stands. Money is in fen a month."""

    at: datetime = Field(description="When it was counted")
    on_time: list[OnTimeDocument] = Field(description="today, then the last four same weekdays; empty for a token of one city")
    readership: ReadershipDocument | None = Field(description="Who pays; null where no day was counted yet")
    joined: MovesDocument = Field(description="Orders that began")
    left: MovesDocument = Field(description="Orders that ended")
    churn: float | None = Field(description="orders that ended within 30 days, of readers who paid when they began")
    stopped: StoppedFigures = Field(description="Who pays and is not sent to")
    unserved: int = Field(description="open differences in which somebody is charged and not served")
    unserved_fen: int = Field(description="What those are charged a month, in fen")
    never: WatchedDocument = Field(description="Readers who never got any paper")
    new: WatchedDocument = Field(description="Readers who are new")
    risk_fen: int = Field(description="charged a month from readers who are not served now")
    complaints: WaitingDocument = Field(description="All open ones")
    repeated: WaitingDocument = Field(description="Of readers who had complained shortly before")
    regulator: WaitingDocument = Field(description="Handed on by the regulator")


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

    reader_id: int = Field(description="Id of the reader, as the addresses of his operations take it")
    msisdn: str = Field(description="Masked unless the token has the scope `numbers`; empty of a reader who was forgotten")
    city: str = Field(description="Empty where nobody knows")
    service_id: str = Field(description="Code of the service at BOSS and MISC, up to 40 characters")
    at: datetime = Field(description="when it began or ended, or was ordered")
    cause: str = Field(default="", description="Why the order began or ended; empty on other lists")
    channel: str = Field(default="", description="By which way it began or ended; empty on other lists")
    arrived_at: datetime | None = Field(default=None, description="When the first paper was fetched; null where none was")
    price_fen: int | None = Field(default=None, description="What the order costs a month, in fen; null where nobody knows")


class ListedPage(BaseModel):
    """A page of them."""

    readers: list[ListedDocument] = Field(description="At most `limit` of them")
    next_after: str | None = Field(description="Give it as `after` for the page that follows; null on the last")


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
        stopped=StoppedFigures(**{name: getattr(found.stopped, name) for name in StoppedFigures.model_fields}),
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
        keep_whole(call, session, "overview.numbers", "readers", bool(found), object_id=query.list)
        shown = found[: query.limit]
        return Reply(200, ListedPage(readers=[one for _, one in shown], next_after=shown[-1][0] if len(found) > query.limit else None))


OPERATIONS: tuple[Operation, ...] = (
    Operation("showOverview", "GET", "/overview", (READ,), "How the house stands: in time, readers, who comes and goes, money at risk, complaints", show, {200: OverviewDocument}),
    Operation("listOverviewReaders", "GET", "/overview/readers", (SUPPORT,), "The readers behind its figures", readers, {200: ListedPage}, (), None, MovedQuery),
)
