"""What tests of resends share: a paper that went out through a real MMSC, and ways to ask for it again."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, select, update

from delivery.dispatch import planning as dispatches
from delivery.dispatch.planning import Request
from delivery.ledger import proof
from delivery.ledger.peer import read_peer
from delivery.models import Batch, Dispatch, Outcome, Resend, Submission, deliveries
from delivery.resend import services
from delivery.resend.services import Answer, Ask
from huabao.ids import pack_ids, unpack_ids
from huabao.msisdn import MSISDN
from huabao.queues import Job
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


def plan_paper(runtime: Runtime, world: World) -> int:
    """The edition is on its way and nothing has left; its dispatch."""
    return dispatches.create(runtime, Request(world.edition), actor="test")


def call_sent(runtime: Runtime, dispatch_id: int | None, *, readers_of_a_submission: int = 20) -> int:
    """Call everything of a dispatch sent and accepted, where a test is not about sending; its number."""
    assert dispatch_id is not None
    now = runtime.now()
    with runtime.transaction() as session:
        row = session.get_one(Dispatch, dispatch_id)
        row.state = "draining"
        mine = (deliveries.c.day == row.day, deliveries.c.dispatch_id == dispatch_id)
        session.execute(update(Batch).where(Batch.dispatch_id == dispatch_id).values(state="done"))
        session.execute(delete(Job))
        for batch in session.scalars(select(Batch).where(Batch.dispatch_id == dispatch_id).order_by(Batch.id)).all():
            readers = unpack_ids(batch.reader_ids)
            for at in range(0, len(readers), readers_of_a_submission):
                some = readers[at : at + readers_of_a_submission]
                sent = Submission(
                    dispatch_id=dispatch_id, day=row.day, batch_id=batch.id, port_id=batch.port_id, variant_id=batch.variant_id, fence=1, transaction_id=f"{batch.id}-{at}",
                    message_id=f"m{batch.id}-{at}", recipients=len(some), reader_ids=pack_ids(some), state="accepted", status_code=1000, written_at=now, answered_at=now,
                )  # fmt: skip
                session.add(sent)
                session.flush()
                values = {"outcome": int(Outcome.SUBMITTED), "submission_id": sent.id, "submitted_at": now}
                session.execute(update(deliveries).where(*mine, deliveries.c.reader_id.in_(some)).values(values))
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
