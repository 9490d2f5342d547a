"""Refunds on the desk: asked for at a charge, agreed to by another person, handed over once; kept to the city."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from console.pages.refunding import fen_of
from huabao.audit import AuditEntry
from huabao.clock import business_day
from huabao.runtime import Runtime
from reconciliation.charges.models import Refund
from tests.integration.console.conftest import csrf_of
from tests.integration.console.desk_rows import BENGBU, STOPPED, add_readers, give_city, number_of

SignedIn = Callable[[str], TestClient]
NEW = f"/readers/{STOPPED}/refunds/new"


def _month(runtime: Runtime) -> str:
    return f"{business_day(runtime.now()):%Y-%m}"


def _ask(runtime: Runtime, client: TestClient, **more: str) -> str:
    sheet = client.get(f"{NEW}?service=jh&month={_month(runtime)}").text
    key = sheet.split('name="key" value="')[1].split('"')[0]
    fields = {"csrf": csrf_of(sheet), "key": key, "service": "jh", "month": _month(runtime), "amount": "4.50", "why": "nothing", "text": "<b>一期没收到", **more}
    for _ in range(2):  # pressed twice
        answer = client.post(NEW, data=fields)
    found: str = answer.headers.get("location") or answer.text
    return found


def test_a_refund_goes_from_the_agent_to_another_person_to_the_list(runtime: Runtime, signed_in: SignedIn) -> None:
    add_readers(runtime)
    client = signed_in("zhou")
    page = client.get(f"/readers/{STOPPED}").text
    assert "Charges" in page and "by the price; no bill was read" in page and "1 did not" not in page
    assert "write the amount as" in _ask(runtime, client, amount="viel")
    assert "from 0.01 to 5.00" in _ask(runtime, client, amount="5.01")
    assert _ask(runtime, client) == f"/readers/{STOPPED}?done=refund"
    page = client.get(f"/readers/{STOPPED}?done=refund").text
    assert "asked for" in page and "¥4.50" in page and "asked for a refund" in client.get(f"{NEW}?service=jh&month={_month(runtime)}").text
    board = client.get("/refunds").text
    assert "&lt;b&gt;一期没收到" in board and number_of(STOPPED) not in board and "/approve" not in board
    assert client.get("/refunds/1/approve").status_code == 403, "support asks, others agree"
    other = signed_in("王敏")
    sheet = other.get("/refunds/1/refuse").text
    assert "say why" in other.post("/refunds/1/refuse", data={"csrf": csrf_of(sheet)}).text
    assert other.post("/refunds/1/approve", data={"csrf": csrf_of(sheet)}).headers["location"] == "/refunds?state=asked&done=decided"
    assert "it is approved by now" in other.get("/refunds/1/approve").text
    sheet = other.get("/refunds/hand-over").text
    assert "Nothing was handed over: it is 1 now" in other.post("/refunds/hand-over", data={"csrf": csrf_of(sheet), "count": "2"}).text
    for expected in ("/refunds?state=handed&done=handed", None):
        assert other.post("/refunds/hand-over", data={"csrf": csrf_of(sheet), "count": "1"}).headers.get("location") == expected
    with runtime.transaction(read_only=True) as session:
        batch = session.scalars(select(Refund.batch)).one()
    file = other.post(f"/refunds/lists/{batch}", data={"csrf": csrf_of(sheet)})
    assert number_of(STOPPED) in file.text and ",450," in file.text
    assert other.post("/refunds/lists/x", data={"csrf": csrf_of(sheet)}).status_code == 404
    assert other.post("/refunds/1/paid", data={"csrf": csrf_of(sheet)}).status_code == 303
    assert "paid" in signed_in("zhou").get(f"/readers/{STOPPED}").text
    with runtime.transaction(read_only=True) as session:
        kept = set(session.scalars(select(AuditEntry.action).where(AuditEntry.object_kind.like("refund%"))))
    assert kept == {"refund.ask", "refund.approved", "refund.handed", "refund.numbers", "refund.paid"}


def test_who_asks_does_not_agree_and_another_city_s_is_not_there(runtime: Runtime, signed_in: SignedIn) -> None:
    add_readers(runtime)
    assert _ask(runtime, signed_in("王敏")).endswith("done=refund")
    own = signed_in("王敏")
    sheet = own.get("/refunds/1/approve").text
    assert "another person approves it" in sheet and 'type="submit"' not in sheet.split("sheet-title")[1].split("</form>")[0]
    assert "another person approves it" in own.post("/refunds/1/approve", data={"csrf": csrf_of(own.get("/refunds").text)}).text
    for name in ("zhou", "王敏"):
        give_city(runtime, name, BENGBU)
        client = signed_in(name)
        csrf = csrf_of(client.get("/refunds").text)
        assert "138****0001" not in client.get("/refunds").text
        query = f"?service=jh&month={_month(runtime)}"
        assert client.get(NEW + query).status_code == 404 and client.post(NEW, data={"csrf": csrf, "service": "jh", "month": _month(runtime)}).status_code == 404
        for verb in ("approve", "refuse", "paid"):
            assert client.post(f"/refunds/1/{verb}", data={"csrf": csrf, "reason": "x"}).status_code == (404 if name == "王敏" else 403)
        assert client.post("/refunds/hand-over", data={"csrf": csrf, "count": "1"}).status_code == 403, "a list is the whole house's"
    with runtime.transaction(read_only=True) as session:
        assert session.scalars(select(Refund.state)).all() == ["asked"]


@pytest.mark.parametrize(("typed", "fen"), [("3", 300), ("3.5", 350), ("¥3.05", 305), ("3.50 元", 350), ("3,5", None), ("-3", None), ("3.505", None), ("٣", None), ("", None)])
def test_amounts_as_people_type_them(typed: str, fen: int | None) -> None:
    assert fen_of(typed) == fen
