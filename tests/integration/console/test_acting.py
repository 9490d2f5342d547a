"""In whose name a command acts: `--as` names an account that may, and a reason is kept with every act."""

from __future__ import annotations

import getpass

import click
import pytest
from sqlalchemy import select, update

from console import rights
from console.models import User
from content.models import Edition, EditionVersion
from delivery.models import Dispatch, DispatchTransition
from huabao.cli import NO_REASON, Installation, Invocation
from huabao.runtime import Runtime
from tests.command_line import CLI
from tests.integration.console.dispatch_rows import add_dispatch, add_users


def journal(runtime: Runtime) -> list[tuple[str, str, str]]:
    """(state, by, why) of what was done to dispatches, after their start."""
    with runtime.transaction(read_only=True) as session:
        rows = session.scalars(select(DispatchTransition).order_by(DispatchTransition.id)).all()
        return [(one.after, one.by, one.reason) for one in rows if one.by != "system"]


@pytest.fixture
def dispatch_id(runtime: Runtime) -> int:
    """A dispatch that sends, and an account of each role."""
    add_users(runtime)
    return add_dispatch(runtime, planned=20)


def test_who_has_the_right_may_and_is_kept_as_the_account_is_written(runtime: Runtime, cli: CLI, dispatch_id: int) -> None:
    with runtime.transaction() as session:
        session.execute(update(User).where(User.name == "root").values(name="Chen", name_key="chen"))
    cli("dispatch", "pause", dispatch_id, "--as", "CHEN", "--reason", "the editor asked")
    assert journal(runtime) == [("paused", "Chen", "the editor asked")]


@pytest.mark.parametrize(
    ("command", "name", "said"),
    [
        (("dispatch", "cancel", "1"), "li", "li is editor and may not: `huabao dispatch cancel` is for ops, admin"),
        (("dispatch", "kill", "1"), "zhou", "zhou is support and may not"),
        (("edition", "kill", "1"), "li", "`huabao edition kill` is for ops, admin"),
        (("dispatch", "pause", "1"), "nobody", "`huabao user add nobody --role ops` makes this one"),
        (("dispatch", "brake", "release", "1", "--reason", "x"), "li", "`huabao dispatch brake release` is for ops, admin"),
        (("resend", "--msisdn", "13800000001", "--edition", "x/1", "--reason", "x"), "li", "`huabao resend` is for ops, support, admin"),
        (("resend", "--filter", "filter.yaml", "--reason", "x"), "zhou", "`huabao resend --filter` is for ops, admin"),
        (("port", "set", "mm-1", "--rate", "9"), "zhou", "`huabao port set` is for ops, admin"),
        (("seeds", "add", "panel", "13800000001"), "zhou", "`huabao seeds add` is for editor, ops, admin"),
        (("settings", "set", "approval_by_another", "no"), "li", "`huabao settings set` is for ops, admin"),
        (("user", "set", "li", "--city", ""), "li", "`huabao user set` is for admin"),
        (("edition", "import", "."), "zhou", "`huabao edition import` is for editor, admin"),
    ],
)
def test_who_has_not_may_not_and_nothing_is_done(sqlite_runtime: Runtime, cli: CLI, command: tuple[str, ...], name: str, said: str) -> None:
    add_users(sqlite_runtime)
    add_dispatch(sqlite_runtime, planned=20)
    (cli.folder / "filter.yaml").write_text("edition: x/1\n")
    assert said in cli(*command, "--as", name, code=2).err
    assert journal(sqlite_runtime) == []
    with sqlite_runtime.transaction(read_only=True) as session:
        assert session.get_one(Dispatch, 1).state == "sending"


def test_a_shut_account_acts_no_more(runtime: Runtime, cli: CLI, dispatch_id: int) -> None:
    with runtime.transaction() as session:
        session.execute(update(User).where(User.name == "root").values(disabled_at=runtime.now()))
    assert "is shut, so nothing was done" in cli("dispatch", "pause", dispatch_id, "--as", "root", code=2).err
    assert journal(runtime) == []


def test_the_shell_is_trusted_unless_the_console_knows_its_account(runtime: Runtime, cli: CLI, monkeypatch: pytest.MonkeyPatch) -> None:
    dispatch_id = add_dispatch(runtime, planned=20)
    monkeypatch.setattr(getpass, "getuser", lambda: "zhou")
    cli("dispatch", "pause", dispatch_id)
    add_users(runtime)
    assert "zhou is support and may not" in cli("dispatch", "cancel", dispatch_id, code=2).err
    assert cli("dispatch", "status", dispatch_id, "--json").json["state"] == "paused", "looking is for everybody"
    assert journal(runtime) == [("paused", "zhou", NO_REASON)]


def test_what_was_done_without_a_reason_says_so(sqlite_runtime: Runtime, cli: CLI) -> None:
    add_dispatch(sqlite_runtime, planned=20, state="held")
    add_dispatch(sqlite_runtime, planned=20, number="1523")
    cli("dispatch", "release", 1, "--detach")
    for verb in ("pause", "resume", "cancel"):
        cli("dispatch", verb, 2, *(("--detach",) if verb == "resume" else ()))
    assert [(state, why) for state, by, why in journal(sqlite_runtime) if by != "huabao"] == [(state, NO_REASON) for state in ("released", "paused", "sending", "cancelled")]
    with sqlite_runtime.transaction() as session:
        session.execute(update(Edition).where(Edition.id == 1).values(current_version_id=select(EditionVersion.id).where(EditionVersion.edition_id == 1).scalar_subquery()))
    cli("edition", "kill", 1)
    assert journal(sqlite_runtime)[-1][2] == NO_REASON


def test_a_person_at_a_terminal_is_asked(sqlite_runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["  ", "wrong front page "])
    monkeypatch.setattr("sys.stdin", type("Terminal", (), {"isatty": lambda _self: True})())
    monkeypatch.setattr(click, "prompt", lambda *_args, **_more: next(answers))
    asking = Invocation(sqlite_runtime, "li", as_json=False, installation=Installation())
    assert asking.why(" given ") == "given"
    assert asking.why("") == "wrong front page"
    assert Invocation(sqlite_runtime, "li", as_json=True).why("") == NO_REASON, "a program reads what --json prints"


def test_the_rights_of_a_command_are_those_of_its_page() -> None:
    steering, braking = rights.right("steer_act").roles, rights.right("brake_act").roles
    assert {rights.COMMANDS[f"dispatch {verb}"] for verb in ("release", "hold", "pause", "resume", "cancel", "kill")} == {steering}
    assert rights.COMMANDS["dispatch brake release"] == rights.COMMANDS["dispatch brake drop"] == braking
    assert rights.COMMANDS["dispatch block"] == rights.right("block_act").roles
