"""A clock that goes where a test says, and receivers of mail and of webhooks that are real servers."""

from __future__ import annotations

import threading
from asyncio import Server
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from pydantic import SecretStr

from huabao.runtime import Runtime

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
"""12:00 in Shanghai: no quiet hours."""


@dataclass
class House:
    """A runtime whose clock stands still until it is moved."""

    runtime: Runtime
    now: datetime = NOON

    def after(self, **span: float) -> datetime:
        self.now += timedelta(**span)
        return self.now


@pytest.fixture
def house(runtime: Runtime) -> House:
    made = House(runtime)
    made.runtime = replace(runtime, clock=lambda: made.now)
    return made


def configured(house: House, **values: Any) -> None:
    """Give its installation other settings."""
    house.runtime = replace(house.runtime, config=house.runtime.config.model_copy(update=values))


@dataclass
class Mailbox:
    """What an SMTP server took, and for how many messages it still says no."""

    mails: list[EmailMessage] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # aiosmtpd's name
        if self.refusals:
            return self.refusals.pop(0)
        made = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(made, EmailMessage)
        self.mails.append(made)
        return "250 taken"


class _Controller(Controller):
    def _trigger_server(self) -> None:
        assert isinstance(self.server, Server)
        self.port = self.server.sockets[0].getsockname()[1]  # it asked for any
        super()._trigger_server()  # type: ignore[no-untyped-call]  # aiosmtpd's own


@pytest.fixture
def mailbox(house: House) -> Iterator[Mailbox]:
    """A real SMTP server on the loopback address, of which the house knows."""
    box = Mailbox()
    controller = _Controller(box, hostname="127.0.0.1", port=0)
    controller.start()
    try:
        configured(house, smtp_url=SecretStr(f"smtp://127.0.0.1:{controller.port}"), mail_from="huabao@house.example", console_url="https://console.example")
        yield box
    finally:
        controller.stop()


@dataclass
class Hook:
    """What a web server was sent, and what it answers next."""

    url: str
    calls: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    came: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def hook() -> Iterator[Hook]:
    """A real web server on the loopback address."""
    made = Hook("")

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            made.calls.append((f"{self.command} {self.path}", {name.lower(): value for name, value in self.headers.items()}, body))
            status = made.answers.pop(0) if made.answers else 200
            self.send_response(status)
            if status == 302:
                self.send_header("location", "http://169.254.169.254/")
            self.send_header("content-length", "0")
            self.end_headers()
            made.came.set()

        do_GET = do_POST = _answer

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
