"""The ops desk's own boards as a person sees them: every page in two looks, a rate changed in its sheet."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from huabao.runtime import Runtime
from tests.browser.test_console import LOOKS, OpenPage, _judge, _keep_picture
from tests.integration.console.ops_rows import add_ports, port_of
from tests.integration.console.test_gate_pages import add_gated


@pytest.mark.parametrize(("language", "scheme", "width", "height"), [LOOKS[0], LOOKS[3]])
def test_the_ports_in_every_look(open_page: OpenPage, sqlite_runtime: Runtime, language: str, scheme: str, width: int, height: int) -> None:
    add_ports(sqlite_runtime)
    page = open_page("/ports", language=language, scheme=scheme, width=width, height=height)
    look = f"{language}-{scheme}-{width}"
    expect(page.locator("#port-mm-1")).to_be_visible()
    _judge(page)
    _keep_picture(page, f"{look}-ports")
    page.goto("/ports/mm-1")
    expect(page.locator("#left .u-legend, #left canvas").first).to_be_visible()
    _judge(page)
    _keep_picture(page, f"{look}-port")
    page.click("#rate")
    rate = page.locator("dialog#sheet input[name=rate]")
    expect(rate).to_be_focused()
    rate.fill("150")
    page.locator("dialog#sheet input[name=reason]").click()
    expect(page.locator("#rate-effect input[name=shown]")).to_have_value("150")
    page.fill("dialog#sheet input[name=reason]", "电话约定")
    _judge(page)
    _keep_picture(page, f"{look}-port-rate")
    page.click("dialog#sheet button.main")
    expect(page.locator("dialog#sheet[open]")).to_have_count(0)
    assert port_of(sqlite_runtime, "mm-1").rate == 150.0


@pytest.mark.parametrize(("language", "scheme", "width", "height"), [LOOKS[1], LOOKS[2]])
def test_seeds_and_planning_in_every_look(open_page: OpenPage, sqlite_runtime: Runtime, language: str, scheme: str, width: int, height: int) -> None:
    dispatch_id = add_gated(sqlite_runtime, state="held", bad=1)
    look = f"{language}-{scheme}-{width}"
    page = open_page("/seeds", language=language, scheme=scheme, width=width, height=height)
    expect(page.locator(f"#seeds-{dispatch_id}")).to_be_visible()
    page.locator(".seed-edit summary").click()
    _judge(page)
    _keep_picture(page, f"{look}-seeds")
    page.goto("/capacity?title=&readers=4000000&start=2030-01-05T06:00&deadline=2030-01-05T08:00")
    expect(page.locator("#course canvas")).to_be_visible()
    _judge(page)
    _keep_picture(page, f"{look}-capacity")
    for name in ("audit", "duty", "settings?q=port"):
        page.goto(f"/{name}")
        _judge(page)
        _keep_picture(page, f"{look}-{name.partition('?')[0]}")
