"""Who takes what comes in on a port's binds: set by the port's owner, asked by its links."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from delivery.ports.smpp.session import Received


@dataclass(frozen=True)
class LateAnswer:
    """A response that came after its submit_sm was called unknown.

    Attributes:
        number: of the part, from 1.
        parts: how many the message has.
        status: command_status.
    """

    submission_id: int
    number: int
    parts: int
    status: int
    message_id: str | None


class Receiver(Protocol):
    """Takes messages of the SMSC; called in a link's event loop, so it never waits."""

    def take(self, message: Received, done: Callable[[int], None]) -> None:
        """Store a deliver_sm or data_sm, then call `done` with the status to answer, from any thread."""
        ...

    def late(self, answer: LateAnswer) -> None:
        """Write down what became known late."""
        ...


_receivers: dict[tuple[int, int], Receiver] = {}


def set_receiver(port_id: int, receiver: Receiver | None) -> None:
    """From now on that one takes what comes in on the port, in this process; None for nobody."""
    if receiver is None:
        _receivers.pop((os.getpid(), port_id), None)
    else:
        _receivers[os.getpid(), port_id] = receiver


def receiver_of(port_id: int) -> Receiver | None:
    """Who takes what comes in on the port; None where nobody does, so that the SMSC is asked to try again."""
    return _receivers.get((os.getpid(), port_id))
