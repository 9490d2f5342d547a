"""What became of a reader's order: his second yes, BOSS's and MISC's answers, and what he is told of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, literal_column, select
from sqlalchemy.orm import Session

from delivery.sending import replies
from huabao.config import Config
from huabao.runtime import Runtime
from huabao.settings import Setting
from reconciliation.intake.own import PLATFORM, apply_own
from reconciliation.ordering import confirming, routing, stopping
from reconciliation.ordering.models import AGREED, DECLINED, OrderConfirmation
from reconciliation.ordering.settings import CONFIRM_SILENT_TEXT, LATE_TEXT, ORDERED_TEXT, REFUSED_TEXT, STOP_DONE_TEXT, STOP_REFUSED_TEXT
from reconciliation.outbox import Request, enqueue
from reconciliation.outbox.models import DONE, DROPPED, PERSON, REFUSED, OutboundRequest
from subscribers.models import Reader, Subscription
from subscribers.offers.models import BY_FILE, CANCEL, ServiceOrder
from subscribers.orders.change import Change
from subscribers.orders.undoing import EVENT_OF_STATE

ORDER_KEY = "order:"
_IS_WAITING: ColumnElement[Any] = literal_column("order_confirmations.state = 'waiting'")


# --- what readers said -----------------------------------------------------------------------------------------------


def read_answers(runtime: Runtime) -> int:
    """Let agreed orders go, close those that were refused or met with silence, end what texts ask to end; how many were decided."""
    with runtime.transaction(read_only=True) as session:
        now = runtime.now()
        is_waiting = session.scalar(select(OrderConfirmation.order_id).where(_IS_WAITING).limit(1)) is not None
        if not (is_waiting or stopping.is_any_asked(session) or confirming.is_any_silent(session, now)):
            return 0
    with runtime.transaction() as session:
        decided = [*confirming.take_answers(session, now), *confirming.close_silent(session, now)]
        for asked in decided:
            _decide(session, asked, runtime.config, now)
        for order_id in confirming.give_back_unasked(session):
            unasked = session.get_one(ServiceOrder, order_id)
            if unasked.kind == CANCEL:  # he asked for it, and cannot be asked back
                _end(session, unasked, now)
        for asked in confirming.take_late(session, now):
            order = session.get(ServiceOrder, asked.order_id)
            if order is not None:
                _tell(session, order, LATE_TEXT, "late", now)
        return len(decided) + stopping.take_stops(session, now)


def _decide(session: Session, asked: OrderConfirmation, config: Config, now: datetime) -> None:
    order = session.get(ServiceOrder, asked.order_id, with_for_update=True)
    if order is None or order.state != "recorded":
        return
    if asked.state == AGREED and order.kind == CANCEL:
        _end(session, order, now)
        return
    if asked.state == AGREED:
        peers = routing.way_of(session, order, config).peers
        if peers:
            routing.place(session, order, peers, now)
        else:
            order.way = BY_FILE  # the interface was taken away meanwhile
        return
    order.state, order.decided_at, order.reason = "lapsed", now, "declined" if asked.state == DECLINED else "no answer"
    if asked.state != DECLINED and order.kind != CANCEL:
        _tell(session, order, CONFIRM_SILENT_TEXT, "lapsed", now)


def _end(session: Session, order: ServiceOrder, now: datetime) -> None:
    """He means it: his subscription ends here, and the request goes its way like any other."""
    order.way = None
    stopping.finish(session, order, now)
    _tell(session, order, STOP_DONE_TEXT, "stopped", now)


# --- what peers said -------------------------------------------------------------------------------------------------


def settled(session: Session, row: OutboundRequest, *, now: datetime) -> None:
    """A request is done, refused, dropped, or waits for a person; where it came from a reader's order, that goes on."""
    order = _order_of(session, row)
    if order is None or row.state == PERSON:
        return
    if row.kind == "cancel":
        _cancelled(session, order, row, now)
    elif row.state == DONE:
        _done(session, order, row, now)
    else:
        _refused(session, order, row, now)


