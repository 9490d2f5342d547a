"""Ports and lanes: what the board says, another rate with what it does, a pause, a question to the peer; by role."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from delivery.models import PortRateChange
from huabao.audit import AuditEntry
from huabao.runtime import Runtime
from tests.integration.console.conftest import csrf_of
from tests.integration.console.ops_rows import add_ports, in_hours, port_of

SignedIn = Callable[[str], TestClient]


def sheet_of(client: TestClient, path: str) -> dict[str, Any]:
    """What the sheet at that path carries hidden."""
    sheet = client.get(path, headers={"hx-request": "true"}).text
    found = {"csrf": csrf_of(sheet)}
    for name in ("count", "shown"):
        if f'name="{name}"' in sheet:
            found[name] = sheet.split(f'name="{name}" value="')[1].split('"')[0]
    return found


def test_the_board_says_how_each_port_stands(runtime: Runtime, signed_in: SignedIn) -> None:
    add_ports(runtime)
    client = signed_in("王敏")
    page = client.get("/ports").text
    assert all(said in page for said in ("paused", "maintenance", "breaker open", "7 in a row", "/ 300 recipients/s", "3,000"))
    assert 'id="lane-bulk"' in page
    assert "Refused" in page
    one = client.get("/ports/mm-1").text
    assert "peak" in one
    assert "mm-1" in client.get("/ports/mm-1/live").text
    lines = client.get("/ports/mm-1/charts/rate.csv?hours=1").text.splitlines()
    assert len(lines) == 61
    assert client.get("/ports/mm-9").status_code == client.get("/ports/%00").status_code == 404
    assert client.get("/ports/mm-1/explode").status_code == 404


def test_another_rate_is_confirmed_with_what_it_does(runtime: Runtime, signed_in: SignedIn) -> None:
    add_ports(runtime)
    client = signed_in("王敏")
    path = "/ports/mm-1/rate"
    sheet = client.get(f"{path}?rate=1", headers={"hx-request": "true"}).text
    assert "after the deadline" not in sheet.split("as it is")[0]
    assert "江淮早报 1522" in sheet
    fields = sheet_of(client, path)
    assert fields["count"] == "3000"
    assert "look at what the new rate does" in client.post(path, data=fields | {"rate": "150", "reason": "agreed"}).text
    fields = sheet_of(client, f"{path}?rate=150")
    assert "give a reason" in client.post(path, data=fields | {"rate": "150"}).text
    assert "3,000 now" in client.post(path, data=fields | {"rate": "150", "reason": "agreed", "count": "20"}).text
    assert "lies above 0" in client.post(path, data=fields | {"rate": "-3", "reason": "agreed"}).text
    assert client.post(path, data=fields | {"rate": "150", "reason": "agreed by phone"}).headers["location"] == "/ports/mm-1"
    port = port_of(runtime, "mm-1")
    assert (port.rate, port.burst) == (150.0, 4)
    with runtime.transaction(read_only=True) as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "port.set")).one()
    assert (entry.actor, entry.detail["reason"], entry.detail["changes"]["rate"]) == ("王敏", "agreed by phone", [300.0, 150.0])
    assert "agreed by phone" in client.get("/ports/mm-1").text


def test_a_rate_for_later_is_agreed(runtime: Runtime, signed_in: SignedIn) -> None:
    add_ports(runtime)
    client = signed_in("root")
    fields = sheet_of(client, "/ports/mm-1/rate?rate=400") | {"rate": "400", "reason": "speed-up"}
    assert "time is past" in client.post("/ports/mm-1/rate", data=fields | {"at": in_hours(runtime, -2)}).text
    assert client.post("/ports/mm-1/rate", data=fields | {"at": in_hours(runtime, 5)}).status_code == 303
    assert port_of(runtime, "mm-1").rate == 300.0
    with runtime.transaction(read_only=True) as session:
        assert session.scalars(select(PortRateChange)).one().rate == 400.0
    assert "400 from" in client.get("/ports").text


def test_a_contract_is_not_passed(runtime: Runtime, signed_in: SignedIn) -> None:
    add_ports(runtime)
    with runtime.transaction() as session:
        session.merge(port_of(runtime, "mm-1")).contract = {"rate": 320}
    assert "contract allows 320" in signed_in("root").get("/ports/mm-1/rate?rate=400", headers={"hx-request": "true"}).text


def test_pausing_asks_for_nothing_and_going_on_for_a_reason(runtime: Runtime, signed_in: SignedIn) -> None:
    add_ports(runtime)
    client = signed_in("王敏")
    assert client.post("/ports/mm-1/pause", data=sheet_of(client, "/ports/mm-1/pause")).status_code == 303
    assert port_of(runtime, "mm-1").state == "paused"
    assert "paused already" in client.get("/ports/mm-1/pause").text
    fields = sheet_of(client, "/ports/mm-1/resume")
    assert "give a reason" in client.post("/ports/mm-1/resume", data=fields).text
    assert client.post("/ports/mm-1/resume", data=fields | {"reason": "mended"}).status_code == 303
    assert port_of(runtime, "mm-1").state == "up"
    assert client.post("/ports/sms-1/reset", data=sheet_of(client, "/ports/sms-1/reset") | {"reason": "peer is back"}).status_code == 303
    assert port_of(runtime, "sms-1").breaker == "closed"


def test_the_peer_is_asked(runtime: Runtime, signed_in: SignedIn) -> None:
    add_ports(runtime)
    client = signed_in("王敏")
    said = client.post("/ports/mm-1/test", data=sheet_of(client, "/ports/mm-1/test")).text
    assert "the peer is not there" in said
    with runtime.transaction(read_only=True) as session:
        assert session.scalars(select(AuditEntry.object_id).where(AuditEntry.action == "port.test")).one() == "mm-1"


@pytest.mark.parametrize("name", ["li", "zhou"])
def test_who_steers_no_ports_sees_none(runtime: Runtime, signed_in: SignedIn, name: str) -> None:
    add_ports(runtime)
    client = signed_in(name)
    assert [client.get(path).status_code for path in ("/ports", "/ports/mm-1", "/ports/mm-1/rate", "/ports/mm-1/charts/rate.json")] == [403] * 4
    assert 'href="/ports"' not in client.get("/").text


def test_both_languages_and_no_port(runtime: Runtime, signed_in: SignedIn) -> None:
    client = signed_in("王敏")
    assert "还没有端口" in client.get("/ports", headers={"accept-language": "zh-CN"}).text
    add_ports(runtime)
    page = client.get("/ports", headers={"accept-language": "zh-CN"}).text
    assert all(said in page for said in ("端口与通道", "熔断", "已暂停", "批量", "保有份额"))
