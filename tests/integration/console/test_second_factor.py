"""A second factor: set up, asked for, used once, recovered, reset; and what a role must have before anything else."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pyotp
import pytest
from sqlalchemy import func, select
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from console import auth
from console.auth import second
from console.auth.sealing import seal, sealing_key, unseal
from console.models import RecoveryCode, User, UserSession
from console.settings import SECOND_FACTOR_ROLES, SETTINGS, SIGN_IN_ATTEMPTS_MAX
from console.web import make_app
from huabao.config import Config
from huabao.errors import StoreError, UsageError
from huabao.queues import Registry
from huabao.runtime import Runtime
from huabao.settings import set_value
from tests.integration.console.conftest import browser, csrf_of, sign_in
from tests.integration.console.dispatch_rows import PASSWORD

SignedIn = Callable[[str], TestClient]


class Standing:
    """A clock that stands until it is moved."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock(runtime: Runtime) -> Standing:
    """Half a step into one, so that a code of now is the step's whatever the machine does."""
    now = runtime.now()
    return Standing(now - timedelta(seconds=now.timestamp() % 30 - 15))


@pytest.fixture
def still(runtime: Runtime, app: ASGIApp, clock: Standing) -> Runtime:
    """The same installation on a clock that stands."""
    return replace(runtime, clock=clock)


def post(client: TestClient, path: str, page: str = "/me", **fields: str) -> object:
    return client.post(path, data={"csrf": csrf_of(client.get(page).text), **fields})


def enrol(client: TestClient, clock: Standing) -> tuple[pyotp.TOTP, list[str]]:
    """Set a second factor up as a person does; the app, and the recovery codes."""
    assert post(client, "/me/code", password=PASSWORD).headers["location"] == "/me#code"  # type: ignore[attr-defined]
    found = re.search(r'class="secret">([A-Z2-7 ]+)<', client.get("/me").text)
    assert found is not None
    app = pyotp.TOTP(found[1].replace(" ", ""))
    shown = post(client, "/me/code/confirm", code=app.at(clock()))
    return app, re.findall(r"<li><code>([A-Z2-7-]+)</code></li>", shown.text)  # type: ignore[attr-defined]


def test_a_second_factor_from_the_picture_to_the_next_sign_in(still: Runtime, clock: Standing) -> None:
    web = make_app(still, Registry())
    client = browser(web)
    sign_in(client, "li")
    assert client.get("/me/code.svg").status_code == 404, "nothing waits yet"
    assert post(client, "/me/code", password="not the password").status_code == 422  # type: ignore[attr-defined]
    app, codes = enrol(client, clock)
    assert len(codes) == second.RECOVERY_CODES == len(set(codes))
    assert client.get("/me/code.svg").status_code == 404, "in force, the secret is shown to nobody"
    page = client.get("/me").text
    assert app.secret not in page.replace(" ", "") and codes[0] not in page

    other = browser(web)
    assert sign_in(other, "li", next="/me").headers["location"] == "/sign-in/code"
    assert "huabao_session" not in other.cookies
    assert other.get("/me").headers["location"].startswith("/sign-in?"), "half a sign-in opens nothing"
    assert post(other, "/sign-in/code", "/sign-in/code", code=app.at(clock())).status_code == 401, "the code that set it up is used"  # type: ignore[attr-defined]
    clock.at += timedelta(seconds=30)
    done = post(other, "/sign-in/code", "/sign-in/code", code=app.at(clock()))
    assert (done.status_code, done.headers["location"]) == (303, "/me")  # type: ignore[attr-defined]
    assert "huabao_session" in other.cookies and "huabao_step" not in other.cookies

    third = browser(web)
    sign_in(third, "li")
    assert post(third, "/sign-in/code", "/sign-in/code", code=app.at(clock())).status_code == 401, "the same code twice"  # type: ignore[attr-defined]
    earlier = clock() - timedelta(seconds=30)
    assert post(third, "/sign-in/code", "/sign-in/code", code=app.at(earlier)).status_code == 401, "an earlier one"  # type: ignore[attr-defined]
    assert post(third, "/sign-in/code", "/sign-in/code", code=codes[3].lower().replace("-", " ")).status_code == 303  # type: ignore[attr-defined]
    fourth = browser(web)
    sign_in(fourth, "li")
    assert post(fourth, "/sign-in/code", "/sign-in/code", code=codes[3]).status_code == 401, "a recovery code opens once"  # type: ignore[attr-defined]


def test_wrong_codes_lock_the_account_even_between_right_passwords(still: Runtime, clock: Standing) -> None:
    web = make_app(still, Registry())
    client = browser(web)
    sign_in(client, "li")
    app, _ = enrol(client, clock)
    clock.at += timedelta(seconds=60)
    for _ in range(SIGN_IN_ATTEMPTS_MAX.default):
        other = browser(web)
        assert sign_in(other, "li").headers["location"] == "/sign-in/code"
        assert post(other, "/sign-in/code", "/sign-in/code", code="000000" if app.at(clock()) != "000000" else "111111").status_code == 401  # type: ignore[attr-defined]
    assert other.post("/sign-in/code", data={"csrf": csrf_of(other.get("/sign-in").text), "code": app.at(clock())}).headers["location"] == "/sign-in", "locked: no right code helps"
    assert sign_in(browser(web), "li").status_code == 401


