"""Operations on what a guard holds, on open differences and stopped readers: agreed to by two, applied, dropped, given an owner; readers joined.

Two different people agree. Over the API a person is a token: who is named as its agent is the client's word alone, so two agents of one token are one.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from console.agreeing import others
from console.api.calls import Call, Operation, Reply, keep_whole
from console.api.confirming import CountedRequest, check
from console.api.problems import Problem
from console.api.schemas import Agent, Msisdn, Query, RowId, Strict
from console.api.scopes import SETTLE, SUPPORT
from console.confirmed import REASON_CHARS_MAX
from console.settlement import GONE, settle, standing
from huabao.msisdn import MSISDN, parse_msisdn
from reconciliation.intake.joining import join
from reconciliation.runs import guard
from reconciliation.runs.boards import HAND_MAX, WantedOpen, count_open, find_open, hand, latest_runs, open_page
from reconciliation.runs.models import ReconcileRun
from reconciliation.runs.open import assign
from reconciliation.stop_send import deciding
from reconciliation.stop_send.boards import WantedStops, stopped_page
from reconciliation.stop_send.models import HELD, DeliveryStop, StopRun
from subscribers.store import find_reader

RUNS_MAX = 60
PEOPLE = guard.PEOPLE


class RunDocument(BaseModel):
    """A run of the reconciliation as it stands."""

    run_id: int = Field(description="Id of the run, as `settleRun` takes it")
    kind: str = Field(description="daily or monthly")
    day: date = Field(description="The day that is looked at; of a monthly one its first")
    state: str = Field(description="planning, compared, applying or applied")
    compared: int = Field(description="Orders that were compared")
    matched: int = Field(description="Of these, those on which all sides agree")
    held: dict[str, int] = Field(description="Repairs that wait for two people, by class")
    agreed: list[str] = Field(description="Who agreed to what it would do now")
    started_by: str = Field(description="Name of the account, or `scheduler`")
    compared_at: datetime | None = Field(description="null while it is being compared")
    applied_at: datetime | None = Field(description="When its repairs were done; null before that")


class RunList(BaseModel):
    """The runs of the latest days and months, the newest first."""

    runs: list[RunDocument] = Field(description="At most 60 of them")


class SettleRequest(Strict):
    """What is to be done about a run."""

    act: Annotated[Literal["agree", "apply"], Field(description="agree to what the guard holds; apply the rest")]
    confirmed: Annotated[int | None, Field(ge=0, le=2**63 - 1, description="So many repairs the dry run counted; another number refuses it. Needed unless dry_run")] = None
    dry_run: Annotated[bool, Field(description="Count only")] = False
    agent: Agent = None


class SettleDocument(BaseModel):
    """What was settled, or would be."""

    run_id: int = Field(description="Id of the run, as `settleRun` takes it")
    repairs: int = Field(description="How many it does")
    done: bool = Field(description="false of a dry run")
    people: int = Field(description="How many agreed; two are needed")
    asked_for: bool = Field(description="Whether the repairs are being done now")


class StopRunDocument(BaseModel):
    """A run of stops."""

    run_id: int = Field(description="Id of the run, as `actOnStopRun` takes it")
    at: datetime = Field(description="When it was found")
    state: str = Field(description="held (waits for two people), applied or dropped")
    found: int = Field(description="Subscriptions that it would stop")
    causes: dict[str, int] = Field(description="Subscriptions by why they would be stopped")
    why: str = Field(description="Why the guard holds it")
    agreed: list[str] = Field(description="Who agreed so far")


class StopRunList(BaseModel):
    """Runs of stops that are held, the oldest first."""

    runs: list[StopRunDocument] = Field(description="Empty where nothing waits")


class StopRunAct(CountedRequest):
    """What is to be done about a held run of stops; agreeing needs `confirmed`, dropping a reason."""

    act: Literal["agree", "drop"] = Field(description="agree to it, or drop it")


class DifferenceQuery(Query):
    """Which open differences."""

    name: Annotated[str, Field(max_length=40, description="Their class")] = ""
    action: Annotated[str, Field(max_length=20)] = ""
    owner: Annotated[str, Field(max_length=80, description="`-` for nobody's")] = ""
    after: Annotated[int | None, Field(ge=1, le=2**63 - 1, description="`next_after` of the page before this one")] = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class DifferenceDocument(BaseModel):
    """One reader's one service on which the sides differ."""

    difference_id: int = Field(description="Id of the difference, as `ownDifferences` takes it")
    msisdn: str = Field(description="Masked unless the token has the scope `numbers`")
    service_id: str = Field(description="Code of the service at BOSS and MISC, up to 40 characters")
    name: str = Field(description="The class")
    boss: str = Field(description="What BOSS says: active, paused, absent or unknown")
    misc: str = Field(description="What MISC says, in the same words")
    platform: str = Field(description="What is written here, in the same words")
    money_fen: int = Field(description="What is charged wrongly in a month, in fen; 0 for nothing")
    first_day: date = Field(description="The first day on which it was seen")
    action: str = Field(description="What the policy says: serve, pause, stop, adopt, peers, ask (a person), wait or none")
    owner: str = Field(description="Name of the account that looks after it; empty for nobody")
    tries: int = Field(description="Repairs that did not help so far")


