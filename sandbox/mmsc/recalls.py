"""CancelReq and ReplaceReq at the simulator: whoever has not fetched the message is spared it, or gets the other one."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.mmsc.messages import Messages
from sandbox.mmsc.wire import Recall

OFFERED = {"replace": ("cancel", "replace"), "cancel": ("cancel",), "none": ()}
"""What --recalls makes of it: the operations that there are."""

STATUS = {"cancel": "Cancelled", "replace": "Replaced"}
"""The MMStatus that tells of each."""


@dataclass(frozen=True)
class Verdict:
    """What becomes of a CancelReq or ReplaceReq.

    Attributes:
        recipients: whom it concerns; empty where it is refused.
    """

    code: int
    recipients: tuple[str, ...] = ()


def judge(request: Recall, messages: Messages, offered: str, now_s: float) -> Verdict:
    """Do it as far as it can be done.

    1000 where nobody had fetched the message (or it was called back already), 1100 where some had, 3001 where all had,
    2005 for a message that nobody knows, 4003 for an operation that is not offered.
    """
    if request.kind not in OFFERED[offered]:
        return Verdict(4003)
    message = messages.find(request.message_id)
    if message is None:
        return Verdict(2005)
    waiting = message.waiting(now_s)
    if not waiting:
        return Verdict(1000 if message.cancelled and request.kind == "cancel" else 3001)
    late = len(message.recipients) - len(waiting) - len(message.cancelled)
    (message.cancelled if request.kind == "cancel" else message.replaced).update(waiting)
    return Verdict(1100 if late else 1000, waiting)
