"""A simulated province with injected faults of known kind and number: what is found of them (docs/province.md).

`HUABAO_BENCH_READERS` and `HUABAO_BENCH_DAYS` make it smaller. The tables of docs/province.md are written anew by the whole one.
"""

from __future__ import annotations

import os
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import click

from console.schema import upgrade
from huabao.config import Config
from huabao.runtime import make_runtime
from tests import servers
from tests.benchmark.figures import Figure
from tests.province.days import Province
from tests.province.score import as_markdown, problems, scores

READERS = int(os.environ.get("HUABAO_BENCH_READERS", "200000"))
DAYS = int(os.environ.get("HUABAO_BENCH_DAYS", "60"))
WHOLE = (200_000, 60)
EACH = max(1, READERS // 10_000)
PAGE = Path(__file__).parents[2] / "docs" / "province.md"
BEGINS, ENDS = "<!-- written by bin/bench province -->\n", "<!-- end -->\n"


def run() -> list[Figure]:
    """The province, and its tables into the docs where it is the whole one."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(servers.postgres_server())
        runtime = make_runtime(Config(database_url=url, data_dir=folder))
        upgrade(runtime)
        began = time.perf_counter()
        province = Province(runtime, folder, READERS, DAYS, EACH)
        province.run(lambda line: click.echo(line, err=True))
        took = time.perf_counter() - began
        runtime.engine.dispose()
    size = f"HUABAO_BENCH_READERS={READERS} HUABAO_BENCH_DAYS={DAYS} " if (READERS, DAYS) != WHOLE else ""
    tables = f"{as_markdown(province)}- By `{size}bin/bench province` in {took:,.0f} s, {os.cpu_count()} cores, PostgreSQL on the same machine, load {os.getloadavg()[2]:.0f}.\n"
    click.echo(tables, err=True)
    for line in problems(province):
        click.echo(f"not as it should be: {line}", err=True)
    if (READERS, DAYS) == WHOLE:
        _write(tables)
    found = scores(province)
    injected = sum(one.injected for one in found)
    figures = [
        Figure(f"{READERS:,} readers, {DAYS} days: faults {words}", float(sum(getattr(one, name) for one in found)), "faults", "injected", float(injected))
        for name, words in (("in_loop", "found in their loop"), ("right", "classed right"), ("ended", "ended as they should"))
    ]
    return [*figures, Figure("differences invented", float(len(province.invented)), "differences"), Figure("the whole simulation", round(took, 1), "s")]


def _write(tables: str) -> None:
    before, begins, rest = PAGE.read_text("utf-8").partition(BEGINS)
    before = "\n".join(line for line in before.split("\n") if not line.startswith("Those that stand there now"))
    PAGE.write_text(f"{before}{begins}{tables}{ENDS}{rest.partition(ENDS)[2]}", "utf-8")