class DifferencePage(BaseModel):
    """Open differences, the oldest first."""

    differences: list[DifferenceDocument] = Field(description="At most `limit` of them")
    next_after: int | None = Field(description="Give it as `after` for the page that follows; null on the last")


class StoppedQuery(Query):
    """Which stopped readers."""

    cause: Annotated[str, Field(max_length=40)] = ""
    listed: Annotated[bool, Field(description="Only those for whom a person must decide")] = False
    after: Annotated[int | None, Field(ge=1, le=2**63 - 1, description="`next_after` of the page before this one")] = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class StoppedDocument(BaseModel):
    """A subscription that is not sent to."""

    stop_id: int = Field(description="Id of the stop, as `reachReader` and `releaseReader` take it")
    reader_id: int = Field(description="Id of the reader, as the addresses of his operations take it")
    msisdn: str = Field(description="Masked unless the token has the scope `numbers`")
    city: str = Field(description="Of the reader; empty where nobody knows")
    service_id: str = Field(description="Code of the service at BOSS and MISC, up to 40 characters")
    cause: str = Field(description="Why nothing reaches him, such as unreachable, memory_full or handset_settings")
    failing_since: datetime = Field(description="When the first copy failed of those that led to it")
    stopped_at: datetime = Field(description="Since when he is not sent to")
    tried: int = Field(description="How often he was tried again since")
    attempt: str = Field(description="The state of the attempt that runs, or empty")
    price_fen: int | None = Field(description="What he pays a month, in fen; null where nobody knows")


class StoppedPage(BaseModel):
    """Stopped readers, the longest first."""

    stopped: list[StoppedDocument] = Field(description="At most `limit` of them")
    next_after: int | None = Field(description="Give it as `after` for the page that follows; null on the last")


class OwnRequest(Strict):
    """Whose differences they are to be: named ones, or all that fit a filter."""

    owner: Annotated[str, Field(max_length=80, description="An account that may settle differences; empty for nobody")]
    differences: Annotated[list[RowId] | None, Field(min_length=1, max_length=HAND_MAX, description="These; null for all that fit")] = None
    name: Annotated[str, Field(max_length=40, description="Their class, of all that fit")] = ""
    action: Annotated[str, Field(max_length=20, description="Those with which the policy does this; empty for all")] = ""
    owned_by: Annotated[str, Field(max_length=80, description="Whose they are now; `-` for nobody's")] = ""
    confirmed: Annotated[int | None, Field(ge=0, le=2**63 - 1, description="So many the dry run counted; over 1 % more refuses it. Needed of all that fit, unless dry_run")] = None
    dry_run: Annotated[bool, Field(description="Count only")] = False
    agent: Agent = None


class OwnDocument(BaseModel):
    """How many got another owner, or would."""

    differences: int = Field(description="How many")
    done: bool = Field(description="false of a dry run")


class JoinRequest(Strict):
    """Two numbers of one person."""

    old: Msisdn
    new: Msisdn
    reason: Annotated[str, Field(min_length=1, max_length=REASON_CHARS_MAX, description="How it is known that they are one person")]
    agent: Agent = None


class JoinDocument(BaseModel):
    """The reader who has both now."""

    reader_id: int = Field(description="Id of the reader who has both now")
    joined_reader_id: int = Field(description="Whose past is shown, and forgotten, with the other's")


def list_runs(call: Call) -> Reply:
    """The runs of the latest days and months."""
    with call.runtime.transaction(read_only=True) as session:
        return Reply(200, RunList(runs=[_run(session, one) for one in latest_runs(session, RUNS_MAX)]))


