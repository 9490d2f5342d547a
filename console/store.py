"""What the pages read, in one transaction each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from content.models import Edition, EditionVersion, Publication, Variant, VariantPayload
from delivery.dispatch.overview import Overview, overview
from delivery.lifecycle import find_dispatch
from delivery.models import Batch, Dispatch, DispatchTransition, Port
from monitoring.codes import CodeLine, answer_codes, report_codes
from monitoring.kept import Kept
from monitoring.measures import PortLoad, Progress, dispatch_progress, exclusions_by_reason, port_loads, submissions_by_state


@dataclass(frozen=True)
class PortLine:
    """A port of a dispatch: what it may do and what it does."""

    port: Port
    load: PortLoad | None


@dataclass(frozen=True)
class VariantLine:
    """A variant of a dispatch and how many readers get it."""

    variant: Variant
    readers: int


@dataclass(frozen=True)
class DispatchView:
    """Everything that a dispatch's page shows."""

    dispatch: Dispatch
    edition: Edition
    version: EditionVersion
    publication: Publication
    progress: Progress
    exclusions: Mapping[str, int]
    submissions: Mapping[str, int]
    ports: Sequence[PortLine]
    variants: Sequence[VariantLine]
    transitions: Sequence[DispatchTransition]
    gate: Overview


def dispatch_view(session: Session, dispatch_id: int, now: datetime) -> DispatchView:
    """The page of a dispatch.

    Raises:
        UsageError: there is no such dispatch.
    """
    dispatch = find_dispatch(session, dispatch_id)
    edition, version, publication = session.execute(
        select(Edition, EditionVersion, Publication)
        .join(Publication, Publication.id == Edition.publication_id)
        .join(EditionVersion, EditionVersion.edition_id == Edition.id)
        .where(EditionVersion.id == dispatch.edition_version_id)
    ).one()
    return DispatchView(
        dispatch=dispatch,
        edition=edition,
        version=version,
        publication=publication,
        progress=dispatch_progress(session, dispatch_id, now),
        exclusions=exclusions_by_reason(session, dispatch_id),
        submissions=submissions_by_state(session, dispatch_id),
        ports=_ports(session, dispatch, now),
        variants=_variants(session, dispatch_id),
        transitions=list(session.scalars(select(DispatchTransition).where(DispatchTransition.dispatch_id == dispatch_id).order_by(DispatchTransition.id.desc()).limit(20))),
        gate=overview(session, dispatch, now),
    )


@dataclass(frozen=True)
class CodesView:
    """What the peers said in a dispatch."""

    dispatch: Dispatch
    title: str
    number: str
    reports: Sequence[CodeLine]
    answers: Sequence[CodeLine]


_codes: Kept[tuple[Sequence[CodeLine], Sequence[CodeLine]]] = Kept(0.0)


def codes_view(session: Session, dispatch_id: int, now: datetime) -> CodesView:
    """The page of a dispatch's codes.

    Raises:
        UsageError: there is no such dispatch.
    """
    dispatch = find_dispatch(session, dispatch_id)
    edition = session.get_one(Edition, dispatch.edition_id)
    title = session.get_one(Publication, edition.publication_id).title
    return CodesView(dispatch, title, edition.number, *_codes.get(session, dispatch_id, now, partial(_both, dispatch_id=dispatch_id)))


def _both(session: Session, *, dispatch_id: int) -> tuple[Sequence[CodeLine], Sequence[CodeLine]]:
    dispatch = find_dispatch(session, dispatch_id)
    return report_codes(session, dispatch), answer_codes(session, dispatch)


def _ports(session: Session, dispatch: Dispatch, now: datetime) -> list[PortLine]:
    loads = {load.port_id: load for load in port_loads(session, dispatch, now)}
    used = set(session.scalars(select(Batch.port_id).where(Batch.dispatch_id == dispatch.id).distinct())) | set(loads)
    ports = session.scalars(select(Port).where(Port.id.in_(used)).order_by(Port.name)) if used else ()
    return [PortLine(port, loads.get(port.id)) for port in ports]


def _variants(session: Session, dispatch_id: int) -> list[VariantLine]:
    readers = func.sum(Batch.size)
    sizes = select(Batch.variant_id, readers.label("readers")).where(Batch.dispatch_id == dispatch_id).group_by(Batch.variant_id).subquery()
    rows = session.execute(select(Variant, sizes.c.readers).join(sizes, sizes.c.variant_id == Variant.id).order_by(sizes.c.readers.desc(), Variant.name))
    return [VariantLine(variant, int(count)) for variant, count in rows]


def variant_payload(session: Session, variant_id: int) -> tuple[str, str, bytes] | None:
    """(handset class, SHA-256, message) of a variant, or None."""
    row = session.execute(
        select(Variant.handset_class, Variant.sha256, VariantPayload.mime).join(VariantPayload, VariantPayload.variant_id == Variant.id).where(Variant.id == variant_id)
    ).one_or_none()
    return None if row is None else (row.handset_class, row.sha256, row.mime)
