"""The ops desk's main day, from the browser and against real peers: seeds are watched, a class is stopped, the rest released at a slow rate, a port fails and comes back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from delivery.dispatch.thresholds import RAMP_READERS_MIN
from delivery.models import Dispatch
from delivery.ports.health import BREAKER_FAILURES, BREAKER_PROBE_S
from huabao.runtime import Runtime
from tests.browser.test_console import OpenPage, _judge, _keep_picture
from tests.integration.gate.ground import LARGE_READERS, SMALL, SMALL_READERS, gate, set_to, silent
from tests.services.forked import Forked
from tests.services.workers import start_worker

WAIT_MS = 60_000


def confirm(page: Page, verb: str, reason: str = "", **typed: str) -> None:
    """Open a sheet, fill it in, press its button."""
    page.click(f"#{verb}")
    sheet = page.locator("dialog#sheet")
    expect(sheet.locator("button[type=submit]")).to_be_visible()
    for name, value in typed.items():
        sheet.locator(f"input[name={name}]").fill(value)
    if reason:
        sheet.locator("input[name=reason]").fill(reason)
    if "rate" in typed:
        expect(sheet.locator("input[name=shown]")).to_have_value(typed["rate"])
    sheet.locator("button[type=submit]").click()
    expect(page.locator("dialog#sheet[open]")).to_have_count(0)


@pytest.fixture(autouse=True)
def _patience() -> Iterator[None]:
    """What comes by itself comes when a busy machine lets it."""
    expect.set_options(timeout=WAIT_MS)
    yield
    expect.set_options(timeout=5_000)


@pytest.mark.parametrize(("language", "scheme", "width", "height"), [("zh-CN", "light", 1366, 768), ("en", "dark", 390, 844)])
def test_seeds_a_stop_a_release_and_a_port_failure(open_page: OpenPage, sqlite_runtime: Runtime, tmp_path: Path, language: str, scheme: str, width: int, height: int) -> None:
    look = f"{language}-{scheme}-{width}-ops-day"
    set_to(sqlite_runtime, BREAKER_FAILURES, 1)
    set_to(sqlite_runtime, BREAKER_PROBE_S, 1.0)
    set_to(sqlite_runtime, RAMP_READERS_MIN, 1000)
    with gate(sqlite_runtime, tmp_path, silent("13900000001"), timeout_s=2.0) as world:
        dispatch_id = world.start(start_at=sqlite_runtime.now() + timedelta(minutes=20))
        worker = start_worker(sqlite_runtime)
        again: Forked | None = None
        try:
            page = open_page("/seeds", language=language, scheme=scheme, width=width, height=height)
            board = page.locator(f"#seeds-{dispatch_id}")
            expect(board.locator("tbody tr").nth(1).locator("td").nth(2)).to_have_text("1")  # the large one fetched it; the small one is silent
            _keep_picture(page, f"{look}-seeds")
            confirm(page, f"block-{dispatch_id}-{SMALL}", "机型档 128x160 无人接收")
            expect(page.locator(f"#block-{dispatch_id}-{SMALL}")).to_have_count(0)
            assert page.url.endswith("/seeds"), "one is where one was"
            page.goto(f"/dispatches/{dispatch_id}")
            expect(page.locator(".title .badge").first).to_have_text("已放行" if language == "zh-CN" else "Released")  # the other class goes at its start
            confirm(page, "act-hold")
            expect(page.locator("#act-release")).to_be_visible()
            confirm(page, "act-rate", "先慢发", rate="1")
            expect(page.locator("#rate-limit")).to_be_visible()
            confirm(page, "act-release", "种子正常")
            page.evaluate("window.sameDocument = true")
            expect(page.locator("#act-pause")).to_be_visible()
            expect(page.locator("#sent")).not_to_have_text("0")
            assert page.evaluate("window.sameDocument"), "it was seen without a reload"
            _judge(page)
            _keep_picture(page, f"{look}-sending")

            port = int(world.mmsc.url.rsplit(":", 1)[1].strip("/"))
            world.mmsc.process.end()
            page.goto("/ports")
            page.evaluate("window.sameDocument = true")
            row = page.locator("#port-main .badge")
            expect(row).to_have_text("熔断" if language == "zh-CN" else "breaker open")
            _keep_picture(page, f"{look}-port")
            again = Forked("mmsc", "--port", port, "--keep", tmp_path / "kept-again")
            again.stdout.readline()
            expect(row).not_to_have_text("熔断" if language == "zh-CN" else "breaker open")
            assert page.evaluate("window.sameDocument")

            page.goto(f"/dispatches/{dispatch_id}")
            worker.kill()  # as a power cut would; its rate is in the database
            worker = start_worker(sqlite_runtime)
            confirm(page, "act-rate", "恢复正常", rate="500")
            expect(page.locator("#outcome-pending td").first).to_have_text(str(len(SMALL_READERS)))  # through, but for the class that is stopped
        finally:
            worker.kill()
            if again is not None:
                again.end()
        with sqlite_runtime.transaction(read_only=True) as session:
            dispatch = session.get_one(Dispatch, dispatch_id)
        found = world.outcomes()
        assert (dispatch.rate, found["pending"], sum(found.values())) == (500.0, len(SMALL_READERS), len(SMALL_READERS) + len(LARGE_READERS))
