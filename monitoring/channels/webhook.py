"""A signed POST to a host that an operator allowed; nobody else is ever called, whatever an address says.

Signed as what BOSS and the platform tell each other (docs/boss.md): HMAC-SHA256 of `timestamp.body`.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from contextlib import suppress
from typing import Final
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from huabao.errors import HuabaoError, UsageError
from reconciliation.codecs.boss import headers_for

TIMEOUT_S: Final = 15.0
ANSWER_BYTES_MAX: Final = 4096

AGAIN: Final = (408, 425, 429)
"""Answers beside 5xx after which the same may be taken later.

Spec: RFC 9110 15.5, RFC 8470 5.2, RFC 6585 4."""


class WebhookError(HuabaoError):
    """What was not taken; `for_good` where asking again is no use."""

    def __init__(self, message: str, *, for_good: bool = False) -> None:
        super().__init__(message)
        self.for_good = for_good


def check_url(url: str, allowed: str) -> str:
    """`url` where it is one that may be called.

    Args:
        allowed: hosts by comma, each with its port where that is not the usual one.

    Raises:
        UsageError: it is no such address; the message says which would do.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise UsageError(f"{url[:100]!r} is no address") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password or not url.isprintable() or " " in url:
        raise UsageError("a webhook is an address that begins with https:// (or http://) and holds no user")
    server = parts.hostname.lower() + (f":{port}" if port is not None and port != {"http": 80, "https": 443}[parts.scheme] else "")
    hosts = {one.strip().lower() for one in allowed.split(",") if one.strip()}
    if server not in hosts:
        raise UsageError(f"{server} is no host to which webhooks may go; an admin allows it by the setting alarm_webhook_hosts (now: {', '.join(sorted(hosts)) or 'none'})")
    return url


def post(url: str, body: bytes, *, secret: bytes, timestamp: int, delivery: str) -> None:
    """POST it; the receiver tells a second try of the same message by `X-Huabao-Delivery`.

    Raises:
        WebhookError: it was not taken.
    """
    try:
        asyncio.run(asyncio.wait_for(_post(url, body, headers_for(secret, timestamp, body) | {"X-Huabao-Delivery": delivery}), TIMEOUT_S))
    except TimeoutError as error:
        raise WebhookError(f"{urlsplit(url).hostname} took longer than {TIMEOUT_S:g} s") from error
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise WebhookError(f"{urlsplit(url).hostname} cannot be reached ({type(error).__name__})") from error


async def _post(url: str, body: bytes, headers: dict[str, str]) -> None:
    with suppress(ValueError):  # no literal address: the resolver looks at what the name leads to
        if _nowhere((urlsplit(url).hostname or "").strip("[]")):
            raise OSError("no address of a server")
    connector = aiohttp.TCPConnector(resolver=_Resolver(), force_close=True)
    client = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), headers={"User-Agent": "Huabao"})
    async with client, client.post(url, data=body, headers=headers, allow_redirects=False) as answer:
        await answer.content.read(ANSWER_BYTES_MAX)
        if not 200 <= answer.status < 300:
            again = answer.status in AGAIN or answer.status >= 500
            raise WebhookError(f"{urlsplit(url).hostname} answers {answer.status}", for_good=not again)


class _Resolver(AbstractResolver):
    """An allowed name that leads to where nobody's webhook lives (a cloud's metadata, everybody) leads nowhere."""

    def __init__(self) -> None:
        self._inner = ThreadedResolver()

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        good = [one for one in found if not _nowhere(one["host"])]
        if not good:
            raise OSError(f"{host} leads to no address of a server")
        return good

    async def close(self) -> None:
        await self._inner.close()


def _nowhere(address: str) -> bool:
    one = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(one, ipaddress.IPv6Address) and one.ipv4_mapped is not None:
        one = one.ipv4_mapped
    return one.is_link_local or one.is_multicast or one.is_unspecified
