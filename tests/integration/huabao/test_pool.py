"""Connections that rested: one that the server closed meanwhile is replaced before it is used."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from huabao import db
from huabao.runtime import Runtime


def _backend(runtime: Runtime) -> int:
    with runtime.transaction(read_only=True) as session:
        return int(session.scalars(text("SELECT pg_backend_pid()")).one())


def test_a_lost_connection_is_replaced(postgres_runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    postgres_runtime.engine.dispose()
    before = _backend(postgres_runtime)
    assert _backend(postgres_runtime) == before, "a connection just used is used again"
    with postgres_runtime.transaction() as session:
        other = session.connection()
        assert _backend(postgres_runtime) != before
        ended = _backend(postgres_runtime)
        other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": ended})
    monkeypatch.setattr(db, "PING_AFTER_S", 0.0)
    assert {_backend(postgres_runtime) for _ in range(3)}.isdisjoint({ended})
