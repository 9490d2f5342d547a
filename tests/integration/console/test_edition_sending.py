"""Preflight with a handset that fails, the plan's counts, the schedule, a kill: as the desk does them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select, update
from starlette.testclient import TestClient

from content.models import Edition
from content.works.models import DeskWork
from delivery.models import Brake, Dispatch
from huabao.runtime import Runtime
from subscribers.imports.handsets import import_handsets
from tests.integration.console.conftest import csrf_of
from tests.integration.console.edition_rows import run_desk
from tests.services.delivering import add_port, add_readers, build_world

SignedIn = Callable[[str], TestClient]
SMALL, LARGE = "30kb-128x160", "100kb-240x320"
RECORDS = f"model,handset_class,brand,slides_max,charsets\nK1,{SMALL},Kranich,,gb2312;us-ascii\nR1,{LARGE},Reiher,20,utf-8\n"


@pytest.fixture
def world(runtime: Runtime, tmp_path: Path) -> Runtime:
    """Seven readers with a Kranich K1, which reads no UTF-8, and three with a Reiher R1, which does."""
    (tmp_path / "h.csv").write_text(RECORDS)
    import_handsets(runtime, tmp_path / "h.csv", by="li")
    build_world(runtime)
    add_readers(runtime, 7, service_id="paper", handset="kranich k1", handset_model="K1", handset_class=SMALL)
    add_readers(runtime, 3, service_id="paper", first=101, handset="R1", handset_model="R1", handset_class=LARGE)
    add_port(runtime, "http://127.0.0.1:9/", rate=50)
    return runtime


def csrf(client: TestClient, path: str) -> str:
    return csrf_of(client.get(path).text)


def test_the_matrix_shows_what_fails_where_and_for_how_many(world: Runtime, signed_in: SignedIn) -> None:
    client = signed_in("li")
    assert "was not checked yet" in client.get("/editions/1/preflight").text
    assert client.post("/editions/1/preflight", data={"csrf": csrf(client, "/editions/1/preflight")}).status_code == 303
    assert run_desk(world) == 1
    page = client.get("/editions/1/preflight").text
    for said in ("1 cell fails, 7 readers", "3 of 4 pass", "K1", "the text is utf-8, the handset reads gb2312, us-ascii", "reads another encoding only", "slide 1"):
        assert said in page, said
    picture = page.split('<img src="')[1].split('"')[0]
    assert picture.startswith("/variants/")
    assert client.get(picture).content.startswith(b"\x89PNG")
    assert client.get(picture.replace("slides/1", "slides/99")).status_code == 404
    assert "终端只认" in client.get("/editions/1/preflight", headers={"accept-language": "zh"}).text


def test_a_plan_is_counted_and_its_count_is_scheduled_by_who_may(world: Runtime, signed_in: SignedIn) -> None:
    editor, ops = signed_in("li"), signed_in("王敏")
    with world.transaction() as session:
        session.execute(update(Edition).values(state="approved"))
    path = "/editions/1/schedule"
    form = {"csrf": csrf(editor, path), "start": "2099-01-01T06:00", "deadline": "2099-01-01T08:00", f"block.{SMALL}": "1", "ports.main": "1"}
    editor.post("/editions/1/plan", data=form)
    run_desk(world)
    page = editor.get(path).text
    for said in ("Operations or an administrator schedules it", f"hold {SMALL} (7 readers)", "50/s", "in time"):
        assert said in page, said
    assert "Schedule for 10" not in page
    assert editor.post(path, data={"csrf": csrf(editor, path), "plan": "1", "count": "10"}).status_code == 403
    page = ops.get(path).text
    assert "Schedule for 10" in page
    fields = {"csrf": csrf_of(page), "plan": "1", "count": "10"}
    assert "Not scheduled" in ops.post(path, data=fields | {"plan": "7"}).text
    assert ops.post(path, data=fields).headers["location"] == path
    assert run_desk(world) == 1
    page = ops.get(path).text
    assert "Scheduled for 10 readers" in page
    with world.transaction(read_only=True) as session:
        dispatch, brake = session.scalars(select(Dispatch)).one(), session.scalars(select(Brake)).one()
        assert (dispatch.planned, dispatch.created_by, brake.key, brake.readers) == (10, "王敏", SMALL, 7)
        assert session.scalars(select(Edition.state)).one() == "scheduled"
    sheet = ops.get(f"/dispatches/1/classes/{SMALL}/reroute").text
    assert "no port carries links or texts" in sheet


def test_more_readers_than_were_confirmed_are_asked_about_again(world: Runtime, signed_in: SignedIn) -> None:
    ops, path = signed_in("王敏"), "/editions/1/schedule"
    ops.post("/editions/1/plan", data={"csrf": csrf(ops, path), f"block.{SMALL}": "1"})
    run_desk(world)
    add_readers(world, 5, service_id="paper", first=201, handset="R1", handset_model="R1", handset_class=LARGE)
    ops.post(path, data={"csrf": csrf(ops, path), "plan": "1", "count": "10"})
    run_desk(world)
    assert "15 readers are planned now, 10 were confirmed" in ops.get(path).text
    with world.transaction(read_only=True) as session:
        assert session.scalars(select(Dispatch)).all() == []


def test_a_kill_takes_the_count_typed(world: Runtime, signed_in: SignedIn) -> None:
    ops, path = signed_in("王敏"), "/editions/1/schedule"
    ops.post("/editions/1/plan", data={"csrf": csrf(ops, path), "start": "2099-01-01T06:00", f"block.{SMALL}": "1"})
    run_desk(world)
    ops.post(path, data={"csrf": csrf(ops, path), "plan": "1", "count": "10"})
    run_desk(world)
    sheet = ops.get("/editions/1/kill").text
    assert "Kill: 10 readers get nothing" in sheet
    fields = {"csrf": csrf_of(sheet), "count": "10", "reason": "头版写错"}
    assert "is not the count" in ops.post("/editions/1/kill", data=fields | {"typed": "1"}).text
    assert ops.post("/editions/1/kill", data=fields | {"typed": "10"}).headers["location"] == "/editions/1"
    run_desk(world)
    with world.transaction(read_only=True) as session:
        assert session.scalars(select(Edition.state)).one() == "killed"
        assert session.scalars(select(Dispatch.state)).one() == "killed"
        assert session.scalars(select(DeskWork.result).where(DeskWork.kind == "kill")).one()["waiting"] == 10
