"""A day's reconciliation of a province on PostgreSQL, by the commands that an operator gives: each step's time and memory, and what others notice.

`HUABAO_BENCH_READERS` readers with their history; BOSS's and MISC's files are the platform's own with eight kinds of difference, one order in 125 in
all. Meanwhile 25 events a second come in on the real-time path. The database writes through to its disk.
"""

from __future__ import annotations

import os
import tempfile
import time
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path

from console.schema import upgrade
from huabao.clock import business_day
from huabao.config import Config
from huabao.runtime import Runtime, make_runtime
from reconciliation.runs import guard
from tests import servers
from tests.benchmark.commands import Done, reconcile_command
from tests.benchmark.events import DURABLE, quantile
from tests.benchmark.figures import Figure
from tests.benchmark.peer_files import write_peer_files
from tests.benchmark.population import fill
from tests.benchmark.watching import Watch

READERS = int(os.environ.get("HUABAO_BENCH_READERS", "1576000"))
MB_MAX = 300
ALONE_S = 10


def run() -> list[Figure]:
    """A whole day, once."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="huabao-bench-")))
        url = stack.enter_context(servers.postgres_server({**DURABLE, "shared_buffers": "1GB", "max_wal_size": "4GB"}))
        runtime = make_runtime(Config(database_url=f"{url}?application_name=watch", data_dir=folder))
        upgrade(runtime)
        fill(runtime, READERS, now=runtime.now())
        environment = os.environ | {"HUABAO_DATABASE_URL": url, "HUABAO_DATA_DIR": str(folder), "HUABAO_BOSS_URL": "http://127.0.0.1:9/", "HUABAO_BOSS_SECRETS": "bench"}
        day = business_day(runtime.now() - timedelta(days=1))
        with Watch(runtime, READERS) as watch:
            done = _day(runtime, environment, folder, day)
        with Watch(runtime, READERS) as alone:
            time.sleep(ALONE_S)
        runtime.engine.dispose()
    return _figures(done, watch, watch.events_ms, alone.events_ms)


def _day(runtime: Runtime, environment: dict[str, str], folder: Path, day: date) -> dict[str, Done]:
    own, files = folder / "own.csv", ("--boss", str(folder / "boss.csv"), "--misc", str(folder / "misc.csv"))
    done = {"own export": reconcile_command(environment, "export", "--date", str(day), "--to", "boss", "--out", str(own))}
    expected = {name: count for name, count in write_peer_files(own, folder).items() if count}
    done["compared and planned"] = first = reconcile_command(environment, "daily", "--date", str(day), *files)
    assert first.said["differences"] == expected, (first.said["differences"], expected)
    with runtime.transaction() as session:
        for who in ("li", "wang") if first.said["guard_held"] else ():
            guard.approve(session, first.said["run_id"], by=who, at=runtime.now())
    done["compared again and repaired"] = reconcile_command(environment, "daily", "--date", str(day), *files, "--apply")
    done["report, PDF"] = reconcile_command(environment, "report", "--date", str(day), "--out", str(folder / "day.pdf"))
    done["report, XLSX"] = reconcile_command(environment, "report", "--date", str(day), "--out", str(folder / "day.xlsx"))
    done["given again"] = reconcile_command(environment, "daily", "--date", str(day), *files, "--apply")
    return done


def _figures(done: dict[str, Done], watch: Watch, during_ms: list[float], alone_ms: list[float]) -> list[Figure]:
    what = f"{READERS:,} readers"
    found = []
    for name, one in done.items():
        found.append(Figure(f"{what}: {name}", round(one.seconds, 1), "s"))
        found += [Figure(f"of it: {step}", seconds, "s") for step, seconds in one.steps.items()]
        found.append(Figure(f"{name}: largest", round(one.peak_mb, 1), "MB", "at most", MB_MAX, round(one.peak_mb / MB_MAX, 3)))
    total = sum(one.seconds for one in done.values())
    worked = sum(done["compared again and repaired"].said["repairs"].values())
    return [
        *found,
        Figure(f"{what}: all of it", round(total, 1), "s"),
        Figure("repairs", worked, ""),
        Figure("longest transaction that changes something", round(watch.writing_s, 2), "s", "at most", 1.0, round(watch.writing_s, 3)),
        Figure("longest transaction", round(watch.reading_s, 2), "s"),
        *(Figure(f"an event meanwhile, {name}", round(quantile(during_ms, share), 1), "ms", "alone", round(quantile(alone_ms, share), 1)) for name, share in (("median", 0.5), ("p99", 0.99))),
        Figure("an event meanwhile, slowest", round(max(during_ms), 1), "ms", "alone", round(max(alone_ms), 1)),
    ]  # fmt: skip
