"""The Push PDU of connectionless WSP: headers that name a document, and the document.

Spec: WAP-230-WSP 8.2.4.1 (Push).
"""

from __future__ import annotations

from typing import Final

from content.codecs.mm1.reader import WSPReader
from content.codecs.mm1.wsp import encode_uintvar
from huabao.errors import CodecError

PUSH_PDU: Final = 0x06


def join_pdu(headers: bytes, body: bytes, transaction_id: int) -> bytes:
    """The PDU; `headers` begin with the content type, of the transaction's number the low octet counts."""
    return bytes((transaction_id & 0xFF, PUSH_PDU)) + encode_uintvar(len(headers)) + headers + body


def split_pdu(data: bytes) -> tuple[bytes, bytes]:
    """Headers and body.

    Raises:
        CodecError: it is no Push PDU, or ends too early.
    """
    reader = WSPReader(data)
    reader.octet()
    if reader.octet() != PUSH_PDU:
        raise CodecError("the PDU is no Push")
    headers = reader.take(reader.uintvar())
    return headers, reader.take(reader.left)
