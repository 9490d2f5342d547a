"""Whether anything was written lately, and who of some is still signed in: one statement each, for all who listen."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from console.models import User, UserSession
from console.settings import SESSION_IDLE_S
from delivery.models import Brake, DeliveryEvent, Dispatch, DispatchTransition, Submission
from huabao.alarms import Alarm
from huabao.audit import AuditEntry

WATCHED: tuple[InstrumentedAttribute[Any], ...] = (Dispatch.id, DispatchTransition.id, Submission.id, DeliveryEvent.id, Brake.id, Alarm.id, AuditEntry.id)
"""Keys that grow with each row: the newest of each is found at the end of its index, however large the table."""


def mark(session: Session) -> tuple[Any, ...]:
    """Changes whenever a row of `WATCHED` was added; whatever is only updated is seen when its part is rendered again."""
    return tuple(session.execute(select(*(select(func.max(one)).scalar_subquery() for one in WATCHED))).one())


def still_signed_in(session: Session, tokens: Iterable[str], *, now: datetime) -> dict[str, tuple[str, str | None]]:
    """Those of the tokens (SHA-256) whose sign-in holds, with the account's role and city as they are now."""
    idle = timedelta(seconds=SESSION_IDLE_S.get(session))
    rows = session.execute(
        select(UserSession.token_sha256, User.role, User.city)
        .join(User, User.id == UserSession.user_id)
        .where(UserSession.token_sha256.in_(tuple(tokens)), UserSession.expires_at > now, UserSession.last_seen_at > now - idle, User.disabled_at.is_(None))
    )
    return {token: (role, city) for token, role, city in rows}
