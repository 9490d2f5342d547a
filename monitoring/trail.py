"""The audit trail read: who did what to what and when, by person, action, kind of object and day, the newest first."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, literal, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from huabao.audit import AuditEntry
from huabao.clock import SHANGHAI

NUMBERS = ("reader.number", "reconcile.numbers", "recovery.numbers", "subscribers.export")
"""Acts by which somebody saw or took away whole numbers."""

OF_MASTERS = ("user", "api_token")
"""Kinds of objects that only administrators see: who may do what is theirs to say."""

NAMES_MAX = 400
Cursor = tuple[datetime, int]


@dataclass(frozen=True)
class Wanted:
    """Which entries.

    Attributes:
        actor, action, kind, object_id: exactly these; "" for any.
        since, until: business days, both included; None for any.
        numbers: only acts of `NUMBERS`.
        hidden: kinds of objects that this person does not see.
    """

    actor: str = ""
    action: str = ""
    kind: str = ""
    object_id: str = ""
    since: date | None = None
    until: date | None = None
    numbers: bool = False
    hidden: tuple[str, ...] = ()


def page(session: Session, wanted: Wanted, *, after: Cursor | None = None, limit: int = 50) -> Sequence[AuditEntry]:
    """The entries, the newest first; those behind `after`, where it is given."""
    found = select(AuditEntry).where(*_conditions(wanted)).order_by(AuditEntry.at.desc(), AuditEntry.id.desc()).limit(limit)
    if after is not None:
        found = found.where(tuple_(AuditEntry.at, AuditEntry.id) < tuple_(literal(after[0], AuditEntry.at.type), literal(after[1])))
    return session.scalars(found).all()


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    same = ((AuditEntry.actor, wanted.actor), (AuditEntry.action, wanted.action), (AuditEntry.object_kind, wanted.kind), (AuditEntry.object_id, wanted.object_id))
    found += [column == value.replace("\0", "\ufffd") for column, value in same if value]  # no text holds a NUL, and PostgreSQL takes none
    if wanted.numbers:
        found.append(AuditEntry.action.in_(NUMBERS))
    if wanted.since is not None:
        found.append(AuditEntry.at >= _midnight(wanted.since))
    if wanted.until is not None:
        found.append(AuditEntry.at < _midnight(wanted.until + timedelta(days=1)))
    if wanted.hidden:
        found.append(AuditEntry.object_kind.not_in(wanted.hidden))
    return found


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)


def actions(session: Session) -> list[str]:
    """Every action that was ever written down, found by its index without reading the entries."""
    return _distinct(session, AuditEntry.action)


def kinds(session: Session, *, hidden: Collection[str] = ()) -> list[str]:
    """Every kind of object, but those that this person does not see."""
    return [one for one in _distinct(session, AuditEntry.object_kind) if one not in hidden]


def _distinct(session: Session, column: InstrumentedAttribute[Any]) -> list[str]:
    """The different values of a column that begins an index: from each to the next."""
    first = select(func.min(column).label("value")).cte("found", recursive=True)
    following = select(func.min(column)).where(column > first.c.value).scalar_subquery()
    steps = first.union_all(select(following).where(first.c.value.is_not(None)))
    return [value for value in session.scalars(select(steps.c.value).limit(NAMES_MAX)) if value is not None]
