"""An editor's morning in a real browser: an edition from nothing to a version, two tabs, a lost connection, and a text mended on a phone."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from content.services import PublicationFields, add_publication, import_folder
from huabao.runtime import Runtime
from tests.browser.test_console import OpenPage, _judge, _keep_picture
from tests.integration.console.dispatch_rows import PASSWORD
from tests.unit.content import editions

SLOW_MS = 90_000


def _saved(page: Page) -> None:
    expect(page.locator("#saved")).to_have_attribute("data-state", "saved", timeout=SLOW_MS)


def _import(runtime: Runtime, folder: Path) -> None:
    files = {"edition.yaml": editions.edition(sections=[{"title": "要闻", "items": ["articles/1.md"]}]), "articles/1.md": editions.article("新桥通车", "短。")}
    with runtime.transaction() as session:
        import_folder(session, editions.write(folder, dict(files)), "mei", runtime.now())


def test_an_editor_makes_an_edition_from_nothing(open_page: OpenPage, sqlite_runtime: Runtime, tmp_path: Path) -> None:
    with sqlite_runtime.transaction() as session:
        add_publication(session, "wanbao", PublicationFields(title="江淮晚报", kind="newspaper", service_id="W"), "mei", sqlite_runtime.now())
    picture = tmp_path / "桥.jpg"
    picture.write_bytes(editions.picture(320, 240))
    page = open_page("/editions", name="li")
    page.set_default_timeout(SLOW_MS)
    page.click("#new-edition")
    page.check("input[value=nothing]")
    _judge(page)
    page.click("main button.main")
    page.click(".outline-section .outline-name")
    page.click("#add-article")
    page.keyboard.type("新桥通车")
    page.fill("#body", "江边的新桥开放。俄罗斯連接德国。")
    _saved(page)
    expect(page.locator("#held")).to_contain_text("由我锁定")
    expect(page.locator(".hits mark")).to_have_text("連", timeout=SLOW_MS)
    with page.expect_file_chooser() as chooser:
        page.click(".choose-picture")
    chooser.value.set_files(picture)
    page.click(".cut-picture")
    handle = page.locator("cropper-handle[action=se-resize]")
    expect(handle).to_be_visible(timeout=SLOW_MS)
    box = handle.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 2, box["y"] + 2)
    page.mouse.down()
    page.mouse.move(box["x"] - 60, box["y"] - 40, steps=4)
    page.mouse.up()
    expect(page.locator(".cut-numbers input").nth(2)).not_to_have_value("320", timeout=SLOW_MS)
    page.locator(".cut-numbers input").nth(3).fill("100")
    page.click("#paper .main")
    expect(page.get_by_role("button", name="恢复原图")).to_be_visible(timeout=SLOW_MS)
    _saved(page)
    expect(page.locator("#slide")).to_be_visible(timeout=SLOW_MS)
    _judge(page)
    _keep_picture(page, "zh-CN-light-1366-write")
    page.click("#keep")
    expect(page.locator("[data-told=kept]")).to_contain_text("版本 1", timeout=SLOW_MS)


def test_on_a_phone_a_text_is_read_and_mended(open_page: OpenPage, sqlite_runtime: Runtime, tmp_path: Path) -> None:
    _import(sqlite_runtime, tmp_path)
    page = open_page("/editions", name="li", width=390, height=844, scheme="dark")
    page.click("main th a")
    expect(page.locator("#body")).to_have_value("短。")
    expect(page.locator("#phone")).to_be_hidden()
    page.fill("#body", "在路上改的。")
    _saved(page)
    _judge(page)
    _keep_picture(page, "zh-CN-dark-390-write")
    page.reload()
    expect(page.locator("#body")).to_have_value("在路上改的。")


def _an_answer_is_lost(page: Page) -> None:
    """The server has it and says so, and then the line, or the server, is gone: the text after it is no conflict with one's own."""
    lost: list[str] = []

    def lose(route: Route) -> None:
        if route.request.method != "POST" or lost:
            route.fallback()
            return
        route.fetch()
        lost.append(route.request.url)
        page.evaluate("document.getElementById('body').value = '应答丢了以后写的。'; document.getElementById('body').dispatchEvent(new Event('input', {bubbles: true}))")
        route.abort()

    page.route("**/editions/1/draft", lose)
    page.fill("#body", "应答丢了。")
    expect(page.locator("#body")).to_have_value("应答丢了以后写的。", timeout=SLOW_MS)
    _saved(page)
    expect(page.locator("#paper")).to_be_hidden()
    assert len(lost) == 1
    page.unroute("**/editions/1/draft")


