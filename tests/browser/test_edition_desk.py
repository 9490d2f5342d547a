"""The editor's day, the review half: handed in, approved by another, planned, scheduled; preflight with a handset that fails; a segment counted as it is made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from content.models import Edition
from content.works.models import DeskWork
from delivery.models import Dispatch
from huabao.runtime import Runtime
from subscribers.imports.handsets import import_handsets
from tests.browser.test_console import LOOKS, OpenPage, _judge, _keep_picture
from tests.integration.console.edition_rows import add_version, run_desk
from tests.services.delivering import World, add_port, add_readers, build_world

SMALL, LARGE = "30kb-128x160", "100kb-240x320"
RECORDS = f"model,handset_class,brand,slides_max,charsets\nK1,{SMALL},Kranich,,gb2312;us-ascii\nR1,{LARGE},Reiher,20,utf-8\n"
WAIT_MS = 60_000


@pytest.fixture
def world(sqlite_runtime: Runtime, tmp_path: Path) -> World:
    """Three readers whose handset reads no UTF-8, five whose does."""
    (tmp_path / "h.csv").write_text(RECORDS)
    import_handsets(sqlite_runtime, tmp_path / "h.csv", by="li")
    made = build_world(sqlite_runtime)
    add_readers(sqlite_runtime, 3, service_id="paper", handset="k1", handset_model="K1", handset_class=SMALL, city="合肥")
    add_readers(sqlite_runtime, 5, service_id="paper", first=101, handset="R1", handset_model="R1", handset_class=LARGE)
    add_port(sqlite_runtime, "http://127.0.0.1:9/", rate=50)
    return made


def asked(page: Page, runtime: Runtime, press: Callable[[], None]) -> None:
    """Press, do in this thread what was asked for, and wait until the page shows what came of it."""
    press()
    expect(page.locator("#work")).to_be_visible(timeout=WAIT_MS)
    assert run_desk(runtime) == 1
    expect(page.locator("#work")).to_have_count(0, timeout=WAIT_MS)


@pytest.mark.parametrize(("language", "width", "height"), [("zh-CN", 1366, 768), ("en", 390, 844)])
def test_from_the_draft_to_the_schedule(open_page: OpenPage, sqlite_runtime: Runtime, world: World, language: str, width: int, height: int) -> None:
    """Written, looked at beside the text, kept; checked, handed in, approved by another, counted, scheduled by a third."""
    chinese = language == "zh-CN"
    look: dict[str, Any] = {"language": language, "width": width, "height": height}
    editor = open_page("/editions/1/write", name="li", **look)
    editor.set_default_timeout(WAIT_MS)
    expect(editor.locator("#body")).to_have_value("今天的消息很短。", timeout=WAIT_MS)
    editor.fill("#body", "今天的消息改过了，还是很短。")
    expect(editor.locator("#saved")).to_have_attribute("data-state", "saved", timeout=WAIT_MS)
    if width > 800:  # on a phone there is no room beside the text
        expect(editor.locator("#slide")).to_be_visible(timeout=WAIT_MS)
    editor.click("#keep")
    expect(editor.locator("[data-told=kept]")).to_be_visible(timeout=WAIT_MS)
    editor.goto("/editions/1/preflight")
    asked(editor, sqlite_runtime, lambda: editor.click("#run-preflight"))
    expect(editor.locator("#problems")).to_contain_text("K1", timeout=WAIT_MS)
    editor.wait_for_function("document.querySelector('#problems img').naturalWidth === 128")
    editor.goto("/editions/1")
    editor.click("#submit")
    expect(editor.locator("dialog#sheet .big")).to_have_text("版本 2" if chinese else "Version 2", timeout=WAIT_MS)
    editor.keyboard.press("Enter")
    expect(editor.locator(".issue-head .badge")).to_have_text("审阅中" if chinese else "In review", timeout=WAIT_MS)
    editor.context.close()
    chief = open_page("/editions/1/review", name="root", **look)
    chief.click("#approve")
    expect(chief.locator("dialog#sheet button.main")).to_be_focused(timeout=WAIT_MS)
    asked(chief, sqlite_runtime, lambda: chief.keyboard.press("Enter"))
    expect(chief.locator(".issue-head .badge")).to_have_text("已通过" if chinese else "Approved", timeout=WAIT_MS)
    chief.context.close()
    ops = open_page("/editions/1/schedule", **look)
    asked(ops, sqlite_runtime, lambda: ops.click("#count-plan"))
    ops.check(f"[name='block.{SMALL}']")
    asked(ops, sqlite_runtime, lambda: ops.click("#count-plan"))
    expect(ops.locator("#planned")).to_have_text("8", timeout=WAIT_MS)
    expect(ops.locator("#schedule-act")).to_have_text("为 8 人排期" if chinese else "Schedule for 8")
    asked(ops, sqlite_runtime, lambda: ops.click("#schedule-act"))
    expect(ops.locator("#scheduled")).to_contain_text("8", timeout=WAIT_MS)
    with sqlite_runtime.transaction(read_only=True) as session:
        assert session.scalars(select(Dispatch.planned)).one() == 8
        assert session.scalars(select(Edition.state)).one() in ("scheduled", "sent")


@pytest.mark.parametrize(("language", "scheme", "width", "height"), [LOOKS[0], LOOKS[3]])
def test_the_pages_in_every_look(open_page: OpenPage, sqlite_runtime: Runtime, world: World, language: str, scheme: str, width: int, height: int) -> None:
    page = open_page("/editions/1/preflight", name="root", language=language, scheme=scheme, width=width, height=height)
    asked(page, sqlite_runtime, lambda: page.click("#run-preflight"))
    add_version(sqlite_runtime, world, "今天的消息很长。")
    with sqlite_runtime.transaction() as session:
        plan = DeskWork(
            edition_id=1, edition_version_id=2, kind="plan", args={}, state="refused", done=0, total=0, by="root", role="admin", asked_at=sqlite_runtime.now(),
            finished_at=sqlite_runtime.now(), result={}, problem="the deadline lies before the start; give a later --deadline",
        )  # fmt: skip
        session.add(plan)
    look = f"{language}-{scheme}-{width}"
    for name, path in (("edition", "/editions/1"), ("preflight", "/editions/1/preflight"), ("review", "/editions/1/review"), ("schedule", "/editions/1/schedule")):
        page.goto(path)
        _judge(page)
        _keep_picture(page, f"{look}-{name}")
    page.goto("/segments")
    page.locator(".segment-value input").fill("合肥")
    expect(page.locator("#segment-size")).to_contain_text("3", timeout=WAIT_MS)
    _judge(page)
    _keep_picture(page, f"{look}-segments")
    page.fill("input[name=name]", "hefei")
    page.click("#segment-save")
    expect(page.locator(".note-done")).to_be_visible(timeout=WAIT_MS)
    page.click("text=hefei")
    expect(page.locator(".segment-value input")).to_have_value("合肥")
