"""M-Retrieve.conf written as octets: strict, fields in the specification's order, the content type last.

Spec: OMA-WAP-MMS-ENC 1.0, 6.3 and 7.2; WAP-230-WSP 8.5 (multipart).
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from content.codecs.mime import Part, Related
from content.codecs.mm1 import headers, wsp
from content.codecs.mm1.structs import RetrieveConf
from huabao.errors import CodecError

_VERSION: Final = re.compile(r"([1-7])\.(\d|1[0-4])", re.ASCII)


def encode_retrieve_conf(message: RetrieveConf) -> bytes:
    """The message as a handset gets it; its length is what counts against a handset's budget.

    Raises:
        CodecError: a text or a number that the PDU cannot carry, or a start that no part has (ours).
    """
    pieces = [
        _field(headers.MESSAGE_TYPE, bytes([headers.M_RETRIEVE_CONF])),
        _field(headers.TRANSACTION_ID, wsp.encode_token(message.transaction_id)) if message.transaction_id else b"",
        _field(headers.MMS_VERSION, _version(message.version)),
        _field(headers.MESSAGE_ID, wsp.encode_token(message.message_id)) if message.message_id else b"",
        _field(headers.DATE, _date(message.date)),
        _field(headers.FROM, _from(message.from_)),
        *(_field(headers.TO, wsp.encode_encoded_string(each)) for each in message.to),
        *(_field(headers.CC, wsp.encode_encoded_string(each)) for each in message.cc),
        _field(headers.SUBJECT, wsp.encode_encoded_string(message.subject)) if message.subject else b"",
        _field(headers.MESSAGE_CLASS, _message_class(message.message_class)),
        _field(headers.PRIORITY, _priority(message.priority)),
        _field(headers.CONTENT_TYPE, _related_type(message.related)),
        wsp.encode_uintvar(len(message.related.parts)),
        *(piece for part in message.related.parts for piece in _part(part)),
    ]
    return b"".join(pieces)


def _field(number: int, value: bytes) -> bytes:
    return wsp.encode_short_integer(number) + value


def _version(version: str) -> bytes:
    match = _VERSION.fullmatch(version)
    if match is None:
        raise CodecError(f"{version[:20]!r} is no MMS version", theirs=False)
    return wsp.encode_short_integer(int(match[1]) << 4 | int(match[2]))


def _date(moment: datetime) -> bytes:
    if moment.tzinfo is None or moment.timestamp() < 0:
        raise CodecError("a date needs a zone and cannot lie before 1970", theirs=False)
    return wsp.encode_long_integer(int(moment.timestamp()))


def _from(address: str | None) -> bytes:
    value = bytes([headers.INSERT_ADDRESS]) if address is None else bytes([headers.ADDRESS_PRESENT]) + wsp.encode_encoded_string(address)
    return wsp.encode_value_length(len(value)) + value


def _message_class(name: str) -> bytes:
    number = headers.CLASSES.get(name)
    return wsp.encode_token(name) if number is None else bytes([number])


def _priority(name: str) -> bytes:
    number = headers.PRIORITIES.get(name)
    if number is None:
        raise CodecError(f"{name[:20]!r} is no priority", theirs=False)
    return bytes([number])


def _related_type(related: Related) -> bytes:
    if related.start not in {part.content_id for part in related.parts}:
        raise CodecError(f"no part has the start's Content-ID {related.start!r}", theirs=False)
    return wsp.encode_content_type("application/vnd.wap.multipart.related", type=related.type, start=f"<{related.start}>")


def _part(part: Part) -> tuple[bytes, bytes, bytes]:
    """Lengths, headers, data."""
    content_type = wsp.encode_content_type(part.content_type)
    content_id = b'"' + wsp.encode_token(f"<{part.content_id}>")
    location = wsp.encode_token(part.content_location)
    header = content_type + _field(headers.PART_CONTENT_ID, content_id) + _field(headers.PART_CONTENT_LOCATION, location)
    return wsp.encode_uintvar(len(header)) + wsp.encode_uintvar(len(part.data)), header, part.data
