"""When what was granted reached the peer, as far as its sender can know.

A contract is measured at the peer, and between a grant and the peer lie a busy
process, a network and the peer's own queue. The sender knows two instants: when
the first byte was about to leave, and when the answer was there. The peer counted
the submission in between. What an answer took beyond the quickest of its port may
all have passed before the peer counted, and is taken to have: then no delay of one
submission, wherever it arose, makes it meet later ones in the same second.

A peer whose answers come unevenly would cost rate for nothing, so `UNEVEN_S` is what
they may cost on average; what is beyond it is taken to have passed after the peer counted.
"""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

from delivery.throttle.terms import Departure

if TYPE_CHECKING:
    from delivery.throttle import Throttle

Moment = tuple[int, float, bool]
"""A submission, an instant of `time.monotonic()`, and what happened: False when it leaves, True when its answer is there."""

UNEVEN_S = 0.012
"""What uneven answers may cost each token of a port on average; a second's worth of it is kept."""

QUICKEST_S = 10.0
"""An answer counts among the quickest of its port for so long, and up to as long again: routes change."""

UNKNOWN_OF = 20
"""While fewer answers are known, even the quickest may have been late: all of a round trip counts."""

QUICKEST_OF = 100
UNSURE_S = 0.005
"""While fewer answers are known, the quickest is taken to be so much slower than one can be."""

ANSWER_S = 0.6
"""Who waits longer for an answer says without it that the submission left, while its place in the window is not wanted yet."""


HELD_S = 2.0
"""A grant of a dispatch's own rate that its port did not let go of for so long is asked for anew; below the window and `SILENCE_S`."""


class Own(NamedTuple):
    """A limit beside that of the port: what a dispatch may send over all its ports.

    Attributes:
        tokens: recipients of the submission, at most `rate` of them, or 1.
        rate: recipients in any sliding second.
    """

    key: str
    tokens: int
    rate: float


class Path:
    """How long the answers of a port take, as this process sees it."""

    def __init__(self) -> None:
        self._since = 0.0
        self._quickest_s = self._quickest_before_s = math.inf
        self._answers = self._answers_before = 0
        self._kept_s = math.inf
        self._lock = threading.Lock()

    def delay_s(self, left_at: float, answered_at: float, tokens: int, rate: float) -> float:
        """By how much later than the quickest a submission of so many tokens reached the peer, at most."""
        round_trip_s = answered_at - left_at
        with self._lock:
            usual_s = self._usual_s(round_trip_s, answered_at)
            kept_s = min(self._kept_s + UNEVEN_S * tokens, UNEVEN_S * max(rate, tokens))
            delay_s = min(round_trip_s - usual_s, kept_s / tokens)
            self._kept_s = kept_s - delay_s * tokens
            return delay_s

    def _usual_s(self, round_trip_s: float, at: float) -> float:
        """The quickest round trip of late, this one among them."""
        if at - self._since > QUICKEST_S:
            self._since, self._quickest_before_s, self._answers_before = at, self._quickest_s, self._answers
            self._quickest_s, self._answers = math.inf, 0
        self._quickest_s = min(self._quickest_s, round_trip_s)
        self._answers += 1
        known, quickest_s = self._answers + self._answers_before, min(self._quickest_s, self._quickest_before_s)
        if known < UNKNOWN_OF:
            return 0.0
        return quickest_s if known >= QUICKEST_OF else max(0.0, quickest_s - UNSURE_S)


class Departures:
    """The grants of one sender, of which it tells the throttle when they left; used by one thread.

    Args:
        moments: what happened to submissions since the last call, see `delivery.ports.SubmitStream.moments`.
        clock: of the moments.
    """

    def __init__(self, throttle: Throttle, key: str, moments: Callable[[], Iterable[Moment]], clock: Callable[[], float] = time.monotonic) -> None:
        self._throttle = throttle
        self._key = key
        self._moments = moments
        self._clock = clock
        self._path = path_of(key)
        self._rate = 1.0
        self._granted: dict[int, int] = {}
        self._left: dict[int, float] = {}
        self._held: dict[int, tuple[Own, float]] = {}
        self._keys = {key}

    def acquire(self, submission_id: int, tokens: int, *, rate: float, burst: int, lane: str, own: Own | None = None) -> float:
        """See `Throttle.acquire`; what is known of earlier grants goes along. `own` is asked before the port, which is never asked in vain."""
        self._rate = rate
        self._tell()
        wait_s = 0.0 if own is None else self._acquire_own(submission_id, own, lane)
        if wait_s > 0.0:
            return wait_s
        wait_s = self._throttle.acquire(self._key, tokens, rate=rate, burst=burst, lane=lane, ticket=submission_id)
        if wait_s == 0.0:
            self._granted[submission_id] = tokens
        return wait_s

    def _acquire_own(self, submission_id: int, own: Own, lane: str) -> float:
        """The dispatch's own tokens, which the submission keeps while its port makes it wait."""
        held = self._held.get(submission_id)
        if held is not None and held[0].tokens == own.tokens and self._clock() - held[1] < HELD_S:
            return 0.0
        wait_s = self._throttle.acquire(own.key, own.tokens, rate=own.rate, burst=1, lane=lane, ticket=submission_id)
        if wait_s == 0.0:
            self._held[submission_id] = own, self._clock()
            self._keys.add(own.key)
        return wait_s

    def close(self) -> None:
        """Tell what is known; the sender asks for no more."""
        self._tell(wait_s=0.0)
        for key in self._keys:
            self._throttle.settle(key)

    def _tell(self, wait_s: float = ANSWER_S) -> None:
        known: list[Departure] = []
        for submission_id, at, is_answer in self._moments():
            if not is_answer:
                self._left[submission_id] = at
            elif tokens := self._granted.pop(submission_id, 0):
                left_at = self._left.pop(submission_id, None)
                known.append(Departure(submission_id, tokens, at if left_at is None else left_at + self._path.delay_s(left_at, at, tokens, self._rate)))
        while self._left:
            submission_id, left_at = next(iter(self._left.items()))
            if left_at > self._clock() - wait_s:
                break
            del self._left[submission_id]
            if tokens := self._granted.pop(submission_id, 0):
                known.append(Departure(submission_id, tokens, left_at))
        if known:
            self._throttle.left(self._key, known)
            self._tell_own(known)

    def _tell_own(self, known: Iterable[Departure]) -> None:
        for submission_id, _, at in known:
            held = self._held.pop(submission_id, None)
            if held is not None:
                self._throttle.left(held[0].key, [Departure(submission_id, held[0].tokens, at)])


_paths: dict[tuple[int, str], Path] = {}
_lock = threading.Lock()
os.register_at_fork(after_in_child=_lock._at_fork_reinit)  # type: ignore[attr-defined]  # noqa: SLF001  a child must not wait for its parent's lock


def path_of(key: str) -> Path:
    """What this process knows of the way to a port."""
    with _lock:
        return _paths.setdefault((os.getpid(), key), Path())
