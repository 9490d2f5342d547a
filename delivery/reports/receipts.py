"""Receipts of an SMSC as rows of `delivery_events`, like the reports of an MMSC."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import Any, Final

from delivery.codecs.smpp import DataSM, DeliverSM, EsmClass, read_receipt
from delivery.codecs.smpp.receipts import WORDS
from delivery.models import EventState
from huabao.msisdn import find_msisdn

UNDER_WAY: Final = "ENROUTE"
"""An intermediate notification, whatever word it uses: the last one is to come."""


YEARS: Final = range(2000, 2100)
"""A date of another century is a clock that nobody set."""


def is_receipt(message: DeliverSM | DataSM) -> bool:
    """Whether it says what became of a message of ours."""
    if isinstance(message, DeliverSM):
        return message.is_receipt
    return bool(message.esm_class & (EsmClass.RECEIPT | EsmClass.INTERMEDIATE))


def receipt_row(port_id: int, message: DeliverSM | DataSM, received_at: datetime, id_of: Callable[[str], str], zone: tzinfo) -> dict[str, Any]:
    """The row of a receipt; its sender is the handset.

    Args:
        id_of: brings a receipt's id into the form of the answers' ids.
        zone: of its dates.

    Raises:
        CodecError: it names no message.
    """
    receipt = read_receipt(message, zone=zone)
    stat = receipt.stat or (WORDS[receipt.state] if receipt.state is not None else "")
    number, other = find_msisdn(message.source_addr), find_msisdn(message.destination_addr)
    return {
        "received_at": received_at,
        "port_id": port_id,
        "message_id": id_of(_plain(receipt.message_id)),
        "number": number or other or _plain(message.source_addr)[:80],
        "sender": other if number and other != number else None,
        "status": (UNDER_WAY if receipt.interim else _plain(stat) or "no state")[:40],
        "status_extension": _plain(receipt.error)[:80] or None,
        "status_text": None,
        "reported_at": receipt.done_at if receipt.done_at is not None and receipt.done_at.year in YEARS else None,
        "state": int(EventState.NEW),
    }


def _plain(text: str) -> str:
    """Without what a database does not take."""
    return text.replace("\0", "")
