"""Stop-send on PostgreSQL with a province's readers: each part of its passes timed, first with work and then with nothing new.

`HUABAO_BENCH_READERS` readers with the month's counters; one in fifty is stopped, with the streak that stopped him, and one in ten of those
was tried; 1,900 more have failed long enough to be stopped now. Two dispatches to all are closed and not judged, of which 2 % failed.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from console.schema import upgrade
from content.models import EditionVersion, Publication
from content.services import import_folder
from delivery.models import Dispatch, Outcome, Port
from delivery.partitions import ensure_day
from huabao.clock import business_day
from huabao.config import Config
from huabao.runtime import Runtime, make_runtime
from reconciliation.stop_send import attempts, deciding, following, looking, monitors, report, streaks
from tests import servers
from tests.benchmark.events import DURABLE
from tests.benchmark.figures import Figure
from tests.benchmark.papers import write_newspaper
from tests.benchmark.population import SERVICE, fill

READERS: Final = int(os.environ.get("HUABAO_BENCH_READERS", "1576000"))
STOPPED: Final = "r.id % 50 = 9"
UP: Final = 1900
_FILL: Final = (
    f"""INSERT INTO reader_service_months (month, reader_id, service_id, retrieved, failed, last_success_at)
    SELECT :month, r.id, :service, 20, 1, CASE WHEN {STOPPED} OR r.id % 50 = 19 THEN NULL ELSE CAST(:now AS timestamptz) - interval '1 day' END FROM readers r""",
    f"""INSERT INTO delivery_streaks (reader_id, service_id, cause, failing_since, editions, last_failed_at)
    SELECT r.id, :service, CASE WHEN r.id % 100 < 50 THEN 'unreachable' ELSE 'handset_settings' END, :since, CASE WHEN {STOPPED} OR r.rank <= {UP} THEN 12 ELSE 3 END, :now
    FROM (SELECT id, row_number() OVER (PARTITION BY id % 50 ORDER BY id) + CASE WHEN id % 50 = 19 THEN 0 ELSE 1000000 END AS rank FROM readers) AS r
    WHERE {STOPPED} OR r.id % 50 = 19""",
    f"""INSERT INTO delivery_stops (reader_id, service_id, cause, failing_since, stopped_at, by, looked_at, tried, next_at, next_why)
    SELECT r.id, :service, CASE WHEN r.id % 100 < 50 THEN 'unreachable' ELSE 'handset_settings' END, :since, CAST(:now AS timestamptz) - (r.id % 40 + 2) * interval '1 day',
      'stop_send', CAST(:now AS timestamptz) - interval '2 days', 0, CAST(:now AS timestamptz) + (r.id % 7) * interval '1 day', '' FROM readers r WHERE {STOPPED}""",
    "UPDATE subscriptions SET stop_state = 'stopped', stop_cause = 'unreachable', stopped_at = :since WHERE reader_id % 50 = 9 AND state = 'active'",
    """INSERT INTO recovery_attempts (stop_id, reader_id, service_id, cause, stopped_at, number, sign, method, state, due_at, begun_at, entered_at, tried_at, hour, reached, steps, why, ended_at)
    SELECT id, reader_id, service_id, cause, stopped_at, 1, 'schedule', 'probe', 'failed', :now, at, at, at, 10, false, '[]', '', :now
    FROM delivery_stops, LATERAL (SELECT CAST(:now AS timestamptz) - interval '1 day' AS at) AS began WHERE id % 10 = 1""",
    """INSERT INTO inbound_messages (received_at, port_id, kind, sender, recipient)
    SELECT CAST(:now AS timestamptz) - interval '3 days', 1, 'deliver', '138' || lpad(CAST(n * 31 AS text), 8, '0'), '10658' FROM generate_series(1, 20000) AS n""",
)
_DELIVERIES: Final = """
INSERT INTO deliveries (day, dispatch_id, reader_id, variant_id, port_id, outcome, late, route, submission_id, submitted_at, outcome_at)
SELECT :day, :dispatch, s.reader_id, 1, 1, CASE WHEN s.reader_id % 50 IN (19, 23) THEN :failed ELSE :good END, 0, 0, NULL, :at, :at FROM subscriptions s WHERE s.state = 'active'
"""


def run() -> list[Figure]:
    """Each part twice: with what has come up, and with nothing new."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="huabao-bench-")))
        url = stack.enter_context(servers.postgres_server({**DURABLE, "shared_buffers": "1GB", "max_wal_size": "4GB"}))
        runtime = make_runtime(Config(database_url=url, data_dir=folder))
        upgrade(runtime)
        furnish(runtime, folder, READERS)
        first, again = measure(runtime), measure(runtime)
        runtime.engine.dispose()
    return [Figure(f"{READERS:,} readers: {name}", round(seconds, 3), "s", "with nothing new", round(again[name], 3)) for name, seconds in first.items()]