def _run(session: Session, one: ReconcileRun) -> RunDocument:
    return RunDocument(
        run_id=one.id, kind=one.kind, day=one.day, state=one.state, compared=one.compared, matched=one.matched, held=guard.held(session, one), agreed=list(guard.agreed(one)),
        started_by=one.started_by, compared_at=one.compared_at, applied_at=one.applied_at,
    )  # fmt: skip


def settle_run(call: Call) -> Reply:
    """Agree to what is held, or have the rest repaired."""
    body, run_id, by = call.body, call.path["run_id"], call.client.actor
    assert isinstance(body, SettleRequest)
    with call.runtime.transaction() as session:
        found = standing(session, run_id, body.act, by=by)
        if found is None:
            raise Problem("not-found", f"there is no run {run_id}")
        if found.why_not:
            raise Problem("conflict", f"nothing of run {run_id} is left to {body.act}" if found.why_not == GONE else f"{by} agreed already; another person must")
        asked = False
        if not body.dry_run:
            if body.confirmed != found.count:
                raise Problem("moved" if body.confirmed is not None else "invalid", f"confirmed: it is about {found.count} repairs now", count=found.count)
            asked = settle(session, run_id, body.act, by=by, now=call.runtime.now())
        return Reply(200, SettleDocument(run_id=run_id, repairs=found.count, done=not body.dry_run, people=len(guard.agreed(found.run)), asked_for=asked))


def list_stop_runs(call: Call) -> Reply:
    """Runs of stops that wait for two people."""
    with call.runtime.transaction(read_only=True) as session:
        return Reply(200, StopRunList(runs=[_stop_run(one) for one in session.scalars(select(StopRun).where(StopRun.state == HELD).order_by(StopRun.id))]))


def _stop_run(one: StopRun) -> StopRunDocument:
    return StopRunDocument(run_id=one.id, at=one.at, state=one.state, found=one.found, causes=one.causes, why=one.why, agreed=[who for who, _ in one.approvals])


def act_on_stop_run(call: Call) -> Reply:
    """Agree to a held run, or drop it."""
    body, run_id, now = call.body, call.path["run_id"], call.runtime.now()
    assert isinstance(body, StopRunAct)
    with call.runtime.transaction() as session:
        run = session.get(StopRun, run_id, with_for_update=True)
        if run is None:
            raise Problem("not-found", f"there is no run {run_id}")
        if run.state != HELD:
            raise Problem("conflict", f"run {run_id} is settled")
        if not body.dry_run and body.act == "drop":
            if not body.reason.strip():
                raise Problem("invalid", "reason: say why, it is kept in the audit trail")
            deciding.drop(session, run_id, by=call.actor(body.agent), why=body.reason.strip(), now=now)
        elif not body.dry_run:
            if call.client.actor in [who for who, _ in run.approvals]:
                raise Problem("conflict", f"{call.client.actor} agreed already; another person must")
            check(body.model_copy(update={"reason": "agreed"}), run.found)
            deciding.approve(session, run_id, by=call.client.actor, now=now)
        session.flush()
        return Reply(200, _stop_run(run))


def list_stopped(call: Call) -> Reply:
    """Who is not sent to; whole numbers are kept in the audit trail."""
    query, now = call.query, call.runtime.now()
    assert isinstance(query, StoppedQuery)
    with call.runtime.transaction() as session:
        last = None if query.after is None else session.get(DeliveryStop, query.after)
        after = None if last is None else (last.stopped_at, last.id)
        wanted = WantedStops(query.cause, None, query.listed, call.client.city or "")
        found = stopped_page(session, wanted, now, after=after, limit=query.limit + 1)
        shown = found[: query.limit]
        keep_whole(call, session, "recovery.numbers", "delivery_stops", bool(shown))
        lines = [
            StoppedDocument(
                stop_id=one.stop.id, reader_id=one.stop.reader_id, msisdn=call.number(MSISDN(one.msisdn)), city=one.city, service_id=one.stop.service_id, cause=one.stop.cause,
                failing_since=one.stop.failing_since, stopped_at=one.stop.stopped_at, tried=one.stop.tried, attempt=one.running or "", price_fen=one.price_fen,
            )
            for one in shown
        ]  # fmt: skip
        return Reply(200, StoppedPage(stopped=lines, next_after=shown[-1].stop.id if len(found) > query.limit else None))


