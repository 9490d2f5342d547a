"""Which way a reader's order goes: to BOSS or MISC by their interfaces, once he said yes again; else into the file of orders.

The file is for whatever no interface takes: tries, services whose direction says that
the platform tells nobody, and every order while no interface is configured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, literal_column, select
from sqlalchemy.orm import Session

from huabao.config import Config
from huabao.runtime import Runtime
from reconciliation.ordering import confirming
from reconciliation.ordering.models import OrderConfirmation
from reconciliation.ordering.settings import DIRECTION
from reconciliation.outbox import Request, enqueue
from reconciliation.peers import asked_peer
from subscribers.offers import store
from subscribers.offers.catalogue import Service
from subscribers.offers.models import BY_FILE, BY_INTERFACE, CANCEL, ServiceOrder

ROUTED_AT_ONCE = 200
MISC, BOSS, TO_BOSS = "misc", "boss", "to-boss"
_IS_NEW: ColumnElement[Any] = literal_column("service_orders.state = 'recorded' AND service_orders.way IS NULL")


@dataclass(frozen=True)
class Way:
    """Where an order goes: peers one after the other; none is the file."""

    peers: tuple[str, ...]
    service: Service | None


def way_of(session: Session, order: ServiceOrder, config: Config) -> Way:
    """The way of an order: to MISC where one of its peers is asked for orders of the service, to BOSS where the direction says so and BOSS is known.

    MISC comes before BOSS, since it is the master of orders.
    """
    catalogue = store.current(session).catalogue
    service = catalogue.services.get(order.service) or catalogue.by_service_id().get(order.service_id)
    if order.kind not in ("subscribe", CANCEL):
        return Way((), service)
    direction = (service.direction if service else "") or DIRECTION.get(session)
    asked = {MISC: asked_peer(session, order.service_id) is not None, BOSS: direction == TO_BOSS and bool(config.boss_url)}
    return Way(tuple(peer for peer, is_asked in asked.items() if is_asked), service)


def route_new(runtime: Runtime) -> int:
    """Send every new order its way; how many."""
    with runtime.transaction(read_only=True) as session:
        if session.scalar(select(ServiceOrder.id).where(_IS_NEW).limit(1)) is None:
            return 0
    routed = 0
    with runtime.transaction() as session:
        # A reader is asked one question at a time: his reply must be about one order.
        asked = exists().where(OrderConfirmation.reader_id == ServiceOrder.reader_id, literal_column("order_confirmations.state = 'waiting'"))
        wanted = select(ServiceOrder).where(_IS_NEW, ~(asked & (ServiceOrder.kind == "subscribe"))).order_by(ServiceOrder.id).limit(ROUTED_AT_ONCE)
        for order in session.scalars(wanted.with_for_update(skip_locked=True, of=ServiceOrder)).all():
            routed += route(session, order, runtime.config, runtime.now())
    return routed


def route(session: Session, order: ServiceOrder, config: Config, now: datetime) -> bool:
    """Send one order its way; False where it waits for its reader's answer to another."""
    way = way_of(session, order, config)
    if not way.peers:
        order.way = BY_FILE
    elif order.kind == CANCEL or (way.service is not None and not way.service.confirm):
        place(session, order, way.peers, now)
    elif confirming.is_asked(session, order.reader_id):
        return False
    elif not confirming.ask(session, order, way.service, now):
        order.way = BY_FILE  # no port sends texts, so nobody can be asked
    session.flush()
    return True


def place(session: Session, order: ServiceOrder, peers: Sequence[str], now: datetime) -> None:
    """Write the order for its peers: an order for one after the other, a cancellation for all at once."""
    order.way, order.state, order.batch, order.exported_at = BY_INTERFACE, "exported", "interface", now
    if order.kind == CANCEL:
        for peer in peers:
            enqueue(session, Request(peer, "cancel", f"order:{order.id}", order.reader_id, service_id=order.service_id, payload={"reason": order.channel}), now=now)
    else:
        ask_peer(session, order, peers, now)


def ask_peer(session: Session, order: ServiceOrder, peers: Sequence[str], now: datetime) -> None:
    """Ask the first of `peers` for the order; the others stand with the request until it is done."""
    service = store.current(session).catalogue.by_service_id().get(order.service_id)
    price = service.price_fen if service and service.charge == "monthly" else None
    payload = {"reason": order.channel, "then": list(peers[1:]), "price_fen": price}
    enqueue(session, Request(peers[0], "order", f"order:{order.id}", order.reader_id, service_id=order.service_id, payload=payload), now=now)
