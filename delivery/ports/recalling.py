"""Links that can call back or replace what a peer took and a reader has not fetched yet.

Not every port can: ask `can_recall`. What became of each reader is told by
reports, never by the answer: some of a group may have fetched it already.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeGuard

from delivery.ports import MessageContent, PortLink

RecallState = Literal["done", "refused", "deferred", "unsupported", "unknown"]


@dataclass(frozen=True)
class RecallRequest:
    """One submission to be called back, or replaced where there is `content`.

    Attributes:
        message_id: as the peer printed it.
    """

    recall_id: int
    transaction_id: str
    message_id: str
    content: MessageContent | None = None


@dataclass(frozen=True)
class RecallAnswer:
    """What the peer said.

    Attributes:
        state: done (for one reader at least); refused (it is too late, or unknown there); deferred (not now);
            unsupported (the peer has no such operation); unknown (no answer that can be read).
        retry_after_s: what the peer asked for, or None.
    """

    recall_id: int
    state: RecallState
    status_code: int | None = None
    status_text: str = ""
    retry_after_s: float | None = None


class RecallingLink(Protocol):
    """A link that can."""

    def recall(self, requests: Sequence[RecallRequest]) -> list[RecallAnswer]:
        """Ask for all of them at once, within the port's connections; waits for every answer."""
        ...


def can_recall(link: PortLink | RecallingLink) -> TypeGuard[RecallingLink]:
    """Whether the link can call back and replace."""
    return hasattr(link, "recall")
