"""Who is forgotten is forgotten here too: his key is destroyed, and what nobody's key holds of his number is emptied."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from huabao.msisdn import MSISDN
from reconciliation.journal import store
from reconciliation.journal.models import ExchangeMessage, MessageKey
from reconciliation.journal.services import Opened, opened
from subscribers.store import find_reader

_CHUNK = 500


def forget_number(session: Session, msisdn: str) -> Mapping[str, int]:
    """Forget a number (11 digits); how many messages nobody can read any more."""
    reader = find_reader(session, MSISDN(msisdn))
    keys, sealed = store.destroy_key_of(session, reader.id) if reader is not None else (0, 0)
    return {"message_keys": keys, "exchange_messages": sealed + (_empty_strays(session, msisdn.encode()) if msisdn.isdigit() else 0)}


def _empty_strays(session: Session, number: bytes) -> int:
    """Empty what was nobody's and holds the number."""
    his = [one.row.id for one in strays_with(session, number)]
    for start in range(0, len(his), _CHUNK):
        session.execute(update(ExchangeMessage).where(ExchangeMessage.id.in_(his[start : start + _CHUNK])).values(content=None))
    return len(his)


def strays_with(session: Session, number: bytes) -> Iterator[Opened]:
    """Messages that are nobody's and hold a number."""
    after = 0
    days = select(MessageKey.id).where(MessageKey.day.is_not(None))
    while True:
        wanted = select(ExchangeMessage).where(ExchangeMessage.key_id.in_(days), ExchangeMessage.id > after, ExchangeMessage.content.is_not(None))
        found = opened(session, wanted.order_by(ExchangeMessage.id).limit(_CHUNK))
        yield from (one for one in found if one.content is not None and number in one.content)
        if len(found) < _CHUNK:
            return
        after = found[-1].row.id
