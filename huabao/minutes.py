"""Minutes in SQL: the two databases cut an instant differently."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, String, func, text
from sqlalchemy.orm import Session

from huabao.db import is_postgres

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def minute_sql(session: Session, moment: ColumnElement[Any]) -> ColumnElement[Any]:
    """The minute of an instant, to group by; `minute_of` reads what comes back."""
    if is_postgres(session):
        return func.date_bin(text("interval '1 minute'"), moment, _EPOCH)  # a quarter of date_trunc's cost
    return func.substr(moment, 1, 16, type_=String)


def minute_of(found: datetime | str) -> datetime:
    """The instant of what `minute_sql` brought: an instant from PostgreSQL, `2026-11-22 06:30` in UTC from SQLite."""
    if isinstance(found, str):
        return datetime.fromisoformat(found).replace(tzinfo=UTC)
    return found.astimezone(UTC)
