"""The command line as `docs/reconcile.md` tells it, sentence by sentence."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from huabao.runtime import Runtime
from tests.command_line import CLI, Said
from tests.integration.reconciliation.installing import set_values
from tests.integration.reconciliation.runs.filing import ENDS, NOW, file, number, record, subscribe

DAY = "2026-11-21"
AT = {"HUABAO_NOW": NOW.isoformat()}


class Desk:
    """Somebody at the command line, on the morning after."""

    def __init__(self, cli: CLI, folder: Path) -> None:
        self.cli, self.folder = cli, folder

    def __call__(self, *words: object, code: int | None = 0) -> Any:
        return self.said(*words, "--json", code=code).json

    def said(self, *words: object, code: int | None = 0) -> Said:
        return self.cli("reconcile", *words, env=AT, code=code)

    def files(self, boss: str, misc: str) -> tuple[str, ...]:
        """A day's two files: who is active there, by digits."""
        for side, who in (("boss", boss), ("misc", misc)):
            file(self.folder, f"{side}.csv", [record(int(one), "a", price_fen=300) for one in who])
        return ("daily", "--date", DAY, "--boss", str(self.folder / "boss.csv"), "--misc", str(self.folder / "misc.csv"))


def test_a_day_as_the_page_tells_it(sqlite_runtime: Runtime, cli: CLI, tmp_path: Path) -> None:
    desk = Desk(cli, tmp_path)
    subscribe(sqlite_runtime, {1: "a", 4: "a"})
    shown = desk(*desk.files("123", "12"), code=1)
    assert shown["differences"] == {"aax": 1, "axx": 1, "xxa": 1} and shown["repairs"] == {"serve": 1, "stop": 1, "tell_boss": 1} and not shown["applied"]
    assert "would be repaired (--apply does it): serve 1" in desk.said(*desk.files("123", "12"), code=1).out
    opened = desk("open", code=1)
    assert {(one["class"], one["age_days"], one["owner"], one["msisdn"]) for one in opened} == {
        ("aax", 1, "", "138****0002"), ("axx", 1, "", "138****0003"), ("xxa", 1, "", "138****0004"),
    }  # fmt: skip
    assert desk("open", "--class", "aax", "--older-than-days", "3") == [], "none is so old"
    desk("assign", opened[0]["id"], opened[1]["id"], "--to", "wang")
    assert len(desk("open", "--owner", "wang", code=1)) == 2
    done = desk(*desk.files("123", "12"), "--apply", code=1)
    assert done["run_id"] == shown["run_id"] and done["repair_states"] == {"done": 2, "told": 1}
    assert desk(*desk.files("123", "12"), "--apply", code=1)["repair_states"] == done["repair_states"], "given again they change nothing"
    export = desk("export", "--date", DAY, "--to", "misc", "--out", "check.csv")
    assert export["records"] == len((tmp_path / "check.csv").read_text().splitlines()) - 3
    assert desk("runs")[0]["run"] == done["run_id"]
    assert desk("report", "--date", DAY, "--out", "day.xlsx")["differences"] == done["differences"]
    assert "no file was given" in desk.said("daily", "--date", DAY, code=2).err and "there is no such file" in desk.said("daily", "--date", DAY, "--boss", "none", code=2).err


def test_equal_sides_are_exit_0_and_a_refused_file_is_exit_1(sqlite_runtime: Runtime, cli: CLI, tmp_path: Path) -> None:
    desk = Desk(cli, tmp_path)
    subscribe(sqlite_runtime, {1: "a"})
    assert desk(*desk.files("1", "1"))["matched"] == 1
    words = desk.files("1", "1")
    (tmp_path / "boss.csv").write_text("msisdn,service_id,state,effective_at\n#count=9\n")
    refused = desk(*words, "--apply", code=1)
    assert [one["reason"] for one in refused["refused"]] == ["count"] and refused["as_of"]["boss"] is None and not refused["repairs"]
    with Path(refused["differences_file"]).open() as rows:
        assert {row["boss"] for row in csv.DictReader(rows)} <= {"unknown"}


