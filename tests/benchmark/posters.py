"""The bare posters: the same bodies over the same number of connections, and nothing else done."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from io import BytesIO

import aiohttp
import pycurl


def post_with_aiohttp(url: str, headers: Mapping[str, str], bodies: Sequence[bytes], connections: int) -> float:
    """Seconds that aiohttp takes for all bodies."""
    return asyncio.run(_post_all(url, headers, bodies, connections))


async def _post_all(url: str, headers: Mapping[str, str], bodies: Sequence[bytes], connections: int) -> float:
    waiting = iter(bodies)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=connections), headers=dict(headers)) as session:

        async def poster() -> None:
            for body in waiting:
                async with session.post(url, data=body) as answer:
                    assert answer.status == 200
                    await answer.read()

        began = time.perf_counter()
        await asyncio.gather(*(poster() for _ in range(connections)))
        return time.perf_counter() - began


def post_with_pycurl(url: str, headers: Mapping[str, str], bodies: Sequence[bytes], connections: int) -> float:
    """Seconds that pycurl's multi interface takes for all bodies."""
    multi = pycurl.CurlMulti()
    idle = [_handle(url, headers) for _ in range(connections)]
    waiting, running = list(reversed(bodies)), 0
    began = time.perf_counter()
    while waiting or running:
        while waiting and idle:
            handle, body = idle.pop(), waiting.pop()
            handle.setopt(pycurl.POSTFIELDS, body)
            handle.setopt(pycurl.WRITEDATA, BytesIO())
            multi.add_handle(handle)
            running += 1
        multi.select(1.0)
        while multi.perform()[0] == pycurl.E_CALL_MULTI_PERFORM:
            pass
        _, done, failed = multi.info_read()
        assert not failed, failed
        for handle in done:
            multi.remove_handle(handle)
            idle.append(handle)
            running -= 1
    return time.perf_counter() - began


def _handle(url: str, headers: Mapping[str, str]) -> pycurl.Curl:
    handle = pycurl.Curl()
    handle.setopt(pycurl.URL, url)
    handle.setopt(pycurl.HTTPHEADER, [*(f"{name}: {value}" for name, value in headers.items()), "Expect:"])
    handle.setopt(pycurl.POST, 1)
    return handle
