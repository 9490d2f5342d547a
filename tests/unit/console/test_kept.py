"""What is kept for requests is read once for all of them, and anew before it is out of date."""

from __future__ import annotations

import asyncio
import threading

import pytest

from console.kept import Kept


def test_it_is_read_once_for_all_who_wait_and_again_in_time() -> None:
    read: list[int] = []

    def load() -> int:
        read.append(len(read))
        return read[-1]

    async def go() -> None:
        kept = Kept(load, 3600.0)
        assert kept.now() is None
        assert await asyncio.gather(*(kept.get() for _ in range(5))) == [0] * 5
        assert (kept.now(), read) == (0, [0])
        kept._until -= 2400.0  # two thirds of its time are over
        assert (kept.now(), kept.now()) == (0, 0), "it counts while it is read anew"
        assert kept._refreshing is not None
        assert (await kept._refreshing, await kept.get(), read) == (1, 1, [0, 1])
        kept._until -= 7200.0
        assert kept.now() is None
        assert await kept.get() == 2

    asyncio.run(go())


def test_a_reading_that_fails_is_told_to_who_waits_and_tried_again() -> None:
    away = threading.Event()
    away.set()

    def load() -> str:
        if away.is_set():
            raise ConnectionError("no database")
        return "here"

    async def go() -> None:
        kept = Kept(load, 3600.0)
        for _ in range(2):
            with pytest.raises(ConnectionError):
                await kept.get()
        away.clear()
        assert await kept.get() == "here"

    asyncio.run(go())
