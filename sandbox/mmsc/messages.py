"""What the simulator holds for handsets: who has fetched a message by now, and what was called back.

A recipient fetches his message when his report is due; one without a report never
does. So nothing is kept for a recipient but his number: the rest is rolled again.
"""

from __future__ import annotations

from array import array
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from sandbox.mmsc.wire import Submit

MESSAGES_MAX = 200_000
"""Older ones are forgotten, as an MMSC forgets what expired; to call them back is error 2005."""

FetchAt = Callable[[str], float | None]
"""When a recipient fetches his message, by the loop's clock; None for never."""


@dataclass(slots=True)
class Message:
    """One message that was taken.

    Attributes:
        recipients: their numbers, as integers.
        cancelled: recipients who will not get it any more.
        replaced: recipients who get another content than at first.
    """

    message_id: str
    namespace: str
    version: str
    vasp_id: str
    recipients: array[int]
    fetch_at: FetchAt
    cancelled: set[str] = field(default_factory=set)
    replaced: set[str] = field(default_factory=set)

    def waiting(self, now_s: float) -> tuple[str, ...]:
        """Recipients who have not fetched it yet and still may."""
        numbers = (f"{number:011d}" for number in self.recipients)
        return tuple(one for one in numbers if one not in self.cancelled and not _is_past(self.fetch_at(one), now_s))


def _is_past(at: float | None, now_s: float) -> bool:
    return at is not None and at <= now_s


class Messages:
    """The messages that may still be called back, by MessageID."""

    def __init__(self) -> None:
        self._held: OrderedDict[str, Message] = OrderedDict()

    def take(self, message_id: str, submit: Submit, recipients: Iterable[str], fetch_at: FetchAt) -> Message:
        """Hold a message for its recipients."""
        found = Message(message_id, submit.namespace, submit.version, submit.vasp_id, array("Q", map(int, recipients)), fetch_at)
        self._held[message_id] = found
        while len(self._held) > MESSAGES_MAX:
            self._held.popitem(last=False)
        return found

    def find(self, message_id: str) -> Message | None:
        """The message of that id, or None where nobody knows it."""
        return self._held.get(message_id)
