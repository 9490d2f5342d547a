"""Accounts and one's own page as a person sees them: every look, a second factor set up by hand."""

from __future__ import annotations

import pyotp
import pytest
from playwright.sync_api import expect

from console import auth
from console.rights import Grant
from huabao.runtime import Runtime
from tests.browser.test_console import LOOKS, OpenPage, _judge, _keep_picture
from tests.integration.console.dispatch_rows import PASSWORD


@pytest.mark.parametrize(("language", "scheme", "width", "height"), [LOOKS[0], LOOKS[3]])
def test_accounts_in_two_looks(open_page: OpenPage, sqlite_runtime: Runtime, language: str, scheme: str, width: int, height: int) -> None:
    page = open_page("/me", name="root", language=language, scheme=scheme, width=width, height=height)
    look = f"{language}-{scheme}-{width}"
    with sqlite_runtime.transaction() as session:
        found = auth.find_user(session, "li")
        auth.give(session, found, Grant("statistics", "合肥", "month"), by="test", now=sqlite_runtime.now())
        path = f"/accounts/{found.id}"
    page.fill("#code input[name=password]", PASSWORD)
    page.click("#code button")
    expect(page.locator(".code-picture img")).to_be_visible()
    expect(page.locator(".code-picture img")).not_to_have_js_property("naturalWidth", 0, timeout=60_000)
    for name, where in (("me", ""), ("accounts", "/accounts"), ("account", path), ("tokens", "/tokens"), ("reference", "/tokens/reference")):
        if where:
            page.goto(where)
        if name == "reference":
            page.click("#steerDispatch summary")
        _judge(page)
        _keep_picture(page, f"{look}-{name}")
    page.goto("/me")
    secret = page.inner_text(".secret").replace(" ", "")
    page.fill("#code input[name=code]", pyotp.TOTP(secret).now())
    page.click("#code button.main")
    expect(page.locator(".recovery-codes li")).to_have_count(10)
    _judge(page)
