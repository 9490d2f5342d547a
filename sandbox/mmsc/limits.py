"""How much came in a second: the peer's own limit, and the worst second for whoever asks."""

from __future__ import annotations

from collections import deque


class SlidingSecond:
    """Sums amounts over any sliding second.

    Attributes:
        worst: the largest sum that was taken.
    """

    def __init__(self, limit: float | None = None) -> None:
        self.worst = 0
        self._limit = limit
        self._taken: deque[tuple[float, int]] = deque()
        self._sum = 0

    def take(self, amount: int, now_s: float) -> bool:
        """Count `amount` at `now_s`; False, and nothing counted, where the limit forbids it."""
        while self._taken and self._taken[0][0] <= now_s - 1.0:
            self._sum -= self._taken.popleft()[1]
        if self._limit is not None and self._sum + amount > self._limit:
            return False
        self._taken.append((now_s, amount))
        self._sum += amount
        self.worst = max(self.worst, self._sum)
        return True
