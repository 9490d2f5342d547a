"""How fast a port may send: one bucket and one window for each port, which all processes share.

A contract says `rate` in a second. A grant is all or nothing; what is granted
stays within the rate in every sliding second, and at the rate in the long run
(`terms` says how). Lanes share a port's bucket: a higher lane overtakes, each keeps its
guaranteed share. Whoever is told to wait is waited for, so that nobody lower takes
his tokens meanwhile. A bucket that nobody remembers (a restart, a lost Redis) owes a
burst, so that forgetting never sends faster.

`LocalThrottle` is the one process's, `RedisThrottle` everybody's; one test suite
runs over both. Redis out of reach means "wait", never "go".
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import redis

from delivery.throttle.departures import Departures, Own
from delivery.throttle.local import LocalThrottle
from delivery.throttle.shared import FORGET_S, REDIS_LOST_WAIT_S, RedisThrottle
from delivery.throttle.terms import Departure, fitting, sustained_rate
from huabao.runtime import Runtime

__all__ = [
    "FORGET_S",
    "REDIS_LOST_WAIT_S",
    "Departure",
    "Departures",
    "LocalThrottle",
    "Own",
    "RedisThrottle",
    "Throttle",
    "fitting",
    "own_limit",
    "port_key",
    "sustained_rate",
    "throttle_for",
    "use",
]


class Throttle(Protocol):
    """Grants tokens for keys, see `port_key`.

    Attributes:
        shares: of the rate, that each lane keeps; see `delivery.lanes.shares`.
    """

    shares: Mapping[str, float]

    def acquire(self, key: str, tokens: int, *, rate: float, burst: int, lane: str = "bulk", ticket: int | None = None) -> float:
        """All `tokens` now (0.0), or none, and the seconds after which it is worth asking again.

        Args:
            tokens: 1 to `burst`, or to `rate` where that is more.
            rate: what the contract allows in any sliding second.
            lane: one of `delivery.lanes.LANES`.
            ticket: a number of its own among the grants of this key: whoever gives one says by `left` when the
                tokens left, and until then they are on their way. None: they leave at this instant.

        Raises:
            ValueError: more tokens than can ever be had, or a burst that leaves nothing of the rate.
        """
        ...

    def left(self, key: str, departures: Iterable[Departure]) -> None:
        """Say when grants left, each once; in time is within a second of the grant, later costs rate."""
        ...

    def settle(self, key: str) -> None:
        """Nothing more is asked by this caller soon: pass on at once what `left` was told."""
        ...


def port_key(port_id: int) -> str:
    """The key of a port: whatever is sent through it counts here."""
    return f"port:{port_id}"


def own_limit(dispatch_id: int, rate: float | None, recipients: int) -> Own | None:
    """What a dispatch with a rate of its own lets go of a submission to so many; None where it has none."""
    return None if rate is None else Own(f"dispatch:{dispatch_id}", recipients, rate)


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


def use(runtime: Runtime, throttle: Throttle) -> None:
    """Let this process send by a throttle of the caller's own from now on, say one whose clock is a rehearsal's."""
    with _throttles_lock:
        _throttles[os.getpid(), runtime.config.redis_url] = throttle
