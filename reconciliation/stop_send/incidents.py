"""What failed in a dispatch through no fault of its readers: network, bad variants, ports that were away. It never counts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from content.models import Edition, Variant
from content.services import KILLED_EDITION
from delivery import kinds, lifecycle
from delivery.models import Batch, Brake, Dispatch, Port, Submission, deliveries
from delivery.ports.health import UNREACHABLE
from delivery.reports.outcomes import UNDELIVERED
from huabao.alarms import Alarm
from reconciliation.stop_send.settings import STOP_INCIDENT_SHARE

COUNTS = (kinds.EDITION, kinds.CORRECTION, kinds.SERIAL)
"""A resend that fails is no further edition."""

READERS_MIN = 20
"""Of fewer readers of a variant or port a share says nothing."""

PORT_MARGIN = timedelta(minutes=10)
"""A port was in trouble a while before its alarm, and after it."""


def why_not(session: Session, dispatch: Dispatch) -> str:
    """Why no failure of the dispatch counts, or ""."""
    if dispatch.kind not in COUNTS:
        return f"a {dispatch.kind} is no further edition"
    if dispatch.state in lifecycle.ENDED:
        return f"it was {dispatch.state}"
    if session.get_one(Edition, dispatch.edition_id).state == KILLED_EDITION:
        return "its edition was killed"
    later = (Dispatch.edition_id == dispatch.edition_id, Dispatch.kind == kinds.CORRECTION, Dispatch.id > dispatch.id, Dispatch.state.not_in(lifecycle.ENDED))
    if session.scalar(select(Dispatch.id).where(*later).limit(1)) is not None:
        return "it was corrected"
    return ""


def spared(session: Session, dispatch: Dispatch) -> ColumnElement[bool] | None:
    """A condition over `deliveries`: the failure belongs to an incident; None where there was none."""
    found: list[ColumnElement[bool]] = [*_braked(session, dispatch), *_outages(session, dispatch), *_unlikely(session, dispatch)]
    return or_(*found) if found else None


def _braked(session: Session, dispatch: Dispatch) -> list[ColumnElement[bool]]:
    """What a brake held, or a person blocked, whether it was released later or not."""
    found: list[ColumnElement[bool]] = []
    for scope, key in session.execute(select(Brake.scope, Brake.key).where(Brake.dispatch_id == dispatch.id)):
        variants = select(Variant.id).where(Variant.edition_version_id == dispatch.edition_version_id)
        if scope == "port":
            found.append(deliveries.c.port_id.in_(select(Port.id).where(Port.name == key)))
        elif scope == "handset_class":
            found.append(deliveries.c.variant_id.in_(variants.where(Variant.handset_class == key)))
        elif scope == "variant":
            found.append(deliveries.c.variant_id.in_(variants.where(Variant.name == key)))
        elif key.isdigit():
            of_batch = select(Submission.id).where(Submission.batch_id.in_(select(Batch.id).where(Batch.id == int(key), Batch.dispatch_id == dispatch.id)))
            found.append(deliveries.c.submission_id.in_(of_batch))
    return found


def _outages(session: Session, dispatch: Dispatch) -> list[ColumnElement[bool]]:
    """What left by a port around the time when it was out of reach."""
    until = dispatch.sent_at or dispatch.closed_at or dispatch.start_at
    wanted = select(Port.id, Alarm.first_seen_at, Alarm.closed_at).join(Alarm, and_(Alarm.key == Port.name, Alarm.kind == UNREACHABLE))
    found: list[ColumnElement[bool]] = []
    for port_id, first, closed in session.execute(wanted.where(Alarm.first_seen_at <= until + PORT_MARGIN, or_(Alarm.closed_at.is_(None), Alarm.closed_at >= dispatch.start_at))):
        spans = [deliveries.c.submitted_at >= first - PORT_MARGIN, *([deliveries.c.submitted_at <= closed + PORT_MARGIN] if closed is not None else [])]
        found.append(and_(deliveries.c.port_id == port_id, or_(deliveries.c.submitted_at.is_(None), and_(*spans))))
    return found


def _unlikely(session: Session, dispatch: Dispatch) -> list[ColumnElement[bool]]:
    """Variants and ports of which so large a share failed that it is not their readers."""
    share = STOP_INCIDENT_SHARE.get(session)
    mine = (deliveries.c.day == dispatch.day, deliveries.c.dispatch_id == dispatch.id)
    failed = func.count().filter(deliveries.c.outcome.in_([int(one) for one in UNDELIVERED]))
    found: list[ColumnElement[bool]] = []
    columns: Sequence[Any] = (deliveries.c.variant_id, deliveries.c.port_id)
    for column in columns:
        rows = session.execute(select(column, func.count(), failed).where(*mine).group_by(column)).all()
        bad = [key for key, all_, bad in rows if all_ >= READERS_MIN and bad > share * all_]
        if bad:
            found.append(column.in_(bad))
    return found
