"""What a contract's rate means for a bucket: intervals, capacities, the window.

Two bounds hold together. A bucket (GCRA) refills at the rate and holds the burst
and a little more, so that a sender who wakes late loses nothing; it keeps the
mean at the rate and the sends apart. A window counts never more than the rate: all
that is on its way, and all that left within the last `WINDOW_S`. What was granted is
on its way until its sender says when it left (`Throttle.left`), so that it does not
matter how long that took: the place of a submission that left late is free late.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

WINDOW_S = 1.001
"""A second, and what two clocks and their rounding part in one."""

SILENCE_S = 2.0
"""A grant of which nobody says when it left is taken for one that left so late: its process died, or Redis lost the word."""

LATE_S = 0.02
"""A sender may wake so late without losing what came in meanwhile."""

GRACE_S = 0.05
"""So long a lane that was told to wait may come late and is still waited for."""

PATIENCE_S_MIN = 0.005
"""Who lets others pass, or waits for word of what is on its way, asks again after this at the earliest."""

SHARE_KEPT_S = 0.5
"""What came into a lane's guaranteed share is kept for so long, for the lane to use later."""

FITTING_LOSS_MAX = 0.005
"""Of the rate: what groups that do not fill a second evenly may leave unused."""


class Departure(NamedTuple):
    """What is known of a grant that left.

    Attributes:
        ticket: of the grant.
        tokens: of the grant.
        at: `time.monotonic()` by which the peer had it; later than the truth does no harm but costs rate.
    """

    ticket: int
    tokens: int
    at: float


class Terms(NamedTuple):
    """A rate and a burst as the throttles use them.

    Attributes:
        interval_s: of one token.
        burst: most tokens of one grant that the bucket is made for.
        capacity: tokens that a full bucket holds.
        most: tokens on their way and left within `WINDOW_S`.
    """

    interval_s: float
    burst: int
    capacity: float
    most: int

    def full_s(self, tokens: int) -> float:
        """Seconds from an empty to a full bucket, which holds at least `tokens`."""
        return self.interval_s * max(self.capacity, tokens)


def sustained_rate(rate: float, burst: int) -> float:
    """Tokens a second that a port really lets through in the long run: its rate.

    Raises:
        ValueError: such a rate and burst let nothing through: the burst must be smaller than the rate, or 1.
    """
    if burst < 1 or rate <= 0:
        raise ValueError(f"a rate of {rate:g} with a burst of {burst} lets nothing through")
    if burst > 1 and burst >= rate:
        raise ValueError(f"a burst of {burst} leaves nothing of a rate of {rate:g}")
    return rate


@lru_cache(maxsize=256)
def terms(rate: float, burst: int) -> Terms:
    """The terms of a contract.

    Raises:
        ValueError: see `sustained_rate`.
    """
    sustained_rate(rate, burst)
    return Terms(1.0 / rate, burst, burst + rate * LATE_S, max(1, math.ceil(rate - 1e-9)))


def terms_for(tokens: int, rate: float, burst: int) -> Terms:
    """The terms under which so many tokens are asked for.

    A text of several parts may ask for more than the burst, all in one second.

    Raises:
        ValueError: they can never be had, or see `sustained_rate`.
    """
    found = terms(rate, burst)
    if not 1 <= tokens <= max(burst, int(rate)):
        raise ValueError(f"{tokens} tokens can never be had from a burst of {burst} at a rate of {rate:g}")
    return found


@lru_cache(maxsize=256)
def fitting(rate: float, most: int) -> int:
    """The group size, up to `most`, whose groups fill a second best; at least half of `most`.

    A second has room for whole groups only: at a rate of 59, groups of 30 would leave half of it unused.
    """
    window = max(1, math.ceil(rate - 1e-9))
    most = max(1, min(most, window))
    if most <= window * FITTING_LOSS_MAX:
        return most
    return max(range((most + 1) // 2, most + 1), key=lambda size: (min(window // size * size, window * (1 - FITTING_LOSS_MAX)), size))
