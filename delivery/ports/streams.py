"""The stream of every kind of port: groups counted out, answers taken in."""

from __future__ import annotations

import queue
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from delivery.ports import Answer, OutboundGroup

PreparedT = TypeVar("PreparedT")


class AnswerStream(Generic[PreparedT]):
    """Submissions of one content on their way; used by one thread.

    Args:
        tokens: what a submission to so many recipients costs.
        submit: starts groups; whoever writes them calls `left` when one leaves, whoever answers `tell` with each one's
            answer, once; both from any thread.
    """

    def __init__(self, prepared: PreparedT, *, tokens: Callable[[int], int], submit: Callable[[AnswerStream[PreparedT], list[OutboundGroup]], None]) -> None:
        self.prepared = prepared
        self.tokens = tokens
        self.landed: Callable[[int], None] = lambda _number: None
        self._submit = submit
        self._answers: queue.SimpleQueue[list[Answer]] = queue.SimpleQueue()
        self._moments: deque[tuple[int, float, bool]] = deque()
        self._in_flight = 0

    @property
    def in_flight(self) -> int:
        """Groups that were put and whose answer was not taken yet."""
        return self._in_flight

    def put(self, groups: Iterable[OutboundGroup]) -> None:
        """Send these groups; returns at once."""
        going = list(groups)
        self._in_flight += len(going)
        self._submit(self, going)

    def take(self, timeout_s: float) -> list[Answer]:
        """All answers that are there; waits up to `timeout_s` for the first one."""
        answers: list[Answer] = []
        try:
            answers += self._answers.get(timeout=timeout_s) if timeout_s > 0 else self._answers.get_nowait()
            while True:
                answers += self._answers.get_nowait()
        except queue.Empty:
            self._in_flight -= len(answers)
        return answers

    def left(self, submission_id: int) -> None:
        """A submission leaves at this instant."""
        self._moments.append((submission_id, time.monotonic(), False))

    def tell(self, answers: list[Answer]) -> None:
        """Answers came at this instant."""
        self.landed(len(answers))
        at = time.monotonic()
        self._moments.extend([(answer.submission_id, at, True) for answer in answers])
        self._answers.put(answers)

    def moments(self) -> list[tuple[int, float, bool]]:
        """What happened to submissions since the last call, see `delivery.ports.SubmitStream.moments`."""
        return [self._moments.popleft() for _ in range(len(self._moments))]
