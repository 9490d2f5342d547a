"""Operations on resends."""

from __future__ import annotations

from sqlalchemy.orm import Session

from console.api.calls import Call, Reply
from console.api.problems import Problem
from console.api.schemas import BulkResendDocument, BulkResendRequest, CopyDocument, ResendDocument, ResendRequest, TallyDocument
from console.api.scopes import NUMBERS
from console.rights import in_reach
from content.models import Edition, Publication
from delivery.ledger.proof import counts
from delivery.models import Dispatch, Resend
from delivery.resend import bulk, rules, services
from delivery.resend.copies import copies_of
from delivery.resend.filters import filter_of
from huabao import audit
from huabao.msisdn import MSISDN, parse_msisdn
from subscribers.models import Reader
from subscribers.store import find_reader


def resend(call: Call) -> Reply:
    """Send an edition again to one reader."""
    body = call.body
    assert isinstance(body, ResendRequest)
    number = parse_msisdn(body.msisdn)
    _require_reach(call, number)
    ask = services.Ask(number, body.edition, body.reason, call.key, body.again)
    answer = services.resend(call.runtime, ask, actor=call.actor(body.agent))
    with call.runtime.transaction(read_only=True) as session:
        document = _document(session, call, session.get_one(Resend, answer.resend_id))
    if answer.state == services.SENT:
        return Reply(201, document, f"/api/v1/resends/{answer.resend_id}")
    lately = answer.refusal == rules.RESENT_LATELY
    detail = f"{answer.refused}; `again`: true sends one more" if lately else answer.refused or ""
    raise Problem("resent-lately" if lately else "refused", detail, refusal=answer.refusal, resend=document.model_dump(mode="json"))


def resend_many(call: Call) -> Reply:
    """Send an edition again to all whom a filter finds, or count them."""
    body = call.body
    assert isinstance(body, BulkResendRequest)
    said = filter_of(body.filter.model_dump(by_alias=True, exclude_none=True))
    demand = bulk.Demand(said, body.reason, call.key, body.again, body.rate, body.many_variants, confirmed=body.confirmed)
    if body.dry_run:
        found = TallyDocument.model_validate(bulk.tally(call.runtime, demand).to_document())
        return Reply(200, BulkResendDocument(dry_run=True, resend_id=None, dispatch_id=None, found=found))
    answer = bulk.resend_many(call.runtime, demand, actor=call.actor(body.agent))
    if answer.refused is not None:
        raise Problem("refused", answer.refused, resend_id=answer.resend_id)
    tally = None if answer.tally is None else TallyDocument.model_validate(answer.tally.to_document())
    document = BulkResendDocument(dry_run=False, resend_id=answer.resend_id, dispatch_id=answer.dispatch_id, found=tally)
    return Reply(202, document, f"/api/v1/resends/{answer.resend_id}")


def show_resend(call: Call) -> Reply:
    """A resend as it stands now."""
    with call.runtime.transaction() as session:
        row = session.get(Resend, call.path["resend_id"])
        reader = None if row is None or row.reader_id is None else session.get(Reader, row.reader_id)
        if row is None or not in_reach(call.client.city, None if reader is None else reader.city):
            raise Problem("not-found", f"there is no resend {call.path['resend_id']}")
        if reader is not None and NUMBERS in call.client.scopes:
            audit.record(session, actor=call.client.actor, action="reader.number", object_kind="reader", object_id=reader.id, at=call.runtime.now(), resend=row.id)
        return Reply(200, _document(session, call, row))


def _require_reach(call: Call, number: MSISDN) -> None:
    """Refuse a reader of another city as one whom nobody knows.

    Raises:
        Problem: the token has a city, and he is not there.
    """
    if not call.client.city:
        return
    with call.runtime.transaction(read_only=True) as session:
        found = find_reader(session, number)
    if found is None or not in_reach(call.client.city, found.city):
        raise Problem("refused", f"no reader of {call.client.city} has this number")


def _document(session: Session, call: Call, row: Resend) -> ResendDocument:
    edition = session.get_one(Edition, row.edition_id)
    publication = session.get_one(Publication, edition.publication_id)
    reader = None if row.reader_id is None else session.get(Reader, row.reader_id)
    dispatch = None if row.dispatch_id is None else session.get(Dispatch, row.dispatch_id)
    copies = copies_of(session, row.edition_id, row.reader_id) if row.reader_id is not None else []
    outcome = None
    if dispatch is not None and row.filter is None:
        outcome = next((name for name, number in counts(session, dispatch.id).outcomes.items() if number), None)
    return ResendDocument(
        resend_id=row.id,
        state=_state(row),
        edition_id=row.edition_id,
        edition=f"{publication.slug}/{edition.number}",
        msisdn=None if reader is None else call.number(MSISDN(reader.msisdn)),
        filter=row.filter,
        dispatch_id=row.dispatch_id,
        dispatch_state=None if dispatch is None else dispatch.state,
        outcome=outcome,
        refusal=row.refusal,
        refused=row.refused,
        reason=row.reason,
        requested_by=row.requested_by,
        requested_at=row.requested_at,
        copies=[CopyDocument.model_validate(one.to_document()) for one in copies],
    )


def _state(row: Resend) -> str:
    if row.refusal is not None:
        return "already" if row.refusal == rules.RESENT_LATELY else "refused"
    return "sent" if row.dispatch_id is not None else "nobody"
