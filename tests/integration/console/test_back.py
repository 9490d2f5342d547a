"""After an act one is where one was: on the board whose sheet one opened, and never on a page of somebody else."""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlalchemy import select
from starlette.testclient import TestClient

from delivery.models import Dispatch
from huabao.runtime import Runtime
from tests.integration.console.conftest import csrf_of
from tests.integration.console.dispatch_rows import add_dispatch
from tests.integration.console.test_gate_pages import CLASS, add_gated

SignedIn = Callable[[str], TestClient]
HTMX = {"HX-Request": "true"}


def back_in(sheet: str) -> str:
    """Where the form of a sheet leads back to; the link beside the button goes there too."""
    (found,) = re.findall(r'name="back" value="([^"]*)"', sheet)
    assert f'href="{found}" data-close' in sheet
    return str(found)


def test_an_act_from_the_seeds_board_ends_there(runtime: Runtime, signed_in: SignedIn) -> None:
    dispatch_id = add_gated(runtime, state="seeding", retrieved=2)
    ops = signed_in("王敏")
    for path in (f"/dispatches/{dispatch_id}/hold", f"/dispatches/{dispatch_id}/classes/{CLASS}/block"):
        sheet = ops.get(path, headers=HTMX | {"HX-Current-URL": "http://testserver/seeds?day=1#groups"}).text
        assert back_in(sheet) == "/seeds?day=1"
        assert back_in(ops.get(f"{path}?back=/seeds").text) == "/seeds", "without the script the link says so"
        fields = {"csrf": csrf_of(sheet), "count": "1000", "reason": "too slow", "back": "/seeds?day=1"}
        done = ops.post(path, data=fields, headers=HTMX | {"HX-Current-URL": f"http://testserver{path}"})
        assert done.headers["HX-Redirect"] == "/seeds?day=1"
    with runtime.transaction(read_only=True) as session:
        assert session.scalars(select(Dispatch.state).where(Dispatch.id == dispatch_id)).one() == "held"


def test_a_sheet_that_comes_back_still_knows(runtime: Runtime, signed_in: SignedIn) -> None:
    dispatch_id = add_dispatch(runtime, planned=50, state="paused")
    ops = signed_in("王敏")
    path = f"/dispatches/{dispatch_id}/resume"
    again = ops.post(path, data={"csrf": csrf_of(ops.get(path).text), "count": "50", "reason": "", "back": "/?before=9"}, headers=HTMX).text
    assert "give a reason" in again
    assert back_in(again) == "/?before=9"


def test_ports_too_and_from_nowhere_to_the_thing_itself(runtime: Runtime, signed_in: SignedIn) -> None:
    dispatch_id = add_dispatch(runtime, planned=50)
    ops = signed_in("王敏")
    assert back_in(ops.get(f"/dispatches/{dispatch_id}/pause").text) == f"/dispatches/{dispatch_id}"
    sheet = ops.get("/ports/mm-1/pause", headers=HTMX | {"HX-Current-URL": "http://testserver/ports"}).text
    assert back_in(sheet) == "/ports"
    assert ops.post("/ports/mm-1/pause", data={"csrf": csrf_of(sheet), "back": "/ports"}).headers["location"] == "/ports"
    assert ops.post("/ports/mm-1/resume", data={"csrf": csrf_of(sheet), "reason": "again", "count": "50"}).headers["location"] == "/ports/mm-1"


ELSEWHERE = ("https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "/sign-out", "/a\nb", "/" + "x" * 600, "seeds", "http://[")


def test_nobody_is_sent_elsewhere(runtime: Runtime, signed_in: SignedIn) -> None:
    dispatch_id = add_dispatch(runtime, planned=50)
    ops = signed_in("王敏")
    mine = f"/dispatches/{dispatch_id}"
    for elsewhere in ELSEWHERE:
        assert back_in(ops.get(f"{mine}/pause", params={"back": elsewhere}).text) == mine, elsewhere
        assert back_in(ops.get(f"{mine}/pause", headers=HTMX | {"HX-Current-URL": elsewhere.replace("\n", "")}).text) in (mine, "/", "/ab"), elsewhere
        refused = ops.post(f"{mine}/resume", data={"csrf": csrf_of(ops.get("/me").text), "back": elsewhere, "reason": "x", "count": "50"}).text
        assert "evil" not in refused, elsewhere
    done = ops.post(f"{mine}/pause", data={"csrf": csrf_of(ops.get("/me").text), "back": ELSEWHERE[0]})
    assert done.headers["location"] == mine
