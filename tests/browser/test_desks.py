"""The support desk and the boards as a person sees them: every page in every look, and a stopped reader tried from the keyboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from huabao.runtime import Runtime
from tests.browser.test_console import LOOKS, OpenPage, _judge, _keep_picture
from tests.integration.console.desk_rows import STOPPED, add_difference, add_held_stops, add_readers, add_run, number_of


@pytest.mark.parametrize(("language", "scheme", "width", "height"), [LOOKS[0], LOOKS[3]])
def test_the_desks_in_every_look(open_page: OpenPage, sqlite_runtime: Runtime, language: str, scheme: str, width: int, height: int) -> None:
    add_readers(sqlite_runtime)
    add_held_stops(sqlite_runtime)
    run_id = add_run(sqlite_runtime, held=300, compared=10_000, matched=9_600)
    add_difference(sqlite_runtime, STOPPED, run_id)
    page = open_page("/readers", language=language, scheme=scheme, width=width, height=height)
    page.keyboard.type(number_of(STOPPED))
    page.keyboard.press("Enter")
    expect(page.locator("#best-step")).to_be_visible()
    assert number_of(STOPPED) not in page.url
    look = f"{language}-{scheme}-{width}"
    for name, path in (("reader", ""), ("recovery", "/recovery"), ("reconcile", "/reconcile")):
        if path:
            page.goto(path)
        _judge(page)
        _keep_picture(page, f"{look}-{name}")
    page.goto(f"/readers/{STOPPED}")
    page.focus("#best-step")
    page.keyboard.press("Enter")
    expect(page.locator("dialog#sheet input[name=reason]")).to_be_focused()
    page.keyboard.type("他说已经清空")
    page.keyboard.press("Enter")
    expect(page.locator(".note-done")).to_be_visible()
    expect(page.locator("#best-step")).to_have_count(0)
