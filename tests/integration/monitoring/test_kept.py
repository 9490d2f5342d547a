"""What is dear to count is counted beside the pages that ask for it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from huabao.runtime import Runtime
from monitoring import kept
from monitoring.kept import Kept

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def dear(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything counts as dear."""
    monkeypatch.setattr(kept, "LONG_S", 0.0)


def _get(runtime: Runtime, one: Kept[int], value: int, now: datetime, done: threading.Event | None = None, statement: str = "SELECT 1") -> int:
    def count(own: Session) -> int:
        try:
            own.execute(text(statement))
            return value
        finally:
            if done:
                done.set()

    with runtime.transaction(read_only=True) as session:
        return one.get(session, "key", now, count)


def _get_in_time(runtime: Runtime, one: Kept[int], expected: int) -> None:
    for _ in range(600):
        if _get(runtime, one, expected, LATER) == expected:
            return
        threading.Event().wait(0.1)
    raise AssertionError("never counted anew")


def test_who_asks_for_something_dear_waits_once(sqlite_runtime: Runtime, dear: None) -> None:
    one, done = Kept[int](2.0), threading.Event()
    assert _get(sqlite_runtime, one, 1, NOW) == 1
    assert _get(sqlite_runtime, one, 2, NOW + timedelta(seconds=1)) == 1, "it is young enough"
    assert _get(sqlite_runtime, one, 2, LATER, done) == 1, "counted beside"
    assert done.wait(60)
    _get_in_time(sqlite_runtime, one, 2)


def test_a_count_that_fails_leaves_what_was_known(sqlite_runtime: Runtime, dear: None) -> None:
    one, done = Kept[int](2.0), threading.Event()
    assert _get(sqlite_runtime, one, 1, NOW) == 1
    assert _get(sqlite_runtime, one, 2, LATER, done, "SELECT * FROM nowhere") == 1
    assert done.wait(60)
    _get_in_time(sqlite_runtime, one, 3)


def test_what_is_not_known_is_counted_at_once_and_fails_at_once(sqlite_runtime: Runtime, dear: None) -> None:
    one = Kept[int](2.0)
    with pytest.raises(SQLAlchemyError):
        _get(sqlite_runtime, one, 1, NOW, None, "SELECT * FROM nowhere")
    assert _get(sqlite_runtime, one, 2, NOW) == 2


def test_what_somebody_else_counted_is_shown_first_and_counted_anew_beside(sqlite_runtime: Runtime, dear: None) -> None:
    one, done = Kept[int](2.0), threading.Event()

    def count(_own: Session) -> int:
        done.set()
        return 2

    with sqlite_runtime.transaction(read_only=True) as session:
        assert one.known(session, "key") is None
        assert one.get(session, "key", LATER, count, told=lambda _own: (1, NOW)) == 1
        assert one.get(session, "other", LATER, lambda _own: 3, told=lambda _own: None) == 3, "nobody did: counted at once"
        assert not done.is_set(), "the first page waits for no count, nor beside one"
        assert one.get(session, "key", LATER, count) == 1
    assert done.wait(60)
    _get_in_time(sqlite_runtime, one, 2)
    with sqlite_runtime.transaction(read_only=True) as session:
        assert one.known(session, "key") == (2, LATER)
