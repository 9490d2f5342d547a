"""The console as a person sees it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from delivery.models import Dispatch, Outcome
from huabao.runtime import Runtime
from tests.integration.console.dispatch_rows import PASSWORD, add_dispatch, add_report, add_submission, settle

AXE = Path(__file__).parent / "vendor" / "axe-4.14.1.min.js"
OpenPage = Callable[..., Page]
LOOKS = [("zh-CN", "light", 1366, 768), ("en", "dark", 1366, 768), ("zh-CN", "light", 390, 844), ("en", "dark", 390, 844)]
"""The first and the last differ in everything, and so do the two between: a pair of them shows a page in each language, scheme and width."""


@pytest.fixture
def dispatch_id(sqlite_runtime: Runtime) -> int:
    """A dispatch half way through."""
    made = add_dispatch(sqlite_runtime, planned=3000)
    settle(sqlite_runtime, made, Outcome.RETRIEVED, range(1, 1001), ago_s=300)
    settle(sqlite_runtime, made, Outcome.EXPIRED, range(1001, 1051), ago_s=180)
    settle(sqlite_runtime, made, Outcome.SUBMITTED, range(1051, 1351), ago_s=5)
    settle(sqlite_runtime, made, Outcome.NO_REPORT, range(1351, 1361), ago_s=100)
    add_submission(sqlite_runtime, made, recipients=300, ago_s=5)
    add_submission(sqlite_runtime, made, state="unknown")
    add_report(sqlite_runtime, 1, "Expired", "4446")
    add_report(sqlite_runtime, 1, "Retrieved")
    add_report(sqlite_runtime, 1, "Teleported somewhere that nobody documented")
    return made


def _keep_picture(page: Page, name: str) -> None:
    """Where SCREENSHOTS names a folder, keep what the page looks like for a person to judge."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def faults_of(page: Page) -> list[object]:
    """What axe finds on the page, and whether it scrolls sideways."""
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'], resultTypes: ['violations']})")
    wide = [] if page.evaluate("document.documentElement.scrollWidth <= innerWidth") else ["it scrolls sideways"]
    return [*wide, *({"id": one["id"], "nodes": [node["html"][:160] for node in one["nodes"]]} for one in found["violations"])]


def _judge(page: Page) -> None:
    """No sideways scroll, and nothing that axe calls serious."""
    bad = faults_of(page)
    assert not bad, json.dumps(bad, ensure_ascii=False, indent=1)


@pytest.mark.parametrize(("language", "scheme", "width", "height"), [LOOKS[0], LOOKS[3]])
def test_every_page_in_every_look(open_page: OpenPage, dispatch_id: int, language: str, scheme: str, width: int, height: int) -> None:
    page = open_page("/", language=language, scheme=scheme, width=width, height=height)
    look = f"{language}-{scheme}-{width}"
    expect(page.locator(f"#dispatch-{dispatch_id}")).to_be_visible()
    _judge(page)
    _keep_picture(page, f"{look}-today")
    page.goto(f"/dispatches/{dispatch_id}")
    assert page.locator("html").get_attribute("lang") == language
    expect(page.locator("#planned")).to_have_text("3,000")
    page.locator(".screen img").first.scroll_into_view_if_needed()
    expect(page.locator(".screen img").first).to_have_js_property("naturalWidth", 240, timeout=60_000)
    page.evaluate("scrollTo(0, 0)")
    page.locator("#outcomes-chart summary").click()
    _judge(page)
    page.locator("#outcomes-chart summary").click()
    _keep_picture(page, f"{look}-dispatch")
    page.click("#codes-link")
    expect(page.locator(".codes code").first).to_be_visible()
    _judge(page)
    _keep_picture(page, f"{look}-codes")
    page.go_back()
    page.click("#act-kill")
    expect(page.locator("dialog#sheet")).to_be_visible()
    _judge(page)
    _keep_picture(page, f"{look}-kill")


