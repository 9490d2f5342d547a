"""Reports of the reconciliation: what they hold is what the tables hold, in every form."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from huabao.runtime import Runtime
from reconciliation.reports import files, paper
from reconciliation.reports.gathering import gather
from reconciliation.runs.models import ReconcileDifference, ReconcileRepair, ReconcileRun
from tests.command_line import CLI

AT = datetime(2026, 11, 3, 19, tzinfo=UTC)
WHOLE = {"boss_as_of": AT, "misc_as_of": AT, "platform_as_of": AT}


def _run(day: int, feeds: str = "f", **values: Any) -> ReconcileRun:
    figures = {"differences": {"aax": 2, "xxa": 1}, "money_fen": {"aax": 1000, "xxa": 300}, "equal": {"aaa": 95, "ppp": 2, "xxx": 1}, "in_flight": 4}
    given = {"compared": 100, "matched": 97, "figures": figures, "compared_at": AT, "refused": [], **WHOLE, **values}
    return ReconcileRun(kind="daily", day=date(2026, 11, day), feeds=f"{feeds}{day}", started_by="test", created_at=AT, approvals=[], plan="", **given)


def _difference(number: str, first: int, last: int, **values: Any) -> ReconcileDifference:
    given = {"name": "aax", "boss": "active", "misc": "active", "platform": "absent", "direction": "charged_not_served", "money_fen": 500, "action": "ask", **values}
    return ReconcileDifference(msisdn=number, service_id="zaobao", run_id=1, first_day=date(2026, 11, first), last_day=date(2026, 11, last), opened_at=AT, **given)


def _fill(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        session.add_all([_run(1), _run(2, matched=50), _run(2, "again"), _run(3, boss_as_of=None, refused=[{"side": "boss", "reason": "truncated"}])])
        closed = {"closed_at": AT - timedelta(days=1), "outcome": "fixed"}
        session.add_all([_difference("13800138000", 1, 3), _difference("13800138001", 3, 3, owner="li"), _difference("13800138002", 1, 1, **closed)])
        session.flush()
        common = {"difference_id": 1, "name": "aax", "side": "platform", "created_at": AT}
        session.add_all([ReconcileRepair(run_id=1, action="serve", state="done", outcome="fixed", **common), ReconcileRepair(run_id=3, action="ask", state="told", **common)])


def test_what_a_report_holds(runtime: Runtime) -> None:
    _fill(runtime)
    with runtime.transaction(read_only=True) as session:
        found = gather(session, date(2026, 11, 1), date(2026, 11, 3), kind="daily", made_at=AT, masked=True)
        first = gather(session, date(2026, 11, 1), date(2026, 11, 1), kind="daily", made_at=AT, masked=False)
        none = gather(session, date(2026, 12, 1), date(2026, 12, 1), kind="daily", made_at=AT, masked=True)
    assert [(one.day.day, one.matched, one.is_whole) for one in found.days] == [(1, 97, True), (2, 97, True), (3, 97, False)], "of a day the newest run counts"
    assert (found.compared, found.matched, found.rate) == (300, 291, 0.97)
    assert found.waterfall_of is not None and found.waterfall_of.day.day == 2
    assert [(one.name, one.count, one.money_fen, one.seen, one.by_day) for one in found.classes] == [("aax", 2, 1000, 6, (2, 2, 2)), ("xxa", 1, 300, 3, (1, 1, 1))]
    assert [(one.msisdn, one.age_days, one.owner) for one in found.listed] == [("138****8000", 3, ""), ("138****8001", 1, "li")]
    assert [(one.count, one.money_fen, one.unowned) for one in found.ages] == [(1, 500, 0), (1, 500, 1), (0, 0, 0), (0, 0, 0)]
    assert [(one.action, one.total, dict(one.states), dict(one.outcomes)) for one in found.repairs] == [("ask", 1, {"told": 1}, {"": 1}), ("serve", 1, {"done": 1}, {"fixed": 1})]
    assert [one.msisdn for one in first.listed] == ["13800138000", "13800138002"], "as it was when that day ended"
    assert (none.rate, none.days, none.waterfall_of) == (None, (), None)
    assert replace(found.days[0], explained=2).rate == 0.99, "what needs nothing done does not lower it"


def test_the_files(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    _fill(sqlite_runtime)
    with sqlite_runtime.transaction(read_only=True) as session:
        found = gather(session, date(2026, 11, 1), date(2026, 11, 3), kind="daily", made_at=AT, masked=True)
        listed = [files.write(session, found, tmp_path / f"a{suffix}", "en") for suffix in (".pdf", ".xlsx", ".png")]
    assert listed == [2, 2, 0]
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF-1.7") and (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    with zipfile.ZipFile(tmp_path / "a.xlsx") as book:
        sheets = [book.read(name).decode() for name in sorted(book.namelist()) if "worksheets/sheet" in name]
    assert len(sheets) == 7
    assert "138****8000" in sheets[-1] and "13800138000" not in "".join(sheets)
    assert sorted(one.name for one in tmp_path.glob("a.*")) == ["a.pdf", "a.png", "a.xlsx"], "no part of a file stays"


def test_a_month_names_the_lists_of_its_bill(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    span = (date(2026, 11, 1), date(2026, 11, 30))
    with sqlite_runtime.transaction(read_only=True) as session:
        assert gather(session, *span, kind="monthly", made_at=AT, masked=True).bill is None
    lists = {"charged_nothing_delivered": {"count": 7, "money_fen": 4321, "file": "x"}, "delivered_not_charged": {"count": 2, "money_fen": 600, "file": "x"}}
    with sqlite_runtime.transaction() as session:
        bill = _run(30, compared=0, compared_at=None, figures={"lists": lists, "left_out": {"bundle": 5}, "bill": {"records": 90, "faults": 1}})
        bill.kind = "monthly"
        session.add(bill)
    with sqlite_runtime.transaction(read_only=True) as session:
        found = gather(session, *span, kind="monthly", made_at=AT, masked=True)
        assert found.bill is not None and found.bill.lists == {"charged_nothing_delivered": (7, 4321), "delivered_not_charged": (2, 600)} and found.rate is None
        files.write(session, found, tmp_path / "a.xlsx", "zh")
    page = paper._page(found, "zh")
    assert "收费未送达" in page and "43.21" in page and "套餐5" in page
    with zipfile.ZipFile(tmp_path / "a.xlsx") as book:
        text = "".join(book.read(name).decode() for name in book.namelist())
    assert "收费未送达" in text and "43.21" in text and "套餐5" in text


def test_the_command(sqlite_runtime: Runtime, cli: CLI, tmp_path: Path) -> None:
    _fill(sqlite_runtime)
    said = cli("reconcile", "report", "--month", "2026-11", "--out", tmp_path / "b.xlsx", "--json").json
    assert (said["runs"], said["compared"], said["open"], said["masked"]) == (3, 300, 2, True)
    assert "no run" in cli("reconcile", "report", "--date", "2026-11-03", "--out", tmp_path / "b.png", code=2).err
    assert "either --date or --month" in cli("reconcile", "report", "--out", tmp_path / "b.pdf", code=2).err
    assert "is no month" in cli("reconcile", "report", "--month", "2026-13", "--out", tmp_path / "b.pdf", code=2).err
    assert ".pdf" in cli("reconcile", "report", "--date", "2026-11-03", "--out", tmp_path / "b.doc", code=2).err
    assert "cannot be written" in cli("reconcile", "report", "--date", "2026-11-03", "--out", tmp_path / "no" / "b.pdf", code=2).err
