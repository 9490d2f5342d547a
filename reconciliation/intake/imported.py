"""Files of orders in the journal: what their rows changed is kept, some thousand rows an entry, and applied again by a replay.

An entry has a key of its own, for it holds rows of many readers. Who is forgotten is taken out of it.
Rows that changed nothing are not kept: a file that comes each month and says the same costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from huabao.runtime import Runtime
from reconciliation import journal
from reconciliation.journal import Entry, Opened
from reconciliation.journal.keeping import keep_again
from reconciliation.journal.models import IMPORTED, ORDERS, ExchangeMessage
from reconciliation.journal.orders import FileOrder, decode_orders, encode_orders
from reconciliation.journal.services import opened
from subscribers.imports import ImportOutcome, import_subscriptions
from subscribers.imports.records import Record
from subscribers.imports.subscription_store import Applied, ToldOrder, apply
from subscribers.models import Reader
from subscribers.orders.models import ReaderNumber
from subscribers.orders.owners import owners_of

PEER: Final = "file"
ROWS_AT_ONCE: Final = 5000
"""Rows of one entry: the journal is one transaction's at a time, and messages wait for it."""

_ENTRIES_AT_ONCE: Final = 50


def import_file(runtime: Runtime, path: Path, *, by: str, progress: Callable[[int], None] | None = None) -> ImportOutcome:
    """Import a file of orders, see `subscribers.imports.import_subscriptions`; what it changed is in the journal."""
    name = sha256(path.name.encode()).hexdigest()[:12]

    def kept(session: Session, orders: Sequence[ToldOrder], *, source: str, now: datetime) -> Applied:
        return apply_kept(session, orders, source=source, name=name, now=now)

    return import_subscriptions(runtime, path, by=by, progress=progress, apply=kept, chunk_rows=ROWS_AT_ONCE)


def apply_kept(session: Session, orders: Sequence[ToldOrder], *, source: str, name: str, now: datetime) -> Applied:
    """Apply rows of a file, as `name`, and keep those that did something."""
    ids, at = journal.begin(session, 1, now=now)
    done = apply(session, orders, source=source, now=at)
    if done.told:
        rows = [FileOrder(one.record.line, one.msisdn, one.service_id, one.state, one.effective_at) for one in done.told]
        content = encode_orders(source, rows)
        journal.write(session, [Entry(ids[0], PEER, ORDERS, f"{name}:{rows[0].line}", content, IMPORTED, own_key=True)], at=at)
    return done


def apply_again(session: Session, one: Opened) -> None:
    """What an entry's rows did, done again."""
    assert one.content is not None, "the caller looked"
    source, rows = decode_orders(one.content)
    told = [ToldOrder(row.msisdn, row.service_id, row.state, row.effective_at, Record(row.line, ())) for row in rows]
    apply(session, told, source=source, now=one.row.received_at)


def forget_rows(session: Session, reader: Reader) -> int:
    """Take a reader's rows, under whatever number he had, out of the entries; how many rows went."""
    c, gone, after = ExchangeMessage, 0, 0
    numbers = {*session.scalars(select(ReaderNumber.msisdn).where(ReaderNumber.reader_id == reader.id)), reader.msisdn}
    needles = [one.encode() for one in numbers if one.isdigit()]
    owners = owners_of(session, numbers)
    while needles:
        wanted = select(c).where(c.verdict == IMPORTED, c.id > after, c.content.is_not(None)).order_by(c.id).limit(_ENTRIES_AT_ONCE)
        found = opened(session, wanted)
        for one in found:
            if one.content is None or not any(needle in one.content for needle in needles):
                continue
            source, rows = decode_orders(one.content)
            others = [row for row in rows if row.msisdn not in numbers or owners.at(row.msisdn, row.effective_at) not in (None, reader.id)]
            gone += len(rows) - len(others)
            keep_again(session, one.row, encode_orders(source, others))
        if len(found) < _ENTRIES_AT_ONCE:
            break
        after = found[-1].row.id
    return gone
