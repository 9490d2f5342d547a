"""Texts that readers send by SMS: kept as they came, joined where they came in parts, handed to the keyword's handler.

A long text comes as several deliver_sm, in any order, some twice. Each part is kept
at once (the SMSC forgets it when we answer); when all are there the whole is added.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.codecs.smpp import Concatenation, DeliverSM, Piece, join, piece_of, read_text
from delivery.codecs.smpp.texts import DefaultAlphabet
from delivery.models import InboundMessage
from delivery.reports.keywords import ReaderText, handle
from huabao.errors import CodecError
from huabao.msisdn import find_msisdn

TEXT, PART, NO_TEXT, RECEIPT = "sms", "sms-part", "sms-data", "bad-receipt"
"""Kinds of `InboundMessage`: a whole text, a part of one, octets that are no text, a receipt that names no message."""

JOIN_S: Final = 3600.0
"""Parts that lie further apart belong to different texts."""

TWICE_S: Final = 600.0
"""The same long text again within this is the SMSC's repetition."""


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
    session.add(row)
    session.flush()
    _join(session, row, piece, piece.place, alphabet)


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
        row.status = handle(session, ReaderText(row.port_id, row.sender, row.recipient, text, row.received_at))
    session.add(row)
    session.flush()


def _join(session: Session, last: InboundMessage, piece: Piece, place: Concatenation, alphabet: DefaultAlphabet) -> None:
    """Add the whole text once its last part is there."""
    mine = (InboundMessage.sender == last.sender, InboundMessage.recipient == last.recipient, InboundMessage.port_id == last.port_id)
    recent = InboundMessage.received_at >= last.received_at - timedelta(seconds=JOIN_S)
    whole_key = _whole_key(piece, place)
    joined = session.execute(
        select(InboundMessage.id, InboundMessage.content, InboundMessage.received_at)
        .where(*mine, recent, InboundMessage.linked_id == whole_key)
        .order_by(InboundMessage.id.desc())
        .limit(1)
    ).one_or_none()
    keys = {_part_key(piece, Concatenation(place.reference, place.total, number)): number for number in range(1, place.total + 1)}
    found = session.execute(
        select(InboundMessage.linked_id, InboundMessage.content)
        .where(*mine, recent, InboundMessage.kind == PART, InboundMessage.linked_id.in_(keys), InboundMessage.id > (joined.id if joined else 0))
        .order_by(InboundMessage.id)
    )
    octets = join(Piece(piece.key, Concatenation(place.reference, place.total, keys[key or ""]), piece.data_coding, content or b"") for key, content in found)
    if octets is None:
        return
    row = InboundMessage(received_at=last.received_at, port_id=last.port_id, sender=last.sender, recipient=last.recipient, linked_id=whole_key)
    if joined is not None and last.received_at - joined.received_at < timedelta(seconds=TWICE_S) and _same(joined.content, piece.data_coding, octets, alphabet):
        return
    _add_whole(session, row, piece.data_coding, octets, alphabet)


def _same(content: bytes | None, data_coding: int, octets: bytes, alphabet: DefaultAlphabet) -> bool:
    try:
        return content == read_text(data_coding, octets, default_alphabet=alphabet).encode("utf-8", "replace")
    except CodecError:
        return content == octets


def _whole_key(piece: Piece, place: Concatenation) -> str:
    return f"{piece.data_coding}:{place.reference}:{place.total}"


def _part_key(piece: Piece, place: Concatenation) -> str:
    return f"{_whole_key(piece, place)}:{place.number}"


def _address(text: str) -> str:
    return find_msisdn(text) or text.strip()[:80]
