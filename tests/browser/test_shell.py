"""The shell by keys alone: the palette, places, rows; nothing while one types; charts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from delivery.models import Outcome
from huabao.runtime import Runtime
from tests.browser.test_console import _judge, _keep_picture
from tests.integration.console.dispatch_rows import add_dispatch, add_submission, settle

OpenPage = Callable[..., Page]
WAIT_MS = 60_000


@pytest.fixture
def dispatch_id(sqlite_runtime: Runtime) -> int:
    """A dispatch half way through."""
    made = add_dispatch(sqlite_runtime, planned=200)
    settle(sqlite_runtime, made, Outcome.RETRIEVED, range(1, 101), ago_s=300)
    add_submission(sqlite_runtime, made, recipients=100, ago_s=200)
    return made


def test_the_keyboard_alone_goes_everywhere(open_page: OpenPage, address: str, dispatch_id: int) -> None:
    page = open_page("/", language="en")
    page.keyboard.press("Control+k")
    page.keyboard.type("1522")
    expect(page.locator("#palette-found [data-path]").first).to_contain_text("1522", timeout=WAIT_MS)
    _judge(page)
    _keep_picture(page, "palette")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}/dispatches/{dispatch_id}")
    page.keyboard.press("Escape")
    page.wait_for_url(f"{address}/")
    for _ in range(5):  # past what stands above the list
        page.keyboard.press("j")
        if page.evaluate("document.activeElement.getAttribute('href')") == f"/dispatches/{dispatch_id}":
            break
    assert page.evaluate("document.activeElement.getAttribute('href')") == f"/dispatches/{dispatch_id}"
    page.keyboard.press("g")
    page.keyboard.press("r")
    page.wait_for_url(f"{address}/readers")
    page.locator(".find input[name=number]").focus()
    page.keyboard.type("gt?")
    assert page.input_value(".find input[name=number]") == "gt?", "keys are letters while one types"
    page.locator("body").click(position={"x": 700, "y": 700})
    page.keyboard.press("?")
    expect(page.locator("dialog#keys")).to_be_visible()
    _judge(page)


def test_a_chart_is_read_by_hand_by_ear_and_as_a_file(open_page: OpenPage, dispatch_id: int) -> None:
    page = open_page(f"/dispatches/{dispatch_id}", language="en", width=390, height=844)
    chart = page.locator("#outcomes-chart")
    expect(chart.locator("canvas")).to_be_visible(timeout=WAIT_MS)
    chart.locator("summary").click()
    expect(chart.locator("tbody tr").first.locator("td").first).to_have_text("100")
    chart.locator("[data-from]").fill("00:00")
    chart.locator("[data-to]").fill("23:59")
    chart.locator("[data-to]").press("Tab")
    expect(chart.locator("[data-whole]")).to_be_visible()
    assert "from=" in (chart.locator(".graph-csv").get_attribute("href") or "")
    chart.locator(".graph-plot").focus()
    page.keyboard.press("ArrowRight")
    expect(chart.locator(".graph-legend b").first).to_have_text("100")
    page.locator("button.more").click()
    expect(page.locator("#more")).to_be_visible()
    _judge(page)
