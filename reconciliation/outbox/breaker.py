"""Whether a peer is asked at all: a peer that is away holds what waits for it, and one request at a time tries it again.

Pure: from what is known of the peer and what a try met to what is known then. Three kinds
of tries: `answered` (whatever the answer says), `lost` (it left, no answer came) and `away`
(nobody took it). While the peer is away neither of the last two counts as the request's own try.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

ANSWERED, LOST, AWAY = "answered", "lost", "away"

PROBE_FACTOR: Final = 10
"""A peer that stays away is tried no more seldom than every so many pauses."""


@dataclass(frozen=True)
class Limits:
    """When a peer counts as away, and how often it is tried then."""

    down_after: int = 5
    probe_s: float = 30.0


@dataclass(frozen=True)
class Health:
    """What is known of a peer.

    Attributes:
        failures: tries in a row that met nobody.
        down_since: None while it does not count as away.
        probe_at: when it may be tried again.
        why: what the last failure was.
    """

    failures: int = 0
    down_since: datetime | None = None
    probe_at: datetime | None = None
    why: str = ""

    @property
    def is_down(self) -> bool:
        """Whether it counts as away."""
        return self.down_since is not None


def room(health: Health, now: datetime, parallel: int) -> int:
    """How many requests may leave now: `parallel`, or one that tries a peer which is away, or none yet."""
    if not health.is_down:
        return parallel
    return 1 if health.probe_at is None or health.probe_at <= now else 0


def probing(health: Health, now: datetime, limits: Limits) -> Health:
    """A request leaves to try a peer that is away; nobody else does so meanwhile."""
    return replace(health, probe_at=now + timedelta(seconds=limits.probe_s)) if health.is_down else health


def after(health: Health, met: str, now: datetime, limits: Limits, *, why: str = "", retry_after_s: float | None = None) -> Health:
    """What is known once a try met `answered`, `lost` or `away`."""
    if met == ANSWERED:
        return Health()
    failures = health.failures + 1
    down_since = health.down_since or (now if failures >= limits.down_after else None)
    pause_s = limits.probe_s * min(max(failures - limits.down_after + 1, 1), PROBE_FACTOR)
    probe_at = now + timedelta(seconds=max(pause_s, min(retry_after_s or 0.0, limits.probe_s * PROBE_FACTOR))) if down_since else None
    return Health(failures, down_since, probe_at, why[:200])


def after_all(health: Health, met: Iterable[tuple[str, str, float | None]], now: datetime, limits: Limits) -> Health:
    """The same for tries that ended together: (what they met, why, what the peer asked for). One answer says that the peer is there."""
    tries = list(met)
    if any(one == ANSWERED for one, _, _ in tries):
        return Health()
    for one, why, retry_after_s in tries:
        health = after(health, one, now, limits, why=why, retry_after_s=retry_after_s)
    return health


def counts(health: Health, met: str) -> bool:
    """Whether a try spends one of its request's: an answer does, a lost one only while the peer is there, a peer that is away never."""
    return met == ANSWERED or (met == LOST and not health.is_down)
