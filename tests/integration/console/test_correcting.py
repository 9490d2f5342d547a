"""Ops corrects an edition that is out: counted in a job, the count confirmed, sent to whom the older version has not reached."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select, update
from starlette.testclient import TestClient

from content.models import Edition
from delivery.models import Dispatch, Outcome
from huabao.runtime import Runtime
from tests.integration.api.conftest import ClientOf, client_of, fits  # noqa: F401  # the fixture, by its name
from tests.integration.console.conftest import csrf_of
from tests.integration.console.edition_rows import run_desk
from tests.integration.delivery.test_correction import import_again
from tests.integration.resend.ground import call_sent, plan_paper, set_outcomes
from tests.services.delivering import add_port, build_world

SignedIn = Callable[[str], TestClient]
PATH = "/editions/1/correct"


@pytest.fixture
def world(runtime: Runtime) -> Runtime:
    """Forty readers of a paper that left, 31 to 40 of whom did not get it; since then it was mended."""
    made = build_world(runtime, readers=40)
    add_port(runtime, "http://127.0.0.1:1/")
    call_sent(runtime, plan_paper(runtime, made))
    set_outcomes(runtime, int(Outcome.EXPIRED), list(range(31, 41)))
    import_again(runtime, made)
    with runtime.transaction() as session:
        session.execute(update(Edition).values(state="approved"))
    return runtime


def post(client: TestClient, path: str, **fields: str) -> str:
    """A form of the page, and what is shown then."""
    answer = client.post(path, data={"csrf": csrf_of(client.get(PATH).text), **fields})
    return str(client.get(answer.headers["location"]).text if answer.status_code == 303 else answer.text)


def corrections(runtime: Runtime) -> list[int]:
    with runtime.transaction(read_only=True) as session:
        return list(session.scalars(select(Dispatch.planned).where(Dispatch.kind == "correction")))


def test_a_correction_is_counted_in_a_job_and_its_count_is_confirmed(world: Runtime, signed_in: SignedIn) -> None:
    ops = signed_in("王敏")
    assert 'id="correct"' in ops.get("/editions/1").text
    page = ops.get(PATH).text
    assert "correct-act" not in page, "nothing was counted yet"
    assert "Counting a correction" in post(ops, f"{PATH}/count")
    assert run_desk(world) == 1
    page = ops.get(PATH).text
    assert "Correct for 10 readers" in page
    assert corrections(world) == [], "a count sends nothing"
    sure = {"counted": page.split('name="counted" value="')[1].split('"')[0], "count": "10", "reason": "头版写错"}
    assert "give a reason" in post(ops, PATH, **sure | {"reason": " "})
    assert "somebody counted anew" in post(ops, PATH, **sure | {"counted": "99"})
    assert "The count has moved" in post(ops, PATH, **sure | {"count": "9"})
    post(ops, PATH, **sure)
    assert run_desk(world) == 1
    assert corrections(world) == [10]
    assert "correct-act" not in ops.get(PATH).text, "a count is used once"
    assert signed_in("li").get(PATH).status_code == 403


def test_more_readers_than_were_confirmed_are_asked_about_again(world: Runtime, signed_in: SignedIn) -> None:
    ops = signed_in("王敏")
    post(ops, f"{PATH}/count")
    run_desk(world)
    counted = ops.get(PATH).text.split('name="counted" value="')[1].split('"')[0]
    set_outcomes(world, int(Outcome.FAILED), [1, 2])
    post(ops, PATH, counted=counted, count="10", reason="again")
    run_desk(world)
    assert "12 readers would get it now, 10 were confirmed" in ops.get("/editions/1").text
    assert corrections(world) == []


def test_the_same_over_the_api(world: Runtime, client_of: ClientOf) -> None:  # noqa: F811  # the fixture
    client, path = client_of("send"), "/api/v1/editions/correct"

    def ask(key: str, **body: object) -> dict[str, object]:
        found: dict[str, object] = fits(client.post(path, json={"edition": "1", "reason": "wrong", **body}, headers={"Idempotency-Key": key}), path, "post")
        run_desk(world)
        shown = client.get(f"/api/v1/works/{found['work_id']}")
        work: dict[str, object] = fits(shown, "/api/v1/works/{work_id}", "get")
        return work

    counted = ask("a", dry_run=True)
    assert (counted["state"], counted["result"]["planned"], corrections(world)) == ("done", 10, [])  # type: ignore[index]  # a document
    refused = ask("b", confirmed=5)
    assert (refused["state"], refused["problem"]) == ("refused", "10 readers would get it now, 5 were confirmed; count again")
    assert ask("c", confirmed=10)["state"] == "done"
    assert corrections(world) == [10]
