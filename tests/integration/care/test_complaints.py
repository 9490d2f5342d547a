"""Complaints on real databases: entered, imported, answered, forgotten, and what a month of them comes to."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from care.complaints.causes import DISAGREED, HANDSET, HOTLINE, LATE, OTHER, REGULATOR, STOPPED
from care.complaints.counting import monthly
from care.complaints.entering import Said, Wanted, answer, list_open, of_reader, require_complaint, take
from care.complaints.importing import import_complaints
from care.models import Complaint
from care.settings import BURST_MIN
from care.tasks import BURST, watch_burst
from console.forgetting import forgetters
from huabao import alarms
from huabao.errors import UsageError
from huabao.msisdn import MSISDN
from huabao.runtime import Runtime
from huabao.settings import set_value
from monitoring.readership import PAYING, ReadershipDay, count_today
from subscribers import services
from subscribers.models import Reader, Subscription
from tests.command_line import CLI
from tests.integration.console.desk_rows import ELSEWHERE, HEFEI, WELL, add_readers, number_of
from tests.integration.console.desk_rows import STOPPED as STOPPED_READER


@pytest.fixture
def readers(runtime: Runtime) -> Iterator[Runtime]:
    add_readers(runtime)
    yield runtime


def said(reader: int, at: datetime, **more: object) -> Said:
    return Said(MSISDN(number_of(reader)), HOTLINE, at, **more)  # type: ignore[arg-type]  # fields of what was said


def test_a_complaint_finds_its_cause_its_copy_and_the_one_before(readers: Runtime) -> None:
    now = readers.now()
    with readers.transaction() as session:
        first, new = take(session, said(STOPPED_READER, now - timedelta(hours=3)), by="Li", now=now)
        again, _ = take(session, said(STOPPED_READER, now, edition_id=1, text="早上又没收到"), by="Li", now=now)
        same, twice = take(session, said(STOPPED_READER, now, edition_id=1), by="Li", now=now)
        well, _ = take(session, said(WELL, now, cause=LATE), by="Li", now=now)
    assert new and not twice and same.id == again.id
    assert (first.cause, first.cause_by, first.previous_id) == (STOPPED, "found", None)
    assert again.previous_id == first.id and again.dispatch_id is not None
    assert (well.cause, well.cause_by, well.city) == (LATE, "told", HEFEI)
    with readers.transaction(read_only=True) as session:
        assert [one.id for one in of_reader(session, STOPPED_READER)] == [again.id, first.id]
        assert [one.id for one in list_open(session, Wanted(repeated=True), limit=9)] == [again.id]
        assert first.id not in [one.id for one in list_open(session, Wanted(after=(first.due_at, first.id)), limit=9)]


def test_an_answer_is_given_once_and_puts_the_cause_right(readers: Runtime) -> None:
    now = readers.now()
    with readers.transaction() as session:
        made, _ = take(session, said(WELL, now), by="Li", now=now)
        answer(session, require_complaint(session, made.id), "resent", "已补发", cause=HANDSET, by="Wang", now=now)
        with pytest.raises(UsageError, match="answered already, by Wang"):
            answer(session, require_complaint(session, made.id), "refund", "", by="Li", now=now)
        assert made.cause == HANDSET and made.closed_by == "Wang"
        assert not list_open(session, Wanted(), limit=9)


def test_the_new_owner_of_a_number_did_not_complain(readers: Runtime) -> None:
    now = readers.now()
    with readers.transaction() as session:
        made, _ = take(session, said(WELL, now), by="Li", now=now)
        stranger, _ = take(session, Said(MSISDN("13700000001"), REGULATOR, now, cause=OTHER), by="Li", now=now)
        assert stranger.reader_id is None and stranger.msisdn == "13700000001"
        assert stranger.due_at - now == timedelta(days=10) and made.due_at - now == timedelta(days=2)
        session.execute(update(Reader).where(Reader.id == WELL).values(msisdn="13800009999"))
    with readers.transaction(read_only=True) as session:
        assert [one.id for one in of_reader(session, WELL)] == [made.id]


def test_who_is_forgotten_still_counts_and_says_nothing(readers: Runtime) -> None:
    now = readers.now()
    with readers.transaction() as session:
        take(session, said(WELL, now, text="我的名字", reference="T1"), by="Li", now=now)
        services.forget(session, MSISDN(number_of(WELL)), by="Li", at=now, others=forgetters())
    with readers.transaction(read_only=True) as session:
        left = session.scalars(select(Complaint)).one()
        assert (left.reader_id, left.msisdn, left.text, left.reference) == (None, None, "", "")


def test_a_file_of_the_hotline(readers: Runtime, tmp_path: Path) -> None:
    path = tmp_path / "complaints.csv"
    good = f"2026-01-02 09:00,86{number_of(WELL)},A1,监管申诉,接收延时,"
    rows = [
        "complained_at,msisdn,reference,channel,cause,text",
        good,
        good,
        "2026-01-02 09:00,123,A2,,,",
        f"2026-01-02 09:00,{number_of(WELL)},A3,鸽子,,",
        f",{number_of(WELL)},A4,,,",
    ]
    path.write_text("\n".join([*rows, f"2099-01-01 09:00,{number_of(WELL)},A5,,,", f"2026-01-02 10:00,{number_of(STOPPED_READER)},,,,'=1+1"]) + "\n", "utf-8")
    outcome = import_complaints(readers, path, by="Li")
    assert (outcome.read, outcome.added, outcome.unchanged, outcome.rejected) == (7, 2, 1, 4)
    with (tmp_path / "complaints.rejected.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [row["line"] for row in csv.DictReader(file)] == ["4", "5", "6", "7"]
    again = import_complaints(readers, path, by="Li")
    assert (again.added, again.unchanged) == (0, 3)
    with readers.transaction(read_only=True) as session:
        found = {one.reader_id: one for one in session.scalars(select(Complaint))}
    assert (found[WELL].channel, found[WELL].cause) == (REGULATOR, LATE)
    assert (found[STOPPED_READER].cause, found[STOPPED_READER].text) == (STOPPED, "=1+1")


def test_the_slide_of_126_complaints(readers: Runtime) -> None:
    """53, 10, 8 and 5 of 126 are the shares that the paper's story names; the base is who pays, each once."""
    at, now = datetime(2026, 1, 15, 4, tzinfo=UTC), readers.now()
    causes = [HANDSET] * 53 + [STOPPED] * 10 + [DISAGREED] * 8 + [LATE] * 5 + [OTHER] * 50
    with readers.transaction() as session:
        for number, cause in enumerate(causes):
            take(session, Said(MSISDN(f"137{number:08d}"), HOTLINE, at + timedelta(seconds=number), cause=cause), by="Li", now=now)
        rows = [(date(2026, 1, 10), "", 20_000), (date(2026, 1, 10), HEFEI, 10_000), (date(2026, 1, 11), HEFEI, 34_000)]
        session.add_all(ReadershipDay(day=day, city=city, service_id=PAYING, active=n, paused=0, stopped=0, counted_at=now) for day, city, n in rows)
    with readers.transaction(read_only=True) as session:
        found = monthly(session, date(2026, 1, 20), now=now)
        assert (found.paying, found.days, found.complaints) == (32_000, 2, 126)
        assert found.per_10000 == pytest.approx(39.375)
        shares = found.to_document()["by_cause"]
        assert [round(shares[name]["share"], 4) for name in (HANDSET, STOPPED, DISAGREED, LATE)] == [0.4206, 0.0794, 0.0635, 0.0397]
        assert found.before is not None and found.before.per_10000 is None
        assert monthly(session, date(2026, 1, 20), now=now, city=HEFEI).paying == 22_000


