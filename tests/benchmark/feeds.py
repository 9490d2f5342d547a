"""Feeds for `bin/bench reconcile`: three sides of which is known how many keys differ, and how."""

from __future__ import annotations

import subprocess
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import numpy.typing as npt

SIDES = ("boss", "misc", "platform")
HEADER = "msisdn,service_id,state,effective_at,price_fen,fee_msisdn\n"
TRAILER = "#as_of=2026-10-31T17:00:00+08:00\n"
SHARE = 1000
"""Of so many keys one for each entry of `KINDS` differs."""

KINDS = ("aax", "xaa", "axa", "paa", "xxa", "axx", "price", "payer", "effective")
STATES = {"a": "active", "p": "paused", "x": "cancelled"}
PART = 200_000
FIRST = 13_800_000_000
BEGIN_S = 1_790_784_000  # 1 October 2026


def write_feeds(folder: Path, rows: int) -> Counter[str]:
    """Write the three sides, sorted; how many keys of each class."""
    counts: Counter[str] = Counter()
    with ExitStack() as stack:
        files = [stack.enter_context((folder / f"{name}.csv").open("w", encoding="ascii")) for name in SIDES]
        for file in files:
            file.write(HEADER)
        for start in range(0, rows, PART):
            keys = np.arange(start, min(rows, start + PART))
            for at, file in enumerate(files):
                file.write("".join(_lines(keys, at, counts if at == 0 else Counter())))
        for file in files:
            file.write(TRAILER)
    return counts


def shuffle_feeds(source: Path, target: Path) -> None:
    """The same three sides in another order, always the same one."""
    for name in SIDES:
        path = source / f"{name}.csv"
        with (target / f"{name}.csv").open("wb") as file:
            file.write(HEADER.encode())
            file.flush()
            lines = subprocess.Popen(["sed", "-e", "1d", "-e", "/^#/d", str(path)], stdout=subprocess.PIPE)
            subprocess.run(["shuf", f"--random-source={path}"], stdin=lines.stdout, stdout=file, check=True)
            assert lines.wait() == 0
        with (target / f"{name}.csv").open("ab") as file:
            file.write(TRAILER.encode())


def _lines(keys: npt.NDArray[np.int64], side: int, counts: Counter[str]) -> list[str]:
    """The lines of one side, in order; each side knows a time of its own, seconds apart."""
    kind = keys % SHARE
    times = np.datetime_as_string((BEGIN_S + keys * 7 % 2_500_000 + side + np.where((kind == KINDS.index("effective")) & (side == 2), 200_000, 0)).astype("datetime64[s]"))
    found = []
    for key, one, time in zip(keys.tolist(), kind.tolist(), times.tolist(), strict=True):
        name = KINDS[one] if one < len(KINDS) else ("ppp" if key % 9 == 0 else "aaa")
        counts[name] += 1
        letter = name[side] if len(name) == 3 else "a"
        if letter == "x" and key % 2:
            continue
        price = (500, 300, 800)[key % 3] + (100 if name == "price" and side == 2 else 0)
        payer = 13_700_000_000 + key if name == "payer" and side == 0 else ""
        found.append(f"{FIRST + key // 2 * 3},SVC{key % 2 * 5 + key // 2 % 4:05d},{STATES[letter]},{time}+08:00,{price},{payer}\n")
    return found
