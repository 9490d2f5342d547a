"""Columns of integers come whole, from both databases."""

from __future__ import annotations

from sqlalchemy import func, select

from delivery.models import Withdrawal
from huabao.columns import SPAN, integers
from huabao.db import bulk_insert
from huabao.runtime import Runtime


def test_rows_come_whole(runtime: Runtime) -> None:
    """In whatever pieces the database hands them over."""
    ids = [1, 2, SPAN - 1, SPAN, SPAN + 1, 5 * SPAN, 2**50]
    with runtime.transaction() as session:
        rows = [{"dispatch_id": 7, "reader_id": one, "reason": "stopped", "at": runtime.now()} for one in ids]
        bulk_insert(session, Withdrawal, rows, columns=("dispatch_id", "reader_id", "reason", "at"))
        statement = select(Withdrawal.reader_id, -Withdrawal.dispatch_id, func.length(Withdrawal.reason))
        found = integers(session, statement.where(Withdrawal.reader_id > 1))
        assert sorted(map(tuple, found.tolist())) == [(one, -7, 7) for one in ids[1:]]
        assert integers(session, statement.where(Withdrawal.reader_id < 0)).shape == (0, 3)
