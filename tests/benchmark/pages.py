"""How long the console's pages take a server at 1,576,000 readers and a month of deliveries: every page that can be opened, as it is opened.

PostgreSQL with `HUABAO_BENCH_READERS` readers; a running issue of which nine tenths was
sent and most reported (`morning`), and `HUABAO_BENCH_DAYS` days before it with two closed
issues each (32 days are 100 million rows). Each page is asked for `HUABAO_BENCH_ROUNDS`
times by an administrator who is signed in, through the whole application and without a
network; what differs by reader is asked of another reader each time. Files that are downloaded are left out. The figure is the
95th percentile of what the server took; beside it the processor time of this process and
of the database, which a busy machine stretches less.
"""

from __future__ import annotations

import gc
import os
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from console import web
from console.rights import RIGHTS, Right
from console.schema import upgrade
from content.models import Edition, EditionVersion
from delivery.models import Dispatch, Outcome
from delivery.partitions import ensure_day
from huabao.clock import business_day
from huabao.config import Config
from huabao.queues import Registry
from huabao.runtime import Runtime, make_runtime
from monitoring import measures, tallies
from monitoring.kept import Kept
from tests import servers
from tests.benchmark.commands import family
from tests.benchmark.figures import Figure
from tests.benchmark.morning import Morning, furnish, send_most
from tests.integration.console.conftest import browser, csrf_of, sign_in
from tests.integration.console.desk_rows import add_held_stops, add_run
from tests.integration.console.dispatch_rows import add_users
from tests.integration.console.walking import path_of

READERS: Final = int(os.environ.get("HUABAO_BENCH_READERS", "1576000"))
DAYS: Final = int(os.environ.get("HUABAO_BENCH_DAYS", "32"))
ROUNDS: Final = int(os.environ.get("HUABAO_BENCH_ROUNDS", "20"))
PLANS: Final = os.environ.get("HUABAO_BENCH_PLANS", "")
"""A folder for the plans of whatever statement took longer than `SLOW_MS`; none are kept without it."""

GOAL_MS: Final = 150.0
ENOUGH_MS: Final = 20_000
WARM: Final = 2
VERBS: Final = {"alarm_sheet": "own", "settle": "approve", "stop_run": "approve"}
"""For addresses with a verb; `pause` for all others."""

SLOW_MS: Final = 50

