"""Which errors of the database say that it is out of reach or full, so that the same may succeed later."""

from __future__ import annotations

import math
import sqlite3
import time
from typing import Final

import psycopg
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError

from huabao.log import get_logger

log = get_logger("database")

SAY_AGAIN_S: Final = 10.0

DATABASE_ERRORS: Final = (SQLAlchemyError, psycopg.Error)
"""Whatever a transaction may end with; COPY raises the driver's own."""

_AWAY: Final = (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError)


def is_away(error: BaseException) -> bool:
    """Whether it is the database's absence, and not what was asked of it."""
    return isinstance(error, _AWAY) or (isinstance(error, DBAPIError) and error.connection_invalidated)


def is_full(error: BaseException | None) -> bool:
    """Whether the database has no room left to write."""
    return isinstance(error, psycopg.errors.DiskFull) or (isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL)


class _Fullness:
    """When this process last found the database full."""

    def __init__(self) -> None:
        self.seen = self._said = -math.inf

    def note(self, context: ExceptionContext) -> None:
        """Listens to an engine's errors."""
        self.look(context.original_exception)

    def look(self, error: BaseException) -> None:
        """Note an error of the driver's that says so."""
        if is_full(error):
            self.seen = time.monotonic()
            if self.seen - self._said > SAY_AGAIN_S:
                self._said = self.seen
                log.error("the database has no room left, nothing is sent until it has", error=str(error))

    @property
    def s_ago(self) -> float:
        """Seconds since then."""
        return time.monotonic() - self.seen


fullness: Final = _Fullness()