def test_above_the_guard_two_people_agree_by_the_command_line(sqlite_runtime: Runtime, cli: CLI, tmp_path: Path) -> None:
    desk = Desk(cli, tmp_path)
    for name, role in (("li", "ops"), ("wang", "admin"), ("sun", "support")):
        cli("user", "add", name, "--role", role, "--password-env", "PHRASE", env={"PHRASE": "a long enough phrase 9"})
    cli("settings", "set", "reconcile_guard_stop_count", "3")
    subscribe(sqlite_runtime, dict.fromkeys(range(1, 6), "a"))
    held = desk(*desk.files("9", "9"), "--apply", code=1)
    assert held["guard_held"] == {"xxa": 5} and held["repair_states"] == {"done": 1, "planned": 5}, "what is not held is done"
    run = held["run_id"]
    alarms = cli("alarms", "list", "--json", code=None).json
    assert [one["kind"] for one in alarms if one["kind"].startswith("reconcile")] == ["reconcile.held"]
    assert "is support and may not" in desk.said("daily", "--approve", run, "--as", "sun", code=2).err
    one = desk("daily", "--approve", run, "--apply", "--as", "li", code=1)
    assert one["approved_by"] == ["li"] and one["repair_states"]["planned"] == 5, "one is not enough"
    assert "another person must" in desk.said("daily", "--approve", run, "--apply", "--as", "LI", code=2).err
    two = desk("daily", "--approve", run, "--apply", "--as", "wang", code=1)
    assert two["approved_by"] == ["li", "wang"] and two["guard_held"] == {} and two["repair_states"] == {"done": 6} and two["state"] == "applied"
    assert "nothing of run" in desk.said("daily", "--approve", run, code=2).err, "nor need anybody else"
    assert "there is no run 77" in desk.said("daily", "--approve", "77", "--as", "li", code=2).err


def test_what_they_agreed_to_is_that_plan(sqlite_runtime: Runtime, cli: CLI, tmp_path: Path) -> None:
    desk = Desk(cli, tmp_path)
    for name in ("li", "wang"):
        cli("user", "add", name, "--role", "ops", "--password-env", "PHRASE", env={"PHRASE": "a long enough phrase 9"})
    set_values(sqlite_runtime, reconcile_guard_stop_count=3)
    subscribe(sqlite_runtime, dict.fromkeys(range(1, 6), "a"))
    first = desk(*desk.files("9", "9"), "--as", "li", code=1)
    desk("daily", "--approve", first["run_id"], "--as", "li", code=1)
    subscribe(sqlite_runtime, {7: "a"})
    changed = desk(*desk.files("9", "9"), "--approve", first["run_id"], "--apply", "--as", "wang", code=1)
    assert changed["run_id"] == first["run_id"] and changed["guard_held"] == {"xxa": 6} and changed["approved_by"] == ["wang"], "asked anew"


def test_ids_are_taken_along_masked_unless_the_role_sees_numbers(sqlite_runtime: Runtime, cli: CLI, tmp_path: Path) -> None:
    desk = Desk(cli, tmp_path)
    cli("user", "add", "sun", "--role", "support", "--password-env", "PHRASE", env={"PHRASE": "a long enough phrase 9"})
    run = desk(*desk.files("1", ""), code=1)["run_id"]
    assert desk("differences", run, "--out", "a.csv") == {"run_id": run, "list": "differences", "lines": 1, "masked": True, "file": "a.csv"}
    text = (tmp_path / "a.csv").read_text()
    assert "138****0001,news,axx" in text and number(1) not in text
    desk("differences", run, "--out", "b.csv", "--numbers")
    assert f"{number(1)},news,axx" in (tmp_path / "b.csv").read_text()
    assert "sees numbers masked" in desk.said("differences", run, "--out", "c.csv", "--numbers", "--as", "sun", code=2).err
    assert "it has differences" in desk.said("differences", run, "--out", "c.csv", "--list", "none", code=2).err


def test_a_month_as_the_page_tells_it(sqlite_runtime: Runtime, cli: CLI, tmp_path: Path) -> None:
    desk = Desk(cli, tmp_path)
    (tmp_path / "bill.csv").write_text(f"msisdn,service_id,amount_fen\n{number(1)},news,300\n#count=1\n")
    file(tmp_path, "full.csv", [record(1, "a")], ENDS.replace(month=10, day=31))
    month = desk("monthly", "--date", "2026-10-31", "--boss", "full.csv", "--misc", "full.csv", "--bill", "bill.csv", "--masked", code=1)
    listed = month["lists"]["charged_without_order"]
    assert (listed["count"], listed["money_fen"]) == (1, 300) and "138****0001" in Path(listed["file"]).read_text()
    desk("differences", month["run_id"], "--list", "charged_without_order", "--out", "list.csv")
    assert "138****0001,news,300,300" in (tmp_path / "list.csv").read_text()
    assert desk("report", "--month", "2026-10", "--out", "month.xlsx", code=None)["runs"] == 0
