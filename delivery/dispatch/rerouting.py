"""A failing handset class gets a link or a text instead: the duty editor's way round a bad message.

Only batches that wait are turned; what has left stays what it was. Readers of a class
whose MMS fails are few beside all (a rare handset must not stop the paper), so the
count is shown before it is done, and others go on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from content.models import Variant
from content.variants import SMS, WAP_PUSH, Wanted, ensure_variants
from delivery import lifecycle
from delivery.dispatch import brake
from delivery.dispatch.routing import carries_short
from delivery.models import Batch, Dispatch, Outcome, Port, Route, deliveries
from delivery.sending.claims import lost_readers
from delivery.sending.waiting import enqueue_ready
from huabao import audit
from huabao.db import in_ids
from huabao.errors import UsageError
from huabao.ids import unpack_ids
from huabao.runtime import Runtime

CHANNELS: Mapping[str, tuple[str, Route]] = {"link": (WAP_PUSH, Route.LINK_BLOCKED), "text": (SMS, Route.TEXT_BLOCKED)}
"""What a class may be turned to, by the word that a person says."""


@dataclass(frozen=True)
class Rerouted:
    """What was turned, or would be.

    Attributes:
        readers: who still waited.
        port: the port that carries them now.
    """

    batches: int
    readers: int
    port: str


def reroute(runtime: Runtime, dispatch_id: int, handset_class: str, to: str, *, by: str, reason: str, dry_run: bool = False) -> Rerouted:
    """Turn the waiting batches of a handset class into links (`to` is link) or texts (text).

    A brake on the class stays, for what a worker still has in hand: that can be turned once it came back.

    Raises:
        UsageError: no such dispatch or word, nothing of that class waits, or no port of the dispatch carries links and texts.
    """
    if to not in CHANNELS:
        raise UsageError(f"{to!r} is nothing to reroute to; there are {', '.join(CHANNELS)}")
    channel, route = CHANNELS[to]
    with runtime.transaction(read_only=True) as session:
        dispatch = lifecycle.find_dispatch(session, dispatch_id)
        port = _port(session, dispatch)
        waiting = session.scalars(_waiting(dispatch_id, handset_class)).all()
        if not waiting:
            raise UsageError(f"nothing of {handset_class} waits in dispatch {dispatch_id}")
        if dry_run:
            return Rerouted(len(waiting), sum(_readers(session, batch) for batch in waiting), port.name)
        items = {row.id: tuple(row.items) for row in session.scalars(select(Variant).where(Variant.id.in_({batch.variant_id for batch in waiting})))}
    wanted: dict[int, Wanted] = {variant_id: (channel, keys) for variant_id, keys in items.items()}
    made = ensure_variants(runtime, dispatch.edition_version_id, wanted.values())
    with runtime.transaction() as session:
        now = runtime.now()
        locked = lifecycle.lock_dispatch(session, dispatch_id)
        batches = session.scalars(_waiting(dispatch_id, handset_class).with_for_update(skip_locked=True)).all()
        turned = [batch for batch in batches if batch.variant_id in wanted]
        readers = sum(_turn(session, batch, made[wanted[batch.variant_id]], port.id, channel, route, now) for batch in turned)
        brake.apply_all(session, dispatch_id)
        lifecycle.note(session, locked, by=by, at=now, reason=f"{handset_class}: {readers:,} readers get a {to} through {port.name}: {reason}")
        audit.record(session, actor=by, action="dispatch.reroute", object_kind="dispatch", object_id=dispatch_id, at=now, handset_class=handset_class, to=to, readers=readers)
        enqueue_ready(session, now=now, dispatch_id=dispatch_id)
    return Rerouted(len(turned), readers, port.name)


def _waiting(dispatch_id: int, handset_class: str) -> Select[Any]:
    mine = (Batch.dispatch_id == dispatch_id, Batch.handset_class == handset_class, Batch.state == "ready")
    return select(Batch).where(*mine).order_by(Batch.id)


def _port(session: Session, dispatch: Dispatch) -> Port:
    """The port that carries the links and texts of a dispatch: one of its own, else any that is up."""
    ports: Sequence[Port] = [port for port in session.scalars(select(Port).order_by(Port.priority, Port.id)) if carries_short(port)]
    found = next((port for port in ports if port.name in dispatch.ports), None) or next((port for port in ports if port.state == "up"), None)
    if found is None:
        raise UsageError("no port carries links and texts; add one: `huabao port add NAME --kind smpp --url smpp://HOST:PORT --rate N`")
    return found


def _readers(session: Session, batch: Batch) -> int:
    mine = (deliveries.c.day == batch.day, deliveries.c.dispatch_id == batch.dispatch_id, in_ids(session, deliveries.c.reader_id, unpack_ids(batch.reader_ids)))
    return len(session.scalars(select(deliveries.c.reader_id).where(*mine, deliveries.c.outcome == int(Outcome.PENDING), deliveries.c.submission_id.is_(None))).all())


def _turn(session: Session, batch: Batch, variant_id: int, port_id: int, channel: str, route: Route, now: datetime) -> int:
    """Give a waiting batch its new message; how many readers get it. What an earlier claim may have sent becomes unknown first."""
    batch.fence += 1
    session.flush()
    lost_readers(session, batch, now=now)
    mine = (
        deliveries.c.day == batch.day,
        deliveries.c.dispatch_id == batch.dispatch_id,
        in_ids(session, deliveries.c.reader_id, unpack_ids(batch.reader_ids)),
        deliveries.c.outcome == int(Outcome.PENDING),
        deliveries.c.submission_id.is_(None),
    )
    done = session.connection().execute(update(deliveries).where(*mine).values(variant_id=variant_id, port_id=port_id, route=int(route)))
    batch.variant_id, batch.port_id, batch.handset_class, batch.held = variant_id, port_id, channel, None
    session.flush()
    return int(getattr(done, "rowcount", 0))
