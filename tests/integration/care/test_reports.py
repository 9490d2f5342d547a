"""Reports of a day, an edition, a month: figures as counted by hand, the same in every form."""

from __future__ import annotations

import io
import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook  # type: ignore[import-untyped]  # it ships no types

from care.reports import charts, files, paper
from care.reports.daily import gather_day
from care.reports.document import percent, size
from care.reports.edition import gather_edition
from care.reports.edition_pages import drawable
from care.reports.making import day_report, edition_report, month_report
from care.reports.monthly import gather_month
from content.models import Edition
from huabao.clock import business_day
from huabao.errors import UsageError
from huabao.runtime import Runtime
from monitoring.tallies import Minute
from tests.command_line import CLI
from tests.integration.care.report_rows import NOON, TODAY, add_around, add_papers
from tests.integration.console.city_rows import MINE, PLANNED, build, leaks


@pytest.fixture
def at_noon(runtime: Runtime) -> Runtime:
    return replace(runtime, clock=lambda: NOON)


@pytest.fixture
def noon(sqlite_runtime: Runtime) -> Runtime:
    """The same on one database, for what does not ask it anything else."""
    return replace(sqlite_runtime, clock=lambda: NOON)


def test_figures_are_those_counted_by_hand(at_noon: Runtime) -> None:
    morning, evening = add_papers(at_noon)
    add_around(at_noon)
    with at_noon.transaction(read_only=True) as session:
        day = gather_day(session, TODAY, NOON)
        month = gather_month(session, TODAY, NOON)
        edition = gather_edition(session, session.get_one(Edition, 1), NOON)
    assert [(one.dispatch_id, one.planned, one.excluded, one.outcomes.get("retrieved"), one.is_over) for one in day.sends] == [
        (morning, 100, 42, 90, True),
        (evening, 40, 3, 10, False),
    ]
    whole = day.whole
    assert (whole.planned, whole.retrieved, whole.running, whole.uncounted) == (140, 100, 1, 0)
    assert whole.success == 100 / 140
    assert (whole.promised, whole.late, whole.on_time, whole.late_readers) == (100, {0: 82, 30: 18}, 0.82, 18)
    assert (whole.percentile(0.5), whole.percentile(0.95)) == (0, 30)
    assert sum(whole.causes.values()) == 18 * 30, "every minute of lateness has its cause"
    assert day.excluded == {"stopped": 33, "not_subscribed": 12}
    assert [(one.name, one.submissions, one.recipients, one.accepted, one.opened) for one in day.ports] == [("mm-1", 10, 90, 4, 1)]
    assert [(one.kind, one.owner, one.minutes, one.readers) for one in day.alarms] == [("dispatch.not_started", "王敏", 60, 100), ("complaints.burst", "", 10, None)]
    assert day.reconciliation is not None and day.run_of == TODAY - timedelta(days=1)
    assert [(one.name, one.count, one.money_fen) for one in day.reconciliation.classes] == [("aax", 2, 1000), ("xxa", 1, 300)]
    assert (day.stops.stopped, day.stops.attempted, day.stops.recovered, day.stops.open) == ({"memory_full": 1}, 0, 1, 1)
    assert (day.complaints, day.complained, day.per_10000) == ({"late": 2, "handset": 1}, 3, 3.0)
    assert (month.whole.planned, month.whole.retrieved, month.before.dispatches, len(month.days), month.is_over) == (140, 100, 0, 23, False)
    assert (month.complaints.complaints, month.complaints.per_10000) == (4, 4.0)
    assert month.complaints.before is not None and month.complaints.before.by_cause == {"stopped": 1}
    assert (month.recovery.whole.attempted, month.recovery.whole.recovered) == (1, 1)
    assert sum(sum(one.counts.values()) for one in edition.by_minute) == 100 and [one.readers for one in edition.copies] == [100]
    assert edition.copies[0].bytes == 98_100 * 100 and sum(edition.complaints.values()) == 5 and edition.cost_fen is None


def test_every_form_says_the_same(noon: Runtime) -> None:
    add_papers(noon)
    add_around(noon)
    with noon.transaction(read_only=True) as session:
        made = day_report(session, TODAY, NOON, "zh")
        again = day_report(session, TODAY, NOON, "zh")
    assert made == again and made.warnings == ("当日未结束，数字截至生成时间。", "还有 1 次下发没有结清，数字会变。")
    pdf = files.content(made, files.PDF)
    assert paper.page_of(made) == paper.page_of(again) and "2026-11-23T04:00:00Z" in paper.page_of(made), "the moment of the figures, not of the file"
    text = subprocess.run(["pdftotext", "-layout", "-enc", "UTF-8", "-", "-"], input=pdf, capture_output=True, check=True).stdout.decode()
    assert all(said in text for said in ("运行日报", "2026-11-23 周一", "71.42%", "82.00%", "到点没有开始下发", "王敏", "接收延时", "<b>晚报</b>"))
    book = load_workbook(io.BytesIO(files.content(made, files.XLSX)))
    sends = list(book["下发"].iter_rows(min_row=2))
    assert [cell.value for cell in sends[0]][3:7] == [100, 42, 90, 0.9]
    assert sends[0][10].value == datetime(2026, 11, 23, 8, 0, tzinfo=UTC).replace(tzinfo=None), "the clock in Shanghai, as a true time"
    assert sends[1][0].data_type == "s" and str(sends[1][0].value).startswith("=HYPERLINK"), "a text, no formula"
    assert {row[0].value: row[1].value for row in book["概要"].iter_rows(min_row=2)}["万人投诉比"] == 3
    assert [(row[0].value, row[3].value) for row in book["差异"].iter_rows(min_row=2)] == [("aax", 10), ("xxa", 3)]


