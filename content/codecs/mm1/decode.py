"""MM1 PDUs read: M-Retrieve.conf whole, others by type and header fields.

Read though not written: fields in any order, any multipart, texts without a closing NUL at the end, a Content-ID without its
quote or brackets, unknown fields (skipped by their form), fewer parts than announced.

Spec: OMA-WAP-MMS-ENC 6 and 7; WAP-230-WSP 8.4.2, 8.5.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from content.codecs.mime import Part, Related, bare_id
from content.codecs.mm1 import headers
from content.codecs.mm1.reader import WSPReader
from content.codecs.mm1.structs import OtherPDU, RetrieveConf
from huabao.errors import CodecError

PDU_BYTES_MAX: Final = 8 * 1024 * 1024
"""The largest message class is 600 KB."""

FIELDS_MAX: Final = 1_000
"""Of one PDU; each recipient is one."""

PARTS_MAX: Final = 500

_Fields = dict[int, list[bytes]]


def decode_pdu(data: bytes) -> RetrieveConf | OtherPDU:
    """The PDU in `data`.

    Raises:
        CodecError: no PDU, cut short, beyond a limit, or an M-Retrieve.conf without Date or parts.
    """
    if len(data) > PDU_BYTES_MAX:
        raise CodecError(f"the PDU has {len(data)} bytes, more than {PDU_BYTES_MAX}")
    reader = WSPReader(data)
    if reader.left < 2 or data[0] != headers.MESSAGE_TYPE | 0x80:
        raise CodecError("no MMS PDU: it does not begin with X-Mms-Message-Type")
    fields, content_type = _fields(reader)
    message_type = fields[headers.MESSAGE_TYPE][0][0]
    if message_type != headers.M_RETRIEVE_CONF:
        return OtherPDU(message_type, tuple(_shown(number, value) for number, values in fields.items() for value in values))
    if content_type is None:
        raise CodecError("the M-Retrieve.conf has no content")
    return _retrieve_conf(fields, _related(content_type, reader))


def _fields(reader: WSPReader) -> tuple[_Fields, tuple[str, dict[str, str]] | None]:
    """All fields up to the content type, which ends the header."""
    fields: _Fields = {}
    count = 0
    while reader.left:
        count += 1
        if count > FIELDS_MAX:
            raise CodecError(f"the PDU has more than {FIELDS_MAX} fields")
        name = reader.peek()
        if name < 0x80:
            reader.text()
            reader.text()
            continue
        number = reader.octet() & 0x7F
        if number == headers.CONTENT_TYPE:
            return fields, reader.content_type()
        fields.setdefault(number, []).append(reader.value())
    return fields, None


def _retrieve_conf(fields: _Fields, related: Related) -> RetrieveConf:
    dates = fields.get(headers.DATE)
    if not dates:
        raise CodecError("the M-Retrieve.conf has no Date")
    return RetrieveConf(
        message_id=_text(fields, headers.MESSAGE_ID),
        date=_date(dates[0]),
        from_=_from(fields),
        to=_addresses(fields, headers.TO),
        subject=next((WSPReader(value).encoded_string() for value in fields.get(headers.SUBJECT, [])), ""),
        message_class=_named(fields, headers.MESSAGE_CLASS, _CLASS_NAMES, "personal"),
        related=related,
        transaction_id=_text(fields, headers.TRANSACTION_ID),
        priority=_named(fields, headers.PRIORITY, _PRIORITY_NAMES, "normal"),
        version=_version(fields),
        cc=_addresses(fields, headers.CC),
    )


_CLASS_NAMES: Final = {number: name for name, number in headers.CLASSES.items()}
_PRIORITY_NAMES: Final = {number: name for name, number in headers.PRIORITIES.items()}


def _text(fields: _Fields, number: int) -> str:
    return next((WSPReader(value).text() for value in fields.get(number, [])), "")


def _addresses(fields: _Fields, number: int) -> tuple[str, ...]:
    return tuple(WSPReader(value).encoded_string() for value in fields.get(number, []))


def _date(value: bytes) -> datetime:
    try:
        return datetime.fromtimestamp(WSPReader(value).integer(), UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise CodecError("the PDU's Date is out of range") from error


def _from(fields: _Fields) -> str | None:
    for value in fields.get(headers.FROM, []):
        if value[0] > 0x1F:
            return WSPReader(value).encoded_string()
        inside = WSPReader(value).counted()
        if inside.left and inside.octet() == headers.ADDRESS_PRESENT:
            return inside.encoded_string()
    return None


def _named(fields: _Fields, number: int, names: dict[int, str], default: str) -> str:
    for value in fields.get(number, []):
        return names.get(value[0], default) if value[0] >= 0x80 else WSPReader(value).text() or default
    return default


def _version(fields: _Fields) -> str:
    for value in fields.get(headers.MMS_VERSION, []):
        if value[0] >= 0x80:
            major, minor = value[0] >> 4 & 0x7, value[0] & 0xF
            return f"{major}.{0 if minor == 0xF else minor}"
    return "1.0"


def _shown(number: int, value: bytes) -> tuple[str, str]:
    name = headers.FIELD_NAMES.get(number, f"0x{number:02X}")
    if 0x20 <= value[0] < 0x80:
        return name, WSPReader(value).text()
    return name, value.hex()


def _related(content_type: tuple[str, dict[str, str]], reader: WSPReader) -> Related:
    media_type, params = content_type
    if "multipart" not in media_type:
        part = Part(_full_type(media_type, params), "part-1", params.get("name") or "part-1", reader.take(reader.left))
        return Related((part,), "part-1", media_type)
    announced = reader.uintvar()
    parts: list[Part] = []
    while reader.left and len(parts) < announced:
        if len(parts) == PARTS_MAX:
            raise CodecError(f"the PDU has more than {PARTS_MAX} parts")
        parts.append(_part(reader, len(parts) + 1))
    if not parts:
        raise CodecError("the PDU has no parts")
    start = bare_id(params.get("start", ""))
    if start not in {part.content_id for part in parts}:
        start = parts[0].content_id
    return Related(tuple(parts), start, params.get("type", parts[0].content_type.partition(";")[0]))


def _part(reader: WSPReader, place: int) -> Part:
    header_length, data_length = reader.uintvar(), reader.uintvar()
    header = WSPReader(reader.take(header_length))
    data = reader.take(data_length)
    media_type, params = header.content_type() if header.left else ("application/octet-stream", {})
    content_id, location = _names(header)
    location = location or params.get("name") or params.get("filename") or content_id or f"part-{place}"
    return Part(_full_type(media_type, params), content_id or f"part-{place}", location, data)


def _names(header: WSPReader) -> tuple[str, str]:
    """Content-ID and Content-Location of a part, "" where they are missing."""
    content_id = location = ""
    count = 0
    while header.left:
        count += 1
        if count > FIELDS_MAX:
            raise CodecError(f"a part has more than {FIELDS_MAX} headers")
        if header.peek() < 0x80:
            name, text = header.text().lower(), header.text()
            number = _SPELT.get(name)
        else:
            number = header.octet() & 0x7F
            text = WSPReader(header.value()).text() if number in _SPELT.values() else header.value().hex()
        if number == headers.PART_CONTENT_ID:
            content_id = bare_id(text.removeprefix('"'))
        elif number == headers.PART_CONTENT_LOCATION:
            location = text.strip()
    return content_id, location


_SPELT: Final = {"content-id": headers.PART_CONTENT_ID, "content-location": headers.PART_CONTENT_LOCATION}


def _full_type(media_type: str, params: dict[str, str]) -> str:
    """The content type as MIME writes it."""
    shown = "".join(f"; {name}={text}" for name, text in params.items() if name == "charset")
    return media_type + shown
