"""The settings: found, changed with a reason, not over another's head; by role."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import select
from starlette.testclient import TestClient

from delivery.settings import REPORT_WAIT_S
from huabao.audit import AuditEntry
from huabao.runtime import Runtime
from tests.integration.console.conftest import csrf_of

SignedIn = Callable[[str], TestClient]
PATH = "/settings/report_wait_s"


def _sheet(client: TestClient, path: str = PATH) -> dict[str, Any]:
    sheet = client.get(path, headers={"hx-request": "true"}).text
    return {"csrf": csrf_of(sheet), "before": sheet.split('name="before" value="')[1].split('"')[0]}


def test_a_change_holds_and_is_written_down(runtime: Runtime, signed_in: SignedIn) -> None:
    client = signed_in("王敏")
    fields = _sheet(client) | {"value": "3600"}
    assert "give a reason" in client.post(PATH, data=fields).text
    assert "is a number" in client.post(PATH, data=fields | {"value": "soon", "reason": "x"}).text
    assert "must lie between" in client.post(PATH, data=fields | {"value": "-1", "reason": "x"}).text
    assert "the value is the same" in client.post(PATH, data=fields | {"value": "172800", "reason": "x"}).text
    assert client.post(PATH, data=fields | {"reason": "reports come quickly here"}).headers["location"] == "/settings?done=report_wait_s#setting-report_wait_s"
    with runtime.transaction(read_only=True) as session:
        assert REPORT_WAIT_S.get(session) == 3600
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "settings.set")).one()
    assert (entry.actor, entry.detail) == ("王敏", {"value": 3600.0, "before": 172800.0, "reason": "reports come quickly here"})
    assert "somebody else has changed it" in client.post(PATH, data=fields | {"value": "60", "reason": "twice"}).text
    page = client.get("/settings?changed=1").text
    assert "report_wait_s" in page
    assert "default 172800" in page


def test_settings_are_found_by_word(runtime: Runtime, signed_in: SignedIn) -> None:
    page = signed_in("root").get("/settings?q=partitions").text
    assert "partitions_ahead_days" in page
    assert "report_wait_s" not in page
    assert "No setting fits" in signed_in("root").get("/settings?q=%3Cscript%3E").text
    assert signed_in("root").get("/settings/no_such").status_code == 404


def test_choices_and_switches_are_chosen(runtime: Runtime, signed_in: SignedIn) -> None:
    client = signed_in("root")
    path = "/settings/reconcile_auto"
    assert '<option value="repair"' in client.get(path).text
    assert client.post(path, data=_sheet(client, path) | {"value": "off", "reason": "moving"}).status_code == 303


def test_editors_and_agents_have_no_settings(runtime: Runtime, signed_in: SignedIn) -> None:
    for name in ("li", "zhou"):
        assert signed_in(name).get("/settings").status_code == signed_in(name).get(PATH).status_code == 403


def test_what_guards_the_sign_in_is_the_administrator_s(runtime: Runtime, signed_in: SignedIn) -> None:
    path = "/settings/second_factor_roles"
    ops, admin = signed_in("王敏"), signed_in("root")
    assert 'id="set-second_factor_roles"' not in ops.get("/settings?q=second_factor").text
    assert ops.get(path).status_code == 403
    assert ops.post(path, data=_sheet(ops) | {"before": "", "value": "admin", "reason": "x"}).status_code == 403
    assert 'id="set-second_factor_roles"' in admin.get("/settings?q=second_factor").text
    assert admin.get(path).status_code == 200