def test_a_day_on_which_nothing_was_is_a_report_too(noon: Runtime) -> None:
    add_papers(noon)
    with noon.transaction(read_only=True) as session:
        empty = day_report(session, date(2026, 10, 1), NOON, "en")
        month = month_report(session, date(2026, 9, 1), NOON, "en")
        for day, kind in ((date(2026, 11, 24), day_report), (date(2026, 12, 1), month_report)):
            with pytest.raises(UsageError, match="has not come"):
                kind(session, day, NOON, "en")
    assert empty.warnings == ("Nothing was sent on this day.",) and [one.text for one in empty.figures] == ["0", "—", "—", "—", "—", "0"]
    assert [one.text for one in month.figures] == ["0", "—", "—", "—", "—", "—"] and len(month.tables[-1].rows) == 30
    assert load_workbook(io.BytesIO(files.content(month, files.XLSX))).sheetnames[0] == "Summary"


def test_an_edition_that_was_never_sent(noon: Runtime) -> None:
    add_papers(noon)
    with noon.transaction() as session:
        never = Edition(publication_id=1, number="1600", kind="newspaper", created_at=NOON)
        session.add(never)
        session.flush()
        with pytest.raises(UsageError, match="has no version"):
            edition_report(session, never, NOON, "zh")


def test_the_command(sqlite_runtime: Runtime, cli: CLI, tmp_path: Path) -> None:
    add_papers(sqlite_runtime)
    with sqlite_runtime.transaction() as session:
        session.get_one(Edition, 1).current_version_id = 1
    said = cli("report", "daily", "--out", tmp_path / "a.xlsx", "--language", "en", "--json").json
    assert (said["figures"]["planned"], said["tables"]["Dispatches"]) == (140, 2)
    assert cli("report", "edition", "1", "--out", tmp_path / "b.xlsx", "--json").json["edition"] == "1"
    assert sorted(one.name for one in tmp_path.glob("?.*")) == ["a.xlsx", "b.xlsx"], "no part of a file stays"
    assert "is no month" in cli("report", "month", "2026-13", "--out", tmp_path / "c.pdf", code=2).err
    assert "is no day" in cli("report", "daily", "--date", "heute", "--out", tmp_path / "c.pdf", code=2).err
    assert ".xlsx" in cli("report", "daily", "--out", tmp_path / "c.doc", code=2).err
    assert "cannot be written" in cli("report", "daily", "--out", tmp_path / "no" / "c.xlsx", code=2).err


@settings(max_examples=40)
@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=300))
def test_the_picture_of_an_edition_loses_nobody(counts: list[int]) -> None:
    minutes = tuple(Minute(NOON + timedelta(minutes=7 * index), {"retrieved": count}) for index, count in enumerate(counts))
    drawn, after = drawable(minutes)
    assert sum(sum(one.counts.values()) for one in drawn) + after == sum(counts)
    _, begins, heights = charts._bins(drawn)
    assert len(begins) == len(heights) <= charts.BARS_MAX and sum(sum(bar.values()) for bar in heights) + after == sum(counts)


def test_shares_never_say_all_or_nothing_where_it_is_not() -> None:
    assert [percent(share) for share in (None, 0.0, 0.00001, 0.5, 0.99999, 1.0)] == ["—", "0.00%", "<0.01%", "50.00%", "99.99%", "100.00%"]
    assert [size(count) for count in (0, 999, 98_100, 103_300_000_000, 5_000_000_000_000)] == ["0 B", "999 B", "98.1 KB", "103.3 GB", "5.00 TB"]


def test_a_city_s_version_by_the_command_and_on_paper(sqlite_runtime: Runtime, cli: CLI, tmp_path: Path) -> None:
    build(sqlite_runtime)
    with sqlite_runtime.transaction() as session:
        session.get_one(Edition, 1).current_version_id = 1
    said = cli("report", "daily", "--city", MINE, "--out", tmp_path / "a.pdf", "--language", "en", "--json").json
    assert said["figures"]["planned"] == PLANNED[MINE] and leaks(str(said)) == []
    assert (tmp_path / "a.pdf").read_bytes()[:4] == b"%PDF"
    month = f"{business_day(sqlite_runtime.now()):%Y-%m}"
    for about in (("edition", "1"), ("month", month)):
        one = cli("report", *about, "--city", MINE, "--out", tmp_path / "b.xlsx", "--language", "en", "--json").json
        assert one["figures"]["planned"] == PLANNED[MINE] and leaks(str(one)) == []
    assert cli("report", "daily", "--city", "芜湖", "--out", tmp_path / "c.xlsx", "--json", "--language", "en").json["figures"]["planned"] == 0
