"""Documents and pictures of strangers over HTTP: conditional, and limited in size, time and redirects.

Whom an operator named is asked wherever he lives. Where a stranger's word leads (a redirect, a picture's address), only
public addresses are followed, or the named server itself: a feed must not make us ask our own network.
Spec: RFC 9110 13 (conditional requests), 15.4 (redirects).
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from huabao.errors import HuabaoError

AGENT: Final = "Huabao"
AT_ONCE: Final = 4
REDIRECTS: Final = frozenset((301, 302, 303, 307, 308))
_TRANSLATED: Final = ipaddress.ip_network("64:ff9b::/96")


class FetchError(HuabaoError):
    """A document that could not be had; the text says why and what to do."""


@dataclass(frozen=True)
class Limits:
    """What one fetch may take.

    Attributes:
        size_bytes_max: of the body, unpacked.
        time_s: from the first connection to the last byte, redirects included.
        redirects_max: how many are followed.
    """

    size_bytes_max: int
    time_s: float
    redirects_max: int


@dataclass(frozen=True)
class Wanted:
    """One address to ask.

    Attributes:
        url: http or https.
        trusted: the server (`host:port`) that an operator named, whose address may be private; "" for none.
        etag, last_modified: of the copy that we have, "" for none.
    """

    url: str
    trusted: str = ""
    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True)
class Fetched:
    """A server's answer.

    Attributes:
        body: None where our copy is still the newest (304).
        url: where it came from in the end.
    """

    body: bytes | None
    content_type: str
    url: str
    etag: str
    last_modified: str


def server_of(url: str) -> str:
    """`host:port` of an address of the web.

    Raises:
        FetchError: it is none.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    except ValueError as error:
        raise FetchError(f"{url[:200]!r} is no address; correct it") from error
    if not port or not parts.hostname:
        raise FetchError(f"{url[:200]!r} is no address of the web; write it with http:// or https://")
    if parts.username or parts.password:
        raise FetchError(f"the address of {parts.hostname} holds a user or password; take them out")
    return f"{parts.hostname}:{port}"


def fetch_all(wanted: Sequence[Wanted], limits: Limits) -> list[Fetched | FetchError]:
    """The answers, in the order of `wanted`; a few at a time."""
    return asyncio.run(_fetch_all(wanted, limits))


async def _fetch_all(wanted: Sequence[Wanted], limits: Limits) -> list[Fetched | FetchError]:
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(each: Wanted) -> Fetched | FetchError:
        async with turn:
            try:
                return await asyncio.wait_for(_fetch(each, limits), limits.time_s)
            except FetchError as error:
                return error
            except TimeoutError:
                return FetchError(f"{server_of(each.url)} took longer than {limits.time_s:g} s; try again later")
            except (aiohttp.ClientError, OSError, ValueError) as error:
                return FetchError(f"{server_of(each.url)} cannot be reached ({type(error).__name__}: {str(error)[:120]}); check the address and the network")

    return list(await asyncio.gather(*(one(each) for each in wanted)))


async def _fetch(wanted: Wanted, limits: Limits) -> Fetched:
    connector = aiohttp.TCPConnector(resolver=_Resolver(wanted.trusted), force_close=True)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), headers={"User-Agent": AGENT}) as session:
        url = wanted.url
        for _ in range(limits.redirects_max + 1):
            _check(url, wanted.trusted)
            headers = {} if url != wanted.url else _conditions(wanted)
            async with session.get(url, headers=headers, allow_redirects=False) as response:
                if response.status not in REDIRECTS:
                    return await _answer(response, url, limits)
                url = urljoin(url, response.headers.get("Location", ""))
    raise FetchError(f"{server_of(wanted.url)} redirects more than {limits.redirects_max} times; name the final address")


def _conditions(wanted: Wanted) -> dict[str, str]:
    named = {"If-None-Match": wanted.etag, "If-Modified-Since": wanted.last_modified}
    return {name: value for name, value in named.items() if value}


async def _answer(response: aiohttp.ClientResponse, url: str, limits: Limits) -> Fetched:
    def header(name: str) -> str:
        return response.headers.get(name, "")[:1000]

    body: bytes | None = None
    if response.status != 304:
        if response.status != 200:
            raise FetchError(f"{server_of(url)} answers {response.status} {(response.reason or '')[:60]}; check the address, or ask its publisher")
        body = await _body(response, url, limits.size_bytes_max)
    return Fetched(body, header("Content-Type"), url, header("ETag"), header("Last-Modified"))


async def _body(response: aiohttp.ClientResponse, url: str, size_bytes_max: int) -> bytes:
    pieces: list[bytes] = []
    size = 0
    async for piece in response.content.iter_chunked(65_536):
        size += len(piece)
        if size > size_bytes_max:
            raise FetchError(f"{server_of(url)} sends more than {size_bytes_max:,} bytes; ask its publisher for less, or raise the setting")
        pieces.append(piece)
    return b"".join(pieces)


def _check(url: str, trusted: str) -> None:
    server = server_of(url)
    host = server.rpartition(":")[0]
    try:
        literal = ipaddress.ip_address(host)
    except ValueError:
        literal = None
    if server != trusted and literal is not None and not is_public(host):
        raise FetchError(f"an address leads to {server}, which is not public; nothing there was asked")


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet."""
    found = ipaddress.ip_address(address.partition("%")[0])
    inner = found.ipv4_mapped or found.sixtofour if isinstance(found, ipaddress.IPv6Address) else None
    if inner is not None:
        found = inner
    return found.is_global and not found.is_multicast and found not in _TRANSLATED


class _Resolver(AbstractResolver):
    """Resolves names; of any server but the trusted one only to public addresses, so that no name leads inside."""

    def __init__(self, trusted: str) -> None:
        self._trusted = trusted
        self._inner = ThreadedResolver()

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        if f"{host}:{port}" != self._trusted:
            found = [one for one in found if is_public(one["host"])]
        if not found:
            raise OSError(f"{host} has no public address")
        return found

    async def close(self) -> None:
        await self._inner.close()
