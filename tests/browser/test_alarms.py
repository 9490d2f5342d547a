"""Alarms as a person sees them: both pages in every look, one taken, silenced and announced, and the strip that comes by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from huabao import alarms
from huabao.runtime import Runtime
from tests.browser.test_console import LOOKS, OpenPage, _judge, _keep_picture


def _incidents(runtime: Runtime) -> int:
    now = runtime.now()
    with runtime.transaction() as session:
        alarms.raise_alarm(session, "jobs.failed", "content.build", "job 1 (content.build) was given up: it is broken", at=now, args={"edition_id": 3})
        alarms.raise_alarm(session, "feed.missing", "boss", "the check file of boss has not come", at=now - timedelta(hours=2))
        one = alarms.raise_alarm(session, "port.unreachable", "hefei-mm7-1", "port hefei-mm7-1: its peer does not answer", at=now - timedelta(minutes=9), readers=412_000)
        return one.id


@pytest.mark.parametrize(("language", "scheme", "width", "height"), [LOOKS[0], LOOKS[3]])
def test_an_incident_is_taken_silenced_and_announced(open_page: OpenPage, sqlite_runtime: Runtime, language: str, scheme: str, width: int, height: int) -> None:
    one = _incidents(sqlite_runtime)
    page = open_page("/alarms", language=language, scheme=scheme, width=width, height=height)
    look = f"{language}-{scheme}-{width}"
    _judge(page)
    _keep_picture(page, f"{look}-alarms")
    page.click(f"#alarm-{one} a")
    page.click("#take")
    expect(page.locator(".journal li")).to_have_count(2)
    expect(page.locator("#take")).to_have_count(0)
    page.click("#announce")
    page.fill("dialog#sheet input[name=reason]", "09:10 统一补发，请勿手工补发" if language == "zh-CN" else "Resend at 09:10, do not resend by hand")
    page.keyboard.press("Enter")
    expect(page.locator("#incident .incident-critical")).to_be_visible()
    _judge(page)
    _keep_picture(page, f"{look}-alarm")
    page.click("#silence")
    expect(page.locator("dialog#sheet input[name=reason]")).to_be_focused()
    _judge(page)
    _keep_picture(page, f"{look}-alarm-silence")
    page.fill("dialog#sheet input[name=reason]", "MMSC")
    page.keyboard.press("Enter")
    expect(page.locator("#hear")).to_be_visible()


def test_a_strip_comes_and_goes_by_itself(open_page: OpenPage, sqlite_runtime: Runtime) -> None:
    one = _incidents(sqlite_runtime)
    page = open_page("/readers")
    expect(page.locator(".incident")).to_have_count(0)
    with sqlite_runtime.transaction() as session:
        session.get_one(alarms.Alarm, one).notice = "wait"
    expect(page.locator(".incident")).to_have_count(1, timeout=60_000)
    with sqlite_runtime.transaction() as session:
        alarms.close_alarm(session, "port.unreachable", "hefei-mm7-1", at=sqlite_runtime.now())
    expect(page.locator(".incident")).to_have_count(0, timeout=60_000)
