"""`huabao user`, as an administrator types it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select

from console import auth, user_commands
from console.models import User, UserSession
from huabao.audit import AuditEntry
from huabao.runtime import Runtime

Call = Callable[..., Result]


@pytest.fixture
def call(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> Call:
    monkeypatch.setattr("huabao.cli.get_runtime", lambda: runtime)

    def run(*arguments: str, typed: str = "", **environment: str) -> Result:
        return CliRunner().invoke(user_commands.user, list(arguments), input=typed, env=environment)

    return run


def test_the_first_admin_gets_a_password_once(call: Call, runtime: Runtime) -> None:
    made = call("bootstrap")
    assert made.exit_code == 0
    password = made.output.split("password (shown once): ")[1].strip()
    with runtime.transaction(read_only=True) as session:
        assert auth.password_fits(auth.find_credentials(session, "admin"), password)
        assert password not in str(session.scalars(select(AuditEntry.detail)).all())
    assert call("bootstrap").exit_code == 2, "there is one now"


def test_a_password_comes_from_a_prompt_or_a_variable_and_never_an_argument(call: Call, runtime: Runtime) -> None:
    assert call("add", "王敏", "--role", "ops", "--password-env", "SECRET", SECRET="a long password").exit_code == 0
    assert call("add", "li", "--role", "editor", "--city", "合肥", typed="another long one\nanother long one\n").exit_code == 0
    assert call("add", "x", "--role", "ops", "--password-env", "SECRET", SECRET="short").exit_code == 2
    assert call("add", "x", "--role", "ops", "--password-env", "MISSING").exit_code == 2
    assert call("add", "LI", "--role", "ops", "--password-env", "SECRET", SECRET="a long password").exit_code == 2, "the same name in capitals"
    assert call("add", "x", "--role", "king", "--password-env", "SECRET", SECRET="a long password").exit_code == 2
    listed = call("list").output
    assert "王敏" in listed
    assert "合肥" in listed
    with runtime.transaction(read_only=True) as session:
        assert session.scalar(select(func.count()).select_from(User)) == 2


def test_a_new_password_and_a_shut_account_end_every_session(call: Call, runtime: Runtime) -> None:
    call("add", "li", "--role", "editor", "--password-env", "SECRET", SECRET="a long password")

    def sign_in(password: str) -> bool:
        with runtime.transaction() as session:
            credentials = auth.find_credentials(session, "li")
            return auth.settle_sign_in(session, credentials, auth.password_fits(credentials, password), now=runtime.now()) is not None

    def sessions() -> int:
        with runtime.transaction(read_only=True) as session:
            return session.scalar(select(func.count()).select_from(UserSession)) or 0

    assert sign_in("a long password")
    assert sessions() == 1
    assert call("password", "li", "--password-env", "SECRET", SECRET="a newer password").exit_code == 0
    assert sessions() == 0
    assert not sign_in("a long password")
    assert sign_in("a newer password")
    assert call("disable", "li").exit_code == 0
    assert sessions() == 0
    assert not sign_in("a newer password")
    assert "disabled" in call("list").output
    assert call("disable", "nobody").exit_code == 2


def test_role_rights_and_second_factor_from_the_command_line(call: Call, runtime: Runtime) -> None:
    with runtime.transaction() as session:
        for name, role in (("root", "admin"), ("li", "editor")):
            auth.add_user(session, name, "x", role, city=None, by="test", now=runtime.now())
    assert "li: ops" in call("set", "li", "--role", "ops", "--as", "root").output
    assert "only administrator" in str(call("set", "root", "--role", "ops", "--as", "root").output)
    given = ("grant", "li", "statistics", "--kind", "month", "--city", "合肥", "--as", "root")
    assert "li: statistics 合肥 month" in call(*given).output
    assert "no kind" in call("grant", "li", "notices", "--kind", "month", "--as", "root").output
    assert "li: none" in call(*given, "--take").output
    assert call("disable", "li", "--as", "root").exit_code == 0
    assert "may sign in" in call("enable", "li", "--as", "root").output
    assert "password alone" in call("reset-code", "li", "--as", "root").output
