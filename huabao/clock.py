"""Time: aware, in UTC, with business days in Asia/Shanghai.

The clock is an argument everywhere (`Clock`, a function without arguments);
the real ones live here. `HUABAO_NOW` moves the clock of one command, for
rehearsals and tests; it keeps running from there.

Who sends goes by a `SteadyClock`: the machine's wall clock, or on PostgreSQL the
server's, so that a worker whose own clock is wrong or is set does no harm.
"""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from huabao.errors import UsageError

SHANGHAI = ZoneInfo("Asia/Shanghai")

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


STEP_S: Final = 2.0
"""A reference that is off by more was set; by less, it drifted."""

DRIFT_S: Final = 0.005
"""So much drift is left alone."""

WAITING_SPEED: Final = 0.5
"""How fast a clock goes whose reference was set back, until the reference has caught up."""


HELD_UP_S: Final = 0.1
"""A thread that was held up for so long while it read the reference reads it again."""

READINGS_MAX: Final = 10

_observing = threading.Lock()  # a thread that read a reference and was then held up must not undo what others saw since
os.register_at_fork(after_in_child=_observing._at_fork_reinit)  # type: ignore[attr-defined]  # noqa: SLF001  a child must not wait for its parent's lock


def _ticks() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)  # goes on while the machine sleeps


class SteadyClock:
    """Goes by a reference, but never far back.

    A reference that was set forward is followed at once; for a while nobody is
    judged by his lease, until everybody had the time to renew it (`in_doubt`). One that was
    set back is waited for at half speed: what is due now stays due, and no wait grows
    by the step.

    Args:
        read: the reference, in seconds since 1970, looked at with each call; None where it is
            shown by `observe` now and then.
        doubt_s: so long after a step nobody is judged by his lease.
        ticks: seconds that nobody sets.

    Attributes:
        look: has the reference seen at once.
    """

    def __init__(self, read: Callable[[], float] | None = time.time, *, doubt_s: float = 15.0, ticks: Callable[[], float] = _ticks) -> None:
        self._read = read
        self._doubt_s = doubt_s
        self._ticks = ticks
        self._state: tuple[float, float, float] | None = None  # replaced as a whole: (time, ticks then, speed since)
        self._looked = -math.inf
        self._stepped = -math.inf
        self._step_s = 0.0
        self.look: Callable[[], None] = self._read_now

    def __call__(self) -> datetime:
        if self._read is not None:
            self._read_now()
        elif self._state is None:
            self.look()
            if self._state is None:  # the database is away; once it is back, it is believed
                return utc_now()
        return datetime.fromtimestamp(self._seconds(self._ticks()), UTC)

    @property
    def in_doubt(self) -> bool:
        """Whether the reference was set forward so lately that leases cannot be judged."""
        return self._ticks() - self._stepped < self._doubt_s

    @property
    def looked_s_ago(self) -> float:
        """Seconds since the reference was seen."""
        return self._ticks() - self._looked

    def take_step(self) -> float:
        """By how many seconds the reference was set since this was asked; 0 where it was not."""
        step_s, self._step_s = self._step_s, 0.0
        return step_s

    def observe(self, reference_s: float, *, within_s: float = 0.0) -> None:
        """The reference shows that time now, give or take `within_s`."""
        with _observing:
            self._observe(reference_s, self._ticks(), within_s)

    def _read_now(self) -> None:
        if self._read is None:
            return
        with _observing:
            for _ in range(READINGS_MAX):
                before, reference_s, ticks = self._ticks(), self._read(), self._ticks()
                if ticks - before < HELD_UP_S:
                    break
            self._observe(reference_s, ticks, 0.0)

    def _observe(self, reference_s: float, ticks: float, within_s: float) -> None:
        self._looked = ticks
        if self._state is None:
            self._state = (reference_s, ticks, 1.0)
            return
        own, speed = self._seconds(ticks), self._state[2]
        ahead_s = own - reference_s
        if ahead_s > STEP_S + within_s:
            if speed == 1.0:
                self._step_s -= ahead_s
            self._state = (own, ticks, WAITING_SPEED)
            return
        if ahead_s < -STEP_S - within_s:
            self._step_s -= ahead_s
            self._stepped = ticks
        elif abs(ahead_s) <= DRIFT_S + within_s and self._read is None and speed == 1.0:
            return
        self._state = (reference_s, ticks, 1.0)

    def _seconds(self, ticks: float) -> float:
        assert self._state is not None
        at, ticks_then, speed = self._state
        return at + (ticks - ticks_then) * speed


def clock_from(start: datetime | None) -> Clock:
    """A clock that starts at `start` and runs at real speed; None gives the real one."""
    if start is None:
        return utc_now
    began = time.monotonic()
    return lambda: start + timedelta(seconds=time.monotonic() - began)


def parse_time(text: str) -> datetime:
    """An ISO 8601 time as aware UTC; without an offset it means Asia/Shanghai.

    `T24:00:00` is the instant at which that day ends.

    Raises:
        UsageError: the text is no time; the message shows the form.
    """
    raw = text.strip().replace(" ", "T", 1)
    next_day = "T24:00" in raw
    if next_day:
        raw = raw.replace("T24:00", "T00:00", 1)
    try:
        value = datetime.fromisoformat(raw)
    except ValueError as error:
        raise UsageError(f"{text!r} is no time; write it as 2026-11-22T06:30 or 2026-11-22T06:30:00+08:00") from error
    if value.tzinfo is None:
        value = value.replace(tzinfo=SHANGHAI)
    if next_day:
        value += timedelta(days=1)
    return value.astimezone(UTC)


def business_day(at: datetime) -> date:
    """The calendar day in Shanghai at the instant `at`."""
    return at.astimezone(SHANGHAI).date()


def shanghai_text(at: datetime | None) -> str:
    """`at` as people of the house read it, `2026-11-22 06:30:05`; empty for None."""
    return "" if at is None else at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
