"""What raw ASGI routes share: a bounded body in, one answer out. A peer that calls a thousand times a second wants neither sessions nor pages."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.exc import SQLAlchemyError

from huabao.errors import HuabaoError
from huabao.log import get_logger

log = get_logger("raw")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]

BODY_WAIT_S: Final = 30.0
"""A peer that does not finish its request in that time is let go."""


@dataclass(frozen=True)
class Reply:
    """An HTTP answer."""

    status: int
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()
    content_type: bytes = b"text/xml; charset=utf-8"


class GoneError(Exception):
    """The client hung up."""


async def answer_with(send: Send, reply: Reply) -> None:
    """Send an answer; where the client hung up between our commit and its answer, it will send again."""
    headers = [(b"content-type", reply.content_type), (b"content-length", str(len(reply.body)).encode()), *reply.headers]
    try:
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": reply.body})
    except OSError:
        return


def is_too_long(headers: MutableMapping[bytes, bytes], bytes_max: int) -> bool:
    """Whether a Content-Length is none, or larger than what is read."""
    length = headers.get(b"content-length", b"0")
    return not length.isdigit() or int(length[:20]) > bytes_max


def has_length(headers: Mapping[bytes, bytes], bytes_max: int) -> bool:
    """Whether a Content-Length is said, and is not larger than what is read."""
    length = headers.get(b"content-length", b"")
    return length.isdigit() and int(length[:20]) <= bytes_max


async def read_body(receive: Receive, bytes_max: int) -> bytes | None:
    """The request's body, or None where it is too large.

    Raises:
        GoneError: the client hung up, or is too slow.
    """
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_WAIT_S):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise GoneError
                body += message.get("body", b"")
                if len(body) > bytes_max:
                    return None
                if not message.get("more_body", False):
                    return bytes(body)
    except TimeoutError:
        raise GoneError from None


def text(status: int, said: str, *headers: tuple[bytes, bytes]) -> Reply:
    """An answer in plain text."""
    return Reply(status, said.encode(), headers, b"text/plain; charset=utf-8")


def too_large(bytes_max: int) -> Reply:
    """The answer to a body that is not read."""
    return text(413, f"at most {bytes_max} bytes", (b"connection", b"close"))


def away(error: HuabaoError | SQLAlchemyError) -> Reply:
    """The answer while nothing can be stored."""
    log.error("nothing can be stored", error=type(error).__name__)
    return text(503, "not now; nothing was taken", (b"retry-after", b"5"))
