"""The clock of an invented month: it stands still until it is moved, and never goes back."""

from __future__ import annotations

from datetime import datetime


class MonthClock:
    """Shows the instant that it was moved to last; read by many threads, moved by one."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def __call__(self) -> datetime:
        """The present instant, aware, in UTC."""
        return self._at

    def move_to(self, at: datetime) -> None:
        """Let it be `at`, unless that is past."""
        self._at = max(self._at, at)
