"""Operations of refunds: asked for, decided by another, handed over, closed; and what a reader was charged."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from console.api.calls import Call, Operation, Reply
from console.api.problems import Problem
from console.api.schemas import Agent, Strict
from console.api.scopes import NUMBERS, REFUND, SUPPORT
from console.rights import in_reach
from huabao import audit
from huabao.errors import UsageError
from huabao.msisdn import MSISDN
from reconciliation.charges.models import STATES, Refund
from reconciliation.refunds import deciding, handing, listing
from reconciliation.refunds.asking import TEXT_CHARS_MAX, Wish, ask
from reconciliation.refunds.history import MONTHS_SHOWN, months_of
from reconciliation.refunds.rules import WHYS
from subscribers.models import Reader
from subscribers.store import ids_of

Month = Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$", description="YYYY-MM")]
Why = Literal[WHYS]  # type: ignore[valid-type]  # a table of ours
State = Literal[STATES]  # type: ignore[valid-type]


class RefundRequest(Strict):
    """What is asked back of one month of one service."""

    service_id: str = Field(min_length=1, max_length=40, description="Code of the service that was charged")
    month: Month
    amount_fen: int = Field(ge=1, le=100_000_000, description="What is to be given back, in fen; at most what was charged")
    why: Why = Field(description="Why it is asked back")
    text: str = Field(default="", max_length=TEXT_CHARS_MAX, description="For whoever decides")
    agent: Agent = None


class RefundAct(Strict):
    """What is done with a refund; `refuse` and `bounced` say why."""

    act: Literal["approve", "refuse", "paid", "bounced"] = Field(description="approve and refuse what is asked; paid and bounced what was handed over")
    note: str = Field(default="", max_length=deciding.NOTE_CHARS_MAX, description="Why, or what was paid and when")
    agent: Agent = None


class HandRequest(Strict):
    """How many are approved, so that nothing else is handed over."""

    count: int = Field(ge=1, description="As many as are approved at this moment; another number refuses it")
    agent: Agent = None


class RefundDocument(BaseModel):
    """A refund."""

    refund_id: int = Field(description="Id of the refund, as `actOnRefund` takes it")
    reader_id: int | None = Field(description="null of somebody who was forgotten")
    service_id: str = Field(description="Code of the service at BOSS and MISC, up to 40 characters")
    month: str = Field(description="Of the charge, YYYY-MM")
    amount_fen: int = Field(description="What is asked back, in fen")
    charged_fen: int | None = Field(description="null where nobody knew")
    basis: str = Field(description="What bounds the amount: bill, price, or free (the setting for what was never charged)")
    retrieved: int = Field(description="Copies that he fetched in that month")
    failed: int = Field(description="Copies that did not arrive in that month")
    why: str = Field(description="One word: nothing, partly, stopped, ended, unwanted, wrong …")
    text: str = Field(description="What was said with it, or empty")
    state: State = Field(description="Where it is on its way from being asked for to being paid")
    asked_by: str = Field(description="Whose name the audit trail has for it")
    asked_at: datetime = Field(description="When it was asked for")
    decided_by: str | None = Field(description="Who agreed or refused; null before that")
    note: str = Field(description="What was said with the decision, or empty")
    batch: str = Field(description="The list it stands on; empty before it was handed over")


class RefundPage(BaseModel):
    """Some refunds."""

    refunds: list[RefundDocument] = Field(description="At most `limit` of them")
    next_after: int | None = Field(description="Give it as `after` for the page that follows; null on the last")


class RefundQuery(BaseModel):
    """Which refunds."""

    state: State = "asked"
    after: int | None = Field(default=None, description="`next_after` of the page before")
    limit: int = Field(default=50, ge=1, le=200)


class ChargedMonth(BaseModel):
    """What is known of one month of one service."""

    month: str = Field(description="YYYY-MM")
    service_id: str = Field(description="Code of the service at BOSS and MISC, up to 40 characters")
    billed_fen: int | None = Field(description="0: the month's bill does not name him; null: no bill was read")
    price_fen: int | None = Field(description="What the order cost in that month, in fen; null where nobody knows")
    held: bool = Field(description="Whether he was stopped for the whole of it")
    credited_fen: int = Field(description="What BOSS gave back by itself already, in fen")
    retrieved: int = Field(description="Copies that he fetched in that month")
    failed: int = Field(description="Copies that did not arrive in that month")
    refund: RefundDocument | None = Field(description="What was asked back of it already; null for nothing")


class ChargesDocument(BaseModel):
    """A reader's months, the newest first."""

    months: list[ChargedMonth] = Field(description="A line for each month and service")


class HandedLine(BaseModel):
    """One line of a list."""

    refund_id: int = Field(description="Id of the refund, as `actOnRefund` takes it")
    msisdn: str = Field(description="Of who was charged; empty of somebody who was forgotten")
    service_id: str = Field(description="Code of the service at BOSS and MISC, up to 40 characters")
    month: str = Field(description="YYYY-MM")
    amount_fen: int = Field(description="What is given back, in fen")


class HandedDocument(BaseModel):
    """A list that was handed over."""

    batch: str = Field(description="Name of the list, such as 20261123-1")
    refunds: list[HandedLine] = Field(description="Its lines, each a refund")


