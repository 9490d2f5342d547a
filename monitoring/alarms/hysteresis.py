"""When a check's findings become an alarm, and when that is over: a rule over looks in a row, no clock and no table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

RAISE, CLOSE, NOTHING = "raise", "close", ""
FORGET: Final = "forget"


@dataclass(frozen=True)
class Standing:
    """What was seen of one thing.

    Attributes:
        bad, good: looks in a row that found it so; one of them is 0.
        opened: whether its alarm is open.
    """

    bad: int = 0
    good: int = 0
    opened: bool = False


def look(before: Standing, *, is_bad: bool, opens_after: int, closes_after: int) -> tuple[Standing, str]:
    """What stands after one more look, and what is to be done.

    Returns:
        `RAISE` with each bad look once there were `opens_after` in a row, and while it is open; `CLOSE` once there were `closes_after` good
        ones; `FORGET` where it was never open and is good again; else `NOTHING`.
    """
    if is_bad:
        after = Standing(before.bad + 1, 0, before.opened or before.bad + 1 >= opens_after)
        return after, RAISE if after.opened else NOTHING
    if not before.opened:
        return Standing(), FORGET
    if before.good + 1 >= closes_after:
        return Standing(), CLOSE
    return Standing(0, before.good + 1, True), NOTHING
