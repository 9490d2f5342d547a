"""Reports by mail: to each once, whoever dies or comes at the same time; what cannot be sent is tried again and told."""

from __future__ import annotations

import io
import threading
from datetime import date, timedelta

import pytest
from openpyxl import load_workbook  # type: ignore[import-untyped]  # it ships no types
from pydantic import SecretStr
from sqlalchemy import func, select

from care.models import FAILED, LEAVING, SENT, WAITING, ReportMail
from care.reports.mailing import ALARM, SILENT_S, Made, _claim, _send, last_due, plan_mails, send_waiting, waits
from care.reports.making import DAILY, MONTH, report_of
from care.settings import SETTINGS, cities_told, clock_time, recipients
from delivery.models import Dispatch
from huabao import alarms
from huabao.errors import UsageError
from huabao.queues import Job
from huabao.runtime import Runtime
from huabao.settings import set_value
from monitoring.models import AlarmRecipient
from tests.integration.care.report_rows import TODAY, add_papers
from tests.integration.console.city_rows import MINE, PLANNED, build, leaks
from tests.integration.console.dispatch_rows import add_dispatch
from tests.integration.monitoring.conftest import House, Mailbox, configured, house, mailbox

__all__ = ["house", "mailbox"]

EVENING = 8.5
"""Hours from noon to half past eight, when the report of the day is due."""


def _to(runtime: Runtime, name: str, value: str) -> None:
    with runtime.transaction() as session:
        set_value(session, SETTINGS, name, value, by="test", at=runtime.now())


def _mails(runtime: Runtime) -> list[ReportMail]:
    with runtime.transaction(read_only=True) as session:
        return list(session.scalars(select(ReportMail).order_by(ReportMail.id)))


def test_a_report_comes_once_though_its_sender_died(house: House, mailbox: Mailbox) -> None:
    add_papers(house.runtime)
    _to(house.runtime, "report_daily_to", "director@house.example, 王敏")
    with house.runtime.transaction() as session:
        session.add(AlarmRecipient(name="王敏", channel="email", address="director@house.example", created_by="t", created_at=house.now))
    house.after(hours=7)
    assert plan_mails(house.runtime) == 0, "at seven in the evening nothing is due, and yesterday's is long over"
    house.after(hours=EVENING - 7)
    assert plan_mails(house.runtime) == 1 and plan_mails(house.runtime) == 0, "one job, and one row, though he is named twice"
    assert _claim(house.runtime, DAILY, TODAY) is not None, "this sender dies here"
    assert send_waiting(house.runtime, DAILY, TODAY) == 0 and not mailbox.mails
    house.after(seconds=SILENT_S + 1)
    assert send_waiting(house.runtime, DAILY, TODAY) == 1 and send_waiting(house.runtime, DAILY, TODAY) == 0
    (mail,) = mailbox.mails
    assert mail["Message-ID"] == "<report.daily.2026-11-23.1@house.example>" and "2026-11-23" in mail["Subject"]
    text = mail.get_body(("plain",))
    assert text is not None and "接收成功率" in text.get_content() and "https://console.example/reports/days/2026-11-23" in text.get_content()
    kinds = {one.get_filename(): one.get_content()[:4] for one in mail.iter_attachments()}
    assert kinds == {"huabao-daily-2026-11-23.pdf": b"%PDF", "huabao-daily-2026-11-23.xlsx": b"PK\x03\x04"}
    assert [(one.state, one.attempts) for one in _mails(house.runtime)] == [(SENT, 2)]
    house.after(hours=1)
    assert plan_mails(house.runtime) == 0 and len(_mails(house.runtime)) == 1, "the day's is done"


def test_two_who_come_at_once_share_the_work(house: House) -> None:
    _to(house.runtime, "report_daily_to", ";".join(f"r{number}@house.example" for number in range(4)))
    house.after(hours=EVENING)
    taken: list[str] = []

    def work() -> None:
        plan_mails(house.runtime)
        while (one := _claim(house.runtime, DAILY, TODAY)) is not None:
            taken.append(one.address)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(taken) == [f"r{number}@house.example" for number in range(4)]
    assert [(one.state, one.attempts) for one in _mails(house.runtime)] == [(LEAVING, 1)] * 4
    with house.runtime.transaction(read_only=True) as session:
        assert session.scalar(select(func.count()).select_from(Job)) == 1


def test_what_cannot_be_sent_is_tried_again_and_then_told(house: House, mailbox: Mailbox) -> None:
    runtime = house.runtime
    with runtime.transaction(read_only=True) as session:
        made = Made(report_of(session, MONTH, date(2026, 10, 1), house.now, "en"), ())
    with runtime.transaction() as session:
        session.add(ReportMail(kind=MONTH, span=date(2026, 10, 1), address="director@house.example", made_at=house.now, due_at=house.now))
    _to(runtime, "report_attempts_max", "2")
    mailbox.refusals.append("451 later")
    going = _claim(runtime, MONTH, date(2026, 10, 1))
    assert going is not None and not _send(runtime, going, [made])
    (row,) = _mails(runtime)
    assert row.state == WAITING and row.due_at > house.now and "451" in row.error
    house.after(hours=2)
    configured(house, smtp_url=SecretStr(""))
    again = _claim(house.runtime, MONTH, date(2026, 10, 1))
    assert again is not None and not _send(house.runtime, again, [made])
    assert [one.state for one in _mails(house.runtime)] == [FAILED]
    with house.runtime.transaction(read_only=True) as session:
        found = alarms.find_open(session, ALARM, f"month 2026-10-01 {row.id}")
    assert found is not None and "no mail server" in found.text
    assert _claim(house.runtime, MONTH, date(2026, 10, 1)) is None


