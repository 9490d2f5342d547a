"""The throttle of a process that sends alone."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from delivery.lanes import DEFAULT_SHARES, LANES
from delivery.throttle.terms import GRACE_S, SHARE_KEPT_S, WINDOW_S, Terms, terms_for

ROUNDING_S = 1e-9
"""A nanosecond of rounding is no reason to wait."""

PATIENCE_S_MIN = 0.005
"""A lane that lets others pass asks again after this at the earliest."""


@dataclass
class _Bucket:
    """What is known of a port.

    Attributes:
        arrival: the instant at which the bucket is full again (the theoretical arrival time).
        granted: (instant, tokens) of the last window, the oldest first; `total` of them.
        shares: the same instant of each lane's guaranteed bucket.
        asked: until when, and for how many tokens, each lane is waited for.
    """

    arrival: float
    granted: deque[tuple[float, int]] = field(default_factory=deque)
    total: int = 0
    shares: list[float] = field(default_factory=lambda: [0.0] * len(LANES))
    asked: list[tuple[float, int]] = field(default_factory=lambda: [(0.0, 0)] * len(LANES))


class LocalThrottle:
    """The throttle of a process that sends alone.

    Args:
        clock: seconds that never run backwards.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.shares: Mapping[str, float] = DEFAULT_SHARES
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}
        self._lock = threading.Lock()

    def acquire(self, key: str, tokens: int, *, rate: float, burst: int, lane: str = "bulk") -> float:
        """See `Throttle.acquire`."""
        wanted = terms_for(tokens, rate, burst)
        with self._lock:
            now = self._clock()
            bucket = self._bucket(key, wanted, now)
            wait = max(_bucket_wait(bucket, wanted, tokens, now), _window_wait(bucket, wanted, tokens, now))
            wait = max(wait, self._precedence_wait(bucket, wanted, tokens, LANES.index(lane), now))
            if wait > ROUNDING_S:
                until, _ = bucket.asked[LANES.index(lane)]
                bucket.asked[LANES.index(lane)] = (max(until, now + wait + GRACE_S), tokens)
                return wait
            self._grant(bucket, wanted, tokens, LANES.index(lane), now)
            return 0.0

    def _bucket(self, key: str, wanted: Terms, now: float) -> _Bucket:
        """The port's bucket at `now`; a new one owes a whole burst, so that forgetting never sends faster."""
        owing = now + 2 * wanted.full_s(1)
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = _Bucket(owing)
        bucket.arrival = max(now, min(bucket.arrival, owing))
        while bucket.granted and bucket.granted[0][0] <= now - WINDOW_S:
            bucket.total -= bucket.granted.popleft()[1]
        for lane, (until, asked) in enumerate(bucket.asked):
            if until > now + 2 * wanted.full_s(asked) + WINDOW_S + GRACE_S:  # told under a slower contract: he will ask again
                bucket.asked[lane] = (0.0, 0)
        return bucket

    def _share_wait(self, bucket: _Bucket, wanted: Terms, tokens: int, lane: int, now: float) -> float:
        """Seconds until the lane's guaranteed share has so many tokens."""
        share = self.shares.get(LANES[lane], 0.0)
        if share <= 0:
            return float("inf")
        interval_s = wanted.interval_s / share
        return max(bucket.shares[lane], now) + interval_s * tokens - now - interval_s * max(wanted.burst, tokens) - SHARE_KEPT_S

    def _precedence_wait(self, bucket: _Bucket, wanted: Terms, tokens: int, lane: int, now: float) -> float:
        """Seconds for which this lane lets others pass: those within their share first, then the higher lanes."""
        share_wait = self._share_wait(bucket, wanted, tokens, lane, now)
        place = (share_wait > ROUNDING_S, lane)
        ahead = 0
        for other, (until, asked) in enumerate(bucket.asked):
            if other != lane and until > now and (self._share_wait(bucket, wanted, asked, other, now) > ROUNDING_S, other) < place:
                ahead += asked
        if not ahead:
            return 0.0
        after_them = max(_bucket_wait(bucket, wanted, ahead + tokens, now), _window_wait(bucket, wanted, ahead + tokens, now))
        return max(PATIENCE_S_MIN, min(after_them, share_wait) if share_wait > ROUNDING_S else after_them)

    def _grant(self, bucket: _Bucket, wanted: Terms, tokens: int, lane: int, now: float) -> None:
        bucket.arrival += wanted.interval_s * tokens
        bucket.granted.append((now, tokens))
        bucket.total += tokens
        share = self.shares.get(LANES[lane], 0.0)
        if share > 0:
            interval_s = wanted.interval_s / share
            bucket.shares[lane] = min(max(bucket.shares[lane], now) + interval_s * tokens, now + interval_s * wanted.burst + SHARE_KEPT_S)
        if bucket.asked[lane][0] <= now + GRACE_S:  # nobody else of this lane was told to come later
            bucket.asked[lane] = (0.0, 0)

    def give_back(self, key: str, tokens: int, *, rate: float, burst: int) -> None:
        """See `Throttle.give_back`."""
        wanted = terms_for(tokens, rate, burst)
        with self._lock:
            bucket = self._buckets.get(key)
            if bucket is None:
                return
            for at in range(len(bucket.granted) - 1, -1, -1):
                if bucket.granted[at][1] == tokens:
                    del bucket.granted[at]
                    bucket.total -= tokens
                    bucket.arrival -= tokens * wanted.interval_s
                    return


def _bucket_wait(bucket: _Bucket, wanted: Terms, tokens: int, now: float) -> float:
    return bucket.arrival + wanted.interval_s * tokens - now - wanted.full_s(tokens)


def _window_wait(bucket: _Bucket, wanted: Terms, tokens: int, now: float) -> float:
    """Seconds until the window has room for so many tokens."""
    too_many = bucket.total + tokens - wanted.most
    if too_many <= 0:
        return 0.0
    for at, granted in bucket.granted:
        too_many -= granted
        if too_many <= 0:
            return at + WINDOW_S - now
    return WINDOW_S
