"""An edition on the desk: handed in, looked at, approved by another, returned, approved again after a typo."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from content.models import Edition
from content.workflow import notes
from content.workflow.models import Approval, EditionTransition, ScreenWord
from content.works import services as works
from content.works.models import DeskFile, DeskWork
from huabao.queues import Task
from huabao.runtime import Runtime
from tests.integration.console.conftest import csrf_of
from tests.integration.console.edition_rows import add_edition, add_version, run_desk

SignedIn = Callable[[str], TestClient]


def press(client: TestClient, path: str, **fields: str) -> str:
    """Open a sheet, press its button; where it led, or what it said."""
    sheet = client.get(path)
    version = sheet.text.split('name="version" value="')[1].split('"')[0] if 'name="version"' in sheet.text else ""
    answer = client.post(path, data={"csrf": csrf_of(sheet.text), "version": version, **fields})
    found: str = answer.headers.get("location", answer.text)
    return found


def state_of(runtime: Runtime) -> str:
    with runtime.transaction(read_only=True) as session:
        return session.scalars(select(Edition.state)).one()


def test_one_hands_in_and_another_approves(runtime: Runtime, signed_in: SignedIn) -> None:
    add_edition(runtime)
    editor, chief = signed_in("li"), signed_in("root")
    page = editor.get("/editions/1").text
    for said in ("Draft", "Version 1", "not approved yet", "Run preflight, then submit it"):
        assert said in page, said
    assert press(editor, "/editions/1/submit") == "/editions/1"
    assert "In review" in chief.get("/editions/1").text
    assert press(chief, "/editions/1/approve") == "/editions/1"
    assert "/editions/1/work" in chief.get("/editions/1").text, "it is under way"
    assert state_of(runtime) == "in_review"
    assert press(chief, "/editions/1/approve") == "/editions/1"
    assert run_desk(runtime) == 1, "twice pressed is once asked"
    assert state_of(runtime) == "approved"
    live = chief.get("/editions/1/work", headers={"hx-request": "true", "hx-current-url": "http://console.test/editions/1/review?before=1"})
    assert live.headers["hx-redirect"] == "/editions/1/review?before=1"
    page = chief.get("/editions/1").text
    assert "Approved" in page
    with runtime.transaction(read_only=True) as session:
        approval = session.scalars(select(Approval)).one()
        assert (approval.by, approval.role) == ("root", "admin")
        assert approval.digest[:12] in page
        assert [(one.verb, one.by) for one in session.scalars(select(EditionTransition).order_by(EditionTransition.id))] == [("submit", "li"), ("approve", "root")]


def test_a_typo_is_approved_again_with_one_tap_showing_only_the_difference(runtime: Runtime, signed_in: SignedIn) -> None:
    world = add_edition(runtime)
    chief, duty = signed_in("root"), signed_in("王敏")
    press(signed_in("li"), "/editions/1/submit")
    press(chief, "/editions/1/approve")
    run_desk(runtime)
    add_version(runtime, world, "今天的消息很长。")
    sheet = duty.get("/editions/1/reapprove").text
    assert "no deputy" in sheet
    assert '<button class="main"' not in sheet
    with runtime.transaction() as session:
        notes.set_desk(session, world.publication_id, deputies=["王敏"], by="test", at=runtime.now())
    sheet = duty.get("/editions/1/reapprove").text
    assert "<del>短</del><ins>长</ins>" in sheet
    assert press(duty, "/editions/1/reapprove") == "/editions/1"
    run_desk(runtime)
    assert state_of(runtime) == "approved"
    add_version(runtime, world, "换了一条完全不同的消息，一共改了很多很多字，谁都要重新看一遍才行。" * 20)
    assert "characters changed" in duty.get("/editions/1/reapprove").text


def test_what_stands_in_the_way_is_listed_and_nothing_is_done(runtime: Runtime, signed_in: SignedIn) -> None:
    add_edition(runtime)
    editor, chief = signed_in("li"), signed_in("root")
    with runtime.transaction() as session:
        session.add(ScreenWord(listed_in="词表", word="消息", folded="消息", severity="block", note="", advice=""))
    press(editor, "/editions/1/submit")
    fields = {"csrf": csrf_of(chief.get("/editions/1/review").text)}
    assert chief.post("/editions/1/comments", data=fields | {"text": "哪一天？<script>", "item": "articles/1.md"}).headers["location"].endswith("#comments")
    page = chief.get("/editions/1/review").text
    assert "哪一天？&lt;script&gt;" in page
    assert "1 hit is open" in page
    assert "1 comment is open, from root" in page
    sheet = chief.get("/editions/1/approve").text
    assert '<button class="main"' not in sheet
    chief.post("/editions/1/approve", data=fields | {"version": "1"})
    assert run_desk(runtime) == 0
    mark = page.split('id="hit-')[1].split('"')[0]
    assert "/editions/1/review#hits" in chief.post(f"/editions/1/hits/{mark}", data=fields | {"reason": "不是那个意思"}).headers["location"]
    assert editor.post("/editions/1/comments/1", data={"csrf": csrf_of(editor.get("/editions/1/review").text), "resolution": "写了"}).status_code == 303
    assert press(chief, "/editions/1/approve") == "/editions/1"
    run_desk(runtime)
    assert state_of(runtime) == "approved"


def test_another_version_meanwhile_and_a_return(runtime: Runtime, signed_in: SignedIn) -> None:
    world = add_edition(runtime)
    chief = signed_in("root")
    press(signed_in("li"), "/editions/1/submit")
    sheet = chief.get("/editions/1/approve").text
    add_version(runtime, world, "改过了。", by="li")
    answer = chief.post("/editions/1/approve", data={"csrf": csrf_of(sheet), "version": "1"})
    assert "a newer version came" in answer.text
    review = chief.get("/editions/1/review").text
    assert "Version 2 against version 1" in review
    assert "<del>今天的消息很短</del>" in review or "<ins>" in review
    assert "give a reason" in chief.post("/editions/1/reject", data={"csrf": csrf_of(sheet), "version": "2"}).text
    assert press(chief, "/editions/1/reject", reason="导语太长") == "/editions/1"
    assert state_of(runtime) == "draft"
    assert "导语太长" in chief.get("/editions/1").text
    assert "cannot take" in chief.get("/editions/1/approve").text


def test_the_proof_is_made_in_a_job_and_downloaded(sqlite_runtime: Runtime, signed_in: SignedIn, runtime: Runtime) -> None:
    if runtime is not sqlite_runtime:
        return
    add_edition(runtime)
    client = signed_in("li")
    client.post("/editions/1/proof", data={"csrf": csrf_of(client.get("/editions/1/review").text)})
    run_desk(runtime)
    with runtime.transaction(read_only=True) as session:
        work, file_id = session.scalars(select(DeskWork)).one(), session.scalar(select(DeskFile.id))
        assert (work.state, work.problem) == ("done", "")
    page = client.get("/editions/1/review").text
    assert f"/editions/1/files/{file_id}" in page
    answer = client.get(f"/editions/1/files/{file_id}")
    assert answer.content.startswith(b"%PDF-")
    assert "paper-1-v1.pdf" in answer.headers["content-disposition"]
    assert client.get(f"/editions/2/files/{file_id}").status_code == 404, "by another edition's address it is not there"


def test_what_breaks_off_says_so_and_what_is_old_goes(runtime: Runtime) -> None:
    world = add_edition(runtime)
    task = Task("test.work", lambda _runtime, work_id: None)

    def broken(_runtime: Runtime, order: works.Order, tell: works.Tell) -> works.Result:
        tell(1, 2)
        raise ZeroDivisionError(order.work_id)

    with runtime.transaction() as session:
        edition = session.get_one(Edition, world.edition_id)
        first = works.ask(session, task, edition, "proof", {}, by="li", role="editor", now=runtime.now()).id
        assert works.ask(session, task, edition, "proof", {}, by="root", role="admin", now=runtime.now()).id == first, "asked once"
    with pytest.raises(ZeroDivisionError):
        works.run(runtime, first, {"proof": broken})
    works.run(runtime, first, {"proof": broken})  # it is over: nothing runs again
    with runtime.transaction() as session:
        work = session.get_one(DeskWork, first)
        assert (work.state, work.done, work.total) == ("failed", 1, 2)
        second = works.ask(session, task, session.get_one(Edition, world.edition_id), "proof", {}, by="li", role="editor", now=runtime.now()).id
        assert second != first
    works.run(runtime, second, {"proof": lambda *_: works.Result({}, (works.Made("a.pdf", "application/pdf", b"x"),))})
    assert works.drop_old(runtime) == 0
    with runtime.transaction() as session:
        for one in session.scalars(select(DeskWork)):
            one.finished_at = runtime.now() - timedelta(days=31)
    assert works.drop_old(runtime) == 2
    with runtime.transaction(read_only=True) as session:
        assert session.scalars(select(DeskFile)).all() == []
