"""Three feeds held against each other: the engine beside DuckDB's full outer join, a bare merge of sorted lines, and pandas.

`HUABAO_BENCH_ROWS` names the sizes (keys), `HUABAO_BENCH_ROUNDS` how often each runs, in turn with the others.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from tests.benchmark.commands import LOOK_S, family, largest_mb
from tests.benchmark.feeds import KINDS, shuffle_feeds, write_feeds
from tests.benchmark.figures import Figure, figure
from tests.benchmark.own_export import own_export

SIZES = [int(one) for one in os.environ.get("HUABAO_BENCH_ROWS", "1600000,10000000").split(",")]
ROUNDS = int(os.environ.get("HUABAO_BENCH_ROUNDS", "3"))
PANDAS_ROWS_MAX = 2_000_000
ATTRIBUTES = ("price", "payer", "effective")
SORTED_MB_MAX, UNSORTED_MB_MAX = 150, 600


def run() -> list[Figure]:
    """Each size, sorted and not; then the platform's own export of the first size, out of its database."""
    figures: list[Figure] = []
    for rows in SIZES:
        with tempfile.TemporaryDirectory(prefix="huabao-bench-") as folder:
            in_order, mixed = Path(folder, "sorted"), Path(folder, "unsorted")
            in_order.mkdir()
            mixed.mkdir()
            expected = write_feeds(in_order, rows)
            shuffle_feeds(in_order, mixed)
            others = ["duckdb", "merge", *(["pandas"] if rows <= PANDAS_ROWS_MAX else [])]
            figures += _beside(in_order, f"3 × {rows:,} sorted", others, expected, SORTED_MB_MAX)
            figures += _beside(mixed, f"3 × {rows:,} unsorted", [one for one in others if one != "merge"], expected, UNSORTED_MB_MAX)
    return figures + own_export(SIZES[0], ROUNDS)


def _beside(folder: Path, what: str, others: list[str], expected: Counter[str], most_mb: int) -> list[Figure]:
    ways = ["huabao", *others]
    found: dict[str, list[dict[str, Any]]] = {way: [] for way in ways}
    for at in range(ROUNDS):
        for way in ways[at % len(ways) :] + ways[: at % len(ways)]:
            found[way].append(_run(way, folder))
    assert found["huabao"][0]["counts"] == {name: count for name, count in expected.items() if count}, "the engine and what was written differ"
    letters = Counter({name: count for name, count in expected.items() if name not in ATTRIBUTES})
    letters["aaa"] += sum(expected[name] for name in KINDS if name in ATTRIBUTES)
    for way in others:
        counts = {name: count for name, count in found[way][0]["counts"].items() if name != "xxx"}
        assert counts == dict(letters), f"{way} counts otherwise"
    seconds = {way: [one["seconds"] for one in runs] for way, runs in found.items()}
    peak = {way: max(one["peak_mb"] for one in runs) for way, runs in found.items()}
    times = [figure(what, "s", seconds["huabao"], way, seconds[way]) for way in others]
    sizes = [Figure(f"{what}: largest", peak["huabao"], "MB", way, peak[way], round(peak["huabao"] / peak[way], 3)) for way in others]
    return [*times, *sizes, Figure(f"{what}: largest", peak["huabao"], "MB", "at most", most_mb, round(peak["huabao"] / most_mb, 3))]


def _run(way: str, folder: Path) -> dict[str, Any]:
    """Seconds, counts, and the resident sizes of it and of the processes that it started, each at its largest, in MB together."""
    largest: dict[int, float] = {}
    with subprocess.Popen([sys.executable, "-m", "tests.benchmark.reconcilers", way, str(folder)], stdout=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            for pid in family(process.pid):
                largest[pid] = max(largest.get(pid, 0.0), largest_mb(pid))
            time.sleep(LOOK_S)
        assert process.stdout is not None and process.returncode == 0, f"{way} failed"
        return {**json.loads(process.stdout.read()), "peak_mb": round(sum(largest.values()), 1)}