_DELIVERIES: Final = """
INSERT INTO deliveries (day, dispatch_id, reader_id, variant_id, port_id, outcome, late, route, submission_id, submitted_at, outcome_at)
SELECT :day, :dispatch, reader_id, variant_id, port_id, CASE WHEN outcome = :open OR outcome = :sent THEN :none ELSE outcome END, late, route, NULL,
  COALESCE(submitted_at, now()) - :back, COALESCE(outcome_at, submitted_at, now()) - :back
FROM deliveries WHERE day = :today AND dispatch_id = :first ORDER BY reader_id
"""
_TALLIES: Final = (
    "INSERT INTO dispatch_tallies SELECT :dispatch, scope, key, outcome, readers FROM dispatch_tallies WHERE dispatch_id = :first",
    "INSERT INTO dispatch_tallied SELECT :dispatch, at, cost_s FROM dispatch_tallied WHERE dispatch_id = :first",
)
_REST: Final = (
    """INSERT INTO subscription_events (reader_id, service_id, event, state, source, field, transaction_id, reason, effective_at, recorded_at)
    SELECT reader_id, service_id, 'order', state, 'misc', 'order', 'bench' || id, '', effective_at, effective_at FROM subscriptions""",
    """INSERT INTO reader_service_months (month, reader_id, service_id, retrieved, failed, last_success_at)
    SELECT :month, id, 'bench', 20, 1, CAST(:now AS timestamptz) - interval '1 day' FROM readers""",
    """INSERT INTO delivery_stops (reader_id, service_id, cause, failing_since, stopped_at, by, looked_at, tried, next_at, next_why)
    SELECT id, 'bench', CASE WHEN id % 100 < 50 THEN 'unreachable' ELSE 'handset_settings' END, CAST(:now AS timestamptz) - interval '60 days',
      CAST(:now AS timestamptz) - (id % 40 + 2) * interval '1 day', 'stop_send', CAST(:now AS timestamptz) - interval '2 days', 0,
      CAST(:now AS timestamptz) + (id % 7) * interval '1 day', '' FROM readers WHERE id % 50 = 9""",
    """INSERT INTO recovery_attempts (stop_id, reader_id, service_id, cause, stopped_at, number, sign, method, state, due_at, begun_at, entered_at, tried_at, hour, reached, steps, why, ended_at)
    SELECT id, reader_id, service_id, cause, stopped_at, 1, 'schedule', 'probe', 'failed', :now, at, at, at, 10, false, '[]', '', :now
    FROM delivery_stops, LATERAL (SELECT CAST(:now AS timestamptz) - interval '1 day' AS at) AS began WHERE id % 3 = 1""",
    """INSERT INTO complaints (channel, reference, received_at, recorded_at, reader_id, msisdn, city, service_id, cause, cause_by, text, by, due_at, closed_at)
    SELECT 'hotline', '', at, at, id, msisdn, city, 'bench', CASE WHEN id % 5 < 2 THEN 'handset' WHEN id % 5 = 2 THEN 'late' ELSE 'stopped' END, 'agent', '', 'bench',
      at + interval '1 day', CASE WHEN id % 20 <> 0 THEN at + interval '3 hours' END
    FROM (SELECT *, CAST(:now AS timestamptz) - (id / 100 % (60 * 24)) * interval '1 hour' AS at FROM readers WHERE id % 100 = 7) AS r""",
    """INSERT INTO reconcile_differences (msisdn, service_id, name, boss, misc, platform, direction, money_fen, said, run_id, first_day, last_day, opened_at, action, why, tries, owner, mark, outcome, closed_at)
    SELECT msisdn, 'bench', 'xxa', 'none', 'none', 'active', 'stop_platform', 300, '{}', 1, :day, :day, CAST(:now AS timestamptz) - (id / 40 % 30) * interval '1 day', '', '', 0, '', '',
      CASE WHEN id % 400 = 11 THEN '' ELSE 'repaired' END, CASE WHEN id % 400 <> 11 THEN CAST(:now AS timestamptz) - interval '1 hour' END
    FROM readers WHERE id % 40 = 11""",
    """INSERT INTO audit_entries (at, actor, action, object_kind, object_id, detail)
    SELECT CAST(:now AS timestamptz) - n * interval '5 seconds', 'agent' || n % 40, 'reader.shown', 'reader', CAST(n AS text), '{}' FROM generate_series(1, 1000000) AS n""",
    """INSERT INTO alarms (kind, key, text, detail, count, first_seen_at, last_seen_at, closed_at)
    SELECT 'port_slow', 'mm-' || n, 'slow', '{}', 3, CAST(:now AS timestamptz) - n * interval '1 hour', CAST(:now AS timestamptz) - n * interval '50 minutes',
      CASE WHEN n > 5 THEN CAST(:now AS timestamptz) - n * interval '50 minutes' END FROM generate_series(1, 2000) AS n""",
)


@dataclass(frozen=True)
class House:
    """What stands in the database, and who asks."""

    runtime: Runtime
    client: TestClient
    values: dict[str, Any]


@dataclass
class Taken:
    """Milliseconds of one page: by the clock, and of processor time."""

    wall: list[float]
    busy: list[float]

    def high(self) -> float:
        """The 95th percentile by the clock."""
        return sorted(self.wall)[max(0, round(len(self.wall) * 0.95) - 1)]


