"""What the simulator tells of a message: one DeliveryReportReq, written when it is due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sandbox.mmsc import wire
from sandbox.mmsc.messages import Message


@dataclass(frozen=True, slots=True)
class Report:
    """A report about some recipients of a message.

    Attributes:
        swapped: sender and recipient have changed places, as one carrier prints them.
        unless_cancelled: whoever was spared the message meanwhile is told of otherwise.
    """

    message: Message
    recipients: tuple[str, ...]
    status: str
    swapped: bool = False
    unless_cancelled: bool = False

    def __call__(self) -> bytes | None:
        """The report as it is posted, or None where it does not hold any more."""
        message = self.message
        if self.unless_cancelled and self.recipients[0] in message.cancelled:
            return None
        return wire.write_report(
            transaction_id=message.message_id,
            namespace=message.namespace,
            version=message.version,
            message_id=message.message_id,
            recipients=self.recipients,
            sender=message.vasp_id or "10658000",
            at=datetime.now(UTC),
            status=self.status,
            swapped=self.swapped,
        )
