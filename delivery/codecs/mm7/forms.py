"""Delivery reports of a form that was read before, without an XML parser.

The reports of one server differ in their texts only: tags, prefixes, order and
attributes are the same each time. So the tags of a report are its form. The
first report of a form is read by the parser with marks in the place of its
texts, which tells where each text belongs; later ones are cut at their angle
brackets and their texts put there.

It is safe because a form says all that a parser looks at, once texts are plain
characters: `<` and `>` alternate, and there is no `&`, no comment, no CDATA, no
DOCTYPE, no instruction, no control character. Whatever else is met goes to the
parser, and so does a form in which a text is not a value by itself. The parser
refuses bad forms; they are none here.

Spec: XML 1.0 2.1, 2.4 (character data), 2.11 (line ends); 3GPP TS 23.140 8.7.5.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from typing import Final

from delivery.codecs.mm7.names import AddressKind
from delivery.codecs.mm7.structs import Address, DeliveryReportReq, Envelope
from delivery.codecs.mm7.times import parse_date_time
from huabao.errors import CodecError

BYTES_MAX: Final = 8_000
"""A report for some 200 recipients. So small a document is within every limit of `hardened_xml` but the depth."""

FORMS_MAX: Final = 128
"""Each takes some 5 KB, 150 KB at most. A server that tells of one, two or ten recipients at once has three."""

_BRACKETS: Final = b"<>"
_OTHERS: Final = bytes(each for each in range(256) if each not in _BRACKETS)
_UNFIT: Final = bytes(each for each in range(32) if each not in b"\t\n") + b"&"
"""What a parser would read otherwise than it stands there, or refuse. (The line ends of Windows are undone before.)"""

_BLANKS: Final = " \t\n"
_MARKS: Final = {f"{year}-01-01T00:00:00Z": year - 1000 for year in range(1000, 3000)}
"""Marks are times, so that they are read as well where a time is expected; each with its number."""
_MARK: Final = tuple(_MARKS)

_TEXTS: Final = (
    "message_id", "mm_status", "mms_relay_server_id", "mm_status_extension", "status_text", "status_error_code", "applic_id", "reply_applic_id",
    "aux_applic_info",
)  # fmt: skip
_texts_of: Final = attrgetter(*_TEXTS)

Parse = Callable[[bytes], Envelope]


@dataclass(frozen=True, slots=True)
class _Form:
    """Where each value stands among the texts; None for one that the report lacks.

    Attributes:
        texts: in the order of `_TEXTS`.
    """

    namespace: str
    transaction_id: int | None
    version: int | None
    recipients: tuple[tuple[int, AddressKind, bool], ...]
    sender: tuple[int, AddressKind, bool] | None
    date: int | None
    texts: tuple[int | None, ...]


class _NoFormError(Exception):
    """A value that is not one text, or a message that is no report."""


def read_by_form(clean: bytes, parse: Parse) -> Envelope | None:
    """The report in `clean` as `parse` would read it, or None where `parse` must be asked.

    Args:
        clean: as `hardened_xml.as_utf8` gives it.
        parse: reads an envelope in UTF-8; raises CodecError.
    """
    if len(clean) > BYTES_MAX or b"<!" in clean or clean.find(b"<?", 1) >= 0:
        return None
    if b"\r" in clean:
        clean = clean.replace(b"\r\n", b"\n")
    brackets = clean.translate(None, _OTHERS)
    if brackets != _BRACKETS * (len(brackets) // 2) or b"\xef\xbf" in clean or len(clean.translate(None, _UNFIT)) != len(clean):
        return None
    try:
        pieces = clean.decode("utf-8").replace(">", "<").split("<")
    except UnicodeDecodeError:
        return None
    return _read(tuple(pieces[1::2]), pieces[::2], parse)


def _read(tags: tuple[str, ...], texts: list[str], parse: Parse) -> Envelope | None:
    bare = [text.strip() for text in texts]
    form = _form(tags, tuple(map(bool, bare)), parse)
    if form is None or any(not kept and text.strip(_BLANKS) for kept, text in zip(bare, texts, strict=True)):  # blanks that XML does not know as such
        return None
    try:
        return _filled(form, bare)
    except CodecError:  # its Date is none
        return None


@lru_cache(maxsize=FORMS_MAX)
def _form(tags: tuple[str, ...], filled: tuple[bool, ...], parse: Parse) -> _Form | None:
    """The form with these tags, of whose texts these are not blank; None where it is of no use."""
    if len(filled) > len(_MARK):
        return None
    texts = [mark if full else "" for mark, full in zip(_MARK, filled, strict=False)]
    document = texts[0] + "".join(f"<{tag}>{text}" for tag, text in zip(tags, texts[1:], strict=True))
    try:
        return _form_of(parse(document.encode()))
    except (CodecError, _NoFormError):
        return None


def _form_of(envelope: Envelope) -> _Form:
    report = envelope.message
    if not isinstance(report, DeliveryReportReq) or envelope.problems or envelope.content is not None or report.ua_capabilities is not None:
        raise _NoFormError
    return _Form(
        namespace=envelope.namespace,
        transaction_id=_place(envelope.transaction_id) if envelope.transaction_id else None,
        version=_place(envelope.version),
        recipients=tuple(_address(each) for each in report.recipients),
        sender=None if report.sender is None else _address(report.sender),
        date=None if report.date is None else _dated(report.date),
        texts=tuple(map(_place, _texts_of(report))),
    )


def _place(text: str | None) -> int | None:
    if text is None:
        return None
    number = _MARKS.get(text)
    if number is None:
        raise _NoFormError
    return number


def _address(address: Address) -> tuple[int, AddressKind, bool]:
    number = _place(address.text)
    assert number is not None
    return number, address.kind, address.display_only


def _dated(date: datetime) -> int:
    return date.year - 1000


def _filled(form: _Form, texts: list[str]) -> Envelope:
    message_id, mm_status, *others = [None if at is None else texts[at] for at in form.texts]
    assert message_id is not None
    assert mm_status is not None
    recipients = tuple([Address(texts[at], kind, shown) for at, kind, shown in form.recipients])
    sender = None if form.sender is None else Address(texts[form.sender[0]], form.sender[1], form.sender[2])
    date = None if form.date is None else parse_date_time(texts[form.date])
    report = DeliveryReportReq(message_id, recipients, mm_status, sender, date, *others)
    transaction_id = "" if form.transaction_id is None else texts[form.transaction_id]
    return Envelope(transaction_id, form.namespace, report, None if form.version is None else texts[form.version])
