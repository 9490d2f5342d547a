"""`python -m tests.benchmark.reconcilers NAME FOLDER`: one way to hold three feeds against each other, in a process of its own.

Prints seconds and counts by three letters.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.benchmark.feeds import SIDES

LETTERS = {"active": "a", "paused": "p", "cancelled": "x", None: "x"}
COLUMNS = "{'msisdn': 'BIGINT', 'service_id': 'VARCHAR', 'state': 'VARCHAR', 'effective_at': 'VARCHAR', 'price_fen': 'INTEGER', 'fee_msisdn': 'VARCHAR'}"


def huabao(folder: Path) -> Counter[str]:
    """The engine, its difference file written, attributes compared."""
    from reconciliation.codecs.feeds import find_dialect
    from reconciliation.diff import Side, compare

    dialect = find_dialect("csv")
    boss, misc, platform = (Side(folder / f"{name}.csv", dialect) for name in SIDES)
    outcome = compare(boss, misc, platform, out=folder / "differences.csv", scratch=folder)
    return Counter(outcome.equal) + Counter({name: one.count for name, one in outcome.classes.items()})


def duckdb(folder: Path) -> Counter[str]:
    """A full outer join, counted by the three states: no attribute, no name, no file."""
    import duckdb as engine

    boss, misc, platform = (f"read_csv('{folder / name}.csv', header=true, delim=',', comment='#', columns={COLUMNS})" for name in SIDES)
    query = f"SELECT b.state, m.state, p.state, count(*) FROM {boss} b FULL JOIN {misc} m USING (msisdn, service_id) FULL JOIN {platform} p USING (msisdn, service_id) GROUP BY ALL"
    return Counter({"".join(LETTERS[state] for state in row[:3]): row[3] for row in engine.connect().execute(query).fetchall()})


def merge(folder: Path) -> Counter[str]:
    """The barest loop over sorted lines: keys and states as text, nothing checked."""

    def lines(name: str) -> Iterator[tuple[str, str]]:
        with (folder / f"{name}.csv").open(encoding="ascii") as file:
            next(file)
            for line in file:
                if line[0] != "#":
                    msisdn, service_id, state, _ = line.split(",", 3)
                    yield msisdn + service_id, state
        yield "~", ""

    counts: Counter[str] = Counter()
    sides = [lines(name) for name in SIDES]
    heads = [next(side) for side in sides]
    while (low := min(heads)[0]) != "~":
        states = []
        for at, (key, state) in enumerate(heads):
            if key == low:
                states.append(state)
                heads[at] = next(sides[at])
            else:
                states.append("cancelled")
        counts["".join([LETTERS[state] for state in states])] += 1
    return counts


def pandas(folder: Path) -> Counter[str]:
    """Two outer merges, counted by the three states."""
    import pandas as engine

    tables = [engine.read_csv(folder / f"{name}.csv", comment="#", usecols=["msisdn", "service_id", "state"]).rename(columns={"state": name}) for name in SIDES]
    both = tables[0].merge(tables[1], "outer", ["msisdn", "service_id"]).merge(tables[2], "outer", ["msisdn", "service_id"])
    both[list(SIDES)] = both[list(SIDES)].fillna("cancelled")
    return Counter({"".join(LETTERS[one] for one in states): int(count) for states, count in both.groupby(list(SIDES)).size().items()})


WAYS: dict[str, Callable[[Path], Counter[str]]] = {one.__name__: one for one in (huabao, duckdb, merge, pandas)}


def main() -> None:
    """Run one."""
    name, folder = sys.argv[1:]
    began = time.perf_counter()
    counts = WAYS[name](Path(folder))
    seconds = time.perf_counter() - began
    print(json.dumps({"seconds": seconds, "counts": counts}))


if __name__ == "__main__":
    main()
