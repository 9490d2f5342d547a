"""Accounts and tokens: made, changed, shut, helped; and what nobody may do to himself or above himself."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from console import auth
from console.api import tokens
from console.models import ApiToken, User
from console.rights import Grant
from huabao.audit import AuditEntry
from huabao.errors import UsageError
from huabao.runtime import Runtime
from tests.integration.console.conftest import browser, csrf_of, sign_in
from tests.integration.console.desk_rows import BENGBU, HEFEI, STOPPED, WELL, add_readers

SignedIn = Callable[[str], TestClient]


def _post(client: TestClient, path: str, page: str = "/me", **fields: str) -> tuple[int, str, str]:
    done = client.post(path, data={"csrf": csrf_of(client.get(page).text), **fields})
    return done.status_code, done.headers.get("location", ""), done.text


def _id(runtime: Runtime, name: str) -> int:
    with runtime.transaction(read_only=True) as session:
        return auth.find_user(session, name).id


def _give(runtime: Runtime, name: str, *grants: Grant) -> None:
    with runtime.transaction() as session:
        for one in grants:
            auth.give(session, auth.find_user(session, name), one, by="test", now=runtime.now())


def test_an_account_from_its_password_to_its_end(app: ASGIApp, runtime: Runtime, signed_in: SignedIn) -> None:
    root = signed_in("root")
    status, _, page = _post(root, "/accounts", name="Chen", role="support", city=HEFEI, phone="13805510001")
    found = re.search(r'id="shown-once">([a-z0-9-]+)<', page)
    assert status == 200 and found is not None
    assert found[1] not in root.get("/accounts").text, "shown once"
    assert _post(root, "/accounts", name="chen", role="support")[0] == 422, "taken"
    assert _post(root, "/accounts", name="hu", role="king")[0] == 422
    assert _post(root, "/accounts", name="hu", role="ops", phone="12")[0] == 422
    chen = browser(app)
    assert sign_in(chen, "chen", found[1]).status_code == 303
    assert chen.get("/readers").headers["location"] == "/me", "his own password first"
    path = f"/accounts/{_id(runtime, 'chen')}"
    assert _post(root, path, role="ops", city=BENGBU)[1] == f"{path}?done=saved"
    assert chen.get("/me").status_code == 303, "a changed role ends his sign-ins"
    shown = root.get(path).text
    assert "138****0001" in shown and "13805510001" not in shown
    assert _post(root, path + "/state", verb="shut")[1] == f"{path}?done=shut"
    assert sign_in(browser(app), "chen", found[1]).status_code == 401
    assert _post(root, path + "/state", verb="open")[0] == 303
    again = re.search(r'id="shown-once">([a-z0-9-]+)<', _post(root, path + "/password")[2])
    assert again is not None and sign_in(browser(app), "chen", again[1]).status_code == 303
    assert _post(root, path + "/sessions", session="all")[0] == 303
    assert _post(root, path + "/state", verb="sing")[0] == 404
    with runtime.transaction(read_only=True) as session:
        kept = session.scalars(select(AuditEntry.action).where(AuditEntry.object_id == "Chen", AuditEntry.actor == "root").order_by(AuditEntry.id)).all()
    assert kept == ["user.add", "user.set", "user.disable", "user.enable", "user.password", "user.sign_out"]


def test_nobody_raises_himself_and_an_administrator_is_left(runtime: Runtime, signed_in: SignedIn) -> None:
    _give(runtime, "王敏", Grant("system"))
    root, deputy = signed_in("root"), signed_in("王敏")
    own, above, editor = (f"/accounts/{_id(runtime, name)}" for name in ("王敏", "root", "li"))
    assert _post(root, above + "/state", verb="shut")[0] == 403, "himself"
    assert _post(root, above + "/grants", right="notices")[0] == 403
    assert _post(deputy, own, role="admin")[0] == 303
    assert _post(deputy, own + "/grants", right="ranks")[0] == 403
    for path, fields in (("", {"role": "editor"}), ("/state", {"verb": "shut"}), ("/password", {}), ("/sessions", {"session": "all"}), ("/grants", {"right": "ranks"})):
        assert _post(deputy, above + path, **fields)[0] == 403, path
    assert _post(deputy, editor, role="admin")[0] == 403
    assert _post(deputy, editor + "/grants", right="system")[0] == 403
    assert _post(deputy, "/accounts", name="x", role="admin")[0] == 403
    assert _post(deputy, "/accounts", name="hu", role="editor")[0] == 200, "all others are his to look after"
    assert deputy.get("/tokens").status_code == 403
    with runtime.transaction() as session:
        assert {one.name: one.role for one in session.scalars(select(User))}["王敏"] == "ops"
        with pytest.raises(UsageError, match="only administrator"):
            auth.disable_user(session, auth.find_user(session, "root"), by="test", now=runtime.now())


def test_statistics_are_granted_by_kind_and_city(runtime: Runtime, signed_in: SignedIn) -> None:
    add_readers(runtime)
    editor = signed_in("li")
    assert editor.get("/recovery").status_code == 403
    _give(runtime, "li", Grant("statistics", kind="reconciliation"))
    assert editor.get("/recovery").status_code == 403, "another kind"
    assert editor.get("/reconcile/report.xlsx?day=2026-01-01").status_code == 200
    _give(runtime, "li", Grant("statistics", BENGBU, "recovery"))
    there = editor.get("/recovery").text
    assert "memory full" not in there, "who is stopped is in Hefei"
    assert editor.get("/recovery?city=" + HEFEI).text.count("memory full") == 0, "an address opens nothing"
    _give(runtime, "li", Grant("statistics", HEFEI, "recovery"))
    assert "memory full" in editor.get("/recovery?city=" + HEFEI).text
    assert "memory full" not in editor.get("/recovery?city=" + BENGBU).text
    assert editor.get("/recovery/stopped").status_code == 403 and editor.get(f"/readers/{WELL}").status_code == 403
    assert editor.get("/reconcile/report.xlsx?day=2026-01-01").status_code == 200


def test_a_right_is_given_shown_and_taken(runtime: Runtime, signed_in: SignedIn) -> None:
    root, path = signed_in("root"), f"/accounts/{_id(runtime, 'zhou')}"
    assert _post(root, path + "/grants", right="statistics", kind="month", city=HEFEI)[0] == 303
    assert _post(root, path + "/grants", right="opinions")[0] == 303
    page = root.get(path).text
    assert "Statistics · months · 合肥" in page and "Opinion surveys · all" in page
    for wrong in ({"right": "king"}, {"right": "notices", "kind": "month"}, {"right": "statistics", "kind": "weather"}, {"right": "system", "city": HEFEI}):
        assert _post(root, path + "/grants", **wrong)[0] == 422, wrong
    assert _post(root, path + "/grants", right="statistics", kind="month", city=HEFEI, take="1")[0] == 303
    with runtime.transaction(read_only=True) as session:
        assert auth.grants_of(session, [_id(runtime, "zhou")]) == {_id(runtime, "zhou"): (Grant("opinions"),)}


def test_a_token_is_shown_once_keeps_to_its_city_and_is_revoked(app: ASGIApp, runtime: Runtime, signed_in: SignedIn) -> None:
    add_readers(runtime)
    root = signed_in("root")
    assert _post(root, "/tokens", name="hotline")[0] == 422, "without a scope"
    assert _post(root, "/tokens", name="hotline", rate="many", **{"scope-read": "1"})[0] == 422
    page = _post(root, "/tokens", name="hotline", city=BENGBU, rate="60", **{"scope-read": "1", "scope-resend": "1"})[2]
    found = re.search(r'id="shown-once">(huabao_[\w-]+)<', page)
    assert found is not None and found[1] not in root.get("/tokens").text
    client = TestClient(app, headers={"Authorization": f"Bearer {found[1]}", "Idempotency-Key": "1"})
    assert client.get("/api/v1/ports").status_code == 403, "a port serves all cities"
    asked = {"msisdn": f"1380551000{STOPPED}", "edition": "jh/1522", "reason": "asked"}
    refused = client.post("/api/v1/resends", json=asked)
    assert refused.status_code >= 400 and f"no reader of {BENGBU} has this number" in refused.json()["detail"]
    assert _post(root, "/tokens/revoke", name="hotline")[1] == "/tokens?done=revoked"
    assert client.get("/api/v1/resends/1").status_code == 401
    with runtime.transaction(read_only=True) as session:
        assert session.scalars(select(ApiToken.city)).all() == [BENGBU]
        assert tokens.find_client(session, found[1]) is None
