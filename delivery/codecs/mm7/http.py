"""MM7 over HTTP: the body's framing, in and out. No socket here.

A message without content is bare text/xml; one with content is multipart/related, the envelope first, then the content, whose
Content-ID the envelope's `Content@href` names.

Spec: 3GPP TS 23.140 8.7.2; SOAP messages with attachments; RFC 2387.
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from content.codecs.mime import Entity, bare_id, choose_boundary, decode_body, parse_content_type
from delivery.codecs.mm7.client_forms import STRICT, ClientForm
from delivery.codecs.mm7.decode import decode_envelope
from delivery.codecs.mm7.structs import DeliverReq, Envelope, ReplaceReq, SubmitReq
from huabao.errors import CodecError

ENVELOPE_ID: Final = "mm7-envelope"
"""Content-ID of the SOAP part that we write."""

XML_TYPE: Final = "text/xml; charset=utf-8"
HEADER_BYTES_MAX: Final = 4096
"""Of the content's own header lines, which we wrote: four of them."""

_CONTENT_ID: Final = re.compile(rb"(?im)^Content-ID:[ \t]*(\S+)[ \t]*\r?$")


@dataclass(frozen=True)
class Frame:
    """What stands around an envelope on its way: HTTP headers, the bytes before it and after it.

    Attributes:
        boundary: None for a bare envelope.
        content_at: bytes of `after` before the content.
    """

    headers: dict[str, str]
    boundary: str | None
    before: bytes = field(default=b"", repr=False)
    after: bytes = field(default=b"", repr=False)
    content_at: int = 0

    def refuse_boundary(self, *pieces: bytes) -> None:
        """Checks that no piece to be framed holds the boundary.

        Raises:
            CodecError: one does (ours; it cannot happen by chance, the boundary is a digest of the content).
        """
        if self.boundary is not None and any(self.boundary.encode("ascii") in piece for piece in pieces):
            raise CodecError("the request holds its content's boundary", theirs=False)


def frame(content: bytes | None, form: ClientForm = STRICT) -> Frame:
    """The frame of an envelope that goes with `content`.

    Args:
        content: an entity, header lines first, as `content.codecs.mime.encode_related` writes it, or None.
        form: whose manners the request has.
    """
    headers = {"SOAPAction": '""', **form.headers}
    if content is None:
        return Frame({"Content-Type": XML_TYPE, **headers}, None)
    boundary = choose_boundary(form.boundary_prefix, (content,))
    headers = {"Content-Type": f'multipart/related; type="text/xml"; start="<{ENVELOPE_ID}>"; boundary="{boundary}"', **headers}
    before = f"--{boundary}\r\nContent-Type: {XML_TYPE}\r\nContent-ID: <{ENVELOPE_ID}>\r\nContent-Transfer-Encoding: binary\r\n\r\n"
    between, end = f"\r\n--{boundary}\r\n".encode("ascii"), f"\r\n--{boundary}--\r\n".encode("ascii")
    return Frame(headers, boundary, before.encode("ascii"), between + content + end, len(between))


def content_id_of(content: bytes) -> str:
    """The Content-ID in the header lines of an entity, "" where there is none."""
    head = content[:HEADER_BYTES_MAX].partition(b"\r\n\r\n")[0]
    match = _CONTENT_ID.search(head)
    return bare_id(match.group(1).decode("utf-8", errors="replace")) if match else ""


def encode_http(envelope: bytes, content: bytes | None = None, form: ClientForm = STRICT) -> tuple[dict[str, str], bytes]:
    """HTTP headers and body of an envelope, with the content entity that it refers to.

    Raises:
        CodecError: the envelope holds the boundary that the content gives (ours).
    """
    around, envelope = frame(content, form), form.dress(envelope)
    around.refuse_boundary(envelope)
    return around.headers, around.before + envelope + around.after


def decode_http(content_type: str, body: bytes) -> Envelope:
    """The envelope in an HTTP body, and its content.

    Bare XML and multipart/related are read, whichever the Content-Type says.

    Args:
        content_type: the header's value; "" where it is missing.

    Raises:
        CodecError: as `decode_envelope`, or a multipart that cannot be taken apart (2007).
    """
    multipart, charset = _said(content_type)
    if body[:200].lstrip()[:2] == b"--":
        multipart, content_type = True, content_type if multipart else "multipart/related"
    if not multipart or body[:200].lstrip()[:1] == b"<":
        return decode_envelope(body, charset=None if multipart else charset)
    entity = decode_body(content_type, body)
    if not entity.parts:
        raise CodecError("the request has no parts")
    root = _root(entity)
    envelope = decode_envelope(root.body, charset=root.params.get("charset"))
    return dataclasses.replace(envelope, content=_content(entity, root, envelope))


@lru_cache(maxsize=64)
def _said(content_type: str) -> tuple[bool, str | None]:
    """Whether it is a multipart, and the charset, by the header."""
    media_type, params = parse_content_type(content_type)
    return media_type.startswith("multipart/"), params.get("charset")


def _root(entity: Entity) -> Entity:
    start = bare_id(entity.params.get("start", ""))
    named = (part for part in entity.parts if start and part.content_id == start)
    xml = (part for part in entity.parts if part.content_type in {"text/xml", "application/xml", "application/soap+xml"})
    return next(named, None) or next(xml, None) or entity.parts[0]


def _content(entity: Entity, root: Entity, envelope: Envelope) -> Entity | None:
    """The part that the message refers to: by Content-ID or Content-Location, by its beginning, or because it is the only one."""
    if not isinstance(envelope.message, SubmitReq | ReplaceReq | DeliverReq):
        return None
    href = envelope.message.content_href
    others = [part for part in entity.parts if part is not root]
    if href:
        exact = next((part for part in others if href in (part.content_id, part.content_location)), None)
        begun = next((part for part in others if part.content_id and part.content_id.startswith(href)), None)
        if exact or begun:
            return exact or begun
    return others[0] if others else None
