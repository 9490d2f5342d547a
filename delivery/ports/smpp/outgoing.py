"""One message on its way: its parts, what became of each, and what that makes of the whole.

A message is accepted when every part was taken. Parts that the SMSC would not take
*now* go again by themselves once one of them was taken, since giving the whole
message back would send the taken ones twice; while none was taken, the whole is
deferred. When one part was refused for good the whole is refused, when the fate of
one is unknown the whole is unknown, and in both cases no further part is sent.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Final

from delivery.codecs.smpp import PreparedSubmit
from delivery.ports import Answer, AnswerState, PartAnswer
from delivery.ports.smpp.receivers import LateAnswer


class Part(IntEnum):
    """Where one submit_sm stands."""

    WAITING = 0
    FLYING = 1
    TAKEN = 2
    DEFERRED = 3
    """Not now, said the SMSC; it surely has not got it."""
    REFUSED = 4
    UNKNOWN = 5


class Outgoing:
    """A message on its way; lives in the event loop of its link.

    Args:
        pdus: one for each part.
        tell: takes answers; this one's among them, once.
        left: called when all parts were written.
    """

    __slots__ = ("_code", "_ids", "_parts", "_pdus", "_text", "_worst", "destination", "left", "reference", "started_at", "submission_id", "tell")

    def __init__(self, submission_id: int, pdus: tuple[PreparedSubmit, ...], destination: str, tell: Callable[[list[Answer]], None], left: Callable[[int], None]) -> None:
        self.submission_id = submission_id
        self.destination = destination
        self.reference = 0
        self.tell = tell
        self.left = left
        self.started_at = 0.0
        self._pdus = pdus
        self._parts: list[Part] = [Part.WAITING] * len(pdus)
        self._ids: list[str | None] = [None] * len(pdus)
        self._worst = Part.WAITING
        self._code: int | None = None
        self._text = ""

    @property
    def many(self) -> bool:
        """Whether it takes several submit_sm."""
        return len(self._parts) > 1

    @property
    def begun(self) -> bool:
        """Whether a part of it left, or may have, and was not turned away."""
        return any(part not in (Part.WAITING, Part.DEFERRED) for part in self._parts)

    @property
    def flies(self) -> bool:
        """Whether the answer to a part is awaited."""
        return Part.FLYING in self._parts

    @property
    def waits(self) -> bool:
        """Whether a part is to be sent, now or after a pause."""
        return Part.WAITING in self._parts and max(self._parts) < Part.REFUSED

    def next_part(self) -> int | None:
        """The number (from 0) of the next part to be sent, which is now on its way; None where none is to be sent now."""
        if not self.waits:
            return None
        number = self._parts.index(Part.WAITING)
        self._parts[number] = Part.FLYING
        return number

    def render(self, number: int, sequence: int) -> bytes:
        """The PDU of a part.

        Raises:
            PDUError: the destination cannot be written.
        """
        return self._pdus[number].render(sequence, self.destination, self.reference)

    def answered(self, number: int, part: Part, *, message_id: str | None = None, code: int | None = None, text: str = "") -> None:
        """What became of a part on its way."""
        assert self._parts[number] is Part.FLYING, "an answer to what was not on its way"
        self._parts[number] = part
        self._ids[number] = message_id
        if part >= self._worst:
            self._worst, self._code, self._text = part, code, text

    def settled(self) -> Answer | None:
        """The answer for the whole; None while a part is on its way or is to be sent (again)."""
        parts = self._parts
        if len(parts) == 1:
            part = parts[0]
            return None if part <= Part.FLYING else self._answer(part)
        if Part.FLYING in parts:
            return None
        worst = max(parts)
        if worst >= Part.REFUSED or parts.count(Part.TAKEN) == len(parts):
            return self._answer(worst)
        if Part.TAKEN in parts:
            self._parts = [Part.WAITING if part is Part.DEFERRED else part for part in parts]
            return None
        return self._answer(Part.DEFERRED) if Part.DEFERRED in parts else None

    def give_up(self, text: str, *, code: int | None = None, retry_after_s: float | None = None, unreached: bool = False) -> Answer:
        """The answer for a message no part of which is on its way, and of which no more will be sent."""
        assert not self.flies
        if self.begun:
            self._code, self._text = None, text
            return self._answer(Part.UNKNOWN)
        return Answer(self.submission_id, "deferred", status_code=code, status_text=text, retry_after_s=retry_after_s, unreached=unreached)

    def late(self, number: int, status: int, message_id: str | None) -> LateAnswer:
        """What a response that came too late says about a part."""
        return LateAnswer(self.submission_id, number + 1, len(self._parts), status, message_id)

    def _answer(self, part: Part) -> Answer:
        many = len(self._parts) > 1
        taken = self._parts.count(Part.TAKEN)
        if part is Part.TAKEN:
            self._code, self._text = 0, ""
        text = f"{taken} of {len(self._parts)} parts were taken; {self._text}" if many and 0 < taken < len(self._parts) else self._text
        return Answer(
            self.submission_id,
            _STATES[part],
            message_id=self._ids[0],
            status_code=self._code,
            status_text=text,
            parts=tuple(PartAnswer(number, one) for number, one in enumerate(self._ids, 1)) if many and (taken or part is Part.UNKNOWN) else (),
        )


_STATES: Final[dict[Part, AnswerState]] = {Part.TAKEN: "accepted", Part.DEFERRED: "deferred", Part.REFUSED: "refused", Part.UNKNOWN: "unknown"}