def charges(call: Call) -> Reply:
    """What a reader was charged, month by month, beside what reached him."""
    with call.runtime.transaction(read_only=True) as session:
        reader = _reader(call, session)
        lines = months_of(session, ids_of(session, reader.id), call.runtime.now(), months=MONTHS_SHOWN)
        months = [
            ChargedMonth(
                month=f"{one.charged.month:%Y-%m}", service_id=one.charged.service_id, billed_fen=one.charged.billed_fen, price_fen=one.charged.price_fen,
                held=one.charged.held, credited_fen=one.charged.credited_fen, retrieved=one.charged.retrieved, failed=one.charged.failed,
                refund=None if one.refund is None else _document(one.refund),
            )
            for one in lines
        ]  # fmt: skip
        return Reply(200, ChargesDocument(months=months))


def ask_refund(call: Call) -> Reply:
    """Ask for a refund."""
    body = call.body
    assert isinstance(body, RefundRequest)
    with call.runtime.transaction() as session:
        wish = Wish(body.service_id, date.fromisoformat(f"{body.month}-01"), body.amount_fen, body.why, f"api:{call.key}"[:80], body.text)
        try:
            made, new = ask(session, _reader(call, session), wish, by=call.actor(body.agent), now=call.runtime.now())
        except UsageError as error:
            raise Problem("conflict", str(error)) from error
        return Reply(201 if new else 200, _document(made))


def list_refunds(call: Call) -> Reply:
    """Refunds of one state."""
    query = call.query
    assert isinstance(query, RefundQuery)
    with call.runtime.transaction(read_only=True) as session:
        last = None if query.after is None else session.get(Refund, query.after)
        after = None if last is None else (last.asked_at, last.id)
        found = listing.listed(session, query.state, city=call.client.city or "", after=after, limit=query.limit + 1)
        shown = found[: query.limit]
        return Reply(200, RefundPage(refunds=_documents(shown), next_after=shown[-1].id if len(found) > query.limit else None))


def act_on_refund(call: Call) -> Reply:
    """Approve, refuse or close a refund."""
    body, now = call.body, call.runtime.now()
    assert isinstance(body, RefundAct)
    with call.runtime.transaction() as session:
        found = session.get(Refund, call.path["refund_id"], with_for_update=True)
        if found is None or (call.client.city and found.city != call.client.city):
            raise Problem("not-found", f"there is no refund {call.path['refund_id']}")
        by = call.actor(body.agent)
        try:
            if body.act in ("approve", "refuse"):
                deciding.decide(session, found, body.act == "approve", body.note, by=by, now=now)
            else:
                deciding.close(session, found, body.act == "paid", body.note, by=by, now=now)
        except UsageError as error:
            raise Problem("conflict", str(error)) from error
        return Reply(200, _document(found))


def hand_refunds(call: Call) -> Reply:
    """Put all that are approved on one list; it is answered with it."""
    body, now = call.body, call.runtime.now()
    assert isinstance(body, HandRequest)
    with call.runtime.transaction() as session:
        count = handing.waiting(session)[0]
        if count != body.count:
            raise Problem("conflict", f"{count} are approved, {body.count} were confirmed")
        batch = handing.hand_over(session, by=call.actor(body.agent), now=now)
        if NUMBERS in call.client.scopes:
            audit.record(session, actor=call.actor(body.agent), action="refund.numbers", object_kind="refund_batch", object_id=batch.name, at=now)
        lines = [_line(call, row) for row in handing.rows_of(session, batch.name)]
        return Reply(201, HandedDocument(batch=batch.name, refunds=lines))


def _line(call: Call, row: tuple[object, ...]) -> HandedLine:
    refund_id, number, service_id, month, fen, *_ = row
    shown = call.number(MSISDN(str(number))) if number else ""
    return HandedLine.model_validate({"refund_id": refund_id, "msisdn": shown, "service_id": service_id, "month": month, "amount_fen": fen})


def _reader(call: Call, session: Session) -> Reader:
    found = session.get(Reader, call.path["reader_id"])
    if found is None or not in_reach(call.client.city, found.city):
        raise Problem("not-found", f"there is no reader {call.path['reader_id']}")
    return found


def _documents(found: Iterable[Refund]) -> list[RefundDocument]:
    return [_document(one) for one in found]


def _document(one: Refund) -> RefundDocument:
    same = {name: getattr(one, name) for name in RefundDocument.model_fields if name not in ("refund_id", "month")}
    return RefundDocument.model_validate({"refund_id": one.id, "month": f"{one.month:%Y-%m}", **same})


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "readerCharges", "GET", "/readers/{reader_id:int}/charges", (SUPPORT,), "What a reader was charged, month by month", charges, {200: ChargesDocument}, ("not-found",),
    ),
    Operation(
        "askRefund", "POST", "/readers/{reader_id:int}/refunds", (SUPPORT,), "Ask for a refund of one month", ask_refund, {200: RefundDocument, 201: RefundDocument},
        ("not-found", "conflict"), RefundRequest,
    ),
    Operation("listRefunds", "GET", "/refunds", (SUPPORT, REFUND), "Refunds of one state", list_refunds, {200: RefundPage}, (), None, RefundQuery),
    Operation(
        "actOnRefund", "POST", "/refunds/{refund_id:int}/acts", (REFUND,), "Approve, refuse or close a refund", act_on_refund, {200: RefundDocument}, ("not-found", "conflict"),
        RefundAct,
    ),
    Operation(
        "handRefunds", "POST", "/refunds/hand-over", (REFUND,), "Put all approved refunds on one list for BOSS's people", hand_refunds, {201: HandedDocument}, ("conflict",),
        HandRequest,
    ),
)  # fmt: skip