@pytest.mark.parametrize(("language", "scheme", "width", "height"), LOOKS[:2])
def test_the_sign_in(chromium: Browser, address: str, language: str, scheme: str, width: int, height: int) -> None:
    context = chromium.new_context(locale=language, color_scheme=scheme, viewport={"width": width, "height": height}, base_url=address)  # type: ignore[arg-type]  # a Literal
    page = context.new_page()
    page.goto("/")
    _judge(page)
    page.fill("input[name=name]", "li")
    page.fill("input[name=password]", "not it")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    assert page.input_value("input[name=name]") == "li", "what was typed stays"
    _judge(page)
    _keep_picture(page, f"{language}-{scheme}-sign-in")
    page.fill("input[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("今日" if language == "zh-CN" else "Today")
    context.close()


def test_a_dispatch_changes_while_it_is_watched(open_page: OpenPage, sqlite_runtime: Runtime, dispatch_id: int) -> None:
    page = open_page(f"/dispatches/{dispatch_id}", language="en")
    page.evaluate("window.sameDocument = true")
    expect(page.locator("#outcome-retrieved td").first).to_have_text("1,000")
    expect(page.locator("#live-badge")).to_contain_text("live")
    settle(sqlite_runtime, dispatch_id, Outcome.RETRIEVED, range(1361, 2001))
    expect(page.locator("#outcome-retrieved td").first).to_have_text("1,640", timeout=30_000)
    expect(page.locator("#outcome-pending td").first).to_have_text("1,000")
    with sqlite_runtime.transaction() as session:
        session.get_one(Dispatch, dispatch_id).state = "paused"
    expect(page.locator("#act-resume")).to_be_visible(timeout=30_000)
    assert page.evaluate("window.sameDocument"), "nothing was loaded anew"


def test_what_a_person_opened_stays_open_while_the_page_lives(open_page: OpenPage, sqlite_runtime: Runtime, dispatch_id: int) -> None:
    page = open_page(f"/dispatches/{dispatch_id}")
    page.locator("#outcomes-chart summary").click()
    settle(sqlite_runtime, dispatch_id, Outcome.RETRIEVED, range(1361, 1371))
    expect(page.locator("#outcome-retrieved td").first).to_have_text("1,010", timeout=30_000)
    expect(page.locator("#outcomes-chart table")).to_be_visible()


def test_pausing_with_the_keyboard_alone(open_page: OpenPage, sqlite_runtime: Runtime, dispatch_id: int) -> None:
    page = open_page(f"/dispatches/{dispatch_id}")
    page.locator("#act-pause").focus()
    page.keyboard.press("Enter")
    button = page.locator("dialog#sheet button[type=submit]")
    expect(button).to_have_text("暂停 1,640 人")
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#act-resume")).to_be_visible()
    with sqlite_runtime.transaction(read_only=True) as session:
        assert session.get_one(Dispatch, dispatch_id).state == "paused"


def test_leaving_the_sheet_changes_nothing(open_page: OpenPage, sqlite_runtime: Runtime, dispatch_id: int) -> None:
    page = open_page(f"/dispatches/{dispatch_id}")
    for button in ("", "dialog#sheet [data-close]"):
        page.click("#act-cancel")
        expect(page.locator("dialog#sheet")).to_be_visible()
        if button:
            page.click(button)
        else:
            page.keyboard.press("Escape")
        expect(page.locator("dialog#sheet")).to_be_hidden()
    with sqlite_runtime.transaction(read_only=True) as session:
        assert session.get_one(Dispatch, dispatch_id).state == "sending"


def test_an_editor_watches_and_has_no_button(open_page: OpenPage, dispatch_id: int) -> None:
    page = open_page(f"/dispatches/{dispatch_id}", name="li")
    expect(page.locator("#planned")).to_be_visible()
    assert page.locator(".acts").count() == 0


def test_a_page_that_hears_nothing_says_so(open_page: OpenPage, dispatch_id: int, complaints: list[str]) -> None:
    page = open_page(f"/dispatches/{dispatch_id}", language="en")
    page.clock.install()
    page.context.route("**/events?*", lambda route: route.abort())
    page.reload()
    page.clock.run_for(20_000)
    expect(page.locator("#live-badge")).to_have_attribute("data-state", "stale")
    page.clock.run_for(60_000)
    expect(page.locator("#live-badge")).to_have_attribute("data-state", "lost")
    expect(page.locator("#live-badge")).to_contain_text("out of touch")
    page.context.unroute("**/events?*")
    page.clock.run_for(40_000)  # by now it asks every half minute only
    expect(page.locator("#live-badge")).to_have_attribute("data-state", "now", timeout=60_000)
    complaints.clear()  # that the network was gone