def furnish(runtime: Runtime, folder: Path, readers: int) -> None:
    """All that the module says."""
    now = runtime.now()
    fill(runtime, readers, now=now)
    values = {"month": business_day(now).replace(day=1), "service": SERVICE, "now": now, "since": now - timedelta(days=30)}
    with runtime.transaction() as session:
        session.add(Port(name="bench", kind="mm7", url="http://127.0.0.1:9/", rate=100, burst=10, created_at=now))
        import_folder(session, write_newspaper(folder / "paper"), "bench", now)
        session.query(Publication).update({"service_id": SERVICE})
        version = session.query(EditionVersion).one()
        for statement in _FILL:
            session.execute(text(statement), {name: value for name, value in values.items() if f":{name}" in statement})
        for days in (2, 1):
            _dispatch(runtime, session, version, now - timedelta(days=days))
    with runtime.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def _dispatch(runtime: Runtime, session: Session, version: EditionVersion, sent: datetime) -> None:
    """A closed dispatch to everybody, of which 2 % failed."""
    dispatch = Dispatch(
        edition_id=version.edition_id, edition_version_id=version.id, service_id=SERVICE, kind="edition", day=business_day(sent), state="closed", audience=READERS,
        planned=READERS, start_at=sent, started_at=sent, sent_at=sent, closed_at=sent + timedelta(hours=12), created_at=sent, created_by="bench",
    )  # fmt: skip
    session.add(dispatch)
    session.flush()
    ensure_day(session, dispatch.day)
    values = {"day": dispatch.day, "dispatch": dispatch.id, "failed": int(Outcome.EXPIRED), "good": int(Outcome.RETRIEVED), "at": sent}
    session.execute(text(_DELIVERIES), values)


def measure(runtime: Runtime) -> dict[str, float]:
    """Seconds of each part, in the order of the passes."""
    found: dict[str, float] = {}
    for name, ask in _parts(runtime).items():
        began = time.perf_counter()
        ask()
        found[name] = time.perf_counter() - began
    return found


def _parts(runtime: Runtime) -> Mapping[str, Callable[[], object]]:
    def within(ask: Callable[[Session, datetime], object]) -> Callable[[], object]:
        def go() -> object:
            with runtime.transaction() as session:
                return ask(session, runtime.now())

        return go

    return {
        "dispatches judged (two)": lambda: streaks.judge_closed(runtime),
        "streaks ended by a success": lambda: streaks.end_by_success(runtime),
        "accounts and orders followed": lambda: following.follow(runtime),
        "decided": lambda: deciding.decide(runtime),
        "two billed months": within(looking.list_overdue),
        "attempts planned": within(attempts.plan_ahead),
        "signs of life looked for": within(lambda session, now: monitors.lively(session, now, limit=2000)),
        "attempts begun": within(attempts.begin),
        "attempts looked at": within(attempts.look),
        "attempts carried on": lambda: attempts.step(runtime),
        "all stopped, by title, cause, city and age": within(monitors.stopped),
        "the month": within(lambda session, now: report.monthly(session, business_day(now))),
    }
