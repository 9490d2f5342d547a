"""Long files are read by processes of their own, with the same result."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciliation.codecs.feeds import FeedError, find_dialect
from reconciliation.diff import Outcome, Side, apart, compare

CSV = find_dialect("csv")
HEADER = "msisdn,service_id,state,effective_at,price_fen\n"
GOOD = [f"138{at:08d},SVC{at % 3},{('active', 'paused')[at % 7 == 0]},2026-10-31T08:00:00+08:00,{500 + at % 2}\n" for at in range(200)]


def run(folder: Path, boss: list[str], misc: list[str]) -> tuple[Outcome, str, str]:
    sides = []
    for name, lines in (("boss", boss), ("misc", misc), ("platform", GOOD[:-3])):
        (folder / name).write_text(HEADER + "".join(lines))
        sides.append(Side(folder / name, CSV, faults=folder / f"{name}.faults"))
    first, second, third = sides
    outcome = compare(first, second, third, out=folder / "out.csv", scratch=folder)
    return outcome, (folder / "out.csv").read_text(), (folder / "boss.faults").read_text("utf-8")


def test_the_result_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    boss = [*GOOD[100:], *GOOD[:90], GOOD[5], "13812345678,SVC1,odd,,\n", "#as_of=2026-10-31T17:00\n"]  # unsorted, a repeated key, a fault
    inside = run(tmp_path, boss, GOOD[:50] + GOOD[52:])
    monkeypatch.setattr(apart, "APART_BYTES", 0)
    monkeypatch.setattr(apart, "cores", lambda: 2)
    assert run(tmp_path, boss, GOOD[:50] + GOOD[52:]) == inside
    assert inside[0].sides["boss"].faults == {"repeated": 1, "state": 1} and not inside[0].sides["boss"].is_sorted


def test_a_refused_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "APART_BYTES", 0)
    monkeypatch.setattr(apart, "cores", lambda: 2)
    with pytest.raises(FeedError) as caught:
        run(tmp_path, GOOD, [*GOOD, "#count=7\n"])
    assert (caught.value.code, caught.value.side, caught.value.detail) == ("count", "misc", "says 7, holds 200")
    assert {one.name for one in tmp_path.iterdir()} == {"boss", "misc", "platform", "boss.faults", "misc.faults", "platform.faults"}
