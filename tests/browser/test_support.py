"""The support desk's main day: "I got no paper this morning", from the number to what is read to the caller, in few steps."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from care.models import Complaint
from content.models import Variant
from delivery.models import Outcome, Resend, deliveries
from delivery.resend import services
from huabao.msisdn import MSISDN
from huabao.runtime import Runtime
from reconciliation.charges.models import Refund
from tests.browser.test_console import OpenPage, _judge, _keep_picture
from tests.integration.console.desk_rows import ELSEWHERE, STOPPED, WELL, add_readers, number_of

WAIT_MS = 60_000


@pytest.fixture
def morning(sqlite_runtime: Runtime) -> Runtime:
    """One of the readers did not get this morning's paper, and is not stopped."""
    add_readers(sqlite_runtime)
    with sqlite_runtime.transaction() as session:
        session.execute(update(deliveries).where(deliveries.c.reader_id == ELSEWHERE).values(outcome=int(Outcome.EXPIRED)))
    wanted = services.look_only(sqlite_runtime, services.Ask(MSISDN(number_of(ELSEWHERE)), "1", "look"), actor="test").variant
    with sqlite_runtime.transaction() as session:  # built already, as it is when the edition went out
        session.execute(update(Variant).values(name=wanted))
    return sqlite_runtime


class Agent:
    """Who counts each press and each thing typed."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.steps = 0

    def press(self, where: str) -> None:
        """One click."""
        self.page.click(where, timeout=WAIT_MS)
        self.steps += 1

    def type(self, what: str) -> None:
        """Words into the field that has the focus, and Enter."""
        self.page.keyboard.type(what)
        self.page.keyboard.press("Enter")
        self.steps += 1


@pytest.mark.parametrize(("language", "width", "height"), [("zh-CN", 1366, 768), ("en", 390, 844)])
def test_no_paper_this_morning(open_page: OpenPage, morning: Runtime, language: str, width: int, height: int) -> None:
    page = open_page("/readers", name="zhou", language=language, width=width, height=height)
    agent, look, sheet = Agent(page), f"{language}-{width}", page.locator("dialog#sheet")
    agent.type(number_of(ELSEWHERE))
    expect(page.locator(".headline .cause")).to_contain_text("没有收到" if language == "zh-CN" else "did not reach him", timeout=WAIT_MS)
    expect(page.locator("#answer-text")).to_contain_text("现在就补发" if language == "zh-CN" else "leaves now")
    _judge(page)
    _keep_picture(page, f"{look}-support-reader")
    agent.press("#best-step")
    expect(sheet.locator(".screen img")).to_have_js_property("naturalWidth", 240, timeout=WAIT_MS)  # what will be sent, as a picture
    agent.press("dialog#sheet button.main")
    expect(page.locator(".note-done")).to_be_visible(timeout=WAIT_MS)
    agent.press("#complain")
    expect(sheet.locator("textarea")).to_be_focused(timeout=WAIT_MS)
    page.keyboard.type("早上没收到报纸")
    agent.press("dialog#sheet button.main")
    expect(page.locator(".note-done")).to_contain_text("投诉" if language == "zh-CN" else "complaint", timeout=WAIT_MS)
    assert agent.steps <= 6 and number_of(ELSEWHERE) not in page.url
    agent.press(".charges a[role=button]")
    expect(sheet.locator("input[name=amount]")).to_have_value("5.00", timeout=WAIT_MS)
    _judge(page)
    _keep_picture(page, f"{look}-support-refund")
    agent.press("dialog#sheet button.main")
    expect(page.locator(".charges .badge")).to_be_visible(timeout=WAIT_MS)
    page.goto("/readers/many")
    page.fill("textarea[name=numbers]", "\n".join(number_of(one) for one in (STOPPED, WELL, ELSEWHERE)))
    page.click("main button[type=submit]")
    page.click("#many-reach", timeout=WAIT_MS)
    expect(sheet.locator("input[name=reason]")).to_be_focused(timeout=WAIT_MS)
    page.keyboard.press("Escape")
    _judge(page)
    _keep_picture(page, f"{look}-support-many")
    with morning.transaction(read_only=True) as session:
        assert session.execute(select(Resend.requested_by, Resend.reader_id)).all() == [("zhou", ELSEWHERE)]
        complaint = session.scalars(select(Complaint)).one()
        assert (complaint.reader_id, complaint.edition_id) == (ELSEWHERE, None)
        assert session.execute(select(Refund.reader_id, Refund.complaint_id)).all() == [(ELSEWHERE, complaint.id)]
