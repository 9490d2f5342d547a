"""How fast a port may go now: less after its peer's "slow down", coming back slowly by itself.

After ESME_RTHROTTLED, ESME_RMSGQFUL, MM7 4006 or HTTP 429 and 503 the port pauses
(`deferred_until`), then goes on with a part of its rate (`rate_factor`). From the
end of the pause the factor grows by the same amount each second until it is 1
again: multiplicative down, additive up, as TCP does, so that several who share a
peer find a fair share. Everything here is a pure function of the row and `now`;
`delivery.ports.health` writes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from delivery.ports.breaker import PROBING
from huabao.settings import Setting, values_of

if TYPE_CHECKING:
    from delivery.ports.settings import PortSettings

PACE_DROP = Setting("pace_drop", 0.5, "", "what is left of a port's rate after its peer said `slow down`", minimum=0.05, maximum=1)
PACE_FLOOR = Setting("pace_floor", 0.05, "", "a port's rate never falls below this share of it", minimum=0.001, maximum=1)
PACE_RECOVERY_S = Setting("pace_recovery_s", 300.0, "s", "how long a port's rate takes from nothing back to all of it", minimum=1)
BREAKER_TRICKLE_PER_S = Setting("breaker_trickle_per_s", 2.0, "1/s", "rate of a port whose peer is back but has not yet taken a message", minimum=0.01)

SETTINGS: tuple[Setting[Any], ...] = (PACE_DROP, PACE_FLOOR, PACE_RECOVERY_S, BREAKER_TRICKLE_PER_S)


@dataclass(frozen=True)
class PaceRules:
    """The settings of this module, read together.

    Attributes:
        drop: factor of one "slow down".
        floor: smallest factor.
        recovery_s: seconds from 0 to 1.
        trickle_per_s: rate while the breaker is probing.
    """

    drop: float = PACE_DROP.default
    floor: float = PACE_FLOOR.default
    recovery_s: float = PACE_RECOVERY_S.default
    trickle_per_s: float = BREAKER_TRICKLE_PER_S.default

    @classmethod
    def of(cls, session: Session) -> PaceRules:
        """The values in force, in one query."""
        return cls(*values_of(session, SETTINGS))


def recovered(factor: float, since: datetime | None, now: datetime, recovery_s: float) -> float:
    """The factor that has grown from `factor` at `since` (None: nothing ever happened) until `now`; 1 at most."""
    if since is None or now <= since:
        return min(1.0, factor)
    return min(1.0, factor + (now - since).total_seconds() / recovery_s)


def slowed(factor: float, since: datetime | None, now: datetime, rules: PaceRules) -> float:
    """The factor after one more "slow down" at `now`."""
    return max(rules.floor, recovered(factor, since, now, rules.recovery_s) * rules.drop)


def factor_now(settings: PortSettings, now: datetime) -> float:
    """What share of its rate a port has at this instant, above 0 and up to 1."""
    return recovered(settings.rate_factor, settings.rate_factor_at, now, settings.pace.recovery_s)


def effective(settings: PortSettings, now: datetime) -> tuple[float, int]:
    """The rate and the burst that the throttle is asked with at this instant.

    Never more than the port's own, and always something that a throttle can grant:
    the burst shrinks with the rate, down to 1. While the breaker is probing, a trickle.
    """
    factor = factor_now(settings, now)
    rate, burst = settings.rate * factor, max(1, math.floor(settings.burst * factor + 1e-9))
    if settings.breaker == PROBING and settings.pace.trickle_per_s < rate:
        return settings.pace.trickle_per_s, 1
    return rate, burst


def paced(settings: PortSettings, now: datetime) -> PortSettings:
    """The same port with the rate and the burst that it has now, so that its group size fits too."""
    rate, burst = effective(settings, now)
    return settings if (rate, burst) == (settings.rate, settings.burst) else replace(settings, rate=rate, burst=burst)