def test_readers_are_counted_once_a_day(readers: Runtime) -> None:
    with readers.transaction() as session:
        session.execute(update(Subscription).where(Subscription.reader_id == ELSEWHERE).values(state="cancelled"))
        session.add(Subscription(reader_id=WELL, service_id="wb", state="active", effective_at=readers.now(), updated_at=readers.now()))
    assert count_today(readers) and not count_today(readers)
    with readers.transaction(read_only=True) as session:
        rows = session.scalars(select(ReadershipDay)).all()
        everybody = session.scalars(select(Subscription).where(Subscription.state == "active")).all()
    by_service = {name: sum(row.active for row in rows if row.service_id == name) for name in ("jh", "wb", PAYING)}
    assert by_service["wb"] == 1
    assert by_service["jh"] == sum(one.service_id == "jh" for one in everybody)
    assert by_service[PAYING] == len({one.reader_id for one in everybody})
    assert sum(row.stopped for row in rows if row.service_id == PAYING) == 1


def test_a_burst_is_one_alarm_until_it_is_over(readers: Runtime) -> None:
    now = readers.now()
    with readers.transaction() as session:
        set_value(session, [BURST_MIN], BURST_MIN.name, "3", by="test", at=now)
        for number in range(3):
            take(session, Said(MSISDN(f"1370000000{number}"), HOTLINE, now, cause=OTHER), by="Li", now=now)
    watch_burst(readers)
    watch_burst(readers)
    with readers.transaction() as session:
        opened = alarms.find_open(session, BURST, "")
        assert opened is not None and opened.count >= 1
        session.execute(update(Complaint).values(recorded_at=now - timedelta(hours=2)))
    watch_burst(readers)
    with readers.transaction(read_only=True) as session:
        assert alarms.find_open(session, BURST, "") is None


def test_the_commands(readers: Runtime, tmp_path: Path) -> None:
    huabao, path = CLI(readers, tmp_path), tmp_path / "one.csv"
    path.write_text(f"complained_at,msisdn,cause\n2026-01-02,{number_of(WELL)},late\n2026-01-02,1,late\n", "utf-8")
    assert huabao("care", "complaints", "import", path, "--json", code=1).json["added"] == 1
    assert huabao("care", "complaints", "list", "--json").json["complaints"][0]["cause"] == LATE
    assert number_of(WELL) not in huabao("care", "complaints", "list").out
    month = huabao("care", "complaints", "report", "--month", "2026-01", "--json").json
    assert (month["complaints"], month["per_10000"], month["overdue"]) == (1, None, 1)
