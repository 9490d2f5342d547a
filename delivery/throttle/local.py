"""The throttle of a process that sends alone."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from delivery.lanes import DEFAULT_SHARES, LANES
from delivery.throttle.terms import GRACE_S, PATIENCE_S_MIN, SHARE_KEPT_S, SILENCE_S, WINDOW_S, Departure, Terms, terms_for

ROUNDING_S = 1e-6
"""A microsecond is no reason to wait: a clock that counts seconds since a year ago rounds by nanoseconds, and who waits for those waits for ever."""


@dataclass
class _Bucket:
    """What is known of a port.

    Attributes:
        arrival: the instant at which the bucket is full again (the theoretical arrival time).
        flying: by ticket, when and how many tokens were granted of which nobody said that they left; the oldest first.
        left: (instant, tokens) of what left within the last window, the oldest first.
        total: tokens of both.
        shares: the same instant as `arrival`, of each lane's guaranteed bucket.
        asked: until when, and for how many tokens, each lane is waited for.
    """

    arrival: float
    flying: dict[int, tuple[float, int]] = field(default_factory=dict)
    left: deque[tuple[float, int]] = field(default_factory=deque)
    total: int = 0
    shares: list[float] = field(default_factory=lambda: [0.0] * len(LANES))
    asked: list[tuple[float, int]] = field(default_factory=lambda: [(0.0, 0)] * len(LANES))

    def forget(self, now: float) -> None:
        """Let go of what the window need not count any more."""
        while self.left and self.left[0][0] <= now - WINDOW_S:
            self.total -= self.left.popleft()[1]
        while self.flying:
            ticket, (at, tokens) = next(iter(self.flying.items()))
            if at > now - WINDOW_S - SILENCE_S:
                return
            del self.flying[ticket]
            self.total -= tokens

    def leave(self, at: float, tokens: int) -> None:
        """Tokens left at an instant, mostly the latest."""
        later = sum(1 for _ in itertools.takewhile(lambda one: one[0] > at, reversed(self.left)))
        self.left.insert(len(self.left) - later, (at, tokens))
        self.total += tokens


class LocalThrottle:
    """The throttle of a process that sends alone.

    Args:
        clock: seconds that never run backwards; the clock of `Departure.at`.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.shares: Mapping[str, float] = DEFAULT_SHARES
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}
        self._lock = threading.Lock()

    def acquire(self, key: str, tokens: int, *, rate: float, burst: int, lane: str = "bulk", ticket: int | None = None) -> float:
        """See `Throttle.acquire`."""
        wanted, mine = terms_for(tokens, rate, burst), LANES.index(lane)
        with self._lock:
            now = self._clock()
            bucket = self._bucket(key, wanted, now)
            wait = max(_bucket_wait(bucket, wanted, tokens, now), _window_wait(bucket, wanted, tokens, now), self._precedence_wait(bucket, wanted, tokens, mine, now))
            if wait > ROUNDING_S:
                until, _ = bucket.asked[mine]
                bucket.asked[mine] = (max(until, now + wait + GRACE_S), tokens)
                return wait
            self._grant(bucket, wanted, tokens, mine, now, ticket)
            return 0.0

    def left(self, key: str, departures: Iterable[Departure]) -> None:
        """See `Throttle.left`."""
        with self._lock:
            bucket = self._buckets.get(key)
            if bucket is None:
                return
            for ticket, tokens, at in departures:
                bucket.total -= bucket.flying.pop(ticket, (0.0, 0))[1]
                bucket.leave(at, tokens)

    def settle(self, key: str) -> None:
        """See `Throttle.settle`; there is never anything to do."""

    def _bucket(self, key: str, wanted: Terms, now: float) -> _Bucket:
        """The port's bucket at `now`; a new one owes a whole burst, so that forgetting never sends faster."""
        owing = now + 2 * wanted.full_s(1)
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = _Bucket(owing)
        bucket.arrival = max(now, min(bucket.arrival, owing))
        bucket.forget(now)
        for lane, (until, asked) in enumerate(bucket.asked):
            if until > now and until > now + 2 * wanted.full_s(asked) + WINDOW_S + GRACE_S:  # told under a slower contract: he will ask again
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
        others = [(other, asked) for other, (until, asked) in enumerate(bucket.asked) if until > now and other != lane]
        if not others:
            return 0.0
        share_wait = self._share_wait(bucket, wanted, tokens, lane, now)
        place = (share_wait > ROUNDING_S, lane)
        ahead = sum(asked for other, asked in others if (self._share_wait(bucket, wanted, asked, other, now) > ROUNDING_S, other) < place)
        if not ahead:
            return 0.0
        after_them = max(_bucket_wait(bucket, wanted, ahead + tokens, now), _window_wait(bucket, wanted, ahead + tokens, now))
        return max(PATIENCE_S_MIN, min(after_them, share_wait) if share_wait > ROUNDING_S else after_them)

    def _grant(self, bucket: _Bucket, wanted: Terms, tokens: int, lane: int, now: float, ticket: int | None) -> None:
        bucket.arrival += wanted.interval_s * tokens
        if ticket is None:
            bucket.leave(now, tokens)
        else:
            bucket.total += tokens - bucket.flying.pop(ticket, (0.0, 0))[1]
            bucket.flying[ticket] = (now, tokens)
        share = self.shares.get(LANES[lane], 0.0)
        if share > 0:
            interval_s = wanted.interval_s / share
            bucket.shares[lane] = min(max(bucket.shares[lane], now) + interval_s * tokens, now + interval_s * wanted.burst + SHARE_KEPT_S)
        if bucket.asked[lane][0] <= now + GRACE_S:  # nobody else of this lane was told to come later
            bucket.asked[lane] = (0.0, 0)


def _bucket_wait(bucket: _Bucket, wanted: Terms, tokens: int, now: float) -> float:
    return bucket.arrival + wanted.interval_s * tokens - now - wanted.full_s(tokens)


def _window_wait(bucket: _Bucket, wanted: Terms, tokens: int, now: float) -> float:
    """Seconds until the window has room for so many tokens, if what is on its way left when it was granted."""
    too_many = bucket.total + tokens - wanted.most
    if too_many <= 0:
        return 0.0
    for at, granted in heapq.merge(bucket.left, bucket.flying.values()):
        too_many -= granted
        if too_many <= 0:
            return at + WINDOW_S - now if at > now - WINDOW_S else PATIENCE_S_MIN
    return WINDOW_S
