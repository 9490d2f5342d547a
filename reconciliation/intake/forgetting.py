"""Who is forgotten leaves no number in what is kept of others, and what his messages did to others stays known.

His own messages nobody can read any more. Two kinds of messages of others are kept on in our own
words: those that name him as their payer, whose reader pays for himself then; and his change of a
number that another had until then, who only learns that his number was released.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import select, union
from sqlalchemy.orm import Session

from huabao.msisdn import MSISDN
from reconciliation.codecs.boss import decode_event
from reconciliation.codecs.misc import SyncOrderRelationReq, decode_envelope
from reconciliation.intake import boss, misc
from reconciliation.intake.imported import forget_rows
from reconciliation.intake.strays import APPLIED, messages_of
from reconciliation.journal import Opened, forgetting
from reconciliation.journal.keeping import reword
from reconciliation.journal.models import OWN
from reconciliation.journal.own import decode_change, encode_change
from subscribers.models import Reader, Subscription, SubscriptionEvent
from subscribers.orders.change import Change
from subscribers.orders.models import AppliedTransaction, AwaitedChange, ReaderNumber
from subscribers.store import find_reader


def forget_number(session: Session, msisdn: str) -> Mapping[str, int]:
    """Forget a number (11 digits); how many messages nobody can read any more."""
    reader = find_reader(session, MSISDN(msisdn))
    rows = forget_rows(session, reader) if reader is not None else 0
    if reader is not None:
        _keep_releases(session, reader.id)
    if msisdn.isdigit():  # who has no number any more is told by what stands for it
        _forget_payer(session, msisdn)
    return {**forgetting.forget_number(session, msisdn), "imported_rows": rows}


def _keep_releases(session: Session, reader_id: int) -> None:
    c = ReaderNumber
    for one in messages_of(session, [reader_id]):
        change = _change_in(session, one)
        if change is None or change.event != "number_change":
            continue
        had = select(c.reader_id).where(c.msisdn == change.new_msisdn, c.until == change.effective_at, c.why == "released", c.reader_id != reader_id)
        other = session.scalar(had.limit(1))
        if other is not None:
            released = replace(change, msisdn=str(change.new_msisdn), event="released", new_msisdn=None)
            reword(session, one.row.id, encode_change(released), at=one.row.received_at, reader_id=other)


def _forget_payer(session: Session, msisdn: str) -> None:
    awaited = select(Reader.id).join(AwaitedChange, AwaitedChange.msisdn == Reader.msisdn).where(AwaitedChange.fee_msisdn == msisdn)
    paid = union(*(select(one.reader_id).where(one.fee_msisdn == msisdn) for one in (Subscription, SubscriptionEvent)), awaited)
    of_nobody = [one for one in forgetting.strays_with(session, msisdn.encode()) if one.row.verdict in APPLIED]
    for one in (*messages_of(session, session.scalars(paid).all()), *of_nobody):
        change = _change_in(session, one) if msisdn.encode() in (one.content or b"") else None
        if change is not None and msisdn not in (change.msisdn, change.new_msisdn):
            nameless = replace(change, fee_msisdn=change.msisdn) if change.fee_msisdn == msisdn else change
            reword(session, one.row.id, encode_change(nameless), at=one.row.received_at)


def _change_in(session: Session, one: Opened) -> Change | None:
    """What a message says. What MISC's codes mean is known by what was made of them, so that no code table is asked."""
    row = one.row
    assert one.content is not None, "it can be read"
    if row.codec == OWN:
        return decode_change(one.content, row.id)
    if row.codec == boss.PEER:
        return boss.change_of(decode_event(one.content), row.id, source=row.peer)
    envelope = decode_envelope(one.content)
    message = envelope.message
    if not isinstance(message, SyncOrderRelationReq):
        return None
    known = session.get(AppliedTransaction, (misc.SOURCE, misc.transaction_key(envelope, row.peer)))
    if known is None:
        return None
    payer = message.fee_user.msisdn if known.service_id is not None and message.fee_user.msisdn != message.dest_user.msisdn else None
    reason = session.scalar(select(SubscriptionEvent.reason).where(SubscriptionEvent.reader_id == known.reader_id, SubscriptionEvent.message_id == row.id).limit(1))
    return Change(
        message.dest_user.msisdn, known.event, misc.SOURCE, known.transaction_id, known.effective_at, known.service_id, payer, reason=reason or "", message_id=row.id
    )  # fmt: skip
