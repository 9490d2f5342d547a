"""The pages of alarms: who sees what, acts with reason and history, the strip on every desk, odd addresses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from huabao import alarms
from huabao.alarms import Alarm
from huabao.runtime import Runtime
from tests.integration.console.conftest import csrf_of
from tests.integration.console.desk_rows import BENGBU, give_city

SignedIn = Callable[[str], TestClient]


def _raise(runtime: Runtime, kind: str = "port.unreachable", key: str = "p1") -> int:
    with runtime.transaction() as session:
        return alarms.raise_alarm(session, kind, key, f"port {key} <b>does not</b> answer", at=runtime.now(), readers=1_234).id


def _act(client: TestClient, alarm_id: int, verb: str, **fields: str) -> int:
    page = client.get(f"/alarms/{alarm_id}" if verb in ("take", "hear") else f"/alarms/{alarm_id}/{verb}").text
    return int(client.post(f"/alarms/{alarm_id}/{verb}", data={"csrf": csrf_of(page), **fields}).status_code)


def test_an_incident_from_open_to_closed(runtime: Runtime, signed_in: SignedIn) -> None:
    client = signed_in("王敏")
    assert "Nothing is wrong" in client.get("/alarms").text
    one = _raise(runtime)
    _raise(runtime, "feed.missing", "boss")
    page = client.get("/alarms").text
    assert page.index("breaker is open") < page.index("Check file is missing"), "the worst first"
    assert "1,234" in page and "nobody" in page and "Open <b>2</b>" in page
    detail = client.get(f"/alarms/{one}").text
    assert "port p1 &lt;b&gt;does not&lt;/b&gt; answer" in detail and "It is tried again by itself" in detail
    assert _act(client, one, "take") == 303
    assert _act(client, one, "silence", reason="") == 200, "no reason, no silence"
    assert _act(client, one, "silence", span="for_shift", reason="the operator <works> on it") == 303
    assert "Silenced <b>1</b>" in client.get("/alarms").text
    assert "the operator &lt;works&gt; on it" in client.get("/alarms?state=silenced").text
    assert _act(client, one, "hear") == 303
    assert _act(client, one, "close", reason="mended") == 303
    detail = client.get(f"/alarms/{one}", headers={"accept-language": "zh-CN"}).text
    for said in ("端口熔断", "由 王敏 关闭", "接手 · 王敏", "静默 · 王敏", "取消静默 · 王敏", "关闭 · 王敏", "发生 · 系统"):
        assert said in detail, said
    assert 'id="take"' not in detail and "breaker is open" in client.get("/alarms?state=closed").text
    assert _act(client, one, "close", reason="again") == 200, "what is closed is not closed again"


def test_the_strip_stands_on_every_desk_while_the_alarm_is_open(runtime: Runtime, signed_in: SignedIn) -> None:
    one = _raise(runtime)
    ops, support = signed_in("王敏"), signed_in("zhou")
    assert 'class="incident' not in support.get("/readers").text
    assert _act(ops, one, "announce", reason="resend at 09:10, do not resend <by hand>") == 303
    give_city(runtime, "zhou", BENGBU)
    for path in ("/readers", "/incident"):
        page = support.get(path).text
        assert "resend at 09:10, do not resend &lt;by hand&gt;" in page, path
    assert 'href="/alarms/' not in support.get("/readers").text, "an account of one city is not led where it may not go"
    assert _act(ops, one, "announce", reason="") == 303
    assert 'class="incident' not in support.get("/readers").text
    _act(ops, one, "announce", reason="wait")
    with runtime.transaction() as session:
        alarms.close_alarm(session, "port.unreachable", "p1", at=runtime.now())
    assert 'class="incident' not in support.get("/readers").text


def test_who_may_what(runtime: Runtime, signed_in: SignedIn) -> None:
    one = _raise(runtime)
    editor = signed_in("li")
    page = editor.get(f"/alarms/{one}")
    assert page.status_code == 200 and "/silence" not in page.text and 'id="take"' not in page.text
    token = csrf_of(page.text)
    assert editor.get(f"/alarms/{one}/close").status_code == 403
    for verb in ("take", "close", "announce"):
        assert editor.post(f"/alarms/{one}/{verb}", data={"csrf": token, "reason": "x"}).status_code == 403
    give_city(runtime, "li", BENGBU)
    shown = editor.get(f"/alarms/{one}")
    assert shown.status_code == 200 and "those of all cities" in shown.text, "a port serves every city"


@pytest.mark.parametrize("path", ["/alarms?state=%01&after=x-1", "/alarms?state=closed&after=99999999999999999999-1", "/alarms?state=closed&after=" + "9" * 17 + "-" + "9" * 18])
def test_odd_addresses_are_the_beginning(runtime: Runtime, signed_in: SignedIn, path: str) -> None:
    _raise(runtime)
    assert signed_in("王敏").get(path).status_code == 200


def test_what_is_not_there_is_not_found(runtime: Runtime, signed_in: SignedIn) -> None:
    one = _raise(runtime)
    client = signed_in("王敏")
    token = csrf_of(client.get(f"/alarms/{one}").text)
    for path in ("/alarms/999", "/alarms/999/close", f"/alarms/{one}/eat"):
        assert client.get(path).status_code == 404, path
    for path in ("/alarms/999/take", "/alarms/999/close", f"/alarms/{one}/eat"):
        assert client.post(path, data={"csrf": token, "reason": "x"}).status_code == 404, path
    assert client.post(f"/alarms/{one}/take", data={"csrf": "forged"}).status_code == 403


def test_closed_alarms_page_without_a_gap(runtime: Runtime, signed_in: SignedIn) -> None:
    now = runtime.now()
    with runtime.transaction() as session:
        session.add_all(Alarm(kind="jobs.failed", key=f"k{one}", text="t", first_seen_at=now, last_seen_at=now, closed_at=now - timedelta(seconds=one // 4)) for one in range(120))
    client, path, seen = signed_in("王敏"), "/alarms?state=closed", []
    while path:
        page = client.get(path).text
        seen += [part.split('"')[0] for part in page.split('<tr id="alarm-')[1:]]
        path = page.partition('id="further" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert (len(seen), len(set(seen))) == (120, 120)
