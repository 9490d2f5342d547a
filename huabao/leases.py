"""Named leases: one holder at a time, a fencing token that only grows.

The scheduler's leader, the embedded worker and the owner of the SMPP binds are
each whoever holds the lease of that name.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, String, false, or_, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from huabao.db import Base

FAR_S: Final = 900.0
"""Nobody takes a lease, and no port rests, for so long: what ends later was written by a clock that was wrong, and holds nobody up."""


def is_over(until: ColumnElement[Any] | Any, now: datetime) -> ColumnElement[bool]:
    """Whether a lease that ends at the column `until` binds nobody any more."""
    return or_(until < now, until > now + timedelta(seconds=FAR_S))


class Lease(Base):
    """Who holds what until when."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    holder: Mapped[str] = mapped_column(String(120))
    fence: Mapped[int] = mapped_column(default=1)
    expires_at: Mapped[datetime]


def take_lease(session: Session, name: str, holder: str, *, now: datetime, lease_s: float, in_doubt: bool = False) -> int | None:
    """Take or renew the lease; its fencing token, or None while somebody else holds it.

    Args:
        in_doubt: the clock was just set (`huabao.clock`): what seems to be over may be held, so nobody else's is taken.
    """
    until = now + timedelta(seconds=lease_s)
    renewed = session.execute(update(Lease).where(Lease.name == name, Lease.holder == holder, Lease.expires_at > now).values(expires_at=until))
    if not _count(renewed):
        taken = session.execute(
            update(Lease)
            .where(Lease.name == name, or_(Lease.holder == holder, false() if in_doubt else is_over(Lease.expires_at, now) | (Lease.expires_at == now)))
            .values(holder=holder, expires_at=until, fence=Lease.fence + 1)
        )
        if not _count(taken) and not _insert(session, Lease(name=name, holder=holder, fence=1, expires_at=until)):
            return None
    row = session.get(Lease, name, populate_existing=True)
    return row.fence if row is not None and row.holder == holder else None


def drop_lease(session: Session, name: str, holder: str, *, now: datetime) -> None:
    """Give the lease back, so that the next one need not wait."""
    session.execute(update(Lease).where(Lease.name == name, Lease.holder == holder).values(expires_at=now))


def lease_holder(session: Session, name: str, *, now: datetime) -> str | None:
    """Who holds the lease at this instant, or None."""
    row = session.get(Lease, name, populate_existing=True)
    return row.holder if row is not None and now < row.expires_at <= now + timedelta(seconds=FAR_S) else None


def _insert(session: Session, lease: Lease) -> bool:
    try:
        with session.begin_nested():
            session.add(lease)
    except IntegrityError:
        return False
    return True


def _count(result: object) -> int:
    return int(getattr(result, "rowcount", 0))
