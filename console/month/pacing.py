"""The throttle of the invented month: nobody sleeps for his tokens, the time that he would wait passes at once."""

from __future__ import annotations

from time import monotonic

from delivery.throttle import LocalThrottle


class MonthThrottle(LocalThrottle):
    """Keeps each contract's rate on a clock of its own, which runs ahead by all that anybody was told to wait.

    Attributes:
        ahead_s: by so much it is ahead.
    """

    def __init__(self) -> None:
        self.ahead_s = 0.0
        super().__init__(clock=lambda: monotonic() + self.ahead_s)

    def acquire(self, key: str, tokens: int, *, rate: float, burst: int, lane: str = "bulk", ticket: int | None = None) -> float:
        """All tokens, see `delivery.throttle.Throttle`; the month's one sender asks for nothing meanwhile."""
        while wait_s := super().acquire(key, tokens, rate=rate, burst=burst, lane=lane, ticket=ticket):
            self.ahead_s += wait_s
        return 0.0
