"""Finding messages for people."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from huabao.msisdn import MSISDN
from reconciliation.journal.models import ExchangeMessage, MessageKey
from subscribers.models import Reader


def find(session: Session, *, verdict: str | None, peer: str | None, msisdn: MSISDN | None, transaction_id: str | None, limit: int) -> list[ExchangeMessage]:
    """Messages, newest first.

    Args:
        msisdn: whose they are: of the reader who has this number now, under whatever number they came.
    """
    wanted = select(ExchangeMessage).order_by(ExchangeMessage.id.desc()).limit(limit)
    if verdict:
        wanted = wanted.where(ExchangeMessage.verdict == verdict)
    if peer:
        wanted = wanted.where(ExchangeMessage.peer == peer)
    if transaction_id:
        wanted = wanted.where(ExchangeMessage.transaction_id == transaction_id)
    if msisdn is not None:
        keys = select(MessageKey.id).join(Reader, Reader.id == MessageKey.reader_id).where(Reader.msisdn == msisdn)
        wanted = wanted.where(ExchangeMessage.key_id.in_(keys))
    return list(session.scalars(wanted))
