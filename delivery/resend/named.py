"""An edition to readers who are named one by one and did not ask themselves: those who were stopped and are reached again.

It is a resend like a filtered one, in the lane `bulk` with its own rate: the order must
be in force, the handset able, nobody gets what he has or what is on its way to him.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, String, cast, literal, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from content.services import find_edition, lock_edition
from content.variants import Wanted, ensure_variants
from delivery import kinds, lifecycle
from delivery.dispatch import gate, pacing, snapshot
from delivery.dispatch.audience import readers_of, reason_sql
from delivery.dispatch.progress import port_rate
from delivery.dispatch.routing import Routing, carries_short, route_sql, served_as_sql, unreachable_sql
from delivery.dispatch.snapshot import Signature
from delivery.dispatch.windows import unbound
from delivery.lanes import BULK
from delivery.models import Dispatch, Outcome, Port, Resend, deliveries
from delivery.resend.copies import ON_ITS_WAY, days_of
from delivery.resend.targets import Target, find_target, ports_for
from delivery.settings import BATCH_READERS_MAX
from huabao.clock import business_day
from huabao.db import in_ids
from huabao.errors import StoreError
from huabao.runtime import Runtime
from subscribers.models import Reader

ATTEMPTS_MAX = 3


@dataclass(frozen=True)
class Named:
    """An edition to named readers.

    Attributes:
        edition: id or `slug/number`.
        key: asking twice with the same key is asking once.
        rate_share: of the rate of its ports that it takes at most.
    """

    edition: str
    reader_ids: tuple[int, ...]
    key: str
    reason: str
    rate_share: float


def send_named(runtime: Runtime, asked: Named, *, actor: str) -> int | None:
    """The dispatch that brings it to those who may have it and have it not; None where that is nobody, it was killed, or no port is up."""
    for _ in range(ATTEMPTS_MAX):
        now = runtime.now()
        with runtime.transaction(read_only=True) as session:
            earlier = session.scalar(select(Resend).where(Resend.key == asked.key))
            if earlier is not None:
                return earlier.dispatch_id
            target = find_target(session, asked.edition)
            ports = _ports(session, target)
            if target.killed is not None or all(carries_short(one) for one in ports):
                return None
            found = snapshot.count_rows(session, _rows(session, target, asked, ports, now))
            wanted = _wanted(target, found.signatures)
        if not found.planned:
            return None
        built = ensure_variants(runtime, target.version.id, wanted.values())
        variants = {signature: built[one] for signature, one in wanted.items()}
        try:
            with runtime.transaction() as session:
                made, dispatch_id = _freeze(session, asked, variants, actor=actor, now=now)
        except IntegrityError:
            continue  # the key was used at this instant; it is found the next time round
        if made:
            return dispatch_id
    raise StoreError("the readers' attributes change faster than they can be taken down; it is tried again")


def count_named(session: Session, edition: str, reader_ids: Sequence[int], now: datetime) -> int:
    """How many of these readers would get it."""
    target = find_target(session, edition)
    ports = _ports(session, target)
    if target.killed is not None or all(carries_short(one) for one in ports):
        return 0
    return snapshot.count_rows(session, _rows(session, target, Named(edition, tuple(reader_ids), "", "", 1.0), ports, now)).planned


def _ports(session: Session, target: Target) -> list[Port]:
    return [one for one in ports_for(session, target.publication) if one.state == "up"]


def _wanted(target: Target, signatures: Mapping[Signature, int]) -> dict[Signature, Wanted]:
    return {(mask, name): (name, target.rules.items_of(mask)) for mask, name in signatures}


def _rows(session: Session, target: Target, asked: Named, ports: Sequence[Port], now: datetime) -> Select[Any]:
    audience, routing = target.audience, Routing(any(carries_short(one) for one in ports), now, silent_days=0)
    days = days_of(session, target.edition.id)
    mine = select(Dispatch.id).where(Dispatch.edition_id == target.edition.id, Dispatch.kind.in_(kinds.BRINGS_OUT))
    open_ = [int(one) for one in ON_ITS_WAY if one not in (Outcome.UNKNOWN, Outcome.NO_REPORT)]
    has = select(literal(1)).where(deliveries.c.day.in_(days), deliveries.c.reader_id == Reader.id, deliveries.c.dispatch_id.in_(mine), deliveries.c.outcome.in_(open_))
    reason = cast(reason_sql(audience, now, unreachable=unreachable_sql(audience, routing)), String)
    columns = [
        Reader.id.label("reader_id"),
        target.rules.mask_sql().label("mask"),
        served_as_sql(audience, routing).label("handset_class"),
        reason.label("reason"),
        route_sql(audience, routing).label("route"),
    ]
    found = readers_of(audience, columns).where(in_ids(session, Reader.id, sorted(asked.reader_ids)), reason.is_(None))
    return found.where(~has.correlate(Reader).exists()) if days else found


def _freeze(session: Session, asked: Named, variants: Mapping[Signature, int], *, actor: str, now: datetime) -> tuple[bool, int | None]:
    """Write it down whole, under the edition's lock; not made where a reader wants a variant that was not built."""
    lock_edition(session, find_edition(session, asked.edition).id, shared=True)
    target = find_target(session, asked.edition)
    ports = _ports(session, target)
    staged = snapshot.stage_rows(session, _rows(session, target, asked, ports, now))
    if not staged.signatures.keys() <= variants.keys():
        return False, None
    dispatch_id = _dispatch(session, target, asked, staged, variants, ports, actor=actor, now=now) if staged.planned and target.killed is None else None
    snapshot.drop_stage(session)
    session.add(
        Resend(
            key=asked.key, edition_id=target.edition.id, filter={"edition": target.name, "named": len(asked.reader_ids)}, dispatch_id=dispatch_id, reason=asked.reason,
            requested_by=actor[:80], requested_at=now,
        )
    )  # fmt: skip
    session.flush()
    return True, dispatch_id


def _dispatch(
    session: Session, target: Target, asked: Named, staged: snapshot.Count, variants: Mapping[Signature, int], ports: Sequence[Port], *, actor: str, now: datetime
) -> int:
    rate = round(sum(port_rate(port) for port in ports if not carries_short(port)) * asked.rate_share, 3)
    dispatch = Dispatch(
        edition_id=target.edition.id, edition_version_id=target.version.id, service_id=target.publication.service_id, kind=kinds.RESEND, lane=BULK,
        parent_id=target.dispatch_id, gate=unbound(now), rate=rate or None, day=business_day(now), state=lifecycle.DRAFT, audience=staged.audience,
        planned=staged.planned, ports=[port.name for port in ports], start_at=now, created_at=now, created_by=actor[:80],
    )  # fmt: skip
    session.add(dispatch)
    session.flush()
    snapshot.write_rows(session, dispatch, variants, ports)
    snapshot.cut_batches(session, dispatch, target.publication.service_code, readers_max=pacing.batch_readers(dispatch.rate, BATCH_READERS_MAX.get(session)))
    pacing.spread(session, dispatch, start=now)
    lifecycle.note_created(session, dispatch, by=actor, at=now)
    lifecycle.act(session, dispatch, "plan", by=actor, at=now, reason=asked.reason)
    gate.release(session, dispatch, by=actor, at=now, reason=asked.reason)
    return dispatch.id
