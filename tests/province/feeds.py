"""Check files of BOSS and MISC, written without any code of the product."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from huabao.clock import SHANGHAI
from tests.province.world import Key, Row

HEADER = "msisdn,service_id,state,effective_at,price_fen,fee_msisdn\n"


def write_full(path: Path, rows: Mapping[Key, Row], as_of: datetime) -> Path:
    """All that a side holds, in order of numbers."""
    with path.open("w", encoding="utf-8", newline="") as out:
        out.write(HEADER)
        for key in sorted(rows):
            row = rows[key]
            out.write(f"{key[0]},{key[1]},{row.state},{_time(row.at)},{'' if row.price is None else row.price},{row.payer or ''}\n")
        out.write(f"#count={len(rows)}\n#as_of={_time(as_of)}\n")
    return path


def write_increment(path: Path, rows: Mapping[Key, Row], touched: Mapping[Key, datetime | None], as_of: datetime) -> Path:
    """What a side changed in a day: the last operation of each order, in the order in which they happened to be kept."""
    with path.open("w", encoding="utf-8", newline="") as out:
        out.write(HEADER)
        for key, at in touched.items():
            row = rows.get(key) or Row("cancelled", at or as_of - timedelta(hours=4))
            out.write(f"{key[0]},{key[1]},{row.state},{_time(row.at)},{'' if row.price is None else row.price},{row.payer or ''}\n")
        out.write(f"#count={len(touched)}\n#as_of={_time(as_of)}\n")
    return path


@lru_cache(maxsize=100_000)
def _time(at: datetime) -> str:
    return at.astimezone(SHANGHAI).isoformat(timespec="seconds")


def cut(path: Path, share: float) -> Path:
    """Only the beginning of a file arrived, up to the middle of a line."""
    data = path.read_bytes()
    line = data.index(b"\n", int(len(data) * share)) + 1
    path.write_bytes(data[: line + 30])
    return path


def miscounted(path: Path) -> Path:
    """A line went missing on the way."""
    lines = path.read_text("utf-8").splitlines(keepends=True)
    del lines[len(lines) // 2]
    path.write_text("".join(lines), "utf-8")
    return path


def shrunk(path: Path) -> Path:
    """A correct file of half the readers."""
    lines = [line for line in path.read_text("utf-8").splitlines(keepends=True) if line[0] == "1"]
    marks = path.read_text("utf-8").splitlines(keepends=True)[-1]
    kept = lines[: len(lines) // 2]
    path.write_text(HEADER + "".join(kept) + f"#count={len(kept)}\n" + marks, "utf-8")
    return path
