"""Who paid for whose order in a month, and what it cost at its end: by the history, for a bill comes when both may have changed again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from huabao.db import in_ids
from subscribers.models import Subscription, SubscriptionEvent
from subscribers.orders.fields import ORDER_STATE
from subscribers.orders.store import in_texts

Key = tuple[str, str]
ReaderKey = tuple[int, str]


class Terms(NamedTuple):
    """An order from an instant on.

    Attributes:
        since: None for ever since.
        held: whether it was an order at all, or had ended.
        payer: None for the reader himself.
    """

    since: datetime | None
    held: bool
    payer: str | None
    price_fen: int | None


UNKNOWN = Terms(None, False, None, None)


@dataclass(slots=True)
class PaidFor:
    """What a number paid for of one service.

    Attributes:
        within: orders that it paid for at some instant of the month.
        before: those that it had paid for, and did no more when the month began.
    """

    within: list[ReaderKey] = field(default_factory=list)
    before: list[ReaderKey] = field(default_factory=list)


def paid_for(session: Session, keys: Collection[Key], begins: datetime, ends: datetime) -> Mapping[Key, PaidFor]:
    """For whom numbers paid in a month or before it; a number that paid for nobody is left out.

    Args:
        keys: (number, service) pairs.
        begins, ends: of the month; the second is not of it.
    """
    s, e, numbers = Subscription, SubscriptionEvent, sorted({key[0] for key in keys})
    now = session.execute(select(s.reader_id, s.service_id).where(in_texts(session, s.fee_msisdn, numbers)))
    once = session.execute(select(e.reader_id, e.service_id).distinct().where(in_texts(session, e.fee_msisdn, numbers), e.effective_at < ends))
    orders = {(reader, service) for rows in (now, once) for reader, service in rows}
    found: dict[Key, PaidFor] = {}
    for order, told in terms_of(session, orders, ends).items():
        for payer in {one.payer for one in told if one.payer}:
            if (payer, order[1]) not in keys:
                continue
            paid = found.setdefault((payer, order[1]), PaidFor())
            (paid.within if _paid_within(told, payer, begins) else paid.before).append(order)
    return found


def terms_of(session: Session, orders: Collection[ReaderKey], ends: datetime) -> Mapping[ReaderKey, list[Terms]]:
    """The terms of some orders from their beginning until `ends`, oldest first; one that had not begun is left out."""
    s, e, ids = Subscription, SubscriptionEvent, sorted({reader for reader, _ in orders})
    columns = (e.reader_id, e.service_id, e.effective_at, e.event, e.field, e.fee_msisdn, e.price_fen)
    told = select(*columns).where(in_ids(session, e.reader_id, ids), e.field.in_(("order", "terms")), e.effective_at < ends)
    rows = session.execute(told.order_by(e.reader_id, e.service_id, e.effective_at, e.recorded_at, e.id))
    found = {key: _folded(some) for key, some in groupby(rows, key=lambda row: (row.reader_id, row.service_id)) if key in orders}
    untold = [key for key in orders if key not in found]
    if untold:  # an earlier release kept no history of it
        present = select(s.reader_id, s.service_id, s.state, s.effective_at, s.fee_msisdn, s.price_fen).where(in_ids(session, s.reader_id, sorted({key[0] for key in untold})))
        for row in session.execute(present):
            if (row.reader_id, row.service_id) in untold and row.effective_at < ends:
                found[row.reader_id, row.service_id] = [Terms(None, row.state != "cancelled", row.fee_msisdn, row.price_fen)]
    return found


def _folded(rows: Iterable[Any]) -> list[Terms]:
    found: list[Terms] = []
    for row in rows:
        held = ORDER_STATE.get(row.event, "cancelled") != "cancelled" if row.field == "order" else bool(found) and found[-1].held
        found.append(Terms(row.effective_at, held, row.fee_msisdn, row.price_fen))
    return found


def _paid_within(told: list[Terms], payer: str, begins: datetime) -> bool:
    """Whether the number paid at `begins` or at some instant after it, while there was an order."""
    following = [one.since for one in told[1:]]
    return any(one.held and one.payer == payer and (until is None or until > begins) for one, until in zip(told, [*following, None], strict=True))
