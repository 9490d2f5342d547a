"""Operations of the support desk: a reader, what explains him, what is done for him; complaints."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime

from sqlalchemy.orm import Session

from care.answers.services import answers
from care.complaints import counting, entering
from care.models import Complaint
from console.api.calls import Call, Operation, Reply
from console.api.problems import Problem
from console.api.schemas import AdviceDocument
from console.api.scopes import NUMBERS, READ, RELEASE, SUPPORT
from console.api.support_schemas import (
    ActRequest,
    AnswerRequest,
    ComplaintDocument,
    ComplaintMonth,
    ComplaintPage,
    ComplaintQuery,
    ComplaintRequest,
    DoneDocument,
    FindRequest,
    FoundDocument,
    HeadlineDocument,
    KnownDocument,
    MonthQuery,
    OpenDifferenceDocument,
    OrderDocument,
    ReaderCopyDocument,
    ReaderDocument,
    SayingDocument,
)
from console.reader_view import ReaderView, Word, headline, reader_view
from console.reader_words import answered, told
from console.rights import in_reach
from console.texts import CHINESE, ENGLISH
from content.services import find_edition
from huabao import audit
from huabao.clock import business_day
from huabao.msisdn import MSISDN, parse_msisdn
from reconciliation.stop_send import looking
from reconciliation.stop_send import told as stops
from reconciliation.stop_send.models import DeliveryStop
from reconciliation.stop_send.report import month_of
from subscribers.models import Reader, Subscription
from subscribers.offers.leaving import end_for
from subscribers.store import find_reader


def find(call: Call) -> Reply:
    """The reader of a number, which is in no address."""
    body = call.body
    assert isinstance(body, FindRequest)
    with call.runtime.transaction(read_only=True) as session:
        found = find_reader(session, parse_msisdn(body.msisdn))
        if found is None or not in_reach(call.client.city, found.city):
            raise Problem("not-found", "no reader has this number")
        return Reply(200, FoundDocument(reader_id=found.id))


def show(call: Call) -> Reply:
    """Everything that explains what a reader gets."""
    with call.runtime.transaction() as session:
        reader = _asked(call, session)
        if NUMBERS in call.client.scopes:
            audit.record(session, actor=call.client.actor, action="reader.number", object_kind="reader", object_id=reader.id, at=call.runtime.now())
        return Reply(200, _reader(call, session, reader_view(session, reader, call.runtime.now())))


def reach(call: Call) -> Reply:
    """Begin an attempt to reach a stopped reader."""
    body, now = _act(call), call.runtime.now()
    with call.runtime.transaction() as session:
        reader, stop = _stop(call, session)
        stops.reach(session, stop, by=call.actor(body.agent), reason=body.reason, now=now)
        return Reply(200, DoneDocument(reader_id=reader.id))


def release(call: Call) -> Reply:
    """Send to a stopped reader again without an attempt."""
    body, now = _act(call), call.runtime.now()
    with call.runtime.transaction() as session:
        reader, stop = _stop(call, session)
        looking.release(session, reader.msisdn, stop.service_id, by=call.actor(body.agent), reason=body.reason, now=now)
        return Reply(200, DoneDocument(reader_id=reader.id))


def end(call: Call) -> Reply:
    """Cancel an order for its reader."""
    body, now = _act(call), call.runtime.now()
    with call.runtime.transaction() as session:
        reader = _asked(call, session)
        row = session.get(Subscription, call.path["subscription_id"])
        if row is None or row.reader_id != reader.id:
            raise Problem("not-found", f"he has no order {call.path['subscription_id']}")
        if end_for(session, row, channel="api", by=call.actor(body.agent), reason=body.reason, at=now) is None:
            raise Problem("conflict", "the order does not hold any more, or is being cancelled already")
        return Reply(202, DoneDocument(reader_id=reader.id))


def _act(call: Call) -> ActRequest:
    assert isinstance(call.body, ActRequest)
    return call.body


def _asked(call: Call, session: Session) -> Reader:
    found = session.get(Reader, call.path["reader_id"])
    if found is None or not in_reach(call.client.city, found.city):
        raise Problem("not-found", f"there is no reader {call.path['reader_id']}")
    return found


def _stop(call: Call, session: Session) -> tuple[Reader, DeliveryStop]:
    reader = _asked(call, session)
    found = stops.find_open(session, reader.id, call.path["stop_id"])
    if found is None:
        raise Problem("not-found", f"he is not stopped by {call.path['stop_id']}, or not any more")
    return reader, found


def _reader(call: Call, session: Session, view: ReaderView) -> ReaderDocument:
    first, reader, now = headline(view), view.reader, call.runtime.now()
    read = {language: answered(first, answers(session), language, now) for language in (ENGLISH, CHINESE)}
    return ReaderDocument(
        reader_id=reader.id,
        msisdn=call.number(MSISDN(reader.msisdn)) if reader.msisdn.isdigit() else "",
        city=reader.city,
        handset=reader.handset_model or reader.handset,
        handset_class=reader.handset_class,
        account_state=reader.account_state,
        headline=HeadlineDocument.model_validate(
            {"cause": saying(first.cause, now), "step": first.step and saying(first.step, now), "act": first.act, "of": first.of, "answer": read if read[CHINESE] else None}
        ),
        known=[
            KnownDocument.model_validate({**{name: getattr(one, name) for name in KnownDocument.model_fields}, "name": AdviceDocument(en=one.name[0], zh=one.name[1])})
            for one in view.known
        ],
        orders=[_order(one.row, one.titles, one.payer, None if one.stop is None else one.stop.stop, one.row.service_id in view.ending) for one in view.orders],
        copies=[
            ReaderCopyDocument(
                edition_id=one.edition_id, edition=f"{one.slug}/{one.number}", title=one.title, kind=one.copy.kind, dispatch_id=one.copy.dispatch_id,
                outcome=one.copy.outcome.name.lower(), sent_at=one.copy.sent_at, outcome_at=one.copy.outcome_at,
                advice=None if one.copy.meaning is None else AdviceDocument(en=one.copy.meaning.en, zh=one.copy.meaning.zh),
            )
            for one in view.copies
        ],
        differences=[
            OpenDifferenceDocument(difference_id=one.id, service_id=one.service_id, name=one.name, action=one.action, owner=one.owner, money_fen=one.money_fen)
            for one in view.differences
        ],
        complaints=_complaints(view.complaints),
    )  # fmt: skip


def saying(word: Word, now: datetime) -> SayingDocument:
    """What a headline says, in both languages."""
    return SayingDocument(name=word.name, en=told(word, ENGLISH, now), zh=told(word, CHINESE, now))


def _order(row: Subscription, titles: str, payer: str | None, stop: DeliveryStop | None, ending: bool) -> OrderDocument:
    return OrderDocument(
        subscription_id=row.id, service_id=row.service_id, titles=titles, state=row.state, order_state=row.order_state, since=row.order_at or row.effective_at,
        price_fen=row.price_fen, payer=payer, sending=row.stop_state, stop_id=None if stop is None else stop.id, stop_cause=None if stop is None else stop.cause, ending=ending,
    )  # fmt: skip


# --- complaints ------------------------------------------------------------------------------------------------------


def enter_complaint(call: Call) -> Reply:
    """Keep a complaint; the same one again is the same."""
    body, now = call.body, call.runtime.now()
    assert isinstance(body, ComplaintRequest)
    received_at = now if body.received_at is None else body.received_at
    if received_at.tzinfo is None:
        raise Problem("invalid", "received_at: a time with its offset")
    with call.runtime.transaction() as session:
        number = parse_msisdn(body.msisdn)
        if call.client.city:
            reader = find_reader(session, number)
            if reader is None or not in_reach(call.client.city, reader.city):
                raise Problem("not-found", "no reader has this number")
        edition_id = None if body.edition is None else find_edition(session, body.edition).id
        said = entering.Said(number, body.channel, received_at.astimezone(UTC), body.cause or "", body.reference, body.text, None, edition_id)
        made, new = entering.take(session, said, by=call.actor(body.agent), now=now)
        if call.client.city and made.city != call.client.city:  # an older one of the same reference, told by somebody elsewhere
            raise Problem("conflict", "reference: it stands with another complaint already")
        return Reply(201 if new else 200, _complaints([made])[0])


def list_complaints(call: Call) -> Reply:
    """Open complaints, the most urgent first."""
    query = call.query
    assert isinstance(query, ComplaintQuery)
    with call.runtime.transaction(read_only=True) as session:
        last = None if query.after is None else session.get(Complaint, query.after)
        after = None if last is None else (last.due_at, last.id)
        wanted = entering.Wanted(query.cause or "", query.channel or "", call.client.city or "", after=after)
        found = entering.list_open(session, wanted, limit=query.limit + 1)
        shown = found[: query.limit]
        return Reply(200, ComplaintPage(complaints=_complaints(shown), next_after=shown[-1].id if len(found) > query.limit else None))


def answer_complaint(call: Call) -> Reply:
    """Close a complaint."""
    body = call.body
    assert isinstance(body, AnswerRequest)
    with call.runtime.transaction() as session:
        found = session.get(Complaint, call.path["complaint_id"], with_for_update=True)
        if found is None or (call.client.city and found.city != call.client.city):
            raise Problem("not-found", f"there is no complaint {call.path['complaint_id']}")
        if found.closed_at is not None:
            raise Problem("conflict", f"it was answered already, by {found.closed_by}")
        entering.answer(session, found, body.answer, body.note, cause=body.cause or "", by=call.actor(body.agent), now=call.runtime.now())
        return Reply(200, _complaints([found])[0])


def complaint_month(call: Call) -> Reply:
    """A month of complaints per 10,000 readers who pay, beside the month before."""
    query, now = call.query, call.runtime.now()
    assert isinstance(query, MonthQuery)
    month: date = month_of(query.month) if query.month else business_day(now)
    with call.runtime.transaction(read_only=True) as session:
        return Reply(200, ComplaintMonth.model_validate(counting.monthly(session, month, now=now, city=call.client.city or "").to_document()))


def _complaints(found: Iterable[Complaint]) -> list[ComplaintDocument]:
    names = [name for name in ComplaintDocument.model_fields if name not in ("complaint_id", "repeated")]
    return [ComplaintDocument.model_validate({"complaint_id": one.id, "repeated": one.previous_id is not None, **{name: getattr(one, name) for name in names}}) for one in found]


OPERATIONS: tuple[Operation, ...] = (
    Operation("findReader", "POST", "/readers/find", (SUPPORT,), "The reader of a number", find, {200: FoundDocument}, ("not-found",), FindRequest),
    Operation("showReader", "GET", "/readers/{reader_id:int}", (SUPPORT,), "What explains what a reader gets", show, {200: ReaderDocument}, ("not-found",)),
    Operation(
        "reachReader", "POST", "/readers/{reader_id:int}/stops/{stop_id:int}/reach", (SUPPORT,), "Begin an attempt to reach a stopped reader", reach, {200: DoneDocument},
        ("not-found",), ActRequest,
    ),
    Operation(
        "releaseReader", "POST", "/readers/{reader_id:int}/stops/{stop_id:int}/release", (RELEASE,), "Send to a stopped reader again without an attempt", release,
        {200: DoneDocument}, ("not-found",), ActRequest,
    ),
    Operation(
        "endOrder", "POST", "/readers/{reader_id:int}/orders/{subscription_id:int}/end", (SUPPORT,), "Cancel an order for its reader", end, {202: DoneDocument},
        ("not-found", "conflict"), ActRequest,
    ),
    Operation(
        "enterComplaint", "POST", "/complaints", (SUPPORT,), "Keep a complaint", enter_complaint, {200: ComplaintDocument, 201: ComplaintDocument}, ("not-found",),
        ComplaintRequest,
    ),
    Operation("listComplaints", "GET", "/complaints", (SUPPORT,), "Complaints without an answer", list_complaints, {200: ComplaintPage}, (), None, ComplaintQuery),
    Operation(
        "answerComplaint", "POST", "/complaints/{complaint_id:int}/answer", (SUPPORT,), "Close a complaint with what was done", answer_complaint, {200: ComplaintDocument},
        ("not-found", "conflict"), AnswerRequest,
    ),
    Operation(
        "complaintMonth", "GET", "/complaints/month", (READ, SUPPORT), "Complaints per 10,000 who pay", complaint_month, {200: ComplaintMonth}, (), None, MonthQuery,
    ),
)  # fmt: skip
