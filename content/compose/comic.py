"""A comic: cover, panel by panel in reading order, end page with the credit.

Quality comes before quantity: the message holds as many pages, from the first
on, as stay decent in its bytes; the last slide says how many are left and links to
the panel from which the WAP edition goes on: it has them all, one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image

from content.adapt import PictureRequest
from content.adapt.encoding import encode_jpeg
from content.adapt.panels import Box
from content.compose.captions import issue_line, portions, shortened
from content.compose.frames import Frame, frames_of, picture_of
from content.compose.issue import DECODED_PX_MAX, Issue
from content.compose.shots import divided, lettering_of, look, shots_of
from content.compose.slides import Moved, Plan, Slide
from content.compose.wap import WapEdition, wap_edition
from content.draw import comic_cover, end_page
from content.manuscript import Item, PictureRef
from content.serial import line_of, note_of
from content.wap.tokens import PAGE_CHARS

QUALITY_DECENT = 52
"""JPEG quality that every picture must reach for one more page to be taken; the fitting asks for 50 at full size."""

SLIDE_BYTES, HEAD_BYTES = 300, 1000
"""What a slide takes besides its picture (SMIL, part headers, text), and a message besides its slides; measured, rounded up."""

WHOLE_PAGES_SHARE = 0.8
"""A message ends with a whole page where that still shows so much of what would fit."""

TALL_SHARE, PART_SHARE = 2.0, 1.5
"""A panel higher than so many of its widths is divided on WAP pages, into parts of so many."""

END_RANK = 901


@dataclass(frozen=True)
class Page:
    """One page of the comic in slides."""

    item: Item
    frames: tuple[Frame, ...]


def plan(issue: Issue) -> Plan:
    """The comic in slides."""
    pages = _pages(issue)
    count = max((frame.last for page in pages for frame in page.frames), default=0)
    frames = [frame for page in pages for frame in page.frames]
    reader = _reader(issue)
    cover, slides = _cover(issue), [_slide(issue, frame, count, reader) for frame in frames]
    shown = _shown(issue, pages, cover, slides)
    edition = wap_pages(issue)
    links = [issue.link(edition.page_of(frame.item.key, frame.tiles[0].box)) for frame in frames[shown:]]
    ends = _ends(issue, len({frame.item.key for frame in frames[shown:]}), links[0] if links else "")
    return Plan((cover, *slides[:shown], *ends), edition.documents, _moved(issue, pages, shown, links), issue.style.picture_share, issue.handset.comic_slides_max)


def wap_pages(issue: Issue) -> WapEdition:
    """The WAP edition: panel by panel, each as the editor named it or as it was found; a tall one in parts that a screen shows."""
    panels = {item.key: _panels(issue, item, item.picture) for section in issue.sections for item in section.items if item.picture is not None}
    return wap_edition(issue.manuscript, issue.keys, issue.cover_picture(), panels)


def _panels(issue: Issue, item: Item, page: PictureRef) -> list[Box]:
    if item.panels:
        named = [(panel.x, panel.y, panel.x + panel.width, panel.y + panel.height) for panel in item.panels]
        return [part for box in named for part in _parts(box, lettering_of(issue, page, box) if _tall(box) else ())]
    found = look(issue, page)
    return [part for box, lettering in zip(found.panels, found.lettering, strict=True) for part in _parts(box, lettering)]


def _parts(box: Box, lettering: Sequence[Box]) -> list[Box]:
    """The panel, or parts of one that is much taller than wide, each line of lettering whole in one of them."""
    if not _tall(box):
        return [box]
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    still = np.zeros(max(1, round(20 * height / width)))
    return [(left, low, right, high) for low, high in divided(top, bottom, PART_SHARE * width, still, lettering)]


def _tall(box: Box) -> bool:
    return box[3] - box[1] > TALL_SHARE * (box[2] - box[0])


def _pages(issue: Issue) -> list[Page]:
    found = []
    first = 1
    for section in issue.sections:
        for item in section.items:
            shots = shots_of(issue, item)
            found.append(Page(item, tuple(frames_of(shots, first, issue.handset))))
            first += len(shots)
    return found


def _shown(issue: Issue, pages: Sequence[Page], cover: Slide, slides: Sequence[Slide]) -> int:
    """How many slides of panels the message holds: all, else whole pages, else (where that would leave much of its bytes unused) as many as go."""
    whole = _ends(issue, 0, "")
    if _fits(issue, (cover, *slides, *whole)):
        return len(slides)
    ends = _ends(issue, len(pages), issue.wap.at("x" * PAGE_CHARS))
    most = next((taken for taken in range(len(slides) - 1, 0, -1) if _fits(issue, (cover, *slides[:taken], *ends))), 0)
    ended = 0
    for page in pages:
        if ended + len(page.frames) > most:
            break
        ended += len(page.frames)
    return ended if ended >= WHOLE_PAGES_SHARE * most else most


def _fits(issue: Issue, slides: Sequence[Slide]) -> bool:
    if len(slides) > issue.handset.comic_slides_max:
        return False
    pictures = sum(_weight(issue, slide.picture) for slide in slides if slide.picture is not None)
    return pictures + HEAD_BYTES + SLIDE_BYTES * len(slides) <= issue.handset.budget_bytes


def _weight(issue: Issue, picture: PictureRequest) -> int:
    """Bytes of a picture at a decent quality."""
    return issue.pictures.found(f"weight:{picture.key}", lambda: len(encode_jpeg(picture.image, 10 * QUALITY_DECENT, picture.style)))


def _slide(issue: Issue, frame: Frame, count: int, reader: Callable[[PictureRef], Image.Image]) -> Slide:
    key = f"{frame.key}@{issue.handset.name}"
    image = picture_of(issue, frame, reader)
    picture = PictureRequest(key, image, issue.handset.width_px, issue.handset.height_px, "comic", crop=False, rank=frame.first, optional=False)
    return Slide(_number(issue, frame, count), picture, (frame.item.key,))


def _number(issue: Issue, frame: Frame, count: int) -> str:
    return issue.template("panel").render(first=frame.first, last=frame.last, count=count)


def _reader(issue: Issue) -> Callable[[PictureRef], Image.Image]:
    """Gives a page in its own pixels; the last one asked for is kept, since its slides follow each other."""
    return lru_cache(maxsize=1)(lambda page: issue.pictures.fresh(page, min(DECODED_PX_MAX, max(page.width_px, page.height_px))))


def _moved(issue: Issue, pages: Sequence[Page], shown: int, links: Sequence[str]) -> tuple[Moved, ...]:
    moved = []
    why = f"{shown} of {sum(len(page.frames) for page in pages)} slides fit {issue.handset.budget_bytes} bytes at quality {QUALITY_DECENT}"
    end = 0
    for page in pages:
        first, end = end, end + len(page.frames)
        if end <= shown:
            continue
        what = "picture" if first < shown else "item"
        moved.append(Moved(page.item.key, what, links[max(first - shown, 0)], why))
    return tuple(moved)


def _cover(issue: Issue) -> Slide:
    manuscript, handset = issue.manuscript, issue.handset
    source = issue.cover_picture()
    key = issue.drawn_key("cover", source.sha256 if source else "")
    image = issue.pictures.drawn(key, lambda: comic_cover(issue.decoded(source) if source else None, manuscript.title, issue_line(manuscript), handset, style=issue.style))
    picture = PictureRequest(key, image, handset.width_px, handset.height_px, "comic", crop=False, rank=0, optional=False)
    line = issue_line(manuscript)
    note = note_of(issue.keys)
    below = "" if note is None else "\n" + line_of(note, issue.link(note.page))
    title = shortened(manuscript.title, max(1, handset.slide_chars_max - len(line) - 1 - len(below)))
    return Slide(issue.template("cover").render(title=title, line=line, headlines=()) + below, picture)


def _ends(issue: Issue, pages: int, link: str) -> tuple[Slide, ...]:
    """The last slides: the credit, how many pages follow, the link to them last.

    Args:
        pages: how many are not in the message, or not whole.
    """
    manuscript, handset = issue.manuscript, issue.handset
    key = issue.drawn_key("end", str(bool(pages)))
    image = issue.pictures.drawn(key, lambda: end_page(manuscript.title, "未完，点开全文接着看" if pages else "完", handset, style=issue.style))
    picture = PictureRequest(key, image, handset.width_px, handset.height_px, "type", crop=False, rank=END_RANK)
    credit = manuscript.credit or ""
    for title in (manuscript.title, ""):
        text = issue.template("finale").render(pages=pages, title=title, credit=credit, link="")
        if len(text) <= handset.slide_chars_max:
            return (Slide(issue.template("finale").render(pages=pages, title=title, credit=credit, link=link), picture),)
    before = tuple(Slide(part) for part in portions(credit, handset.slide_chars_max))
    title = shortened(manuscript.title, handset.slide_chars_max - 2)
    return (*before, Slide(issue.template("finale").render(pages=pages, title=title, credit="", link=link), picture))
