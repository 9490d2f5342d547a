"""The palette, the last desk, the bar of a phone."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from console import auth
from console.desks import BAR, BAR_PLACES, DESKS, KEYS
from console.rights import RIGHTS, ROLES
from console.visit import DESK_COOKIE
from content.models import Edition
from huabao.runtime import Runtime
from tests.integration.console.conftest import browser, csrf_of, sign_in
from tests.integration.console.desk_rows import HEFEI, STOPPED, add_readers, number_of
from tests.integration.console.dispatch_rows import _HASH, add_dispatch

SignedIn = Callable[[str], TestClient]


def ask(client: TestClient, typed: str) -> list[tuple[str, str]]:
    """(path, words) of what the palette finds."""
    csrf = csrf_of(client.get("/me").text)
    answer = client.post("/palette", data={"csrf": csrf, "typed": typed})
    assert answer.status_code == 200
    found = re.findall(r'data-path="([^"]*)">(.*?)</li>', answer.text, re.DOTALL)
    return [(path, re.sub(r"<[^>]+>", " ", words)) for path, words in found]


def test_editions_dispatches_and_ports_are_found_by_name_and_number(runtime: Runtime, signed_in: SignedIn) -> None:
    first = add_dispatch(runtime, planned=2)
    add_dispatch(runtime, planned=2, number="77", title="徽风月刊")
    with runtime.transaction() as session:
        for edition in session.query(Edition):
            edition.current_version_id = edition.id
    ops = signed_in("王敏")
    assert f"/dispatches/{first}" in dict(ask(ops, "1522"))
    assert [path for path, _ in ask(ops, "江淮 第1522期") if path.startswith("/dispatches")] == [f"/dispatches/{first}"]
    assert {path for path, _ in ask(ops, "徽风")} == {"/dispatches/2", "/editions/2"}
    assert ("/ports/mm-1" in dict(ask(ops, "mm-1"))) and ask(ops, "100%") == [] == ask(ops, "1_2")
    assert [path for path, _ in ask(ops, "brake_window")] == ["/settings?q=brake_window_s"]
    assert not any(path.startswith(("/settings", "/ports")) for path, _ in ask(signed_in("li"), "mm-1 "))


def test_a_whole_number_leads_to_its_reader_and_stands_nowhere(runtime: Runtime, app: ASGIApp, signed_in: SignedIn) -> None:
    add_readers(runtime)
    with runtime.transaction() as session:
        auth.add_user(session, "bengbu", _HASH, "support", city="蚌埠", by="test", now=runtime.now())
    number = number_of(STOPPED)
    ((path, words),) = ask(signed_in("zhou"), f"+86 {number}")
    assert path == f"/readers/{STOPPED}"
    assert number not in words
    other = browser(app)
    sign_in(other, "bengbu")
    assert ask(other, number) == [], f"a reader of {HEFEI} is not there for another city"
    assert ask(signed_in("li"), number) == [], "an editor finds no readers"


def test_places_come_first_and_only_those_for_him(signed_in: SignedIn) -> None:
    assert ask(signed_in("zhou"), "")[0][0] == "/"
    assert "/settings" not in dict(ask(signed_in("zhou"), ""))
    assert "/settings" in dict(ask(signed_in("root"), ""))


def arrives(app: ASGIApp, name: str, desk: str, **fields: str) -> str:
    """Where an account arrives whose browser was last at `desk`."""
    client = browser(app)
    client.cookies.set(DESK_COOKIE, desk)
    return str(sign_in(client, name, **fields).headers["location"])


def test_one_arrives_where_one_was_last(app: ASGIApp, signed_in: SignedIn) -> None:
    assert signed_in("zhou").get("/readers").cookies[DESK_COOKIE] == "readers"
    assert DESK_COOKIE not in signed_in("zhou").get("/recovery/stopped").cookies, "a list of a desk is no desk"
    assert arrives(app, "zhou", "readers") == "/readers"
    assert arrives(app, "zhou", "readers", next="/recovery") == "/recovery", "where he wanted to goes first"
    assert arrives(app, "li", "readers") == "/", "an editor has no readers"
    assert arrives(app, "zhou", "nowhere") == arrives(app, "zhou", "events") == "/"


@pytest.mark.parametrize("role", ROLES)
def test_a_phone_has_five_places(role: str) -> None:
    known = {one.name for one in RIGHTS}
    assert len(BAR[role]) == BAR_PLACES
    assert set(BAR[role]) <= {desk.right for desk in DESKS}
    assert {key.right for key in KEYS} <= known
    assert len({key.letter for key in KEYS}) == len(KEYS)
