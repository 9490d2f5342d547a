"""What readers send us by MM7: stored as it came, for whoever makes something of it later."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from delivery.models import InboundMessage
from delivery.ports.message_ids import normalise_message_id
from delivery.reports.keywords import ReaderText
from delivery.reports.quizzes import take_answer
from huabao.msisdn import find_msisdn

if TYPE_CHECKING:
    from content.codecs.mime import Entity
    from delivery.codecs.mm7 import DeliverReq, ReadReplyReq

ADDRESS_CHARS_MAX = 80
ANSWER_BYTES_MAX = 1000
"""A longer text part is no answer to a quiz."""


def store_deliver(session: Session, port_id: int, message: DeliverReq, content: Entity | None, received_at: datetime) -> None:
    """Keep a message from a reader; where its text answers a quiz, it is taken as an answer."""
    recipient = next(iter((*message.to, *message.cc, *message.bcc)), None)
    row = InboundMessage(
        received_at=received_at,
        port_id=port_id,
        kind="deliver",
        sender=_address(message.sender.text),
        recipient=_address(recipient.text) if recipient else "",
        linked_id=message.linked_id[:120] if message.linked_id else None,
        subject=message.subject[:200] if message.subject else None,
        content=_bytes(content) if content is not None else None,
    )
    session.add(row)
    for said in _texts(message, content):
        row.status = row.status or take_answer(session, ReaderText(port_id, row.sender, row.recipient, said, received_at), channel="mms")


def _texts(message: DeliverReq, content: Entity | None) -> list[str]:
    """What a reader may have meant by a message: its texts, then its subject."""
    parts = (content, *content.parts) if content is not None else ()
    texts = [_text(part) for part in parts if part.content_type == "text/plain" and len(part.body) <= ANSWER_BYTES_MAX]
    return [*texts, message.subject or ""]


def _text(part: Entity) -> str:
    """A short text whose charset handsets name wrongly, or not at all."""
    said = part.text
    return said if "\ufffd" not in said else part.body.decode("gb18030", "replace")


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
