"""A WAP page before any handset asked for it: what stands on it, in order.

A document may be longer than a page: `rendering` cuts it where the asking
handset's limit is. Pictures stand in it by name; what a name means is a
`PictureDocument`: a picture of the edition, or a box of one. Both are kept as
JSON in the same table, and their names are made of the whole edition's content.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from huabao.errors import CodecError

PAGE_TYPE = "application/vnd.huabao.page+json"
PICTURE_TYPE = "application/vnd.huabao.picture+json"
"""How the two are told apart where they are kept; neither ever leaves the house."""

PageKind = Literal["cover", "contents", "text", "picture", "quiz", "package", "notice"]


@dataclass(frozen=True)
class Heading:
    """A title: `level` 1 is the page's own, 2 a section's."""

    text: str
    level: int = 1
    block: Literal["heading"] = "heading"


@dataclass(frozen=True)
class Words:
    """A paragraph; `small` for a date, a byline, a credit."""

    text: str
    small: bool = False
    block: Literal["words"] = "words"


@dataclass(frozen=True)
class Shown:
    """A picture.

    Attributes:
        picture: its name.
        width_px, height_px: its own; a handset gets it no wider than its screen.
        legible_px: how wide its lettering wants it; on a narrower screen a link leads to it at that width. 0 where it has none.
    """

    picture: str
    width_px: int
    height_px: int
    alt: str = ""
    legible_px: int = 0
    block: Literal["shown"] = "shown"


@dataclass(frozen=True)
class Link:
    """A line that leads to another document.

    Attributes:
        page: its name; or, on a page made for one visit, an address.
        key: the key of a keypad that follows it, or "".
        after: words behind it that lead nowhere.
    """

    text: str
    page: str
    key: str = ""
    after: str = ""
    block: Literal["link"] = "link"


@dataclass(frozen=True)
class Choice:
    """One of the answers of a form.

    Attributes:
        value: of the field.
        text: its words.
        page: the address where more is said of it, or "".
    """

    value: str
    text: str
    page: str = ""


@dataclass(frozen=True)
class Form:
    """Something that the reader may send; on pages made for one visit only.

    Attributes:
        action: where to.
        token: its own, so that it counts once.
        field: name of what is chosen; "" where there is nothing to choose.
        buttons: what is sent is the value of the one pressed, as `do`.
    """

    action: str
    token: str
    buttons: tuple[Choice, ...]
    field: str = ""
    choices: tuple[Choice, ...] = ()
    block: Literal["form"] = "form"


Block = Annotated[Heading | Words | Shown | Link | Form, Field(discriminator="block")]


@dataclass(frozen=True)
class PageDocument:
    """One document.

    Attributes:
        kind: what it is; a design may dress each kind in its own way.
        edition: of which it is a part, `手机早报 2022-10-31-am`, or "".
        title: of the browser's window.
        previous, next, home: names of the documents beside it and of the one above it, or "".
        item: key of the item that it shows, or "".
    """

    kind: PageKind
    edition: str
    title: str
    blocks: tuple[Block, ...]
    previous: str = ""
    next: str = ""
    home: str = ""
    item: str = ""


@dataclass(frozen=True)
class PictureDocument:
    """What a picture's name means.

    Attributes:
        asset: SHA-256 of the picture as the editor gave it.
        box: left, top, right, bottom of the part that is shown, in the picture's pixels as it stands upright; None for all of it.
        width_px, height_px: of the whole picture.
        drawn: a drawing with lettering, which is worth more bytes than a photograph.
        grey: it is shown without colour.
    """

    asset: str
    width_px: int
    height_px: int
    box: tuple[int, int, int, int] | None = None
    drawn: bool = False
    grey: bool = False


_PAGES: TypeAdapter[PageDocument] = TypeAdapter(PageDocument)
_PICTURES: TypeAdapter[PictureDocument] = TypeAdapter(PictureDocument)


def write_page(page: PageDocument) -> bytes:
    """A document as it is kept; the same one is the same bytes."""
    return _PAGES.dump_json(page)


def read_page(data: bytes) -> PageDocument:
    """The document of `write_page`.

    Raises:
        CodecError: it is none.
    """
    try:
        return _PAGES.validate_json(data)
    except ValidationError as error:
        raise CodecError("no WAP document") from error


def write_picture(picture: PictureDocument) -> bytes:
    """The same for a picture."""
    return _PICTURES.dump_json(picture)


def read_picture(data: bytes) -> PictureDocument:
    """The picture of `write_picture`.

    Raises:
        CodecError: it is none.
    """
    try:
        return _PICTURES.validate_json(data)
    except ValidationError as error:
        raise CodecError("no WAP picture") from error
