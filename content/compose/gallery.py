"""WAP pages of a comic: the slides that a message had no room for, one picture a page, chained by next and previous.

Spec: W3C Mobile Web Best Practices 1.0, 5.3.1: a page with its picture keeps to 20 KB.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from content.adapt import EncodedPicture, PictureRequest, fit_pictures
from content.adapt.encoding import encode_jpeg
from content.compose.issue import Issue
from content.compose.slides import WapDocument
from content.compose.wap import token_of

PICTURE_BYTES_MAX = 17_500
MARKUP_BYTES_MAX = 2_500
QUALITIES = (80, 70, 60, 50)
"""Tried in turn; a picture too large for the last one becomes smaller."""

TEMPLATE = "wap/picture.xhtml.j2"


@dataclass(frozen=True)
class Exhibit:
    """One picture of a gallery, as its slide would show it."""

    request: PictureRequest
    caption: str


@dataclass(frozen=True)
class Gallery:
    """Pages and the pictures on them.

    Attributes:
        tokens: of the page of each exhibit.
    """

    tokens: tuple[str, ...]
    documents: tuple[WapDocument, ...]


def gallery(issue: Issue, exhibits: Sequence[Exhibit]) -> Gallery:
    """The pages of these pictures, in order."""
    pictures = [_encoded(issue, one.request) for one in exhibits]
    names = [token_of("picture", hashlib.sha256(picture.data).hexdigest()) for picture in pictures]
    whole = "\0".join((*names, *(one.caption for one in exhibits)))
    tokens = tuple(token_of("gallery", issue.name, whole, str(number)) for number in range(len(exhibits)))
    documents = {name: WapDocument(name, picture.data, picture.media_type) for name, picture in zip(names, pictures, strict=True)}
    for number, (one, picture, name) in enumerate(zip(exhibits, pictures, names, strict=True)):
        body = issue.design.render(
            TEMPLATE,
            title=issue.name,
            caption=one.caption,
            picture=picture,
            source=name,
            previous=tokens[number - 1] if number else None,
            next=tokens[number + 1] if number + 1 < len(tokens) else None,
        ).encode()
        assert len(body) <= MARKUP_BYTES_MAX, "a page's markup outgrew its limit"
        documents[tokens[number]] = WapDocument(tokens[number], body)
    return Gallery(tokens, tuple(documents.values()))


def _encoded(issue: Issue, request: PictureRequest) -> EncodedPicture:
    for quality in QUALITIES:
        data = encode_jpeg(request.image, 10 * quality, request.style)
        if len(data) <= PICTURE_BYTES_MAX:
            return EncodedPicture(request.key, data, "image/jpeg", *request.image.size, quality)
    fitting = fit_pictures([request], PICTURE_BYTES_MAX, issue.handset, cache=issue.pictures.encodings)
    return fitting.pictures[request.key]
