"""Orders of services: on record once, handed out in a file, answered by the department that opens them.

Recording an order opens nothing and charges nobody: opening is BOSS's, and what it did comes back as a subscription.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from huabao import audit
from huabao.errors import UsageError
from huabao.settings import Setting
from subscribers.blacklists import kinds_of
from subscribers.models import Reader
from subscribers.offers import store
from subscribers.offers.catalogue import Service
from subscribers.offers.models import BY_FILE, CANCEL, OPEN_STATES, ORDER_CHANNELS, ORDER_KINDS, ServiceOrder
from subscribers.offers.services import TRYING_BARRED_BY, find_service
from subscribers.store import has_number_sql

RECORDED, ALREADY, HELD, BARRED, NO_TRIAL = "recorded", "already", "held", "barred", "no-trial"
"""What became of a request: on record; on record before; he holds it; he is on the blacklist; the service cannot be tried."""

REPLY_RECORDED = Setting("offer_reply_recorded", "您申请的{service}已登记，开通后另行通知。", "", "text to a reader whose order of a service was recorded; {service} is its name")
REPLY_ALREADY = Setting("offer_reply_already", "您申请的{service}已在登记中，无需重复申请。", "", "text to a reader who asks again for what he asked for; {service} is its name")
REPLY_HELD = Setting("offer_reply_held", "您已经开通{service}。", "", "text to a reader who asks for a service that he holds; {service} is its name")
REPLY_BARRED = Setting("offer_reply_barred", "您的号码暂不能体验业务，详询10086。", "", "text to a reader on the blacklist for trying services; {service} is the service's name")
REPLY_NO_TRIAL = Setting("offer_reply_no_trial", "{service}没有体验，可以直接订购。", "", "text to a reader who wants to try what has no trial; {service} is its name")

REPLIES = {RECORDED: REPLY_RECORDED, ALREADY: REPLY_ALREADY, HELD: REPLY_HELD, BARRED: REPLY_BARRED, NO_TRIAL: REPLY_NO_TRIAL}
SETTINGS: tuple[Setting[Any], ...] = tuple(REPLIES.values())


@dataclass(frozen=True)
class Recorded:
    """What became of a request.

    Attributes:
        outcome: `recorded`, `already`, `held`, `barred` or `no-trial`.
        reply: what the reader is told, in Chinese, as the settings have it.
        order_id: of the open order, or None.
    """

    outcome: str
    reply: str
    order_id: int | None = None


def record_order(session: Session, reader_id: int, service: str, kind: str, channel: str, now: datetime, *, answer: str = "") -> Recorded:
    """Put a reader's request on record; asking again while it is open changes nothing.

    Args:
        service: the slug of a service of the catalogue.
        kind: `subscribe` or `try`.
        channel: `wap`, `sms` or `mms`.
        answer: what he wrote, where he asked by a text.

    Raises:
        UsageError: there is no such service, kind, channel or reader.
    """
    one = find_service(session, service)
    if one is None or kind == CANCEL or kind not in ORDER_KINDS or channel not in ORDER_CHANNELS:
        wanted = f"a service of `huabao offers list`, one of {', '.join(ORDER_KINDS)}, one of {', '.join(ORDER_CHANNELS)}"
        raise UsageError(f"no order of {service[:40]!r}, {kind!r}, by {channel!r}: name {wanted}")
    refused = _refusal(session, reader_id, one, kind)
    if refused is not None:
        return _told(session, refused, one)
    found = _open_order(session, reader_id, one.slug, kind)
    if found is not None:
        return _told(session, ALREADY, one, found)
    values = {"reader_id": reader_id, "service": one.slug, "service_id": one.service_id, "kind": kind, "channel": channel, "answer": answer[:80], "recorded_at": now}
    try:
        with session.begin_nested():
            made = session.scalar(insert(ServiceOrder).values(**values).returning(ServiceOrder.id))
    except IntegrityError:  # the same request came twice at one instant
        other = _open_order(session, reader_id, one.slug, kind)
        if other is None:
            raise UsageError("nobody is there to order for: the reader was forgotten") from None
        return _told(session, ALREADY, one, other)
    return _told(session, RECORDED, one, made)


def _refusal(session: Session, reader_id: int, service: Service, kind: str) -> str | None:
    if service.service_id in store.holdings(session, [reader_id]).get(reader_id, set()):
        return HELD
    if kind == "try" and not service.trial:
        return NO_TRIAL
    return BARRED if kind == "try" and TRYING_BARRED_BY in kinds_of(session, reader_id) else None


def _open_order(session: Session, reader_id: int, slug: str, kind: str) -> int | None:
    wanted = select(ServiceOrder.id).where(ServiceOrder.reader_id == reader_id, ServiceOrder.service == slug, ServiceOrder.kind == kind, ServiceOrder.state.in_(OPEN_STATES))
    return session.scalar(wanted)


def _told(session: Session, outcome: str, service: Service, order_id: int | None = None) -> Recorded:
    return Recorded(outcome, REPLIES[outcome].get(session).replace("{service}", service.title), order_id)


@dataclass(frozen=True)
class OrderRow:
    """An order with the number of who gave it."""

    msisdn: str
    order: ServiceOrder


def list_orders(session: Session, states: Iterable[str], *, to_export: bool = False) -> list[OrderRow]:
    """Orders in `states`, oldest first; `to_export` keeps those that go by the file for this transaction, so that no second file holds them."""
    wanted = select(Reader.msisdn, ServiceOrder).join(Reader, Reader.id == ServiceOrder.reader_id).order_by(ServiceOrder.id)
    wanted = wanted.where(ServiceOrder.state.in_(tuple(states)), has_number_sql())
    by_file = or_(ServiceOrder.way.is_(None), ServiceOrder.way == BY_FILE)
    wanted = wanted.where(by_file).with_for_update(of=ServiceOrder) if to_export else wanted
    return [OrderRow(msisdn, order) for msisdn, order in session.execute(wanted)]


def mark_exported(session: Session, ids: list[int], batch: str, *, by: str, at: datetime) -> None:
    """The orders are in the file of `batch`."""
    for start in range(0, len(ids), 500):
        chosen = ServiceOrder.id.in_(ids[start : start + 500])
        session.execute(update(ServiceOrder).where(chosen, ServiceOrder.state == "recorded").values(state="exported", way=BY_FILE, batch=batch, exported_at=at))
    audit.record(session, actor=by, action="offers.export", object_kind="offers", object_id=batch, at=at, orders=len(ids))


def decide(session: Session, msisdn: str, service_id: str, kind: str, result: str, reason: str, at: datetime) -> bool:
    """The department answered an order; False where none of that reader, service and kind is open."""
    whose = select(Reader.id).where(Reader.msisdn == msisdn).scalar_subquery()
    chosen = (ServiceOrder.reader_id == whose, ServiceOrder.service_id == service_id, ServiceOrder.kind == kind, ServiceOrder.state.in_(OPEN_STATES))
    by_file = or_(ServiceOrder.way.is_(None), ServiceOrder.way == BY_FILE)
    done = session.execute(update(ServiceOrder).where(*chosen, by_file).values(state=result, reason=reason[:200], decided_at=at))
    return bool(done.rowcount)  # type: ignore[attr-defined]  # a cursor's result
