"""MIME entities: the message that a SubmitReq carries.

Written strictly (`encode_related`): one multipart/related, binary parts, CRLF, each part with Content-Type, Content-ID and
Content-Location, a boundary that is derived from the parts, so that the same message is the same bytes. Read tolerantly
(`decode_entity`): what real MMSCs and the carrier's client library send.

Spec: RFC 2045, RFC 2046 5.1, RFC 2387; 3GPP TS 23.140 8.7.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Part:
    """One part of a message.

    Attributes:
        content_type: with parameters, `text/plain; charset=utf-8`.
        content_id: without brackets.
        content_location: what SMIL's `src` names.
    """

    content_type: str
    content_id: str
    content_location: str
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class Related:
    """A multipart/related message.

    Attributes:
        start: Content-ID of the root part, without brackets.
        type: media type of the root part.
        content_id: Content-ID of the whole, that MM7's `Content@href` names.
    """

    parts: tuple[Part, ...]
    start: str
    type: str = "application/smil"
    content_id: str = "mms"


@dataclass(frozen=True)
class Entity:
    """A MIME entity as read.

    Attributes:
        headers: (name, value) in their order, names as sent.
        content_type: in lower case, without parameters; `text/plain` where none was sent.
        params: of the Content-Type, names in lower case.
        body: content with its transfer encoding undone; of a multipart: raw.
        parts: of a multipart.
    """

    headers: tuple[tuple[str, str], ...]
    content_type: str
    params: Mapping[str, str]
    body: bytes = field(repr=False)
    parts: tuple[Entity, ...] = ()
