"""Signing in and out: sessions, lock-out, forged forms, and nothing that tells whether an account exists."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from console import auth, hashing
from console.models import User, UserSession
from console.settings import SESSION_AGE_S, SESSION_IDLE_S, SIGN_IN_ATTEMPTS_MAX, SIGN_IN_LOCK_S
from console.web import make_app
from huabao.audit import AuditEntry
from huabao.queues import Registry
from huabao.runtime import Runtime
from tests.integration.console.conftest import browser, csrf_of, sign_in
from tests.integration.console.dispatch_rows import PASSWORD

WRONG = "not the password"


def test_the_way_in_and_out(client: TestClient, runtime: Runtime) -> None:
    away = client.get("/dispatches/7")
    assert (away.status_code, away.headers["location"]) == (303, "/sign-in?next=/dispatches/7")
    answer = sign_in(client, "王敏", next="/dispatches/7")
    assert (answer.status_code, answer.headers["location"]) == (303, "/dispatches/7")
    home = client.get("/")
    assert home.status_code == 200
    assert "王敏" in home.text
    token = client.cookies["huabao_session"]
    out = client.post("/sign-out", data={"csrf": csrf_of(home.text)})
    assert out.headers["location"] == "/sign-in"
    client.cookies.set("huabao_session", token)
    assert client.get("/").status_code == 303, "a token that was signed out opens nothing"
    with runtime.transaction(read_only=True) as session:
        assert session.scalar(select(func.count()).select_from(UserSession)) == 0
        assert session.scalar(select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "user.sign_in")) == 1


def test_cookies_are_hidden_from_scripts_and_other_sites(app: ASGIApp) -> None:
    for scheme, secure in (("http", False), ("https", True)):
        cookie = sign_in(browser(app, scheme=scheme), "li").headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=lax" in cookie
        assert ("secure" in cookie) == secure


def test_no_token_stands_in_the_database(client: TestClient, runtime: Runtime) -> None:
    sign_in(client, "li")
    token = client.cookies["huabao_session"]
    with runtime.transaction(read_only=True) as session:
        row = session.scalars(select(UserSession)).one()
        password_hash = session.scalars(select(User.password_hash)).first()
    assert token not in (row.token_sha256, row.csrf_secret)
    assert password_hash is not None and password_hash.startswith("$argon2id$")


def test_signing_in_makes_a_new_session_and_ends_the_old(client: TestClient, runtime: Runtime) -> None:
    sign_in(client, "li")
    first = client.cookies["huabao_session"]
    page = client.get("/")
    client.post("/sign-in", data={"csrf": csrf_of(page.text), "name": "li", "password": PASSWORD})
    assert client.cookies["huabao_session"] != first
    with runtime.transaction(read_only=True) as session:
        assert auth.find_signed_in(session, first, now=runtime.now()) is None


def test_a_session_that_somebody_planted_is_not_taken_over(client: TestClient) -> None:
    client.cookies.set("huabao_session", "planted")
    page = client.get("/sign-in")
    client.post("/sign-in", data={"csrf": csrf_of(page.text), "name": "li", "password": PASSWORD})
    assert "planted" not in [cookie.value for cookie in client.cookies.jar if cookie.name == "huabao_session" and cookie.domain]


@pytest.mark.parametrize(("name", "password"), [("li", WRONG), ("nobody", PASSWORD), ("", ""), ("li", "x" * 5000)])
def test_every_refusal_reads_the_same(client: TestClient, name: str, password: str) -> None:
    answer = sign_in(client, name, password)
    assert answer.status_code == 401
    assert "Not signed in" in answer.text
    assert "huabao_session" not in client.cookies


def test_an_unknown_name_costs_a_hash_too(runtime: Runtime, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    with runtime.transaction() as session:
        auth.set_password(session, auth.find_user(session, "li"), auth.hash_password(PASSWORD), by="test", now=runtime.now())  # as the console hashes it
    with runtime.transaction(read_only=True) as session:
        nobody = auth.find_credentials(session, "nobody")
        known = auth.find_credentials(session, "LI ")
    assert nobody.user_id is None
    assert known.user_id is not None
    parameters = [found.password_hash.rsplit("$", 2)[0] for found in (nobody, known)]
    assert parameters[0] == parameters[1], "the same work for both"


def test_wrong_passwords_lock_the_account_for_a_while(app: ASGIApp, runtime: Runtime) -> None:
    for _ in range(SIGN_IN_ATTEMPTS_MAX.default):
        assert sign_in(browser(app), "li", WRONG).status_code == 401
    locked = sign_in(browser(app), "li")
    assert locked.status_code == 401
    assert "Not signed in" in locked.text
    assert sign_in(browser(app), "zhou").status_code == 303, "others come in"
    later = replace(runtime, clock=lambda: runtime.now() + timedelta(seconds=SIGN_IN_LOCK_S.default + 1))
    assert sign_in(browser(make_app(later, Registry())), "li").status_code == 303
    with runtime.transaction(read_only=True) as session:
        assert session.scalar(select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "user.locked")) == 1


def test_a_right_password_forgets_the_wrong_ones(app: ASGIApp) -> None:
    for _ in range(3):
        for _ in range(SIGN_IN_ATTEMPTS_MAX.default - 1):
            sign_in(browser(app), "li", WRONG)
        assert sign_in(browser(app), "li").status_code == 303


def test_a_shut_account_is_out_at_once(runtime: Runtime, signed_in: Callable[[str], TestClient]) -> None:
    client = signed_in("li")
    with runtime.transaction() as session:
        auth.disable_user(session, auth.find_user(session, "li"), by="test", now=runtime.now())
    assert client.get("/").status_code == 303
    assert sign_in(client, "li").status_code == 401


@pytest.mark.parametrize("after_s", [SESSION_IDLE_S.default + 1, SESSION_AGE_S.default + 1])
def test_a_session_ends(runtime: Runtime, signed_in: Callable[[str], TestClient], after_s: int) -> None:
    client = signed_in("li")
    later = browser(make_app(replace(runtime, clock=lambda: runtime.now() + timedelta(seconds=after_s)), Registry()))
    later.cookies = client.cookies
    assert later.get("/").status_code == 303
    ended = later.get("/sign-in?next=/")
    assert "has ended" in ended.text


def test_only_what_a_person_does_keeps_a_session_awake(runtime: Runtime, signed_in: Callable[[str], TestClient]) -> None:
    client = signed_in("li")
    with runtime.transaction() as session:
        session.execute(update(UserSession).values(last_seen_at=runtime.now() - timedelta(hours=1)))

    def seen_ago_s() -> float:
        with runtime.transaction(read_only=True) as session:
            return (runtime.now() - session.scalars(select(UserSession.last_seen_at)).one()).total_seconds()

    assert client.get("/live", headers={"hx-request": "true"}).status_code == 200
    assert seen_ago_s() > 3000
    client.get("/")
    assert seen_ago_s() < 3000


@pytest.mark.parametrize("csrf", ["", "wrong", None])
def test_a_form_that_is_not_ours_does_nothing(client: TestClient, csrf: str | None) -> None:
    client.get("/sign-in")
    fields = {"name": "li", "password": PASSWORD} | ({} if csrf is None else {"csrf": csrf})
    answer = client.post("/sign-in", data=fields)
    assert answer.status_code == 403
    assert "huabao_session" not in client.cookies


@pytest.mark.parametrize("headers", [{"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}])
def test_another_site_cannot_send_our_form(client: TestClient, headers: dict[str, str]) -> None:
    page = client.get("/sign-in")
    answer = client.post("/sign-in", data={"csrf": csrf_of(page.text), "name": "li", "password": PASSWORD}, headers=headers)
    assert answer.status_code == 403


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_nobody_is_sent_elsewhere_after_signing_in(client: TestClient, target: str) -> None:
    assert sign_in(client, "li", next=target).headers["location"] == "/"


def test_language_and_appearance_are_kept(client: TestClient) -> None:
    page = client.get("/sign-in")
    assert '<html lang="en"' in page.text
    answer = client.post("/preferences", data={"csrf": csrf_of(page.text), "language": "zh", "next": "/sign-in"})
    assert answer.headers["location"] == "/sign-in"
    client.post("/preferences", data={"csrf": csrf_of(page.text), "theme": "dark", "next": "//evil.example"})
    page = client.get("/sign-in")
    assert '<html lang="zh-CN" data-theme="dark" data-keys="on">' in page.text
    assert "登录" in page.text


def test_a_flood_of_sign_ins_is_turned_away(sqlite_runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.hashing._line", threading.BoundedSemaphore(1))
    taken = hashing._line
    taken.acquire()
    client = browser(make_app(sqlite_runtime, Registry()))
    answer = sign_in(client, "li")
    assert answer.status_code == 503
    assert "few seconds" in answer.text
    taken.release()
    assert sign_in(client, "li").status_code == 401
