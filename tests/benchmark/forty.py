"""Forty variants: twenty articles, twelve pictures, five classes, eight signatures, composed and stored by a fresh process.

`python -m tests.benchmark.forty FOLDER VERSION STARTED` is that process: it
builds them cold, asks for them again, rebuilds them all with the pictures in
memory, and prints what it measured as one line of JSON.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from console.schema import upgrade
from content.compose import PictureSource, compose
from content.models import Variant
from content.services import import_folder
from content.signatures import SignatureRules
from content.variants import Wanted, ensure_variants, load_source
from huabao.config import Config
from huabao.runtime import Runtime, make_runtime
from subscribers.handset_classes import handset_class, handset_classes
from tests.benchmark.figures import Figure
from tests.benchmark.papers import write_eight_signatures

ROUNDS = 3
COLD_GOAL_S, AGAIN_GOAL_S = 20, 1
USE_MIN = 0.95


@dataclass(frozen=True)
class Measured:
    """What one process took; seconds and, where said, processor seconds.

    Attributes:
        cold_s: from the start of the process, interpreter and imports included, until all are stored.
        again_s: until the stored ones are found.
        rebuilt_s: until all are composed again with what is decoded, drawn and encoded in memory.
        least_use: share of the budget, the least of the variants with a picture below quality 90; 1 where there is none.
    """

    variants: int
    cold_s: float
    cold_cpu_s: float
    again_s: float
    rebuilt_s: float
    rebuilt_cpu_s: float
    peak_rss_mb: float
    least_use: float


def run() -> list[Figure]:
    """Rounds with a database of their own; of each figure the median round."""
    rounds = [_round() for _ in range(ROUNDS)]
    assert all(one.variants == 40 for one in rounds), "not forty variants"

    def middle(name: str) -> float:
        return sorted(float(getattr(one, name)) for one in rounds)[ROUNDS // 2]

    def timed(what: str, name: str, goal_s: float, unit: str = "s") -> Figure:
        value = middle(name)
        return Figure(f"40 variants, {what}", round(value, 3), unit, "goal, at most", goal_s, round(value / goal_s, 3), peak_rss_mb=middle("peak_rss_mb"))

    return [
        timed("cold: a fresh process until all are stored", "cold_s", COLD_GOAL_S),
        timed("cold, both cores' processor time (goal: two cores)", "cold_cpu_s", 2 * COLD_GOAL_S, "processor s"),
        timed("asked for again: found in the database", "again_s", AGAIN_GOAL_S),
        timed("all composed again, pictures in memory", "rebuilt_s", AGAIN_GOAL_S),
        timed("the same in processor time", "rebuilt_cpu_s", AGAIN_GOAL_S, "processor s"),
        Figure("40 variants, budget used, least of those with a picture below quality 90", round(middle("least_use"), 4), "of the budget", "required", USE_MIN),
    ]


def _round() -> Measured:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        runtime = make_runtime(Config(data_dir=folder))
        upgrade(runtime)
        with runtime.transaction() as session:
            version_id = import_folder(session, write_eight_signatures(folder / "edition"), "bench", datetime(2026, 11, 22, tzinfo=UTC)).version_id
        runtime.engine.dispose()
        command = [sys.executable, "-m", "tests.benchmark.forty", str(folder), str(version_id), str(time.time())]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        return Measured(**json.loads(done.stdout.splitlines()[-1]))


def measure(runtime: Runtime, version_id: int, started: float) -> Measured:
    """Cold, again, rebuilt; in this process, which began at `started` (seconds since 1970)."""
    source = load_source(runtime, version_id)
    rules = SignatureRules(source.manuscript)
    masks = [f"{number:0{len(rules.rules)}b}" for number in range(2 ** len(rules.rules))]
    wanted: list[Wanted] = [(name, rules.items_of(mask)) for name in handset_classes() for mask in masks]
    ensure_variants(runtime, version_id, wanted)
    cold_s, cold_cpu_s = time.time() - started, _cpu_s()
    rss_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    began = time.perf_counter()
    ids = ensure_variants(runtime, version_id, wanted)
    again_s = time.perf_counter() - began
    pictures = {name: PictureSource(source.assets.__getitem__) for name in handset_classes()}  # filled by the first of two rebuilds
    for _ in range(2):
        began, cpu_s = time.perf_counter(), _cpu_s()
        for name, items in wanted:
            compose(source.manuscript, items, handset_class(name), pictures[name], source.wap)
        rebuilt_s, rebuilt_cpu_s = time.perf_counter() - began, _cpu_s() - cpu_s
    with runtime.transaction(read_only=True) as session:
        rows = session.scalars(select(Variant).where(Variant.id.in_(ids.values()))).all()
        use = [row.size_bytes / row.budget_bytes for row in rows if row.worst_quality < 90]
    return Measured(len(ids), cold_s, cold_cpu_s, again_s, rebuilt_s, rebuilt_cpu_s, round(rss_mb, 1), min(use, default=1.0))


def _cpu_s() -> float:
    times = os.times()
    return times.user + times.system


if __name__ == "__main__":
    data_dir, version, began_at = sys.argv[1:]
    print(json.dumps(measure(make_runtime(Config(data_dir=Path(data_dir))), int(version), float(began_at)).__dict__))
