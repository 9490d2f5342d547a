"""The day of an operator of one city: Today, a dispatch, its alarms, the day's report; everything is his city's, in both languages and widths."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from huabao.clock import business_day
from huabao.runtime import Runtime
from tests.browser.test_console import LOOKS, OpenPage, _judge, _keep_picture
from tests.integration.console.city_rows import AGENT, MINE, PLANNED, RETRIEVED, build, leaks


@pytest.mark.parametrize(("language", "scheme", "width", "height"), [LOOKS[0], LOOKS[3]])
def test_a_city_s_operator_walks_through_his_day(open_page: OpenPage, sqlite_runtime: Runtime, language: str, scheme: str, width: int, height: int) -> None:
    dispatch_id = build(sqlite_runtime)
    look = f"{language}-{scheme}-{width}"
    page = open_page("/", name=AGENT, language=language, scheme=scheme, width=width, height=height)
    expect(page.locator("#of-city")).to_contain_text(MINE)
    expect(page.locator("#day-retrieved")).to_have_text(str(RETRIEVED[MINE]))
    _keep_picture(page, f"{look}-city-today")
    seen = [page.content()]
    page.locator(f"#dispatch-{dispatch_id} .what a").click()
    expect(page.locator("#planned")).to_have_text(str(PLANNED[MINE]))
    for path in ("", "/alarms", "/reports", f"/reports/days/{business_day(sqlite_runtime.now())}"):
        if path:
            page.goto(path)
        expect(page.locator("main h1")).to_be_visible()
        _judge(page)
        _keep_picture(page, f"{look}-city-{path.strip('/').replace('/', '-') or 'dispatch'}")
        seen.append(page.content())
    assert [leaks(one) for one in seen] == [[]] * len(seen)
