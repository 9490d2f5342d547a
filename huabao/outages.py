"""Which errors of the database say that it is out of reach, so that the same may succeed later."""

from __future__ import annotations

from typing import Final

import psycopg
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError

DATABASE_ERRORS: Final = (SQLAlchemyError, psycopg.Error)
"""Whatever a transaction may end with; COPY raises the driver's own."""

_AWAY: Final = (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError)


def is_away(error: BaseException) -> bool:
    """Whether it is the database's absence, and not what was asked of it."""
    return isinstance(error, _AWAY) or (isinstance(error, DBAPIError) and error.connection_invalidated)
