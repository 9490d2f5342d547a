"""Lanes of a port: who goes first when a port's rate is not enough for all.

The first lane overtakes the others. Each has a share of the port's rate that no
other lane can take from it while it asks for it, so that a flood of resends does
not stop the morning paper, nor the paper a resend.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from sqlalchemy.orm import Session

from huabao.settings import Setting, values_of

RESEND, SEED, WELCOME, SPECIAL, BULK = "resend", "seed", "welcome", "special", "bulk"

LANES = (RESEND, SEED, WELCOME, SPECIAL, BULK)
"""The first overtakes: a support agent's resend, seeds, the first copy of a new reader, a special edition (号外), everything else."""

URGENT = (RESEND, SEED, WELCOME, SPECIAL)
"""Lanes whose jobs go into a queue that overtakes."""

DEFAULT_SHARES: Mapping[str, float] = MappingProxyType({RESEND: 0.1, SEED: 0.1, WELCOME: 0.1, SPECIAL: 0.2, BULK: 0.3})
"""Of a port's rate; what is left over goes to the first lane that asks."""

SHARES: Mapping[str, Setting[float]] = MappingProxyType(
    {
        lane: Setting(f"lane_share_{lane}", DEFAULT_SHARES[lane], "", f"share of a port's rate that the lane `{lane}` keeps while other lanes want all of it", minimum=0, maximum=1)
        for lane in LANES
    }
)

SETTINGS: tuple[Setting[Any], ...] = tuple(SHARES.values())


def shares(session: Session) -> Mapping[str, float]:
    """The guaranteed shares as they are set now; together at most 1."""
    found = {lane: float(share) for lane, share in zip(SHARES, values_of(session, SETTINGS), strict=True)}
    total = sum(found.values())
    return {lane: share / total for lane, share in found.items()} if total > 1 else found


def queue_of(lane: str) -> str:
    """The job queue of a lane: `express` overtakes `bulk`."""
    return "express" if lane in URGENT else "bulk"
