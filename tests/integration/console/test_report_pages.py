"""Reports in the console: the lists, a report as page and as file, who may read which."""

from __future__ import annotations

import io
from collections.abc import Callable

from openpyxl import load_workbook  # type: ignore[import-untyped]  # it ships no types
from sqlalchemy import select
from starlette.testclient import TestClient

from care.models import FAILED, SENT, ReportMail
from console.auth import accounts
from console.models import User
from console.rights import STATISTICS, Grant
from huabao.audit import AuditEntry
from huabao.clock import business_day
from huabao.runtime import Runtime
from tests.integration.care.report_rows import add_around, add_papers

SignedIn = Callable[[str], TestClient]


def test_days_months_and_editions_are_read_and_taken(runtime: Runtime, signed_in: SignedIn) -> None:
    add_papers(runtime)
    add_around(runtime)
    now = runtime.now()
    today = business_day(now)
    with runtime.transaction() as session:
        common = {"kind": "daily", "span": today, "made_at": now, "due_at": now}
        session.add_all([ReportMail(address="a@x.cn", state=SENT, **common), ReportMail(address="b@x.cn", state=FAILED, **common)])
    client = signed_in("王敏")
    listed = client.get("/reports").text
    assert all(said in listed for said in ("140", "71.42%", "1 sent", "1 failed", f"/reports/days/{today}/report.pdf", "Nobody is set"))
    assert (
        "None" not in client.get("/reports?until=2019-01-01").text and [client.get(f"/reports?until={day}").status_code for day in ("x", "0001-01-01", "9999-12-31")] == [200] * 3
    )
    page = client.get(f"/reports/days/{today}").text
    wanted = ("Daily operations", "71.42%", "1 dispatch is not closed yet", "&lt;b&gt;晚报&lt;/b&gt;")
    assert [said for said in wanted if said not in page] == []
    assert "<b>晚报" not in page and " style=" not in page.partition("<main")[2], "hostile words are words, and no style stands in an attribute"
    assert "Complaints per 10,000, by cause" in client.get(f"/reports/months/{today:%Y-%m}").text and f"/reports/months/{today:%Y-%m}" in client.get("/reports/months").text
    assert "Variants" in client.get("/reports/editions/1").text
    taken = client.get(f"/reports/days/{today}/report.xlsx")
    assert taken.headers["content-disposition"] == f'attachment; filename="huabao-daily-{today}.xlsx"'
    assert "Dispatches" in load_workbook(io.BytesIO(taken.content)).sheetnames
    with runtime.transaction(read_only=True) as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "report.download")).one()
    assert (entry.actor, entry.object_id, entry.detail) == ("王敏", f"huabao-daily-{today}", {"kind": "daily", "form": "xlsx"})
    for path in (
        "days/2999-01-01",
        "days/0001-01-01",
        "months/0001-01",
        "days/x",
        "months/2026-13",
        "months/2999-01",
        "editions/999",
        f"days/{today}/report.exe",
        f"days/{today}/..%2Freport.pdf",
    ):
        assert client.get(f"/reports/{path}").status_code == 404, path


def test_who_may_read_which(runtime: Runtime, signed_in: SignedIn) -> None:
    add_papers(runtime)
    today = business_day(runtime.now())
    paths = ("/reports", f"/reports/days/{today}", "/reports/months", f"/reports/months/{today:%Y-%m}/report.xlsx", "/reports/editions/1")

    def seen(client: TestClient) -> list[bool]:
        return [client.get(path).status_code == 200 for path in paths]

    assert seen(signed_in("li")) == [False, False, False, False, True], "an editor reads of his editions"
    client = signed_in("zhou")
    assert seen(client) == [False] * 5 and "/reports" not in client.get("/readers").text
    for grant, expected in ((Grant(STATISTICS, kind="month"), [False, False, True, True, False]), (Grant(STATISTICS, city="合肥"), [True] * 5), (Grant(STATISTICS), [True] * 5)):
        with runtime.transaction() as session:
            user = session.scalars(select(User).where(User.name == "zhou")).one()
            for old in accounts.grants_of(session, [user.id]).get(user.id, ()):
                accounts.take(session, user, old, by="root", now=runtime.now())
            accounts.give(session, user, grant, by="root", now=runtime.now())
        assert seen(signed_in("zhou")) == expected, grant
    with runtime.transaction() as session:
        session.scalars(select(User).where(User.name == "王敏")).one().city = "合肥"
    assert seen(signed_in("王敏")) == [True] * 5, "his city's version: tests/integration/console/test_city_accounts.py"
