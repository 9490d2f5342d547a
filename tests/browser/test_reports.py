"""Reports as a person sees them: the list, a day, a month, an edition, each in two looks."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from huabao.clock import business_day
from huabao.runtime import Runtime
from tests.browser.test_console import LOOKS, OpenPage, _judge, _keep_picture
from tests.integration.care.report_rows import add_around, add_papers


@pytest.mark.parametrize(("language", "scheme", "width", "height"), [LOOKS[0], LOOKS[3]])
def test_the_reports_in_two_looks(open_page: OpenPage, sqlite_runtime: Runtime, language: str, scheme: str, width: int, height: int) -> None:
    add_papers(sqlite_runtime)
    add_around(sqlite_runtime)
    today = business_day(sqlite_runtime.now())
    page = open_page("/reports", language=language, scheme=scheme, width=width, height=height)
    look = f"{language}-{scheme}-{width}"
    for name, path in (
        ("reports", "/reports"),
        ("report-day", f"/reports/days/{today}"),
        ("report-month", f"/reports/months/{today:%Y-%m}"),
        ("report-edition", "/reports/editions/1"),
    ):
        page.goto(path)
        expect(page.locator("main h1")).to_be_visible()
        _judge(page)
        _keep_picture(page, f"{look}-{name}")