def _the_store_is_full(page: Page) -> None:
    """What the browser cannot keep is told, and saved all the same."""
    page.evaluate("() => { window.keeps = Storage.prototype.setItem; Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }; }")
    page.fill("#body", "浏览器存不下时写的。")
    expect(page.locator("[data-told=stash]")).to_be_visible(timeout=SLOW_MS)
    _saved(page)
    page.evaluate("() => { Storage.prototype.setItem = window.keeps; }")


def _the_sign_in_has_ended(page: Page) -> None:
    """While somebody writes; he signs in again beside it, and what he wrote is saved."""
    page.context.clear_cookies()
    page.fill("#body", "登录过期时写的。")
    expect(page.locator("[data-told=saving] a")).to_be_visible(timeout=SLOW_MS)
    beside = page.context.new_page()
    beside.goto("/sign-in")
    beside.fill("input[name=name]", "li")
    beside.fill("input[name=password]", PASSWORD)
    beside.click("button.main")
    expect(beside.locator("h1")).to_be_visible(timeout=SLOW_MS)
    beside.close()
    page.evaluate("() => { dispatchEvent(new Event('focus')); }")
    _saved(page)
    expect(page.locator("#body")).to_have_value("登录过期时写的。")


def _a_tab_is_duplicated(page: Page) -> None:
    """Both write without a connection; the one that is closed loses nothing, and its text goes over nobody's."""
    with page.context.expect_page() as opened:
        page.evaluate("() => { window.open(location.href); }")  # a page that is opened so begins with a copy of this one's session store
    twin = opened.value
    expect(twin.locator("#body")).to_be_visible(timeout=SLOW_MS)
    page.context.set_offline(True)
    page.fill("#body", "原来那页写的。")
    twin.fill("#body", "复制出来的那页写的。")
    expect(twin.locator("[data-told=saving]")).to_be_visible(timeout=SLOW_MS)
    expect(page.locator("[data-told=saving]")).to_be_visible(timeout=SLOW_MS)
    stores = page.evaluate("() => Object.keys(localStorage).filter((one) => one.startsWith('huabao-draft:')).length")
    assert stores == 2, "each page keeps its own text"
    twin.close()
    page.context.set_offline(False)
    _saved(page)
    expect(page.locator("#body")).to_have_value("原来那页写的。")
    expect(page.locator("#paper pre").first).to_contain_text("复制出来的那页写的。", timeout=SLOW_MS)
    page.get_by_role("button", name="Keep mine").click()
    _saved(page)
    expect(page.locator("#body")).to_have_value("复制出来的那页写的。")


@pytest.mark.parametrize("language", ["en"])
def test_nothing_is_lost_without_a_connection_and_nothing_written_over_in_two_tabs(
    open_page: OpenPage, sqlite_runtime: Runtime, tmp_path: Path, complaints: list[str], language: str
) -> None:
    _import(sqlite_runtime, tmp_path)
    page = open_page("/editions/1/write", name="li", language=language)
    page.context.set_offline(True)
    page.fill("#body", "断线时写的。")
    expect(page.locator("[data-told=saving]")).to_contain_text("cannot be reached", timeout=SLOW_MS)
    page.context.set_offline(False)
    _saved(page)
    _an_answer_is_lost(page)
    _the_sign_in_has_ended(page)
    _the_store_is_full(page)
    other = page.context.new_page()
    other.goto("/editions/1/write")
    expect(other.locator("#body")).to_have_value("浏览器存不下时写的。")
    other.fill("#body", "第二个窗口。")
    _saved(other)
    page.fill("#body", "第一个窗口。")
    expect(page.locator("#paper")).to_be_visible(timeout=SLOW_MS)
    expect(page.locator("#paper pre").nth(1)).to_contain_text("第二个窗口。")
    page.get_by_role("button", name="Keep mine").click()
    _saved(page)
    other.close()
    _a_tab_is_duplicated(page)
    page.click("#steps-open")
    expect(page.locator(".steps-list li")).not_to_have_count(0)
    complaints[:] = [one for one in complaints if "ERR_INTERNET_DISCONNECTED" not in one and "ERR_FAILED" not in one and "status of 401" not in one]
