"""The gate as the person on duty sees it: seeds, steps, what is held back; stopping a class and letting it go."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from delivery.models import Brake
from huabao.runtime import Runtime
from tests.browser.test_console import LOOKS, OpenPage, _judge, _keep_picture
from tests.integration.console.test_gate_pages import CLASS, add_gated, hold


@pytest.mark.parametrize(("language", "scheme", "width", "height"), [LOOKS[1], LOOKS[2]])
def test_the_gate_in_every_look(open_page: OpenPage, sqlite_runtime: Runtime, language: str, scheme: str, width: int, height: int) -> None:
    dispatch_id = add_gated(sqlite_runtime, state="held", bad=1)
    hold(sqlite_runtime, dispatch_id, "handset_class", CLASS)
    brake_id = hold(sqlite_runtime, dispatch_id, "port", "mm-1")
    page = open_page(f"/dispatches/{dispatch_id}", language=language, scheme=scheme, width=width, height=height)
    page.locator("#each-seed summary").click()
    expect(page.locator("#each-seed tbody tr")).to_have_count(4)
    _judge(page)
    _keep_picture(page, f"{language}-{scheme}-{width}-gate")
    page.click(f"#release-{brake_id}")
    expect(page.locator("dialog#sheet")).to_be_visible()
    expect(page.locator("dialog#sheet .big")).to_contain_text("996")
    _judge(page)
    _keep_picture(page, f"{language}-{scheme}-{width}-brake")


def test_stopping_a_class_and_letting_it_go(open_page: OpenPage, sqlite_runtime: Runtime) -> None:
    dispatch_id = add_gated(sqlite_runtime, state="sending", retrieved=4)
    page = open_page(f"/dispatches/{dispatch_id}")
    page.click(f"[id='block-{CLASS}']")
    page.fill("dialog#sheet input[name=reason]", "三部手机乱码")
    page.click("dialog#sheet button.main")
    expect(page.locator("#brake-1")).to_contain_text("三部手机乱码")
    page.click("#release-1")
    page.fill("dialog#sheet input[name=reason]", "是手机的问题")
    page.click("dialog#sheet button.main")
    expect(page.locator("#brake-1")).to_contain_text("是手机的问题")
    with sqlite_runtime.transaction(read_only=True) as session:
        found = session.scalars(select(Brake)).one()
    assert (found.by, found.released_by, found.readers) == ("王敏", "王敏", 996)
