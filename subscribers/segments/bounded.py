"""How many readers a rule fits, and some of them, in a bounded time: for a page that asks at every stroke.

Where the whole count takes too long, one reader in a hundred is looked at, and the
answer says that it is about so many. Where that takes too long too, nobody knows.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import ColumnElement, func, select, text, true
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from huabao.db import is_postgres
from subscribers.models import NO_NUMBER, Reader
from subscribers.segments.rules import Rule, rule_sql

ONE_IN = 100
STEPS = 20_000
"""SQLite is asked after so many of its steps whether it took too long; some milliseconds."""

T = TypeVar("T")


@dataclass(frozen=True)
class Size:
    """How many.

    Attributes:
        readers: None where nobody knows in that time.
        exact: it was counted, not projected.
    """

    readers: int | None
    exact: bool


def size_of(session: Session, rule: Rule, *, within_s: float) -> Size:
    """How many readers the rule fits."""
    found = _within(session, within_s, lambda: _count(session, rule, true()))
    if found is not None:
        return Size(found, exact=True)
    part = _within(session, within_s, lambda: _count(session, rule, Reader.id % ONE_IN == 0))
    return Size(None if part is None else part * ONE_IN, exact=False)


def some_of(session: Session, rule: Rule, many: int, start: int, *, within_s: float) -> list[Reader]:
    """At most so many of them: those from the id `start` on, then from the first; nobody where it takes too long."""

    def take(where: ColumnElement[bool], most: int) -> list[Reader]:
        return list(session.scalars(select(Reader).where(where, rule_sql(rule), _HAS_NUMBER).order_by(Reader.id).limit(most)))

    def both() -> list[Reader]:
        later = take(Reader.id >= start, many)
        return later if len(later) == many else [*later, *take(Reader.id < start, many - len(later))]

    return _within(session, within_s, both) or []


def last_id(session: Session) -> int:
    """The newest reader's; 0 where there is none."""
    return session.scalar(select(func.max(Reader.id))) or 0


_HAS_NUMBER = func.substr(Reader.msisdn, 1, 1) != NO_NUMBER


def _count(session: Session, rule: Rule, among: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(Reader).where(among, _HAS_NUMBER, rule_sql(rule))) or 0


def _within(session: Session, within_s: float, ask: Callable[[], T]) -> T | None:
    """The answer, or None where the database was stopped."""
    try:
        with session.begin_nested(), _stopped_after(session, within_s):
            return ask()
    except OperationalError as error:
        if "interrupted" in str(error.orig) or "statement timeout" in str(error.orig):
            return None
        raise


@contextmanager
def _stopped_after(session: Session, within_s: float) -> Iterator[None]:
    if is_postgres(session):
        session.execute(text(f"SET LOCAL statement_timeout = {max(1, int(within_s * 1000))}"))
        yield
        session.execute(text("SET LOCAL statement_timeout = 0"))
        return
    connection = session.connection().connection.driver_connection
    assert connection is not None, "a session that is open has a connection"
    until = time.monotonic() + within_s
    connection.set_progress_handler(lambda: int(time.monotonic() > until), STEPS)
    try:
        yield
    finally:
        connection.set_progress_handler(None, 0)
