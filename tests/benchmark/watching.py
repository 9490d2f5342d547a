"""What others notice while something long runs on PostgreSQL: how long transactions last, and how long an event of the real-time path takes."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from types import TracebackType
from typing import Final

from sqlalchemy import text

from huabao.runtime import Runtime
from reconciliation.intake.own import apply_own
from subscribers.orders.change import Change
from tests.benchmark.population import SERVICE

LOOK_S: Final = 0.05
EVENT_S: Final = 0.04
_LONGEST: Final = """
SELECT COALESCE(MAX(EXTRACT(epoch FROM clock_timestamp() - xact_start)) FILTER (WHERE backend_xid IS NOT NULL), 0),
  COALESCE(MAX(EXTRACT(epoch FROM clock_timestamp() - xact_start)), 0)
FROM pg_stat_activity WHERE datname = current_database() AND application_name <> 'watch' AND xact_start IS NOT NULL AND backend_type = 'client backend'
"""


@dataclass
class Watch:
    """Looks every `LOOK_S`, and tells an event every `EVENT_S`, as long as it is entered.

    Attributes:
        runtime: whose connections are called `watch`, so that they are told from those that are watched.
        writing_s, reading_s: the longest transaction with changes, and of all, in seconds.
        events_ms: of each event, from its beginning to its commit.
    """

    runtime: Runtime
    readers: int
    writing_s: float = 0.0
    reading_s: float = 0.0
    events_ms: list[float] = field(default_factory=list)

    def __enter__(self) -> Watch:
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=one) for one in (self._look, self._tell)]
        for one in self._threads:
            one.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stop.set()
        for one in self._threads:
            one.join()

    def _look(self) -> None:
        with self.runtime.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            while not self._stop.wait(LOOK_S):
                writing_s, reading_s = connection.execute(text(_LONGEST)).one()
                self.writing_s, self.reading_s = max(self.writing_s, float(writing_s)), max(self.reading_s, float(reading_s))

    def _tell(self) -> None:
        run = f"{time.time_ns()}"
        for number in count():
            if self._stop.wait(EVENT_S):
                return
            now = self.runtime.now()
            began = time.perf_counter()
            event = ("pause", "resume")[number // 1000 % 2]
            with self.runtime.transaction() as session:
                apply_own(session, [Change(f"138{(number * 1000 + 500) % self.readers:08d}", event, "misc", f"{run}-{number}", now - timedelta(milliseconds=1), SERVICE)], now=now)
            self.events_ms.append((time.perf_counter() - began) * 1000)
