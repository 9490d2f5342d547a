"""BOSS's and MISC's files made from the platform's own check file, with differences of known kind and number."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Final

SHARE: Final = 1000
"""Of so many orders one for each entry of `KINDS` differs, where it is active."""

KINDS: Final = ("aax", "xaa", "axa", "paa", "xxa", "axx", "price", "payer")


def write_peer_files(own: Path, folder: Path) -> Counter[str]:
    """Write `boss.csv` and `misc.csv`, sorted as the platform's; how many differences of each class."""
    counts: Counter[str] = Counter()
    more: dict[str, list[str]] = {"boss": [], "misc": []}
    with own.open(encoding="ascii") as file, (folder / "boss.csv").open("w", encoding="ascii") as boss, (folder / "misc.csv").open("w", encoding="ascii") as misc:
        marks = ""
        for at, line in enumerate(file, -1):
            if line[0] == "#":
                marks = line  # the last one is the as-of time
                continue
            kind = KINDS[at % SHARE] if 0 <= at % SHARE < len(KINDS) and at >= 0 and ",active," in line else ""
            here, there, new = _said(kind, line)
            counts.update([kind] if kind else [])
            boss.write(here)
            misc.write(there)
            for side in new:
                more[side].append(f"199{line[3:]}")
        for out, side in ((boss, "boss"), (misc, "misc")):
            out.writelines([*more[side], marks])
    return counts


def _said(kind: str, line: str) -> tuple[str, str, tuple[str, ...]]:
    """What BOSS and MISC say of an order of the platform, and who has it of a number that the platform does not know."""
    msisdn, service, _, at, price, payer = line.rstrip("\n").split(",") if kind else [""] * 6
    match kind:
        case "aax":
            return line, line, ("boss", "misc")
        case "axx":
            return line, line, ("boss",)
        case "xaa":
            return "", line, ()
        case "axa":
            return line, "", ()
        case "xxa":
            return "", "", ()
        case "paa":
            return f"{msisdn},{service},paused,{at},{price},{payer}\n", line, ()
        case "price":
            return f"{msisdn},{service},active,{at},{int(price) + 100},{payer}\n", line, ()
        case "payer":
            return f"{msisdn},{service},active,{at},{price},{'' if payer else '136' + msisdn[3:]}\n", line, ()
        case _:
            return line, line, ()
