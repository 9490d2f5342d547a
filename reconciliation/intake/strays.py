"""A message that turns out to be another reader's: it gets his key, so that it is kept and forgotten with him.

So with what was told of a number before we heard that it had changed hands, and with changes to
come of a number that was nobody's when they were told.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from huabao.db import in_ids
from reconciliation.codecs.boss import decode_event
from reconciliation.codecs.misc import SyncOrderRelationReq, decode_envelope
from reconciliation.journal import Opened
from reconciliation.journal.keeping import give
from reconciliation.journal.models import IN, OWN, ExchangeMessage, MessageKey
from reconciliation.journal.own import decode_change
from reconciliation.journal.services import opened
from subscribers.orders.as_of import reader_at
from subscribers.orders.change import IDENTITY_EVENTS, Change, Result

APPLIED = ("applied", "late", "unchanged")
"""Verdicts of messages that were told to the readers' orders."""


def claim_late(session: Session, changes: Sequence[Change], results: Sequence[Result], *, at: datetime) -> None:
    """Give the messages of changes that took effect now to whom they concerned."""
    his = {one.message_id: result.reader_id for one, result in zip(changes, results, strict=True) if one.message_id is not None and result.reader_id is not None}
    give(session, his, at=at)


def claim_moved(session: Session, changes: Sequence[Change], results: Sequence[Result], *, at: datetime) -> None:
    """Give messages that came of a number before we heard who had it to whoever had it; after they were written."""
    for change, result in zip(changes, results, strict=True):
        if not result.others:
            continue
        concerned = {*result.others, *(() if result.reader_id is None else (result.reader_id,))}
        owners = {}
        for one in messages_of(session, concerned, since=change.effective_at):
            told = about(one)
            owner = None if told is None or told[0] in IDENTITY_EVENTS else reader_at(session, told[1], told[2])
            if owner is not None:
                owners[one.row.id] = owner
        give(session, owners, at=at)


def messages_of(session: Session, readers: Collection[int], *, since: datetime | None = None) -> list[Opened]:
    """Messages that were told to the orders of these readers, as far as they can be read."""
    c, k = ExchangeMessage, MessageKey
    keys = select(k.id).where(in_ids(session, k.reader_id, sorted(readers)))
    wanted = select(c).where(c.key_id.in_(keys), c.direction == IN, c.verdict.in_(APPLIED), c.content.is_not(None)).order_by(c.id)
    return opened(session, wanted if since is None else wanted.where(c.received_at >= since))


def about(one: Opened) -> tuple[str, str, datetime] | None:
    """Event ("" where a code table says it), number and instant of a message; None where it is about none."""
    row = one.row
    if one.content is None:
        return None
    if row.codec == OWN:
        change = decode_change(one.content, row.id)
        return change.event, change.msisdn, change.effective_at
    if row.codec == "boss":
        event = decode_event(one.content)
        return event.event, event.msisdn, event.effective_at
    message = decode_envelope(one.content).message
    return ("", message.dest_user.msisdn, row.received_at) if isinstance(message, SyncOrderRelationReq) else None
