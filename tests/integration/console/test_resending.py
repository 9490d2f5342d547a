"""Ops sends an edition again to whom a filter finds: from the list behind a count, through a count of its own, once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select, update
from starlette.testclient import TestClient

from delivery.models import Dispatch, Outcome, Resend
from huabao.audit import AuditEntry
from huabao.runtime import Runtime
from subscribers.models import Reader
from tests.integration.console.conftest import csrf_of
from tests.integration.console.edition_rows import run_desk
from tests.integration.resend.ground import call_sent, plan_paper, set_outcomes
from tests.services.delivering import add_port, add_readers, build_world

SignedIn = Callable[[str], TestClient]
PATH = "/editions/1/resend"
SMALL = "30kb-128x160"


@pytest.fixture
def world(runtime: Runtime) -> Runtime:
    """Forty readers of a paper that left; 1 to 10 in 合肥, 31 to 40 on small screens; what went to 5 to 14 and 35 expired."""
    made = build_world(runtime, readers=40)
    with runtime.transaction() as session:
        session.execute(update(Reader).where(Reader.id <= 10).values(city="合肥"))
        session.execute(update(Reader).where(Reader.id > 30).values(handset_class=SMALL))
    add_port(runtime, "http://127.0.0.1:1/")
    call_sent(runtime, plan_paper(runtime, made))
    set_outcomes(runtime, int(Outcome.EXPIRED), [*range(5, 15), 35])
    return runtime


def post(client: TestClient, path: str, **fields: str) -> str:
    """A form of the page, and what is shown then."""
    answer = client.post(path, data={"csrf": csrf_of(client.get(PATH).text), **fields})
    return str(client.get(answer.headers["location"]).text if answer.status_code == 303 else answer.text)


def planned(runtime: Runtime) -> list[int]:
    with runtime.transaction(read_only=True) as session:
        return list(session.scalars(select(Dispatch.planned).where(Dispatch.kind == "resend").order_by(Dispatch.id)))


def test_from_the_list_behind_a_count_to_a_dispatch_of_its_own(world: Runtime, signed_in: SignedIn) -> None:
    ops = signed_in("王敏")
    readers = ops.get("/dispatches/1/readers?outcome=expired,failed&city=合肥").text
    link = readers.split('id="resend-these" href="')[1].split('"')[0].replace("&amp;", "&")
    form = ops.get(link).text
    assert 'name="outcomes.expired" value="1" checked' in form
    assert 'name="cities" value="合肥"' in form
    said = {"outcomes.expired": "1", "outcomes.failed": "1", "cities": "合肥"}
    assert "Counting a resend" in post(ops, f"{PATH}/count", **said)
    assert run_desk(world) == 1
    page = ops.get(PATH).text
    for shown in ("Found <b>6</b>", '<b id="planned">6</b>', "Send again to 6", "counted by 王敏"):
        assert shown in page, shown
    assert planned(world) == [], "a count sends nothing"
    counted = page.split('name="counted" value="')[1].split('"')[0]
    sure = {"counted": counted, "typed": "6", "reason": "早上的故障"}
    assert "Nothing was done" in post(ops, PATH, **sure | {"reason": " "})
    assert "is not the count" in post(ops, PATH, **sure | {"typed": "60"})
    assert "somebody counted anew" in post(ops, PATH, **sure | {"counted": "99"})
    post(ops, PATH, **sure)
    run_desk(world)
    page = ops.get(PATH).text
    assert "It is on its way to 6 readers" in page
    assert 'href="/dispatches/2"' in page
    assert "resend-act" not in page, "a count is sent once"
    post(ops, PATH, **sure)  # from a page that stood open
    run_desk(world)
    assert planned(world) == [6]
    with world.transaction(read_only=True) as session:
        row = session.scalars(select(Resend)).one()
        assert row.filter is not None
        assert (row.reason, row.requested_by, row.filter["cities"]) == ("早上的故障", "王敏", ["合肥"])
        assert session.scalars(select(AuditEntry.actor).where(AuditEntry.action == "resend.send_many")).all() == ["王敏"]


def test_by_handset_class_and_to_whom_never_had_it(world: Runtime, signed_in: SignedIn) -> None:
    ops = signed_in("王敏")
    add_readers(world, 3, service_id="paper", first=101)
    for fields, number in (({f"classes.{SMALL}": "1", "outcomes.expired": "1"}, 1), ({f"classes.{SMALL}": "1"}, 10), ({"missing": "1"}, 3), ({"missing": "1", "codes": "4006"}, 3)):
        post(ops, f"{PATH}/count", **fields)
        run_desk(world)
        assert f'<b id="planned">{number}</b>' in ops.get(PATH).text, fields


def test_more_readers_than_were_confirmed_are_asked_about_again(world: Runtime, signed_in: SignedIn) -> None:
    ops = signed_in("王敏")
    post(ops, f"{PATH}/count", **{"outcomes.expired": "1"})
    run_desk(world)
    counted = ops.get(PATH).text.split('name="counted" value="')[1].split('"')[0]
    set_outcomes(world, int(Outcome.EXPIRED), [20, 21])
    post(ops, PATH, counted=counted, typed="11", reason="again")
    run_desk(world)
    assert "13 readers would get it now, 11 were confirmed" in ops.get(PATH).text
    assert "现在有 13 人要补发，确认的是 11 人" in ops.get(PATH, headers={"accept-language": "zh"}).text
    assert planned(world) == []


def test_what_is_no_filter_is_said_at_once_and_kept_from_the_queue(world: Runtime, signed_in: SignedIn) -> None:
    ops = signed_in("王敏")
    assert "is no time" in post(ops, f"{PATH}/count", **{"from": "half past six"})
    post(ops, f"{PATH}/count", **{"ports.nowhere": "1"})
    run_desk(world)
    assert "there is no port" in ops.get(PATH).text
    post(ops, f"{PATH}/count", **{"outcomes.expired": "1", "rate": "fast"})
    run_desk(world)
    assert "is no rate" in ops.get(PATH).text
    assert planned(world) == []


def test_an_edition_that_never_left_has_nothing_to_send_again(runtime: Runtime, signed_in: SignedIn) -> None:
    build_world(runtime, readers=1)
    page = signed_in("王敏").get(PATH).text
    assert "has not been sent yet" in page
    assert "count-resend" not in page
    assert signed_in("li").get(PATH).status_code == 403, "editing is no right to send"
