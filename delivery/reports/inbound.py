"""What readers send us by MM7: stored as it came, for whoever makes something of it later."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from delivery.models import InboundMessage
from delivery.ports.message_ids import normalise_message_id
from huabao.msisdn import find_msisdn

if TYPE_CHECKING:
    from content.codecs.mime import Entity
    from delivery.codecs.mm7 import DeliverReq, ReadReplyReq

ADDRESS_CHARS_MAX = 80


def store_deliver(session: Session, port_id: int, message: DeliverReq, content: Entity | None, received_at: datetime) -> None:
    """Keep a message from a reader."""
    recipient = next(iter((*message.to, *message.cc, *message.bcc)), None)
    session.add(
        InboundMessage(
            received_at=received_at,
            port_id=port_id,
            kind="deliver",
            sender=_address(message.sender.text),
            recipient=_address(recipient.text) if recipient else "",
            linked_id=message.linked_id[:120] if message.linked_id else None,
            subject=message.subject[:200] if message.subject else None,
            content=_bytes(content) if content is not None else None,
        )
    )


def store_read_reply(session: Session, port_id: int, message: ReadReplyReq, received_at: datetime, *, options: Mapping[str, Any]) -> None:
    """Keep the news that a reader read or deleted a message."""
    reader = next(iter(message.recipients), None)
    session.add(
        InboundMessage(
            received_at=received_at,
            port_id=port_id,
            kind="read-reply",
            sender=_address(reader.text) if reader else "",
            recipient=_address(message.sender.text) if message.sender else "",
            message_id=normalise_message_id(message.message_id, options),
            status=message.mm_status[:40],
        )
    )


def _address(text: str) -> str:
    return find_msisdn(text) or text.strip()[:ADDRESS_CHARS_MAX]


def _bytes(content: Entity) -> bytes:
    """The entity, header lines first; its transfer encoding is undone, so that line is left out."""
    lines = [f"{name}: {value}" for name, value in content.headers if name.lower() != "content-transfer-encoding"]
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "replace") + content.body
