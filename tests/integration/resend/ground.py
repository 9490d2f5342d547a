"""What tests of resends share: a paper that went out through a real MMSC, and ways to ask for it again."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update

from delivery.dispatch import planning as dispatches
from delivery.dispatch.planning import Request
from delivery.ledger import proof
from delivery.ledger.peer import read_peer
from delivery.models import Dispatch, Resend, deliveries
from delivery.resend import services
from delivery.resend.services import Answer, Ask
from huabao.msisdn import MSISDN
from huabao.runtime import Runtime
from subscribers.models import Reader, Subscription
from tests.services.delivering import Peer, World, number_of, settle

EDITION = "paper/1"


def change_order(runtime: Runtime, reader: int, **values: Any) -> None:
    """Change a reader's order as an import would."""
    with runtime.transaction() as session:
        session.execute(update(Subscription).where(Subscription.reader_id == reader).values(**values))


def change_reader(runtime: Runtime, reader: int, **values: Any) -> None:
    """Change a reader's record."""
    with runtime.transaction() as session:
        session.execute(update(Reader).where(Reader.id == reader).values(**values))


def set_outcomes(runtime: Runtime, outcome: int, readers: list[int], dispatch_id: int = 1) -> None:
    """Give readers of a dispatch an outcome."""
    with runtime.transaction() as session:
        session.execute(update(deliveries).where(deliveries.c.dispatch_id == dispatch_id, deliveries.c.reader_id.in_(readers)).values(outcome=outcome))


def send_paper(runtime: Runtime, world: World) -> int:
    """The edition goes out and everybody has been sent to; its dispatch."""
    dispatch_id = dispatches.create(runtime, Request(world.edition), actor="test")
    settle(runtime, until=lambda: sent(runtime, dispatch_id))
    return dispatch_id


def state(runtime: Runtime, dispatch_id: int) -> str:
    """The dispatch's state."""
    with runtime.transaction(read_only=True) as session:
        return session.get_one(Dispatch, dispatch_id).state


def sent(runtime: Runtime, dispatch_id: int) -> bool:
    """Whether all has left."""
    return state(runtime, dispatch_id) in ("draining", "verified", "closed")


def outcomes(runtime: Runtime, dispatch_id: int) -> dict[str, int]:
    """Readers by outcome, those that there are."""
    with runtime.transaction(read_only=True) as session:
        return {name: number for name, number in proof.counts(session, dispatch_id).outcomes.items() if number}


def problems(runtime: Runtime, *peers: Peer) -> list[str]:
    """What a recount of everything finds."""
    with runtime.transaction(read_only=True) as session:
        return list(proof.verify(session, peers=[read_peer(one.keep) for one in peers]).problems)


def ask(runtime: Runtime, reader: int, *, by: str = "zhou", **more: Any) -> Answer:
    """Ask for the edition to be sent to a reader again."""
    return services.resend(runtime, Ask(MSISDN(number_of(reader)), EDITION, more.pop("reason", "did not come"), **more), actor=by)


def asked(runtime: Runtime) -> list[Resend]:
    """Every resend that was asked for."""
    with runtime.transaction(read_only=True) as session:
        return list(session.scalars(select(Resend).order_by(Resend.id)))


def dispatch(runtime: Runtime, dispatch_id: int | None) -> Dispatch:
    """The row of a dispatch."""
    assert dispatch_id is not None
    with runtime.transaction(read_only=True) as session:
        return session.get_one(Dispatch, dispatch_id)