def _order_of(session: Session, row: OutboundRequest) -> ServiceOrder | None:
    number = row.key.removeprefix(ORDER_KEY)
    return session.get(ServiceOrder, int(number), with_for_update=True) if row.key.startswith(ORDER_KEY) and number.isdigit() else None


def _done(session: Session, order: ServiceOrder, row: OutboundRequest, now: datetime) -> None:
    then = tuple(row.payload.get("then") or ())
    if then:
        routing.ask_peer(session, order, then, now)
        return
    # MISC has called us about it already; where BOSS alone was asked, nobody has.
    _begin(session, order, row, now)
    order.state, order.decided_at, order.reason = "confirmed", now, ""
    _tell(session, order, ORDERED_TEXT, "done", now)


def _begin(session: Session, order: ServiceOrder, row: OutboundRequest, now: datetime) -> None:
    """Tell the one path that he has it now."""
    number, price_fen = str(row.payload["msisdn"]), row.payload.get("price_fen")
    told = Change(number, "order", PLATFORM, f"request:{row.id}", now, order.service_id, price_fen=price_fen, reason=f"ordered by {order.channel}")
    apply_own(session, [told], now=now)


def _refused(session: Session, order: ServiceOrder, row: OutboundRequest, now: datetime) -> None:
    order.state, order.decided_at = "refused", now
    order.reason = f"{row.peer} {row.code}: {row.text}"[:200] if row.state == REFUSED else f"dropped: {row.text}"[:200]
    _tell(session, order, REFUSED_TEXT, "refused", now)
    earlier = select(OutboundRequest).where(OutboundRequest.key == row.key, OutboundRequest.id < row.id, OutboundRequest.state == DONE)
    for one in session.scalars(earlier):  # what another peer did already is undone there
        enqueue(session, Request(one.peer, "cancel", f"undo:{order.id}", order.reader_id, service_id=order.service_id, payload={"reason": "refused by " + row.peer}), now=now)


def _cancelled(session: Session, order: ServiceOrder, row: OutboundRequest, now: datetime) -> None:
    """The request to end an order is answered once every peer has answered."""
    session.flush()
    states = set(session.scalars(select(OutboundRequest.state).where(OutboundRequest.key == row.key)))
    if not states <= {DONE, REFUSED, DROPPED}:
        return
    order.state, order.decided_at = ("confirmed", now) if states == {DONE} else ("refused", now)
    order.reason = "" if states == {DONE} else f"{row.peer} {row.code}: {row.text}"[:200]
    if REFUSED in states and DONE not in states:
        _keep(session, order, row.peer, now)


def _keep(session: Session, order: ServiceOrder, peer: str, now: datetime) -> None:
    """No peer ended his order, so it is not over here either: he would pay and get nothing."""
    held = session.execute(
        select(Subscription, Reader.msisdn).join(Reader, Reader.id == Subscription.reader_id).where(Reader.id == order.reader_id, Subscription.service_id == order.service_id)
    ).one_or_none()
    left = None if held is None else stopping.left_by(session, order)
    if held is None or left is None or held[0].order_state != "cancelled" or held[0].order_at != left.effective_at or left.before is None:
        return
    was = left.before["order"][0]
    told = Change(held[1], EVENT_OF_STATE[was], PLATFORM, f"kept:{order.id}", now, order.service_id, reason=f"{peer} did not end it")
    apply_own(session, [told], now=now)
    _tell(session, order, STOP_REFUSED_TEXT, "kept", now)


def _tell(session: Session, order: ServiceOrder, setting: Setting[str], what: str, now: datetime) -> None:
    said = setting.get(session)
    number = session.scalar(select(Reader.msisdn).where(Reader.id == order.reader_id))
    if not said or number is None:
        return
    title = stopping.title_of(session, order.service_id)
    replies.ask(session, f"order-{what}:{order.id}", number, said.replace("{service}", title).replace("{services}", title), port_id=None, now=now)
