"""A publisher on loopback: a real web server that answers what a test puts there, and remembers what it was asked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.services.waiting import PATIENCE_S


@dataclass
class Page:
    """An answer; with an etag it is conditional."""

    body: bytes
    content_type: str = "application/xml"
    etag: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    stall: bool = False


@dataclass
class Publisher:
    """What it serves, by path, and what it was asked: path and status."""

    url: str
    pages: dict[str, Page] = field(default_factory=dict)
    asked: list[tuple[str, int]] = field(default_factory=list)
    release: threading.Event = field(default_factory=threading.Event)


@contextmanager
def published() -> Iterator[Publisher]:
    """A server that lives as long as the block."""
    publisher = Publisher("")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            page = publisher.pages.get(self.path, Page(b"", status=404))
            status = 304 if page.etag and self.headers.get("If-None-Match") == page.etag else page.status
            publisher.asked.append((self.path, status))
            if page.stall:
                publisher.release.wait(PATIENCE_S)
            body = b"" if status == 304 else page.body
            self.send_response(status)
            named = {"Content-Type": page.content_type, "Content-Length": str(len(body)), **({"ETag": page.etag} if page.etag else {}), **page.headers}
            for name, value in named.items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(ConnectionError):  # who has enough hangs up
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Tests ask `asked`."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    publisher.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield publisher
    finally:
        publisher.release.set()
        server.shutdown()
        server.server_close()
        thread.join()
