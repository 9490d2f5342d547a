"""Attacks on the console's edge that no other test makes; `docs/security.md` lists them all."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from console import auth
from console.hashing import TRIES_HOLD_S
from console.settings import SIGN_IN_RATE_PER_MIN
from content.designs import base_design
from content.wap.browsers import HTML, WML, XHTML_MP, Browser
from content.wap.documents import Heading, PageDocument, Words
from content.wap.rendering import render_pages
from huabao.runtime import Runtime
from tests.integration.console.conftest import browser, csrf_of, sign_in
from tests.integration.console.dispatch_rows import PASSWORD
from tests.unit.content.wap.test_rendering import HREFS

SignedIn = Callable[[str], TestClient]
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def runtime(sqlite_runtime: Runtime) -> Runtime:
    """One database: the edge is before both."""
    return sqlite_runtime


def test_one_address_may_not_try_many_accounts(app: ASGIApp, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is locked, for each account is tried once; the address is turned away, and a right password with it."""
    monkeypatch.setattr("console.hashing.time", SimpleNamespace(monotonic=lambda: 1000.0))  # no try is given back while the machine is busy
    client = browser(app)
    held = round(SIGN_IN_RATE_PER_MIN.default * TRIES_HOLD_S / 60)
    with monkeypatch.context() as cheap:
        cheap.setattr(auth, "password_fits", lambda *_: False)
        csrf = csrf_of(client.get("/sign-in").text)
        answers = [client.post("/sign-in", data={"csrf": csrf, "name": f"nobody-{number}", "password": "wrong"}).status_code for number in range(held + 1)]
    assert answers == [401] * held + [429]
    refused = sign_in(client, "li")
    assert refused.status_code == 429 and "too many wrong tries" in refused.text
    elsewhere = TestClient(app, base_url="http://console.test", follow_redirects=False, client=("192.0.2.9", 1))
    assert sign_in(elsewhere, "li").status_code == 303, "others come in"


@pytest.mark.parametrize("name", ["li\r\nSet-Cookie: a=b", "li\x01", "li\u202e"])
def test_what_is_typed_makes_no_header(client: TestClient, name: str) -> None:
    answer = sign_in(client, name, next="/\r\nSet-Cookie: a=b")
    assert answer.status_code == 401 and "a=b" not in str(answer.headers)


@pytest.mark.parametrize(
    "target", ["/\r\nSet-Cookie: a=b", "/%0d%0aSet-Cookie:a=b", "//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "/sign-out"]
)
def test_nobody_is_led_away_and_no_header_is_made(client: TestClient, target: str) -> None:
    answer = sign_in(client, "li", next=target)
    location = answer.headers["location"]
    assert answer.status_code == 303 and location.startswith("/") and not location.startswith(("//", "/\\"))
    assert "set-cookie: a=b" not in str(answer.headers).lower()


def test_another_host_s_name_leads_nowhere(signed_in: SignedIn) -> None:
    """No page writes an address from the Host header, and a form of another name is not ours."""
    client = signed_in("li")
    page = client.get("/me", headers={"host": "evil.example", "x-forwarded-host": "evil.example"})
    assert page.status_code == 200 and "evil.example" not in page.text + str(page.headers)
    away = browser(client.app).get("/me", headers={"host": "evil.example"})
    assert away.headers["location"] == "/sign-in?next=/me"
    refused = client.post("/me/sessions", data={"csrf": csrf_of(page.text), "session": "others"}, headers={"host": "evil.example", "origin": "http://console.test"})
    assert refused.status_code == 403


def test_large_and_odd_forms_are_refused(signed_in: SignedIn) -> None:
    client = signed_in("li")
    csrf = csrf_of(client.get("/me").text)
    assert client.post("/me/password", data={"csrf": csrf, "old": "x" * 70_000}).status_code == 413
    assert client.post("/me/password", data={"csrf": csrf, **{f"f{number}": "" for number in range(60)}}).status_code == 400
    assert client.post("/me/password", content=b"\xff\xfe=%ff", headers={"content-type": "application/x-www-form-urlencoded"}).status_code in (400, 403)
    assert client.post("/me/password", files={"csrf": csrf}).status_code == 400, "a form of another kind"


def test_nothing_but_static_files_lies_under_static(client: TestClient) -> None:
    for path in ("../visit.py", "%2e%2e/visit.py", "..%2fvisit.py", "....//visit.py", "/etc/passwd", "vendor/../../visit.py"):
        answer = client.get(f"/static/{path}")
        assert answer.status_code in (404, 405) and "RIGHTS" not in answer.text, path


def test_a_session_is_not_fixed_by_a_planted_cookie(app: ASGIApp) -> None:
    client = browser(app)
    client.cookies.set("huabao_session", "planted-by-another")
    client.cookies.set("huabao_step", "planted-too")
    assert client.get("/sign-in/code").headers["location"] == "/sign-in"
    sign_in(client, "li")
    assert [one.value for one in client.cookies.jar if one.name == "huabao_session" and one.domain] != ["planted-by-another"]
    fresh = browser(app)
    fresh.cookies.set("huabao_session", "planted-by-another")
    assert fresh.get("/me").status_code == 303, "what was planted opens nothing, before and after"


def test_a_form_s_token_is_one_session_s_own(signed_in: SignedIn) -> None:
    mine, his = signed_in("li"), signed_in("zhou")
    stolen = csrf_of(mine.get("/me").text)
    assert his.post("/me/sessions", data={"csrf": stolen, "session": "others"}).status_code == 403
    assert mine.post("/me/sessions", data={"csrf": stolen, "session": "others"}).status_code == 303


@pytest.mark.parametrize("one", [Browser("xhtml", XHTML_MP, 240), Browser("wml", WML, 96), Browser("xhtml", HTML, 640)], ids=["mp", "wml", "html"])
def test_an_article_s_words_are_no_markup_on_a_handset(one: Browser) -> None:
    document = PageDocument("cover", SCRIPT, SCRIPT, (Heading(SCRIPT, 1), Words(SCRIPT + "\"'><img src=x onerror=alert(1)>")))
    for page in render_pages(document, one, HREFS, base_design().render):
        text = page.decode()
        assert "<script" not in text and "<img src=x" not in text and "alert(1)" in text


def test_nobody_gives_himself_what_a_form_does_not_ask(runtime: Runtime, signed_in: SignedIn) -> None:
    """Mass assignment: fields beside those of the form are nobody's."""
    client = signed_in("zhou")
    csrf = csrf_of(client.get("/me").text)
    more = {"role": "admin", "city": "", "name": "root", "user_id": "1", "password_once": "", "right": "system", "totp_at": "", "failed_attempts": "0"}
    client.post("/me/password", data={"csrf": csrf, "old": PASSWORD, "new": "another one, long", "again": "another one, long", **more})
    client.post("/preferences", data={"csrf": csrf, "theme": "dark", **more})
    with runtime.transaction(read_only=True) as session:
        found = auth.find_user(session, "zhou")
        assert (found.name, found.role, auth.grants_of(session, [found.id])[found.id]) == ("zhou", "support", ())
    assert client.get("/accounts").status_code == 403


def test_a_lost_database_writes_nobody_s_words_into_the_log(runtime: Runtime) -> None:
    """What a statement held is in no error's text."""
    with runtime.transaction(read_only=True) as session, pytest.raises(SQLAlchemyError) as raised:
        session.execute(text("SELECT missing FROM users WHERE name = :name"), {"name": "a secret word"})
    assert "a secret word" not in str(raised.value)
