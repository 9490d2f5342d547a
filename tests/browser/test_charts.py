"""Every chart in a real browser: it is drawn, says its values under the pointer, takes a range, and its file is of that range."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from console.charted import CHARTS
from huabao.runtime import Runtime
from tests.integration.console.chart_rows import add_charts

OpenPage = Callable[..., Page]
WAIT_MS = 120_000


def test_every_chart_has_hover_range_and_file(sqlite_runtime: Runtime, open_page: OpenPage) -> None:
    pages, seen, page = add_charts(sqlite_runtime), set[str](), None
    for address, charts in pages.items():
        if page is None:
            page = open_page(address, name="root", language="en")
        else:
            page.goto(address)
        for name, path in charts.items():
            _try(page, page.locator(f'[data-chart^="{path}.json"]'), name)
            seen.add(name)
    assert seen == {f"{route} {name}" for route, names in CHARTS.items() for name in names}


def _try(page: Page, chart: Locator, name: str) -> None:
    expect(chart.locator("canvas"), name).to_be_visible(timeout=WAIT_MS)
    chart.scroll_into_view_if_needed()
    over = chart.locator(".u-over")
    unit = chart.locator(".graph-legend .unit")
    before = unit.inner_text()
    over.hover()
    expect(unit, f"{name}: what is under the pointer").not_to_have_text(before)
    box = over.bounding_box()
    assert box is not None
    whole = chart.locator(".graph-csv").get_attribute("href")
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["height"] / 2, steps=4)
    page.mouse.up()
    expect(chart.locator("[data-whole]"), f"{name}: a range was pulled").to_be_visible()
    href = chart.locator(".graph-csv").get_attribute("href") or ""
    assert href != whole and "from=" in href and "to=" in href, name
    assert page.request.get(href).headers["content-type"].startswith("text/csv"), name
    chart.locator("[data-whole]").click()
    expect(chart.locator("[data-whole]"), name).to_be_hidden()
