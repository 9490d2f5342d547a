"""The pages and the acts behind them, role by role."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from console.confirmed import VERBS
from content.models import Variant
from delivery.models import DeliveryEvent, Dispatch, DispatchTransition, EventState, Outcome, deliveries
from huabao.audit import AuditEntry
from huabao.queues import Task, enqueue
from huabao.runtime import Runtime
from tests.integration.console.conftest import browser, csrf_of
from tests.integration.console.dispatch_rows import add_dispatch, add_submission, settle

SignedIn = Callable[[str], TestClient]


def test_a_part_of_a_page_sends_whoever_is_signed_out_to_the_sign_in(runtime: Runtime, client: TestClient) -> None:
    add_dispatch(runtime, planned=10)
    fragment = client.get("/dispatches/1/live", headers={"hx-request": "true", "hx-current-url": "http://console.test/dispatches/1"})
    assert fragment.headers["hx-redirect"] == "/sign-in?next=/dispatches/1"


def test_today_lists_the_newest_first_and_goes_on_below(runtime: Runtime, signed_in: SignedIn) -> None:
    client = signed_in("li")
    assert "No dispatches yet" in client.get("/").text
    ids = [add_dispatch(runtime, planned=2, number=str(1500 + index)) for index in range(23)]
    page = client.get("/").text
    assert page.index(f'id="dispatch-{ids[-1]}"') < page.index(f'id="dispatch-{ids[-2]}"')
    assert f'id="dispatch-{ids[2]}"' not in page
    assert f"/?before={ids[3]}" in page
    older = client.get(f"/?before={ids[3]}").text
    assert f'id="dispatch-{ids[2]}"' in older
    assert f'id="dispatch-{ids[3]}"' not in older
    assert client.get("/?before=nonsense").status_code == 200


def test_a_dispatch_shows_its_count(runtime: Runtime, signed_in: SignedIn) -> None:
    dispatch_id = add_dispatch(runtime, planned=1000)
    settle(runtime, dispatch_id, Outcome.RETRIEVED, range(1, 601), ago_s=90)
    settle(runtime, dispatch_id, Outcome.REJECTED, range(601, 611), ago_s=90)
    settle(runtime, dispatch_id, Outcome.SUBMITTED, range(611, 701))
    add_submission(runtime, dispatch_id)
    page = signed_in("zhou").get(f"/dispatches/{dispatch_id}").text
    for said in ("Balanced", "1,042", "60.0%", "No active subscription", "mm-1", "Accepted", "100kb-240x320", "98.1 of 100 KB", "江淮早报", "No. 1522"):
        assert said in page, said
    assert "Pause" not in page, "support has no button"


def test_a_count_that_does_not_fit_is_shown_as_such(runtime: Runtime, signed_in: SignedIn) -> None:
    dispatch_id = add_dispatch(runtime, planned=20)
    with runtime.transaction() as session:
        session.execute(deliveries.delete().where(deliveries.c.dispatch_id == dispatch_id, deliveries.c.reader_id == 7))
    page = signed_in("li").get(f"/dispatches/{dispatch_id}").text
    assert "Does not balance" in page
    assert "≠" in page


def test_both_languages(runtime: Runtime, signed_in: SignedIn) -> None:
    dispatch_id = add_dispatch(runtime, planned=20)
    client = signed_in("王敏")
    page = client.get(f"/dispatches/{dispatch_id}", headers={"accept-language": "zh-CN"}).text
    assert '<html lang="zh-CN"' in page
    for said in ("账目平衡", "第 1522 期", "下发中", "暂停", "没有有效订购"):
        assert said in page


def _open_sheet(client: TestClient, dispatch_id: int, verb: str) -> dict[str, Any]:
    sheet = client.get(f"/dispatches/{dispatch_id}/{verb}", headers={"hx-request": "true"})
    assert sheet.status_code == 200
    count = sheet.text.split('name="count" value="')[1].split('"')[0]
    return {"csrf": csrf_of(sheet.text), "count": count}


def test_pausing_takes_one_press_and_resuming_a_reason(runtime: Runtime, signed_in: SignedIn) -> None:
    dispatch_id = add_dispatch(runtime, planned=300)
    client = signed_in("王敏")
    fields = _open_sheet(client, dispatch_id, "pause")
    assert fields["count"] == "300"
    assert client.post(f"/dispatches/{dispatch_id}/pause", data=fields).headers["location"] == f"/dispatches/{dispatch_id}"
    again = client.post(f"/dispatches/{dispatch_id}/pause", data=fields)
    assert again.status_code == 200
    assert "Nothing was done" in again.text, "a second press does nothing"
    fields = _open_sheet(client, dispatch_id, "resume")
    assert "give a reason" in client.post(f"/dispatches/{dispatch_id}/resume", data=fields).text
    assert client.post(f"/dispatches/{dispatch_id}/resume", data=fields | {"reason": "checked"}).status_code == 303
    with runtime.transaction(read_only=True) as session:
        changes = session.scalars(select(DispatchTransition).where(DispatchTransition.dispatch_id == dispatch_id).order_by(DispatchTransition.id)).all()
        assert [(change.after, change.by, change.reason) for change in changes[1:]] == [("paused", "王敏", "from the console"), ("sending", "王敏", "checked")]
        assert session.scalar(select(func.count()).select_from(AuditEntry).where(AuditEntry.object_kind == "dispatch", AuditEntry.actor == "王敏")) == 2


def test_killing_wants_the_count_typed(runtime: Runtime, signed_in: SignedIn) -> None:
    dispatch_id = add_dispatch(runtime, planned=1200)
    client = signed_in("root")
    fields = _open_sheet(client, dispatch_id, "kill") | {"reason": "wrong front page"}
    assert "not the count" in client.post(f"/dispatches/{dispatch_id}/kill", data=fields | {"typed": "12"}).text
    assert client.post(f"/dispatches/{dispatch_id}/kill", data=fields | {"typed": "1,200"}).status_code == 303
    with runtime.transaction(read_only=True) as session:
        assert session.get_one(Dispatch, dispatch_id).state == "killed"


def test_more_readers_than_confirmed_are_asked_for_again(runtime: Runtime, signed_in: SignedIn) -> None:
    dispatch_id = add_dispatch(runtime, planned=1000)
    settle(runtime, dispatch_id, Outcome.SUBMITTED, range(1, 501))
    client = signed_in("root")
    fields = _open_sheet(client, dispatch_id, "cancel") | {"reason": "r", "typed": "500"}
    settle(runtime, dispatch_id, Outcome.PENDING, range(1, 101))
    moved = client.post(f"/dispatches/{dispatch_id}/cancel", data=fields)
    assert moved.status_code == 200
    assert "500 when you opened this, 600 now" in moved.text
    settle(runtime, dispatch_id, Outcome.SUBMITTED, range(1, 201))
    assert client.post(f"/dispatches/{dispatch_id}/cancel", data=fields).status_code == 303, "fewer is no reason to ask twice"


@pytest.mark.parametrize("verb", VERBS)
def test_no_form_no_act(runtime: Runtime, signed_in: SignedIn, verb: str) -> None:
    dispatch_id = add_dispatch(runtime, planned=10)
    client = signed_in("root")
    assert client.post(f"/dispatches/{dispatch_id}/{verb}", data={"count": "10", "typed": "10", "reason": "r"}).status_code == 403
    with runtime.transaction(read_only=True) as session:
        assert session.get_one(Dispatch, dispatch_id).state == "sending"


def test_the_first_slide_is_a_picture(runtime: Runtime, signed_in: SignedIn) -> None:
    add_dispatch(runtime, planned=3)
    add_dispatch(runtime, planned=3, number="1523", mime=b"no message at all")
    client = signed_in("li")
    with runtime.transaction(read_only=True) as session:
        good, bad = session.scalars(select(Variant.id).order_by(Variant.id)).all()
    answer = client.get(f"/variants/{good}/slide.png")
    assert answer.headers["content-type"] == "image/png"
    assert answer.content.startswith(b"\x89PNG")
    assert client.get(f"/variants/{good}/slide.png", headers={"if-none-match": answer.headers["etag"]}).status_code == 304
    assert client.get(f"/variants/{bad}/slide.png").status_code == 404


def test_errors_are_pages_with_a_reference(runtime: Runtime, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch) -> None:
    client = signed_in("li")
    for path in ("/nothing", "/dispatches/99", "/dispatches/99/live", "/dispatches/99999999999999999999"):
        missing = client.get(path)
        assert missing.status_code == 404, path
        assert missing.headers["x-request-id"] in missing.text
    assert client.get("/nothing", headers={"accept-language": "zh"}).text.count("没有这个页面") == 2
    assert client.post("/").status_code == 404
    monkeypatch.setattr("console.pages.today.recent_dispatches", lambda *_args, **_kwargs: 1 / 0)
    broken = client.get("/")
    assert broken.status_code == 500
    assert broken.headers["x-request-id"] in broken.text
    assert "ZeroDivisionError" not in broken.text


def test_every_answer_carries_the_policy(runtime: Runtime, app: ASGIApp, signed_in: SignedIn) -> None:
    add_dispatch(runtime, planned=3)
    client = signed_in("li")
    for path in ("/", "/dispatches/1", "/nothing", "/sign-in", "/healthz", "/static/console.css"):
        headers = client.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'self'"), path
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
    page = client.get("/dispatches/1").text
    assert " style=" not in page
    assert "<style" not in page
    assert " onclick" not in page
    assert "strict-transport-security" in browser(app, scheme="https").get("/sign-in").headers


def test_a_form_as_large_as_a_film_is_refused(client: TestClient) -> None:
    client.get("/sign-in")
    assert client.post("/sign-in", data={"name": "x" * 100_000}).status_code == 413
    assert client.post("/sign-in", content=b"{}", headers={"content-type": "application/json"}).status_code == 400


def test_life_signs_and_metrics(runtime: Runtime, client: TestClient) -> None:
    dispatch_id = add_dispatch(runtime, planned=40)
    settle(runtime, dispatch_id, Outcome.RETRIEVED, range(1, 11))
    now = runtime.now()
    with runtime.transaction() as session:
        enqueue(session, Task("delivery.send", lambda _runtime: None), {}, now=now)
        enqueue(session, Task("somebody.else", lambda _runtime: None), {}, now=now)
        for state in (EventState.NEW, EventState.NEW, EventState.PARKED):
            session.add(_event(now, state))
    assert client.get("/healthz").json() == {"status": "ok"}
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (200, "ok")
    text = client.get("/metrics").text
    for line in (
        'huabao_deliveries{outcome="retrieved",publication="paper-0"} 10.0',
        'huabao_deliveries{outcome="pending",publication="paper-0"} 30.0',
        'huabao_jobs{state="queued",task="delivery.send"} 1.0',
        'huabao_jobs{state="queued",task="other"} 1.0',
        "huabao_reports_unfolded 2.0",
        "huabao_reports_parked 1.0",
    ):
        assert line in text, line


def _event(now: Any, state: EventState) -> DeliveryEvent:
    columns = {column.name for column in DeliveryEvent.__table__.columns}
    numbers = {"number": "13800138000", "sender": "10658000", "recipient": "13800138000"}
    values = numbers | {"received_at": now - timedelta(seconds=1), "port_id": 1, "message_id": "m", "status": "Retrieved", "state": int(state)}
    return DeliveryEvent(**{name: value for name, value in values.items() if name in columns})


def test_a_database_without_this_release_s_schema_is_not_ready(runtime: Runtime, client: TestClient) -> None:
    with runtime.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'older'")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["current"]) == (503, "older")
    assert client.get("/healthz").status_code == 200