def test_a_role_that_must_have_one_does_nothing_before(still: Runtime, clock: Standing) -> None:
    with still.transaction() as session:
        set_value(session, SETTINGS, SECOND_FACTOR_ROLES.name, "ops, admin", by="test", at=still.now())
        with pytest.raises(UsageError, match="boss"):
            set_value(session, SETTINGS, SECOND_FACTOR_ROLES.name, "ops,boss", by="test", at=still.now())
    web = make_app(still, Registry())
    client = browser(web)
    sign_in(client, "王敏")
    for path in ("/recovery", "/readers", "/"):
        assert client.get(path).headers["location"] == "/me"
    assert client.get("/live", headers={"hx-request": "true"}).headers["hx-redirect"] == "/me"
    page = client.get("/me").text
    assert "Your role needs a second factor" in page
    assert client.post("/readers", data={"csrf": csrf_of(page), "number": "13805510001"}).headers["location"] == "/me"
    enrol(client, clock)
    assert client.get("/recovery").status_code == 200
    assert "Turn off" not in client.get("/me").text
    assert post(client, "/me/code/off", password=PASSWORD).status_code == 403  # type: ignore[attr-defined]
    editor = browser(web)
    sign_in(editor, "li")
    assert editor.get("/me").status_code == 200 and "needs a second factor" not in editor.get("/me").text


def test_a_password_that_somebody_else_made_is_changed_first(runtime: Runtime, app: ASGIApp) -> None:
    with runtime.transaction() as session:
        user = auth.find_user(session, "zhou")
        user.password_once = True
    client, left_open = browser(app), browser(app)
    sign_in(client, "zhou")
    sign_in(left_open, "zhou")
    assert client.get("/readers").headers["location"] == "/me"
    fields = {"old": PASSWORD, "new": "another long one", "again": "another long one"}
    assert "differ" in post(client, "/me/password", **fields | {"again": "another long two"}).text  # type: ignore[attr-defined]
    assert "is wrong" in post(client, "/me/password", **fields | {"old": "not the password"}).text  # type: ignore[attr-defined]
    assert "10 to 200" in post(client, "/me/password", **fields | {"new": "short", "again": "short"}).text  # type: ignore[attr-defined]
    assert "present one" in post(client, "/me/password", old=PASSWORD, new=PASSWORD, again=PASSWORD).text  # type: ignore[attr-defined]
    assert post(client, "/me/password", **fields).headers["location"] == "/me?done=password"  # type: ignore[attr-defined]
    assert client.get("/readers").status_code == 200, "he stays where he sits"
    assert left_open.get("/readers").status_code == 303, "and nowhere else"
    assert sign_in(browser(app), "zhou", "another long one").status_code == 303


def test_one_s_sign_ins_are_listed_and_ended(runtime: Runtime, app: ASGIApp, signed_in: SignedIn) -> None:
    here, there, stranger = signed_in("li"), signed_in("li"), signed_in("zhou")
    page = here.get("/me").text
    assert page.count('name="session"') == 2, "the other one, and all others"
    with runtime.transaction(read_only=True) as session:
        name = session.scalars(select(UserSession.token_sha256).join(User, User.id == UserSession.user_id).where(User.name == "zhou")).one()[:16]
    for wrong in (name, "%" * 16, "", name[:4]):
        assert post(here, "/me/sessions", session=wrong).status_code == 404, "nobody else's"  # type: ignore[attr-defined]
    assert stranger.get("/me").status_code == 200
    assert post(here, "/me/sessions", session="others").headers["location"] == "/me?done=sessions"  # type: ignore[attr-defined]
    assert there.get("/me").status_code == 303 and here.get("/me").status_code == 200


def test_secrets_and_codes_lie_sealed(still: Runtime, clock: Standing) -> None:
    client = browser(make_app(still, Registry()))
    sign_in(client, "li")
    app, codes = enrol(client, clock)
    with still.transaction(read_only=True) as session:
        user = auth.find_user(session, "li")
        stored = session.scalars(select(RecoveryCode.code_sha256)).all()
        assert session.scalar(select(func.count()).select_from(RecoveryCode)) == len(codes)
    assert user.totp_sealed is not None
    raw = app.byte_secret()
    assert raw not in user.totp_sealed and not set(stored) & set(codes)
    key = sealing_key(still.config)
    assert unseal(key, user.id, user.totp_sealed) == raw
    with pytest.raises(StoreError, match="resets it"):
        unseal(key, user.id + 1, user.totp_sealed)
    with pytest.raises(StoreError):
        unseal(sealing_key(Config(secret_key="another")), user.id, user.totp_sealed)
    assert seal(key, 1, raw) != seal(key, 1, raw)
    assert (still.config.data_dir / "console.key").stat().st_mode & 0o777 == 0o600
