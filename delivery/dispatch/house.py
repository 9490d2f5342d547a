"""A dispatch to phones of the house: of kind `seed`, with a ledger of its own, in no statistics, let go at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from content.models import Edition, EditionVersion, Publication
from delivery import kinds, lifecycle, partitions
from delivery.dispatch import gate
from delivery.dispatch.snapshot import digest
from delivery.lanes import SEED
from delivery.models import Batch, Dispatch, Outcome, Port, deliveries
from huabao.clock import business_day
from huabao.ids import pack_ids
from huabao.runtime import Runtime


@dataclass(frozen=True)
class Copy:
    """One message to one phone."""

    reader_id: int
    variant_id: int
    handset_class: str


@dataclass(frozen=True)
class Occasion:
    """Why it is sent.

    Attributes:
        reason: as the dispatch's journal keeps it.
        gate: what else is to be remembered of it.
    """

    by: str
    reason: str
    gate: Mapping[str, Any]


def send_copies(session: Session, edition: Edition, version: EditionVersion, port: Port, copies: Sequence[Copy], occasion: Occasion, runtime: Runtime) -> Dispatch:
    """Write the dispatch down and let it go; each message is a batch of its own."""
    now = runtime.now()
    publication = session.get_one(Publication, edition.publication_id)
    dispatch = Dispatch(
        edition_id=edition.id, edition_version_id=version.id, service_id=publication.service_id, kind=kinds.SEED, lane=SEED, day=business_day(now), state=lifecycle.DRAFT,
        audience=len(copies), planned=len(copies), ports=[port.name], start_at=now, created_at=now, created_by=occasion.by[:80], gate=dict(occasion.gate),
    )  # fmt: skip
    session.add(dispatch)
    session.flush()
    partitions.ensure_day(session, dispatch.day)
    for place, copy in enumerate(copies):
        row = {"day": dispatch.day, "dispatch_id": dispatch.id, "reader_id": copy.reader_id, "variant_id": copy.variant_id, "port_id": port.id}
        session.execute(insert(deliveries).values(**row, outcome=int(Outcome.PENDING), late=0))
        session.add(
            Batch(
                dispatch_id=dispatch.id, day=dispatch.day, variant_id=copy.variant_id, port_id=port.id, service_code=publication.service_code, position=place, size=1,
                reader_ids=pack_ids([copy.reader_id]), lane=SEED, handset_class=copy.handset_class,
            )
        )  # fmt: skip
    _, dispatch.planned_digest = digest(session, dispatch)
    lifecycle.note_created(session, dispatch, by=occasion.by, at=now)
    lifecycle.act(session, dispatch, "plan", by=occasion.by, at=now, reason=occasion.reason)
    gate.release(session, dispatch, by=occasion.by, at=now, reason=occasion.reason)
    return dispatch
