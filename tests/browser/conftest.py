"""A real browser on a real server: Debian's Chromium, uvicorn on a free loopback port."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from console.web import make_app
from huabao.queues import Registry
from huabao.runtime import Runtime
from tests.integration.console.conftest import csrf_of
from tests.integration.console.dispatch_rows import PASSWORD, add_users

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><include ignore_missing="yes">/etc/fonts/fonts.conf</include><dir>{fonts}</dir><cachedir>{cache}</cachedir></fontconfig>
"""


@pytest.fixture(scope="package")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """The browser, with a Chinese font wherever the machine has none.

    Once for all of these tests and no longer: Playwright keeps an event loop running
    in this thread, and a test that comes after them could start none.
    """
    if not Path(CHROMIUM).exists():
        pytest.skip("no Chromium on this machine")
    folder = tmp_path_factory.mktemp("fonts")
    (folder / "fonts.conf").write_text(FONTS.format(fonts=str(resources.files("noto_cjk_sans_otc")), cache=folder / "cache"))
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS, env={**os.environ, "FONTCONFIG_FILE": str(folder / "fonts.conf")})
        yield opened
        opened.close()


@pytest.fixture
def address(sqlite_runtime: Runtime) -> Iterator[str]:
    """Where the console of this test listens; an account of each role is there."""
    add_users(sqlite_runtime)
    with serving(sqlite_runtime) as found:
        yield found


@contextmanager
def serving(runtime: Runtime) -> Iterator[str]:
    """The console on a free port; its address."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        tcp_port = listener.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(make_app(runtime, Registry()), log_level="warning", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.02)
        yield f"http://127.0.0.1:{tcp_port}"
        server.should_exit = True
        thread.join(10)


def sign_in(context: BrowserContext, name: str) -> None:
    """What the form does, without drawing it: test_the_sign_in fills it in as a person does."""
    form = context.request.get("/sign-in").text()
    done = context.request.post("/sign-in", form={"csrf": csrf_of(form), "name": name, "password": PASSWORD}, max_redirects=0)
    assert done.status == 303, f"{name} cannot sign in: {done.status}"


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complained of; a test that provokes something clears it."""
    return []


@pytest.fixture
def open_page(chromium: Browser, address: str, complaints: list[str]) -> Iterator[Callable[..., Page]]:
    """open_page(name="王敏", language="zh-CN", scheme="light", width=1366, height=768) is a page of a person who signed in.

    Whatever the browser complains of (scripts, the policy, the console) fails the test.
    """
    contexts: list[BrowserContext] = []

    def make(path: str = "/", *, name: str = "王敏", language: str = "zh-CN", scheme: str = "light", width: int = 1366, height: int = 768) -> Page:
        context = chromium.new_context(locale=language, color_scheme=scheme, viewport={"width": width, "height": height}, base_url=address, reduced_motion="reduce")  # type: ignore[arg-type]  # a Literal
        contexts.append(context)
        context.add_init_script("addEventListener('securitypolicyviolation', (e) => console.error('policy: ' + e.violatedDirective + ' ' + e.blockedURI))")
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        sign_in(context, name)
        page.goto(path)
        return page

    yield make
    for context in contexts:
        context.close()
    assert not complaints