def list_differences(call: Call) -> Reply:
    """Open differences; whole numbers are kept in the audit trail."""
    query = call.query
    assert isinstance(query, DifferenceQuery)
    wanted = WantedOpen(query.name, query.action, query.owner, call.client.city or "")
    with call.runtime.transaction() as session:
        last = None if query.after is None else find_open(session, query.after, city=wanted.city)
        if query.after is not None and last is None:
            raise Problem("conflict", "the last one that you saw is settled; begin anew")
        found = open_page(session, wanted, after=None if last is None else (last.first_day, last.id), limit=query.limit + 1)
        shown = [line.row for line in found[: query.limit]]
        keep_whole(call, session, "reconcile.numbers", "reconcile_differences", bool(shown))
        names = [name for name in DifferenceDocument.model_fields if name not in ("difference_id", "msisdn")]
        lines: list[dict[str, Any]] = [{"difference_id": one.id, "msisdn": call.number(MSISDN(one.msisdn)), **{name: getattr(one, name) for name in names}} for one in shown]
        return Reply(200, DifferencePage.model_validate({"differences": lines, "next_after": shown[-1].id if len(found) > query.limit else None}))


def own_differences(call: Call) -> Reply:
    """Give open differences an owner."""
    body, now = call.body, call.runtime.now()
    assert isinstance(body, OwnRequest)
    by, city = call.actor(body.agent), call.client.city or ""
    with call.runtime.transaction() as session:
        if body.owner and body.owner not in others(session, "own_act", ()):
            raise Problem("invalid", f"owner: {body.owner!r} is no account that may settle differences")
        if body.differences is not None:
            count = len(ids := list(dict.fromkeys(body.differences)))
            if any(find_open(session, one, city=city) is None for one in ids):
                raise Problem("conflict", "one of these is not open any more; nothing was changed")
            if not body.dry_run:
                assign(session, ids, body.owner, by=by, at=now)
            return Reply(200, OwnDocument(differences=count, done=not body.dry_run))
        wanted = WantedOpen(body.name, body.action, body.owned_by, city)
        count = min(HAND_MAX, count_open(session, wanted))
        if not body.dry_run:
            check(CountedRequest(confirmed=body.confirmed, reason="handed over"), count)
            hand(session, wanted, body.owner, by=by, at=now)
        return Reply(200, OwnDocument(differences=count, done=not body.dry_run))


def join_readers(call: Call) -> Reply:
    """Let one reader have the past of another."""
    body = call.body
    assert isinstance(body, JoinRequest)
    old, new = parse_msisdn(body.old), parse_msisdn(body.new)
    with call.runtime.transaction() as session:
        past = join(session, old, new, by=call.actor(body.agent), at=call.runtime.now(), reason=body.reason)
        reader = find_reader(session, new)
        assert reader is not None, "joined to nobody"
        return Reply(200, JoinDocument(reader_id=reader.id, joined_reader_id=past))


OPERATIONS: tuple[Operation, ...] = (
    Operation("listRuns", "GET", "/reconcile/runs", (SETTLE,), "Runs of the reconciliation, the newest first", list_runs, {200: RunList}),
    Operation(
        "settleRun", "POST", "/reconcile/runs/{run_id:int}/acts", (SETTLE,), "Agree to what the guard holds of a run, or apply the rest", settle_run, {200: SettleDocument},
        ("not-found", "conflict", "moved"), SettleRequest,
    ),
    Operation(
        "listDifferences", "GET", "/reconcile/differences", (SETTLE,), "Open differences, the oldest first", list_differences, {200: DifferencePage}, ("conflict",), None,
        DifferenceQuery,
    ),
    Operation(
        "ownDifferences", "POST", "/reconcile/differences/owner", (SETTLE,), "Give open differences an owner", own_differences, {200: OwnDocument}, ("conflict", "moved"),
        OwnRequest,
    ),
    Operation("listStopRuns", "GET", "/recovery/runs", (SETTLE,), "Runs of stops that wait for two people", list_stop_runs, {200: StopRunList}),
    Operation(
        "actOnStopRun", "POST", "/recovery/runs/{run_id:int}/acts", (SETTLE,), "Agree to a held run of stops, or drop it", act_on_stop_run, {200: StopRunDocument},
        ("not-found", "conflict", "moved"), StopRunAct,
    ),
    Operation("listStopped", "GET", "/recovery/stopped", (SETTLE, SUPPORT), "Stopped readers, the longest first", list_stopped, {200: StoppedPage}, (), None, StoppedQuery),
    Operation("joinReaders", "POST", "/readers/join", (SETTLE, SUPPORT), "Join two readers who are one person", join_readers, {200: JoinDocument}, (), JoinRequest),
)  # fmt: skip
