"""A comic: cover, panel by panel in reading order, end page with the credit.

Quality comes before quantity: the message holds as many pages, from the first
on, as stay decent in its bytes; the others are pictures on WAP pages, and the
last slide says how many and links to them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image

from content.adapt import PictureRequest
from content.adapt.encoding import encode_jpeg
from content.compose.captions import portions, shortened
from content.compose.frames import Frame, frames_of, picture_of
from content.compose.gallery import PICTURE_BYTES_MAX, Exhibit, Gallery, gallery
from content.compose.issue import DECODED_PX_MAX, Issue
from content.compose.layout import issue_line
from content.compose.shots import shots_of
from content.compose.slides import Moved, Plan, Slide
from content.draw import comic_cover, end_page
from content.manuscript import Item, PictureRef

QUALITY_DECENT = 52
"""JPEG quality that every picture must reach for one more page to be taken; the fitting asks for 50 at full size."""

SLIDE_BYTES, HEAD_BYTES = 300, 1000
"""What a slide takes besides its picture (SMIL, part headers, text), and a message besides its slides; measured, rounded up."""

WHOLE_PAGES_SHARE = 0.8
"""A message ends with a whole page where that still shows so much of what would fit."""

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
    left = frames[shown:]
    exhibits = [_exhibits(issue, frame, slide, reader) for frame, slide in zip(left, slides[shown:], strict=True)]
    more = _gallery(issue, [one for ones in exhibits for one in ones])
    links = [issue.link(more.tokens[sum(len(ones) for ones in exhibits[:number])]) for number in range(len(exhibits))]
    ends = _ends(issue, len({frame.item.key for frame in left}), links[0] if links else "")
    return Plan((cover, *slides[:shown], *ends), more.documents, _moved(issue, pages, shown, links), issue.style.picture_share, issue.handset.comic_slides_max)


def whole_gallery(issue: Issue) -> Gallery:
    """Every page of the comic as pictures on WAP pages: for a reader who gets a link and no message."""
    pages = _pages(issue)
    count = max((frame.last for page in pages for frame in page.frames), default=0)
    reader = _reader(issue)
    frames = [frame for page in pages for frame in page.frames]
    return _gallery(issue, [one for frame in frames for one in _exhibits(issue, frame, _slide(issue, frame, count, reader), reader)])


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
    ends = _ends(issue, len(pages), issue.link("x" * 12))
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


def _exhibits(issue: Issue, frame: Frame, slide: Slide, reader: Callable[[PictureRef], Image.Image]) -> list[Exhibit]:
    """A slide as pictures of WAP pages: one, or one for each tile where they are too many bytes together."""
    assert slide.picture is not None, "a slide of panels without a picture"
    if len(frame.tiles) == 1 or _weight(issue, slide.picture) <= PICTURE_BYTES_MAX:
        return [Exhibit(slide.picture, slide.text)]
    parts = [Frame(frame.item, (tile,), frame.first, frame.last) for tile in frame.tiles]
    pictures = [_slide(issue, part, frame.last, reader).picture for part in parts]
    return [Exhibit(picture, slide.text) for picture in pictures if picture is not None]


def _gallery(issue: Issue, exhibits: Sequence[Exhibit]) -> Gallery:
    keys = "+".join(f"{one.request.key}@{one.caption}" for one in exhibits)
    return issue.pictures.found(f"gallery:{issue.handset.name}:{keys}", lambda: gallery(issue, exhibits))


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
    title = shortened(manuscript.title, handset.slide_chars_max - len(line) - 1)
    return Slide(issue.template("cover").render(title=title, line=line), picture)


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
