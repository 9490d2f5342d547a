"""The journal: every raw message in and out, in the order in which it took effect, under a key of its reader.

Whoever takes messages calls `begin` first: it gives the ids, and an instant that never
lies before a message that is there, whatever the clock does. What became of the messages is
written with them at the end of the same transaction, when it is known whose they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from huabao.clock import SHANGHAI
from huabao.quick import ask, insert_rows
from reconciliation.journal import store
from reconciliation.journal.models import IN, ExchangeMessage
from reconciliation.journal.sealing import seal, unseal


@dataclass(frozen=True, slots=True)
class Entry:
    """A message and what became of it.

    Attributes:
        id: of `begin`.
        content: as it came, or as it left.
        reader_id: whose it is, as far as that is known.
        own_key: it holds rows of many readers and is sealed with a key of its own.
    """

    id: int
    peer: str
    codec: str
    transaction_id: str
    content: bytes
    verdict: str
    reader_id: int | None = None
    answer_code: str = ""
    dialect: str = ""
    why: str = ""
    direction: str = IN
    own_key: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """A message with its content; `content` is None where its key is destroyed."""

    row: ExchangeMessage
    content: bytes | None


_COLUMNS = ("id", "peer", "codec", "direction", "transaction_id", "dialect", "received_at", "key_id", "content", "answer_code", "verdict", "why")
_ROWS = insert_rows(ExchangeMessage, _COLUMNS)


def begin(session: Session, count: int, *, now: datetime) -> tuple[range, datetime]:
    """Ids for `count` messages, and the instant that they count from.

    The journal is this transaction's until it ends, so that ids, instants and effects have one order.
    """
    ids, newest = store.take_ids(session, count)
    return ids, now if newest is None else max(now, newest)


def write(session: Session, entries: Sequence[Entry], *, at: datetime) -> None:
    """Keep messages.

    Args:
        at: of `begin`.
    """
    if not entries:
        return
    keys = store.keys_of(session, [one.reader_id for one in entries if one.reader_id is not None], now=at)
    stray = store.key_of_day(session, at.astimezone(SHANGHAI).date(), now=at) if any(one.reader_id is None and not one.own_key for one in entries) else None
    rows = []
    for one in entries:
        key = store.key_of_entry(session, now=at) if one.own_key else stray if one.reader_id is None else keys[one.reader_id]
        assert key is not None, "there is one for all that is nobody's"
        rows.append(
            {
                "id": one.id,
                "peer": one.peer,
                "codec": one.codec,
                "direction": one.direction,
                "transaction_id": one.transaction_id[:80],
                "dialect": one.dialect,
                "received_at": at,
                "key_id": key.id,
                "content": seal(key.key, one.id, one.content),
                "answer_code": one.answer_code,
                "verdict": one.verdict,
                "why": one.why[:200],
            }
        )
    ask(session, _ROWS.over(rows))


def opened(session: Session, wanted: Select[ExchangeMessage]) -> list[Opened]:
    """Messages with their contents.

    Raises:
        SealError: one cannot be opened though its key is there.
    """
    rows = list(session.scalars(wanted))
    keys = store.keys_by_id(session, [row.key_id for row in rows])
    return [Opened(row, _content(row, keys.get(row.key_id))) for row in rows]


def read_all(session: Session, *, chunk: int = 1000, until: datetime | None = None) -> Iterator[Opened]:
    """Every message in the order in which it took effect, streamed."""
    after = 0
    while True:
        wanted = select(ExchangeMessage).where(ExchangeMessage.id > after).order_by(ExchangeMessage.id).limit(chunk)
        if until is not None:
            wanted = wanted.where(ExchangeMessage.received_at < until)
        found = opened(session, wanted)
        yield from found
        if len(found) < chunk:
            return
        after = found[-1].row.id
        session.expunge_all()


def _content(row: ExchangeMessage, key: bytes | None) -> bytes | None:
    return None if key is None or row.content is None else unseal(key, row.id, row.content)
