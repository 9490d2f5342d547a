"""What asks for open reports or waiting recalls every half second goes by an index of the few, not by all that ever came."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event

from delivery.dispatch import recalls
from delivery.reports import store
from delivery.reports.folding import fold
from huabao.runtime import Runtime


def test_sqlite_finds_the_few_by_their_index(sqlite_runtime: Runtime) -> None:
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_more: Any) -> None:
        if statement.startswith("SELECT") and ("delivery_events.state" in statement or "recalls.state" in statement):
            asked.append((statement, values))

    event.listen(sqlite_runtime.engine, "before_cursor_execute", note)
    fold(sqlite_runtime)
    with sqlite_runtime.transaction() as session:
        store.take_parked(session, 1, ["13800000001"], limit=10)
        store.take_answered(session, after_id=0, limit=10)
        recalls.enqueue_waiting(session, now=sqlite_runtime.now())
    assert len(asked) >= 4
    with sqlite_runtime.engine.connect() as connection:
        for statement, values in asked:
            plan = " ".join(row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values))
            assert "INDEX ix_delivery_events_open" in plan or "INDEX ix_recalls_waiting" in plan, (statement, plan)
