"""Statements that are compiled once a run.

SQLAlchemy keeps what it compiled with the engine, and each test has an engine of
its own: a third of its time went into compiling what the test before had compiled.
Here engines of one dialect share both the dialect and what was compiled for it,
as all connections of a long-lived process do.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.util import LRUCache

from huabao import db

STATEMENTS_MAX = 10_000
"""What all tests together execute, and more."""

_shared: dict[str, Engine] = {}


def share_compiled_statements() -> None:
    """From now on, engines that this process makes share what was compiled."""
    db.create_engine = _create_engine  # type: ignore[attr-defined, assignment]  # of its many forms, the two that are used


def _create_engine(url: str, **options: Any) -> Engine:
    engine = create_engine(url, **options)
    event.listen(engine, "connect", lambda *_: _share(engine), once=True)  # by then the dialect has asked the server for its version
    return engine


def _share(engine: Engine) -> None:
    first = _shared.get(engine.dialect.name)
    if first is None:
        _shared[engine.dialect.name] = engine
        engine._compiled_cache = LRUCache(STATEMENTS_MAX)
        return
    engine.dialect, engine._compiled_cache = first.dialect, first._compiled_cache