def run() -> list[Figure]:
    """Every page."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="huabao-bench-")))
        settings = {"shared_buffers": "1GB", "max_wal_size": "8GB", "synchronous_commit": "off"}
        if PLANS:
            settings |= {"session_preload_libraries": "auto_explain", "auto_explain.log_min_duration": str(SLOW_MS), "auto_explain.log_analyze": "on"}
        runtime = make_runtime(Config(database_url=stack.enter_context(servers.postgres_server(settings)), data_dir=folder))
        upgrade(runtime)
        fill(runtime, folder)
        figures = measure(runtime)
        runtime.engine.dispose()
    return figures


def measure(runtime: Runtime) -> list[Figure]:
    """Every page of what was filled in, and the way to a reader by his number."""
    with runtime.transaction(read_only=True) as session:
        rows = int(session.scalar(text("SELECT sum(reltuples) FROM pg_class WHERE relname LIKE 'deliveries_p%' AND relkind = 'r'")) or 0)
    _say(f"{READERS:,} readers, {rows:,} deliveries")
    with runtime.transaction() as session:  # as the round does it every so often
        tallies.count(session, session.scalars(select(Dispatch).where(Dispatch.state == "sending")).one(), runtime.now())
    house = House(runtime, browser(web.make_app(runtime, Registry())), values_of(runtime))
    sign_in(house.client, "root")
    gc.collect()
    gc.freeze()  # as `huabao serve` does
    csrf = csrf_of(house.client.get("/me").text)

    def find(number: int) -> Any:
        return house.client.post("/readers", data={"csrf": csrf, "number": f"138{number * 7919 % READERS:08d}"})

    figures = [_measured(house, "a reader found by his number", find)]
    for one in RIGHTS:
        if one.method == "GET" and not one.name.endswith("_file"):
            figures.append(_measured(house, one.path, partial(_opened, house, one)))
    figures.append(_measured(house, "a running dispatch's page, by a process that knows nothing of it", partial(_opened_first, house), before=_forget))
    for what, path in _reports(runtime).items():
        figures.append(_measured(house, what, partial(_got, house, path)))
    return [one for one in figures if one is not None]


def _reports(runtime: Runtime) -> dict[str, str]:
    """The reports of a day and an edition that are over; the month's is that of the morning."""
    with runtime.transaction(read_only=True) as session:
        first = session.scalars(select(Dispatch).where(Dispatch.state == "closed", Dispatch.planned > 0).order_by(Dispatch.id)).first()
        assert first is not None, "no day was filled in"
        return {"the report of a day that is over": f"/reports/days/{first.day}", "the report of an edition that is closed": f"/reports/editions/{first.edition_id}"}


def _forget() -> None:
    """What the request before left to be counted beside it is through; then this process knows nothing."""
    time.sleep(2.0)
    measures._kept = Kept(measures.KEEP_S)


def _opened_first(house: House, _number: int) -> Any:
    return house.client.get(f"/dispatches/{house.values['dispatch_id']}")


def _got(house: House, path: str, _number: int) -> Any:
    return house.client.get(path)


def _opened(house: House, one: Right, number: int) -> Any:
    values = {**house.values, "verb": VERBS.get(one.name, "pause")}
    if one.name == "reader":
        values["reader_id"] = number * 7919 % READERS + 1
    return house.client.get(path_of(one, values))


def fill(runtime: Runtime, folder: Path) -> None:
    """All that the module says."""
    add_users(runtime)
    furnish(runtime, folder, READERS)
    morning = send_most(runtime, group=100)
    tallies.tally_due(runtime)
    _say("this morning stands")
    for back in range(1, DAYS + 1):
        _day(runtime, morning, back)
    now = runtime.now()
    values = {"now": now, "day": business_day(now), "month": business_day(now).replace(day=1)}
    with runtime.transaction() as session:
        for statement in _REST:
            _put(session, statement, values)
    add_run(runtime, held=300)
    add_held_stops(runtime)
    with runtime.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))  # as the database's own housekeeping does


def _day(runtime: Runtime, morning: Morning, back: int) -> None:
    """Two closed issues of an earlier day."""
    with runtime.transaction() as session:
        first = session.get_one(Dispatch, morning.dispatch_id)
        day = first.day - timedelta(days=back)
        ensure_day(session, day)
        for hours in (0, 9):
            earlier = timedelta(days=back) - timedelta(hours=hours)
            made = _closed(session, first, day, first.created_at - earlier)
            values = {"day": day, "dispatch": made.id, "first": first.id, "today": first.day, "back": earlier, "open": int(Outcome.PENDING), "sent": int(Outcome.SUBMITTED)}
            _put(session, _DELIVERIES, {**values, "none": int(Outcome.NO_REPORT)})
            counted = session.scalar(select(func.min(Dispatch.id)).where(Dispatch.state == "closed", Dispatch.planned > 0, Dispatch.id < made.id))
            if counted is None:
                tallies.count(session, made, runtime.now())
            else:
                for statement in _TALLIES:
                    _put(session, statement, {"dispatch": made.id, "first": counted})
    _say(f"{back} days before it")


