"""The breaker of a port: who finds its peer dead stops everybody, and a probe finds out when it is back.

```
closed ──failures in a row──▶ open ──the probe is answered──▶ probing ──a message is answered──▶ closed
                               ▲                                 │
                               └────────── anything fails ───────┘
```

A failure is an attempt of which the peer said nothing readable: it could not be
reached, or no answer came. While it is open nobody sends, so no message's
retries or deferrals are used up. While it is probing a trickle goes
(`delivery.ports.pace`), in groups of one. A probe that is answered again after
the trickle had its time closes it too: then nobody had anything to send.

One pure table; `delivery.ports.health` keeps the state in the port's row and its alarm.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Literal

CLOSED, OPEN, PROBING = "closed", "open", "probing"

Event = Literal["failed", "answered", "probe_failed", "probe_answered"]

TRANSITIONS: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        (CLOSED, "failed"): OPEN,  # once there are as many in a row as the setting says
        (CLOSED, "answered"): CLOSED,
        (CLOSED, "probe_failed"): CLOSED,  # nobody probes a closed one; a late probe says nothing
        (CLOSED, "probe_answered"): CLOSED,
        (OPEN, "failed"): OPEN,
        (OPEN, "answered"): OPEN,  # the answer to something that left before
        (OPEN, "probe_failed"): OPEN,
        (OPEN, "probe_answered"): PROBING,
        (PROBING, "failed"): OPEN,
        (PROBING, "answered"): CLOSED,
        (PROBING, "probe_failed"): OPEN,
        (PROBING, "probe_answered"): CLOSED,
    }
)
"""(state, event) to state; every pair is there."""


@dataclass(frozen=True)
class Breaker:
    """How a breaker stands.

    Attributes:
        failures: attempts in a row that failed; 0 while it is probing or after an answer.
        since: when it came to its state or, open, was last probed; None where nothing ever happened.
    """

    state: str = CLOSED
    failures: int = 0
    since: datetime | None = None


def step(breaker: Breaker, event: Event, now: datetime, *, failures_max: int, weight: int = 1) -> Breaker:
    """The breaker after `event`.

    Args:
        failures_max: failures in a row that open it.
        weight: how many failures this one counts for.
    """
    failures = breaker.failures + weight if event in ("failed", "probe_failed") else 0
    if breaker.state == CLOSED and (event == "probe_failed" or failures < failures_max):
        return Breaker(CLOSED, breaker.failures if event.startswith("probe") else failures, breaker.since)
    after = TRANSITIONS[breaker.state, event]
    if breaker.state == OPEN == after:
        return Breaker(OPEN, max(failures, breaker.failures), now if event == "probe_failed" else breaker.since)
    return Breaker(after, failures if after == OPEN else 0, breaker.since if after == breaker.state else now)


def probe_due(breaker: Breaker, now: datetime, *, every_s: float, trickle_s: float) -> bool:
    """Whether the peer is to be asked now.

    Args:
        every_s: between two probes of an open breaker.
        trickle_s: how long a probing one waits for its trickle's answer before it is asked again.
    """
    wait_s = {OPEN: every_s, PROBING: trickle_s}.get(breaker.state)
    return wait_s is not None and (breaker.since is None or now >= breaker.since + timedelta(seconds=wait_s))
