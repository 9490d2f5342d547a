"""How fast a port may send: a token bucket (GCRA) that all processes share.

A contract says `rate` in a second. A bucket that refills at r and holds `burst`
lets r + burst through in a sliding second, so it refills at rate − burst (with a
burst of 1 at the rate itself: one at a time, evenly spaced). Groups are all or
nothing. A bucket that nobody remembers (a restart, a lost Redis) starts empty,
so that forgetting never sends faster.

`LocalThrottle` is the one process's, `RedisThrottle` everybody's; one test suite
runs over both. Redis out of reach means "wait", never "go".
"""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

import redis

from huabao.log import get_logger
from huabao.runtime import Runtime

log = get_logger("throttle")

REDIS_LOST_WAIT_S = 0.5
"""What a caller waits while Redis is out of reach."""

FORGET_S = 60.0
"""An idle bucket is forgotten after this."""

_SCRIPT = """
local now = redis.call('TIME')
now = tonumber(now[1]) * 1000000 + tonumber(now[2])
local interval, capacity, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local full = interval * capacity
local tat = tonumber(redis.call('GET', KEYS[1]) or now + full)
if tat > now + full then tat = now + full end
if tat < now then tat = now end
local wait = tat + interval * wanted - now - full
if wait <= 0 then tat = tat + interval * wanted end
redis.call('SET', KEYS[1], string.format('%.2f', tat), 'PX', ARGV[4])
return string.format('%.0f', math.max(wait, 0))
"""
"""The same as `LocalThrottle._take`, in microseconds by Redis's clock.

`tat` is the theoretical arrival time: the instant at which the bucket is full again.
"""

_GIVE_BACK = """
local tat = tonumber(redis.call('GET', KEYS[1]) or 0)
if tat > 0 then redis.call('SET', KEYS[1], string.format('%.2f', tat - tonumber(ARGV[1]) * tonumber(ARGV[2])), 'KEEPTTL') end
"""


def sustained_rate(rate: float, burst: int) -> float:
    """Tokens a second at which the bucket refills, so that no sliding second sees more than `rate`.

    Raises:
        ValueError: nothing would be left: the burst must be smaller than the rate, or 1.
    """
    if burst < 1 or rate <= 0:
        raise ValueError(f"a rate of {rate:g} with a burst of {burst} lets nothing through")
    if burst == 1:
        return rate
    if burst >= rate:
        raise ValueError(f"a burst of {burst} leaves nothing of a rate of {rate:g}")
    return rate - burst


class Throttle(Protocol):
    """Grants tokens for keys (a port's name and lane)."""

    def acquire(self, key: str, tokens: int, *, rate: float, burst: int) -> float:
        """All `tokens` now (0.0), or none, and the seconds after which it is worth asking again.

        Args:
            tokens: 1 to `burst`.
            rate: what the contract allows in any sliding second.

        Raises:
            ValueError: more tokens than the burst, or a burst that leaves nothing of the rate.
        """
        ...

    def give_back(self, key: str, tokens: int, *, rate: float, burst: int) -> None:
        """Return a grant that was surely not used."""
        ...


def _interval(tokens: int, rate: float, burst: int) -> float:
    """Seconds of one token.

    Raises:
        ValueError: more tokens than the burst, or a burst that leaves nothing of the rate.
    """
    if not 1 <= tokens <= burst:
        raise ValueError(f"{tokens} tokens can never be had from a burst of {burst}")
    return 1.0 / sustained_rate(rate, burst)


class LocalThrottle:
    """The throttle of a process that sends alone.

    Args:
        clock: seconds that never run backwards.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._arrivals: dict[str, float] = {}
        self._lock = threading.Lock()

    def acquire(self, key: str, tokens: int, *, rate: float, burst: int) -> float:
        """See `Throttle.acquire`."""
        interval = _interval(tokens, rate, burst)
        with self._lock:
            return self._take(key, interval, interval * burst, interval * tokens)

    def _take(self, key: str, interval: float, full: float, wanted: float) -> float:
        now = self._clock()
        arrival = max(now, min(self._arrivals.get(key, math.inf), now + full))
        wait = arrival + wanted - now - full
        if wait <= 1e-9:  # a nanosecond of rounding is no reason to wait
            arrival += wanted
        self._arrivals[key] = arrival
        return max(0.0, wait) if wait > 1e-9 else 0.0

    def give_back(self, key: str, tokens: int, *, rate: float, burst: int) -> None:
        """See `Throttle.give_back`."""
        with self._lock:
            if key in self._arrivals:
                self._arrivals[key] -= tokens * _interval(tokens, rate, burst)


class RedisThrottle:
    """The throttle that all workers share, by Redis's own clock.

    Args:
        client: of the Redis that all workers use.
    """

    def __init__(self, client: redis.Redis) -> None:
        self._acquire = client.register_script(_SCRIPT)
        self._give_back = client.register_script(_GIVE_BACK)
        self._said_at = -math.inf

    def acquire(self, key: str, tokens: int, *, rate: float, burst: int) -> float:
        """See `Throttle.acquire`; while Redis is out of reach, a wait."""
        interval = _interval(tokens, rate, burst)
        forget_ms = int(1000 * max(FORGET_S, 2 * interval * burst))
        try:
            wait_us = self._acquire(keys=[_redis_key(key)], args=[interval * 1e6, burst, tokens, forget_ms])
        except redis.RedisError as error:
            self._say(error)
            return REDIS_LOST_WAIT_S
        return int(wait_us) / 1e6

    def give_back(self, key: str, tokens: int, *, rate: float, burst: int) -> None:
        """See `Throttle.give_back`; lost with Redis, which only makes us slower."""
        try:
            self._give_back(keys=[_redis_key(key)], args=[tokens, _interval(tokens, rate, burst) * 1e6])
        except redis.RedisError as error:
            self._say(error)

    def _say(self, error: redis.RedisError) -> None:
        if time.monotonic() - self._said_at > 10:
            self._said_at = time.monotonic()
            log.error("redis is out of reach, nothing is sent", error=str(error))


def _redis_key(key: str) -> str:
    return f"huabao:throttle:{key}"


_throttles: dict[tuple[int, str], Any] = {}
_throttles_lock = threading.Lock()
os.register_at_fork(after_in_child=_throttles_lock._at_fork_reinit)  # type: ignore[attr-defined]  # noqa: SLF001  a child must not wait for its parent's lock


def throttle_for(runtime: Runtime) -> Throttle:
    """This process's throttle: Redis's where there is one, else its own."""
    url = runtime.config.redis_url
    with _throttles_lock:
        found: Throttle | None = _throttles.get((os.getpid(), url))
        if found is None:
            found = RedisThrottle(redis.Redis.from_url(url, socket_timeout=2.0, socket_connect_timeout=2.0)) if url else LocalThrottle()
            _throttles[os.getpid(), url] = found
        return found
