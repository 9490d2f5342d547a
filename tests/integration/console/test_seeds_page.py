"""The seeds' board: go or stop by class and kind of group, pictures that came back, the groups; by role."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from delivery.dispatch.seeds import add_seeds
from delivery.models import Dispatch, InboundMessage, Outcome, Seed
from huabao.audit import AuditEntry
from huabao.msisdn import MSISDN
from huabao.runtime import Runtime
from monitoring.seeds import boards
from tests.integration.console.conftest import csrf_of
from tests.integration.console.dispatch_rows import settle
from tests.integration.console.test_gate_pages import CLASS, add_gated

SignedIn = Callable[[str], TestClient]
PHONE = "13900000077"


def test_the_board_says_stop_and_why(runtime: Runtime, signed_in: SignedIn) -> None:
    dispatch_id = add_gated(runtime, state="held", retrieved=1, bad=1)
    client = signed_in("王敏")
    page = client.get("/seeds").text
    assert "STOP" in page
    assert f"class {CLASS} bad" in page
    assert "1 of 4 seeds retrieved" in page
    assert all(f'href="/dispatches/{dispatch_id}/{act}?back=/seeds"' in page for act in ("release", f"classes/{CLASS}/block"))
    with runtime.transaction(read_only=True) as session:
        (line,) = boards(session, runtime.now())[0].lines
    assert (line.kind, line.seeds, line.sent, line.retrieved, line.silent, line.bad, line.returned, line.left) == ("member", 4, 4, 1, 2, 1, None, 996)


def test_enough_that_came_is_a_go(runtime: Runtime, signed_in: SignedIn) -> None:
    dispatch_id = add_gated(runtime, retrieved=2)
    assert "WAIT until" in signed_in("王敏").get("/seeds").text
    settle(runtime, dispatch_id, Outcome.RETRIEVED, range(1, 5))
    page = signed_in("王敏").get("/seeds/live").text
    assert ">GO</span>" in page.replace("\n", "")
    assert "4 of 4 seeds" in page


def test_a_picture_that_came_back_counts_once_for_each_phone(runtime: Runtime) -> None:
    add_gated(runtime)
    now = runtime.now()
    with runtime.transaction() as session:
        add_seeds(session, "panel", [MSISDN(PHONE)], handset_class=CLASS, by="test", at=now)
        for at, content in ((now, b"content-type: image/jpeg"), (now, b"Content-Type: IMAGE/PNG"), (now, b"text/plain"), (now - timedelta(days=1), b"image/gif")):
            session.add(InboundMessage(received_at=at, port_id=1, kind="deliver", sender=PHONE, content=content))
    with runtime.transaction(read_only=True) as session:
        from monitoring.seeds import _returned

        assert _returned(session, session.scalars(select(Dispatch)).one()) == {CLASS: 1}


def test_yesterdays_are_not_shown(runtime: Runtime, signed_in: SignedIn) -> None:
    dispatch_id = add_gated(runtime, state="sending")
    with runtime.transaction() as session:
        found = session.get_one(Dispatch, dispatch_id)
        found.state, found.day = "closed", found.day - timedelta(days=1)
    assert "No dispatch of today has seeds" in signed_in("王敏").get("/seeds").text


def test_numbers_go_into_a_group_and_out_again(runtime: Runtime, signed_in: SignedIn) -> None:
    client = signed_in("li")
    fields = {"csrf": csrf_of(client.get("/seeds").text), "group": "house", "kind": "test", "handset_class": CLASS, "verb": "add"}
    assert "mobile number" in client.post("/seeds", data=fields | {"numbers": "12"}).text
    assert "1 to 50 numbers" in client.post("/seeds", data=fields | {"numbers": " "}).text
    assert "no such handset class" in client.post("/seeds", data=fields | {"numbers": PHONE, "handset_class": "x"}).text
    assert client.post("/seeds", data=fields | {"numbers": f"{PHONE}，+86 13900000078".replace("+86 ", "+86")}).status_code == 303
    page = client.get("/seeds").text
    assert "house" in page
    assert "2 numbers" in page
    assert PHONE not in page
    assert "no seed group other" in client.post("/seeds", data=fields | {"numbers": PHONE, "verb": "remove", "group": "other"}).text
    assert client.post("/seeds", data=fields | {"numbers": PHONE, "verb": "remove"}).status_code == 303
    with runtime.transaction(read_only=True) as session:
        assert session.scalars(select(Seed.msisdn)).all() == ["13900000078"]
        acts = session.execute(select(AuditEntry.actor, AuditEntry.action).where(AuditEntry.object_kind == "seed_group").order_by(AuditEntry.id)).all()
    assert [tuple(one) for one in acts] == [("li", "seeds.add"), ("li", "seeds.remove")]


@pytest.mark.parametrize(("name", "release", "block"), [("li", False, True), ("root", True, True)])
def test_each_role_gets_its_acts(runtime: Runtime, signed_in: SignedIn, name: str, release: bool, block: bool) -> None:
    dispatch_id = add_gated(runtime, state="held")
    page = signed_in(name).get("/seeds").text
    assert (f'id="release-{dispatch_id}"' in page) is release
    assert (f'id="block-{dispatch_id}-{CLASS}"' in page) is block
    assert signed_in("zhou").get("/seeds").status_code == 403