def _closed(session: Session, first: Dispatch, day: date, at: datetime) -> Dispatch:
    """A dispatch of an edition of its own, like the first one, that ended."""
    edition = session.get_one(Edition, first.edition_id)
    earlier = Edition(publication_id=edition.publication_id, number=f"{at:%m%d-%H}", kind=edition.kind, state=edition.state, created_at=at)
    session.add(earlier)
    session.flush()
    known = session.get_one(EditionVersion, first.edition_version_id)
    version = EditionVersion(
        edition_id=earlier.id, version=1, title=known.title, issue_date=day, manuscript=known.manuscript, source_sha256=known.source_sha256, created_at=at, created_by="bench"
    )
    session.add(version)
    session.flush()
    earlier.current_version_id = version.id
    made = Dispatch(
        edition_id=earlier.id, edition_version_id=version.id, service_id=first.service_id, kind=first.kind, day=day, state="closed",
        audience=first.audience, planned=first.planned, start_at=at, started_at=at, sent_at=at + timedelta(hours=2), closed_at=at + timedelta(hours=20),
        created_at=at, created_by="bench",
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def _put(session: Session, statement: str, values: dict[str, Any]) -> None:
    session.execute(text(statement), {name: value for name, value in values.items() if f":{name}" in statement})


def _say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


def values_of(runtime: Runtime) -> dict[str, Any]:
    """What stands for the variables of a page's address."""
    asked = {
        "dispatch_id": "SELECT id FROM dispatches WHERE state = 'sending'",
        "edition_id": "SELECT edition_id FROM dispatches WHERE state = 'sending'",
        "variant_id": "SELECT min(id) FROM variants",
        "stop_id": "SELECT min(id) FROM delivery_stops",
        "difference_id": "SELECT min(id) FROM reconcile_differences WHERE closed_at IS NULL",
        "complaint_id": "SELECT min(id) FROM complaints WHERE closed_at IS NULL",
        "alarm_id": "SELECT min(id) FROM alarms",
        "user_id": "SELECT 1",
        "run_id": "SELECT min(id) FROM reconcile_runs",
        "reader_id": "SELECT reader_id FROM delivery_stops ORDER BY id LIMIT 1",
        "subscription_id": "SELECT id FROM subscriptions WHERE reader_id = (SELECT reader_id FROM delivery_stops ORDER BY id LIMIT 1)",
    }
    with runtime.transaction(read_only=True) as session:
        found = {name: session.scalar(text(statement)) for name, statement in asked.items()}
    today = business_day(runtime.now())
    spans = {"day": today.isoformat(), "month": f"{today:%Y-%m}"}
    return {**found, **spans, "name": "mm-1", "file": "rate.csv", "handset_class": "100kb-240x320", "verb": "pause", "number": 1, "token": "x"}


def _measured(house: House, what: str, ask: Callable[[int], Any], *, before: Callable[[], None] = lambda: None) -> Figure | None:
    """A page's figure, or None where nothing is there to be shown."""
    taken = Taken([], [])
    for number in range(ROUNDS + WARM):
        before()
        busy, began = _busy(), time.perf_counter()
        answer = ask(number)
        took = (time.perf_counter() - began) * 1000
        if answer.status_code not in (200, 303) or "/sign-in" in answer.headers.get("location", ""):
            _say(f"{what}: {answer.status_code}")
            return None
        if number >= WARM or took > 2 * GOAL_MS:  # what the first ones load stays loaded
            taken.wall.append(took)
            taken.busy.append((_busy() - busy) * 1000)
        if sum(taken.wall) > ENOUGH_MS:
            break
    _say(f"{what}: p95 {taken.high():.0f} ms, processor {min(taken.busy):.0f} to {max(taken.busy):.0f} ms")
    middle = round(sorted(taken.busy)[len(taken.busy) // 2], 1)
    return Figure(what if taken.high() <= GOAL_MS else f"{what} (over the goal)", round(taken.high(), 1), "ms p95", "processor time, median", middle)


def _busy() -> float:
    """Seconds of processor time of this process, and of what it started (the database)."""
    own = time.process_time()
    ticks = 0
    for pid in family(os.getpid())[1:]:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += int(fields[11]) + int(fields[12])
    return own + ticks / os.sysconf("SC_CLK_TCK")
