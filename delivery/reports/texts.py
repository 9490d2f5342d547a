"""Texts that readers send by SMS: kept as they came, joined where they came in parts, handed to the keyword's handler.

A long text comes as several deliver_sm, in any order, some twice. Each part is kept
at once (the SMSC forgets it when we answer); when all are there the whole is added.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from delivery.codecs.smpp import Concatenation, DeliverSM, Piece, join, piece_of, read_text
from delivery.codecs.smpp.texts import DefaultAlphabet
from delivery.models import InboundMessage
from delivery.reports.keywords import ReaderText, handle
from delivery.reports.offering import take_request
from delivery.reports.quizzes import take_answer
from huabao.errors import CodecError
from huabao.msisdn import find_msisdn
from huabao.settings import Setting

TEXT, PART, NO_TEXT, RECEIPT = "sms", "sms-part", "sms-data", "bad-receipt"
"""Kinds of `InboundMessage`: a whole text, a part of one, octets that are no text, a receipt that names no message."""

TEXT_JOIN_S = Setting("text_join_s", 3600.0, "s", "parts of a reader's SMS that lie further apart belong to different texts", minimum=1)
TEXT_TWICE_S = Setting("text_twice_s", 600.0, "s", "a part of a joined SMS that comes again within this is the SMSC's repetition, and is passed over", minimum=0)

SETTINGS: tuple[Setting[Any], ...] = (TEXT_JOIN_S, TEXT_TWICE_S)


def store_text(session: Session, port_id: int, message: DeliverSM, received_at: datetime, *, alphabet: DefaultAlphabet = "gsm7") -> None:
    """Keep what a reader sent; a whole text goes to its keyword's handler.

    Args:
        alphabet: how the SMSC means data_coding 0.
    """
    row = InboundMessage(received_at=received_at, port_id=port_id, sender=_address(message.source_addr), recipient=_address(message.destination_addr))
    try:
        piece = piece_of(message)
    except CodecError:  # its header is cut off
        row.kind, row.content = NO_TEXT, message.payload
        session.add(row)
        return
    if piece.place is None or piece.place.total == 1:
        _add_whole(session, row, piece.data_coding, piece.octets, alphabet)
        return
    row.kind, row.linked_id, row.content = PART, _part_key(piece, piece.place), piece.octets
    joined = _joined(session, row, _whole_key(piece, piece.place))
    if joined is not None and _is_repetition(session, row, joined):
        return
    session.add(row)
    session.flush()
    _join(session, row, piece, piece.place, joined, alphabet)


def store_odd_receipt(session: Session, port_id: int, sender: str, recipient: str, payload: bytes, received_at: datetime) -> None:
    """Keep a receipt of which nobody can say what it is about, for a person."""
    session.add(
        InboundMessage(received_at=received_at, port_id=port_id, kind=RECEIPT, sender=_address(sender), recipient=_address(recipient), content=payload)
    )


def _add_whole(session: Session, row: InboundMessage, data_coding: int, octets: bytes, alphabet: DefaultAlphabet) -> None:
    try:
        text = read_text(data_coding, octets, default_alphabet=alphabet)
    except CodecError:
        row.kind, row.content = NO_TEXT, octets
    else:
        row.kind, row.content = TEXT, text.encode("utf-8", "replace")
        message = ReaderText(row.port_id, row.sender, row.recipient, text, row.received_at)
        row.status = handle(session, message) or take_answer(session, message) or take_request(session, message)
    session.add(row)
    session.flush()


def _of_pair(row: InboundMessage, since_s: float) -> tuple[ColumnElement[bool], ...]:
    """From the same handset to the same number on the same port, since a while before."""
    return (
        InboundMessage.sender == row.sender,
        InboundMessage.recipient == row.recipient,
        InboundMessage.port_id == row.port_id,
        InboundMessage.received_at >= row.received_at - timedelta(seconds=since_s),
    )


def _joined(session: Session, row: InboundMessage, whole_key: str) -> int | None:
    """The last text that was joined of parts with that key."""
    found = select(func.max(InboundMessage.id)).where(*_of_pair(row, TEXT_JOIN_S.get(session)), InboundMessage.linked_id == whole_key)
    return session.scalar(found)


def _is_repetition(session: Session, row: InboundMessage, joined: int) -> bool:
    """Whether the SMSC sent a part of a joined text once more."""
    alike = (InboundMessage.kind == PART, InboundMessage.linked_id == row.linked_id, InboundMessage.content == row.content)
    return session.scalar(select(InboundMessage.id).where(*_of_pair(row, TEXT_TWICE_S.get(session)), *alike, InboundMessage.id < joined).limit(1)) is not None


def _join(session: Session, last: InboundMessage, piece: Piece, place: Concatenation, joined: int | None, alphabet: DefaultAlphabet) -> None:
    """Add the whole text once its last part is there."""
    keys = {_part_key(piece, Concatenation(place.reference, place.total, number)): number for number in range(1, place.total + 1)}
    found = session.execute(
        select(InboundMessage.linked_id, InboundMessage.content)
        .where(*_of_pair(last, TEXT_JOIN_S.get(session)), InboundMessage.kind == PART, InboundMessage.linked_id.in_(keys), InboundMessage.id > (joined or 0))
        .order_by(InboundMessage.id)
    )
    octets = join(Piece(piece.key, Concatenation(place.reference, place.total, keys[key or ""]), piece.data_coding, content or b"") for key, content in found)
    if octets is not None:
        whole = InboundMessage(received_at=last.received_at, port_id=last.port_id, sender=last.sender, recipient=last.recipient, linked_id=_whole_key(piece, place))
        _add_whole(session, whole, piece.data_coding, octets, alphabet)


def _whole_key(piece: Piece, place: Concatenation) -> str:
    return f"{piece.data_coding}:{place.reference}:{place.total}"


def _part_key(piece: Piece, place: Concatenation) -> str:
    return f"{_whole_key(piece, place)}:{place.number}"


def _address(text: str) -> str:
    return find_msisdn(text) or text.strip()[:80]
