"""Every route by every role and by accounts of one city: exactly the table lets them in; and what no answer holds."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from starlette.responses import Response
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from console import web
from console.models import UserSession
from console.rights import EDITOR, GRANTS, PUBLIC, RIGHTS, ROLES, STATISTICS, SUPPORT, may
from console.visit import Visit
from huabao.queues import Registry
from huabao.runtime import Runtime
from tests.integration.console.conftest import browser, csrf_of, sign_in
from tests.integration.console.desk_rows import give_city
from tests.integration.console.dispatch_rows import PASSWORD, USERS, add_users
from tests.integration.console.walking import CITY, VALUES, audited, build, call, faults, in_order, names_of_hefei, path_of, whole_numbers

NAMES = {role: name for name, role in USERS.items()}
SIGNING = ("sign_in", "sign_in_act", "sign_out_act")
HOSTILE = "?after=x&before=-1&city=%3Cscript%3E&page=99999999999999999999&day=x&month=x&class=%27&q=%25&done=%3Cb%3E"


@pytest.fixture
def runtime(sqlite_runtime: Runtime) -> Runtime:
    """One database: who may is not the database's."""
    return sqlite_runtime


@pytest.mark.parametrize(("role", "city"), [*((role, "") for role in ROLES), ("admin", CITY)])
def test_each_role_is_let_in_by_the_table_alone(runtime: Runtime, monkeypatch: pytest.MonkeyPatch, role: str, city: str) -> None:
    """The edge before pages that say nothing: what they do themselves is walked through below."""
    monkeypatch.setattr(web, "PAGES", {name: page if name in SIGNING else _empty for name, page in web.PAGES.items()})
    add_users(runtime)
    if city:
        give_city(runtime, NAMES[role], city)
    client, wrong = browser(web.make_app(runtime, Registry())), []
    csrf = csrf_of(client.get("/sign-in").text)
    assert client.post("/sign-in", data={"csrf": csrf, "name": NAMES[role], "password": PASSWORD}).status_code == 303
    with runtime.transaction(read_only=True) as session:
        csrf = session.scalars(select(UserSession.csrf_secret)).one()
    for one in (one for one in RIGHTS if one.name not in SIGNING):
        allowed = may(role, one.name, city=city or None)
        answer = call(client, one, path_of(one, VALUES), csrf, refused=True)
        expected = 204 if allowed else 303 if one.name == "today" else 403
        wrong += [] if answer.status_code == expected else [f"{one.method} {one.path}: {answer.status_code}"]
    assert wrong == []


def _empty(_visit: Visit) -> Response:
    return Response(status_code=204)


@pytest.mark.parametrize("city", ["", CITY], ids=["house", "city"])
def test_what_pages_answer_holds_nothing_that_it_must_not(runtime: Runtime, app: ASGIApp, city: str) -> None:
    values = build(runtime)
    name = NAMES["admin"]
    if city:
        give_city(runtime, name, city)
    client, wrong = browser(app), []
    sign_in(client, name)
    csrf = csrf_of(client.get("/me").text)
    for one in (one for one in in_order() if may("admin", one.name, city=city or None)):
        path, shown = path_of(one, values), audited(runtime)
        answer = call(client, one, path, csrf)
        problems = faults(answer) + (["kept out by the page"] if answer.status_code == 403 else [])
        if city and (found := names_of_hefei(answer.text)):
            problems.append(f"{found} are of another city")
        if (found := whole_numbers(answer.text)) and audited(runtime) == shown:
            problems.append(f"{found} whole, and nobody kept that")
        wrong += [f"{one.method} {path}: {answer.status_code}: {problem}" for problem in problems]
    assert wrong == []


def test_nobody_gets_further_than_the_sign_in(runtime: Runtime, client: TestClient) -> None:
    values, wrong = build(runtime), []
    csrf = csrf_of(client.get("/sign-in").text)
    for one in in_order():
        answer = call(client, one, path_of(one, values), csrf)
        away = answer.status_code == 303 and answer.headers["location"].startswith("/sign-in")
        if one.roles is not PUBLIC and not away:
            wrong.append(f"{one.name}: {answer.status_code}")
        wrong += [f"{one.name}: {found}" for found in whole_numbers(answer.text)]
    assert wrong == []


def test_no_form_is_taken_without_its_token(runtime: Runtime, app: ASGIApp) -> None:
    values = build(runtime)
    client = browser(app)
    sign_in(client, NAMES["admin"])
    for one in (one for one in in_order() if one.method == "POST" and not one.sealed):
        for csrf in ("", "wrong"):
            assert call(client, one, path_of(one, values), csrf, refused=True).status_code == 403, one.name


def test_odd_addresses_break_no_page(runtime: Runtime, app: ASGIApp) -> None:
    values, wrong = build(runtime), []
    client = browser(app)
    sign_in(client, NAMES["admin"])
    for one in (one for one in in_order() if one.method == "GET"):
        odd = path_of(one, {**values, "verb": "x", "name": "%01", "file": "..%2f..%2fx", "mark": "%F0%28", "reader_id": 2**62})
        path = odd if "{" in one.path else odd + HOSTILE
        wrong += [f"{path}: {found}" for found in faults(client.get(path)) if not found.startswith("no ") or one.roles is not PUBLIC]
    assert wrong == []


# --- what the table itself must say ----------------------------------------------------------------------------------

SENDS = {
    "steer_act", "dispatch_rate_act", "brake_act", "schedule_act", "edition_resend_act", "correct_act", "kill_act", "stop_run_act", "settle_act", "let_go_act", "port_act", "alarm_act",
}  # fmt: skip
"""What lets something go to readers, or stops it for good."""


def test_sending_is_another_right_than_editing() -> None:
    table = {one.name: one for one in RIGHTS}
    assert set(table) >= SENDS
    assert [name for name in sorted(SENDS) if table[name].roles & {EDITOR, SUPPORT}] == []


def test_grants_open_what_they_name_and_no_more() -> None:
    assert all(one.grant in ("", *GRANTS) and bool(one.kind) == (one.grant == STATISTICS) for one in RIGHTS)
    assert all(one.method == "GET" for one in RIGHTS if one.grant == STATISTICS), "figures are looked at"
