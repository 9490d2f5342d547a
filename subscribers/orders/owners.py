"""What is kept under a number and was written down of whoever had it then, as SQL: its next owner inherits nothing, its owner takes it along."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select

from subscribers.models import Reader
from subscribers.orders.models import ReaderNumber


def is_present_owners(msisdn: Any, at: Any) -> ColumnElement[bool]:
    """What was written down of a number at `at` (both columns of one row) is of whoever has it now: nobody has given it up since."""
    c = ReaderNumber
    return ~select(c.id).where(c.msisdn == msisdn, c.until > at).exists()


def is_readers(msisdn: Any, at: Any) -> ColumnElement[bool]:
    """What was written down of a number at `at` is of `Reader`: it is his, or was his then."""
    c = ReaderNumber
    then = and_(c.reader_id == Reader.id, c.msisdn == msisdn, or_(c.since.is_(None), c.since <= at), c.until > at)
    return or_(and_(msisdn == Reader.msisdn, is_present_owners(msisdn, at)), select(c.id).where(then).exists())
