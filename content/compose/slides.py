"""What composing passes on: slides, what moved, pages behind links."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from content.adapt import PictureRequest
from content.wap.documents import PAGE_TYPE

PICTURE_S = 2
CHARS_PER_S = 6
DURATION_S_MIN, DURATION_S_MAX = 4, 20


@dataclass(frozen=True)
class Slide:
    """One slide before its picture is encoded.

    Attributes:
        text: what stands below the picture; "" for none.
        picture: what stands above it, or None.
        items: keys of the items that it shows.
    """

    text: str
    picture: PictureRequest | None = None
    items: tuple[str, ...] = ()

    def duration_ms(self, *, pictured: bool) -> int:
        """How long it stays: 2 s for a picture, 1 s for every 6 characters begun, 4 to 20 s."""
        seconds = PICTURE_S * pictured + -(-len(self.text) // CHARS_PER_S)
        return 1000 * min(max(seconds, DURATION_S_MIN), DURATION_S_MAX)


@dataclass(frozen=True)
class Moved:
    """Something that is not in the message.

    Attributes:
        item: its key.
        what: `text` (the rest of it), `item` (all of it), `picture`.
        where: the link to it, or "" where it is left out of this class.
        why: in words.
    """

    item: str
    what: str
    where: str
    why: str

    def to_document(self) -> dict[str, Any]:
        """As the manifest lists it."""
        return {"item": self.item, "what": self.what, "where": self.where, "why": self.why}


@dataclass(frozen=True)
class WapDocument:
    """A document behind a link, or what a picture in one is; `token` is its name, made of the edition's content and sealed in links."""

    token: str
    body: bytes = field(repr=False)
    media_type: str = PAGE_TYPE


@dataclass(frozen=True)
class Plan:
    """An edition for one handset class and one set of items, in slides.

    Attributes:
        picture_share: height of the picture region as a share of the screen's.
        slides_max: how many the class takes of this kind of publication.
    """

    slides: tuple[Slide, ...]
    wap_pages: tuple[WapDocument, ...]
    moved: tuple[Moved, ...]
    picture_share: float
    slides_max: int