def test_who_is_named_and_unknown_is_an_alarm(house: House) -> None:
    _to(house.runtime, "report_month_to", "nobody")
    house.now = house.now.replace(day=1, month=12, hour=2)
    assert plan_mails(house.runtime) == 0 and plan_mails(house.runtime) == 0
    with house.runtime.transaction(read_only=True) as session:
        found = alarms.find_open(session, ALARM, "nobody")
        assert found is not None and found.count == 1 and "report_month_to" in found.text


@pytest.mark.parametrize(("hour", "day"), [(12, date(2026, 11, 22)), (19.99, date(2026, 11, 22)), (20, TODAY), (23.5, TODAY)])
def test_each_day_has_its_hour(house: House, hour: float, day: date) -> None:
    at = house.now + timedelta(hours=hour - 12)
    with house.runtime.transaction(read_only=True) as session:
        due, span = last_due(session, DAILY, at)
        assert span == day and timedelta(0) <= at - due < timedelta(days=1)
        assert last_due(session, MONTH, at)[1] == date(2026, 10, 1)


def test_settings_say_what_they_will_not_take() -> None:
    assert clock_time(" 7:05 ").isoformat() == "07:05:00" and recipients("a@b.cn，a@b.cn; 王敏") == ("a@b.cn", "王敏")
    for text in ("24:00", "8", "ab"):
        with pytest.raises(UsageError, match="no time of the day"):
            clock_time(text)
    with pytest.raises(UsageError, match="no mail address"):
        recipients("a@@b")


def test_who_is_named_for_a_city_gets_that_city_s_version_and_no_other(house: House, mailbox: Mailbox) -> None:
    build(house.runtime)
    _to(house.runtime, "report_daily_to", "director@house.example")
    _to(house.runtime, "report_daily_city_to", f'{{"{MINE}": "bengbu@house.example, director@house.example"}}')
    house.after(hours=EVENING)
    assert plan_mails(house.runtime) == 1 and send_waiting(house.runtime, DAILY, TODAY) == 2
    one, other = sorted(mailbox.mails, key=lambda mail: str(mail["To"]))
    assert (one["To"], other["To"]) == ("bengbu@house.example", "director@house.example")
    mine = [f"huabao-daily-2026-11-23-{MINE}.pdf", f"huabao-daily-2026-11-23-{MINE}.xlsx"]
    assert sorted(part.get_filename() or "" for part in one.iter_attachments()) == mine
    assert sorted(part.get_filename() or "" for part in other.iter_attachments()) == sorted([*mine, "huabao-daily-2026-11-23.pdf", "huabao-daily-2026-11-23.xlsx"])
    text = one.get_body(("plain",))
    assert text is not None and leaks(text.get_content()) == [] and MINE in str(one["Subject"]) and "/reports/days/2026-11-23?city=%E8%9A%8C" in text.get_content()
    for part in one.iter_attachments():
        if (part.get_filename() or "").endswith(".xlsx"):
            cells = "\n".join(f"{cell}" for sheet in load_workbook(io.BytesIO(part.get_content())).worksheets for row in sheet.iter_rows(values_only=True) for cell in row)
            assert leaks(cells) == [] and str(PLANNED[MINE]) in cells


def test_the_day_s_report_waits_for_its_last_dispatch_but_not_for_ever(house: House) -> None:
    dispatch_id = add_dispatch(house.runtime, planned=3)
    _to(house.runtime, "report_daily_to", "director@house.example")
    _to(house.runtime, "report_daily_after_min", "60")
    house.after(hours=EVENING)
    assert plan_mails(house.runtime) == 0, "the evening's paper is under way"
    with house.runtime.transaction() as session:
        one = session.get_one(Dispatch, dispatch_id)
        one.state, one.sent_at = "draining", house.now
    house.after(minutes=59)
    assert plan_mails(house.runtime) == 0
    house.after(minutes=2)
    assert plan_mails(house.runtime) == 1
    with house.runtime.transaction(read_only=True) as session:
        at = last_due(session, DAILY, house.now)[0]
        session.get_one(Dispatch, dispatch_id).state = "paused"
        assert waits(session, at, TODAY, house.now) and not waits(session, at, TODAY, at + timedelta(hours=10)), "a stopped one is not waited for all night"


def test_without_the_wish_it_leaves_at_its_hour(house: House) -> None:
    add_dispatch(house.runtime, planned=3)
    _to(house.runtime, "report_daily_to", "director@house.example")
    house.after(hours=EVENING)
    assert plan_mails(house.runtime) == 1


@pytest.mark.parametrize("text", ["[]", '{"蚌埠": 3}', '{"": "a@b.cn"}', "x", '{"蚌埠": "no address@"}'])
def test_recipients_by_city_are_cities_with_addresses(text: str) -> None:
    with pytest.raises(UsageError):
        cities_told(text)
