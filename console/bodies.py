"""Bodies of requests, read within bounds of size and of time: who sends a byte a second holds nothing for long."""

from __future__ import annotations

import asyncio

from starlette.requests import Request

WAIT_S = 30.0
"""For a small body."""

BYTES_PER_S_MIN = 50_000
"""A large one comes at least so fast, on the whole; a handset's upload is faster."""


class TooLarge(Exception):
    """The body has more bytes than the route takes."""


class TooSlow(Exception):
    """The body did not come in time."""


async def read_body(request: Request, bytes_max: int) -> bytes:
    """The body of a request.

    Raises:
        TooLarge: it has more than `bytes_max` bytes; the rest is not read.
        TooSlow: it is not there after `WAIT_S` and what `bytes_max` may take besides.
        ClientDisconnect: whoever sent it went away.
    """
    body = bytearray()
    try:
        async with asyncio.timeout(WAIT_S + bytes_max / BYTES_PER_S_MIN):
            async for chunk in request.stream():
                body += chunk
                if len(body) > bytes_max:
                    raise TooLarge
    except TimeoutError as error:
        raise TooSlow from error
    return bytes(body)
