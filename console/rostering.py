"""Who may be put on the roster."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from console.models import User
from console.rights import STOPPERS


def people(session: Session) -> Sequence[str]:
    """Accounts that may be on duty, by name."""
    return session.scalars(select(User.name).where(User.role.in_(sorted(STOPPERS)), User.disabled_at.is_(None)).order_by(User.name)).all()
