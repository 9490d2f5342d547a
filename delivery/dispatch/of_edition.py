"""What the send side knows of one edition: its dispatches, how long the desk has for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from content.models import Edition, EditionVersion, Publication
from delivery import kinds
from delivery.dispatch.countdown import Countdown, countdown
from delivery.models import Dispatch
from huabao.clock import business_day
from huabao.errors import UsageError

SHOWN = 10


def dispatches_of(session: Session, edition_id: int) -> Sequence[Dispatch]:
    """Its dispatches that readers have part in, the newest first; resends of single readers stand on the readers' pages."""
    wanted = (kinds.EDITION, kinds.CORRECTION, kinds.SERIAL)
    mine = select(Dispatch).where(Dispatch.edition_id == edition_id, Dispatch.kind.in_(wanted))
    return session.scalars(mine.order_by(Dispatch.id.desc()).limit(SHOWN)).all()


def countdown_of(session: Session, edition_id: int, now: datetime) -> Countdown | None:
    """The countdown to its last approval time; None where it is not today's, or its publication has no window that is still to come."""
    wanted = (
        select(Publication.slug)
        .join(Edition, Edition.publication_id == Publication.id)
        .join(EditionVersion, EditionVersion.id == Edition.current_version_id)
        .where(Edition.id == edition_id, EditionVersion.issue_date == business_day(now))
    )
    slug = session.scalar(wanted)
    try:
        return None if slug is None else countdown(session, slug, now)
    except UsageError:
        return None
