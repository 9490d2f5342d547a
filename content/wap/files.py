"""The WAP edition as files: its pages as a handset of one class gets them, leading to each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from content.wap.browsers import XHTML_MP, Browser, step_of
from content.wap.documents import PAGE_TYPE, read_page, read_picture
from content.wap.pictures import PictureShelf, scaled
from content.wap.rendering import Render, render_pages
from content.wap.tokens import WapAddress


class Kept(Protocol):
    """A document as it is kept."""

    @property
    def token(self) -> str: ...

    @property
    def body(self) -> bytes: ...

    @property
    def media_type(self) -> str: ...


@dataclass(frozen=True)
class _FileNames:
    """Links from file to file."""

    address: WapAddress
    token: str

    def page(self, name: str) -> str:
        return f"{self.address.page_token(name)}.xhtml" if len(name) > len("my") else self.address.at(name)

    def part(self, number: int) -> str:
        return f"{self.token}.xhtml" if number == 1 else f"{self.token}-{number}.xhtml"

    def picture(self, name: str, width_px: int) -> str:
        return f"{self.address.page_token(name)}-{width_px}.jpg"


@dataclass(frozen=True)
class _Noting(_FileNames):
    """The same, and which pictures at which width were asked for."""

    asked: set[tuple[str, int]]

    def picture(self, name: str, width_px: int) -> str:
        self.asked.add((name, width_px))
        return super().picture(name, width_px)


def wap_files(documents: Iterable[Kept], address: WapAddress, render: Render, width_px: int, load: Callable[[str], bytes], shelf: PictureShelf) -> Iterator[tuple[str, bytes]]:
    """Names and bytes: each document under its token, its further pages behind a number, each picture at the widths that pages show.

    Args:
        width_px: of the screen.
        load: gives a picture of the edition by its SHA-256.
        shelf: keeps what was made for the next variant.
    """
    browser = Browser("xhtml", XHTML_MP, step_of(width_px))
    asked: set[tuple[str, int]] = set()
    pictures = {}
    for document in documents:
        if document.media_type != PAGE_TYPE:
            pictures[document.token] = read_picture(document.body)
            continue
        names = _Noting(address, address.page_token(document.token), asked)
        for number, page in enumerate(render_pages(read_page(document.body), browser, names, render), start=1):
            yield names.part(number), page
    for name, width in sorted(asked):
        picture = pictures[name]
        made = shelf.find(name, width, "image/jpeg", lambda picture=picture, width=width: scaled(picture, load(picture.asset), width))  # type: ignore[misc]
        yield _FileNames(address, "").picture(name, width), made.data
