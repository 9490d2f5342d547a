"""The links of a serial: to the WAP pages of a chapter that did not arrive, or to a list of all earlier ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy.orm import Session

from content.compose.slides import WapDocument
from content.serial import EARLIER, MISSED, Note
from content.services import load_version_by_id
from content.signatures import SignatureRules
from content.variants import WAP_PUSH, ensure_variants, load_short
from content.wap.documents import Heading, Link, PageDocument, write_page
from content.wap.keeping import keep_pages
from content.wap.keys import wap_address_of
from content.wap.tokens import name_of
from delivery.serials.chapters import Chapter
from delivery.serials.course import EARLIER_FLAG, MISSED_FLAG
from huabao.errors import StoreError
from huabao.runtime import Runtime

LISTED_MAX = 24
"""Chapters on the list of earlier ones: the newest."""

TITLE = "前情"


def note_keys(runtime: Runtime, earlier: Sequence[Chapter], version_id: int, flags: Iterable[str]) -> dict[str, str]:
    """The keys of the notes that are asked for, by flag; what they lead to is built.

    Args:
        earlier: chapters before the one that is sent, in order.
        version_id: of the one that is sent; the list of earlier chapters is kept with it.
    """
    found = {}
    for flag in sorted(flags):
        last = earlier[-1]
        if flag == MISSED_FLAG or len(earlier) == 1:
            kind = MISSED if flag == MISSED_FLAG else EARLIER
            found[flag] = Note(kind, cover_of(runtime, last), last.number).key
        elif flag == EARLIER_FLAG:
            found[flag] = Note(EARLIER, _list_of(runtime, earlier[-LISTED_MAX:], version_id), last.number).key
    return found


def cover_of(runtime: Runtime, chapter: Chapter) -> str:
    """The first WAP page of a chapter as everybody may read it."""
    with runtime.transaction(read_only=True) as session:
        loaded = load_version_by_id(session, chapter.version_id)
        items = SignatureRules(loaded.manuscript).default_items
    (variant_id,) = ensure_variants(runtime, chapter.version_id, [(WAP_PUSH, items)]).values()
    with runtime.transaction(read_only=True) as session:
        return _page_name(session, runtime, load_short(session, variant_id).href)


def _page_name(session: Session, runtime: Runtime, href: str) -> str:
    name = wap_address_of(session, runtime.config).page_name(href.rpartition("/")[2])
    if name is None:
        raise StoreError("the links of an earlier chapter were sealed with another key; set HUABAO_SECRET_KEY to what it was")
    return name


def _list_of(runtime: Runtime, chapters: Sequence[Chapter], version_id: int) -> str:
    """The page that lists these chapters, the newest first."""
    links = tuple(Link(f"第{chapter.number}话" if chapter.number.isdigit() else chapter.number, cover_of(runtime, chapter)) for chapter in reversed(chapters))
    with runtime.transaction() as session:
        loaded = load_version_by_id(session, version_id)
        page = PageDocument("contents", f"{loaded.manuscript.title} {loaded.manuscript.number}", TITLE, (Heading(TITLE), *links))
        name = name_of("wap serial", str(version_id), *(f"{link.text}\0{link.page}" for link in links))
        keep_pages(session, version_id, [WapDocument(name, write_page(page))])
    return name
