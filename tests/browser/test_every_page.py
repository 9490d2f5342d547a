"""Every page of the table, of a small month, as an administrator sees it: no sideways scroll, nothing that axe calls a fault, no complaint of the browser.

Each page is looked at once, every other one as a laptop in Chinese by day or as a phone in English at night. What a page does is its own test's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from console.rights import RIGHTS
from huabao.runtime import Runtime
from tests.browser.conftest import serving, sign_in
from tests.browser.test_console import LOOKS, faults_of
from tests.integration.console.conftest import _month_template, small_month  # noqa: F401  # fixtures, by their names
from tests.integration.console.test_languages import ELSEWHERE, fill, paths_of

LOOKED_AT_ONCE = (LOOKS[0], LOOKS[3])


@pytest.mark.slow
def test_no_page_of_the_table_has_a_fault(small_month: Runtime, chromium: Browser) -> None:  # noqa: F811  # the fixture
    things = fill(small_month)
    found: dict[str, object] = {}
    looked = 0
    with serving(small_month) as address:
        contexts = [_context(chromium, address, *look) for look in LOOKED_AT_ONCE]
        for path in _pages(contexts[0], things):
            looked += 1
            page = contexts[looked % 2].new_page()
            if wrong := _wrong(page, path):
                found[f"{path} at {LOOKED_AT_ONCE[looked % 2]}"] = wrong
            page.close()
        for context in contexts:
            context.close()
    assert looked > 65, "the table has that many"
    assert not found, json.dumps(found, ensure_ascii=False, indent=1)


def _context(chromium: Browser, address: str, language: str, scheme: str, width: int, height: int) -> BrowserContext:
    context = chromium.new_context(locale=language, color_scheme=scheme, viewport={"width": width, "height": height}, base_url=address, reduced_motion="reduce")  # type: ignore[arg-type]  # a Literal
    sign_in(context, "root")
    return context


def _pages(context: BrowserContext, things: dict[str, list[object]]) -> Iterator[str]:
    """An address of every route and verb that answers with a whole page."""
    for one in RIGHTS:
        if one.method != "GET" or one.refresh or one.name in ELSEWHERE:
            continue
        seen: set[str] = set()
        for path in paths_of(one, things):
            kind = path.partition("?")[0].rpartition("/")[2] if "{verb}" in one.path else ""
            if kind in seen:
                continue
            answer = context.request.get(path)
            if answer.ok and answer.headers.get("content-type", "").startswith("text/html") and answer.text().startswith("<!doctype"):
                seen.add(kind)
                yield path


def _wrong(page: Page, path: str) -> list[object]:
    """What is wrong with the page there."""
    said: list[object] = []
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(path)
    return [*said, *faults_of(page)]
