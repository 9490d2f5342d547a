"""Newspapers and magazines in slides: what they share.

An edition is a front (masthead, or cover and contents), its pieces in order,
and one slide that names what got no slide of its own, with a link. Short
stories without pictures share slides. The allotment decides who gets how much;
the kinds differ in front, priorities and templates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from PIL import Image

from content.adapt import PictureRequest
from content.compose.allotment import Sizes, allot, wishes
from content.compose.captions import portions
from content.compose.issue import Issue
from content.compose.levels import Sharing, Spent, spent
from content.compose.pieces import Limits, Piece, QuizPiece, Sheet, StripPiece, TextPiece
from content.compose.slides import Moved, Plan, Slide, WapDocument
from content.draw import section_band
from content.manuscript import Item, PictureRef, Section

LISTED = "更多内容"
"""Title of the WAP page that lists what got no slide."""

BAND_RANK = 900
"""Bands go before any photograph does."""

MORE = {"newspaper": "更多内容", "magazine": "更多文章"}
"""How the list of what got no slide is headed."""


@dataclass
class Layout:
    """An edition of pieces being laid out.

    Attributes:
        front: slides before the first piece.
        pieces: in order.
        first: numbers of pieces that are granted slides before all others.
        end: the credit's slide, or nothing.
    """

    issue: Issue
    front: tuple[Slide, ...]
    pieces: tuple[Piece, ...]
    first: tuple[int, ...]
    end: tuple[Slide, ...] = ()
    _sheets: dict[tuple[int, int], tuple[Sheet, ...]] = field(default_factory=dict)

    def plan(self) -> Plan:
        """The edition in slides, no more than the class takes."""
        room = self.issue.handset.slides_max
        sizes = self._sizes(room)
        sheets = self.sheets(sizes)
        slides = [self._slide(sheet, rank) for rank, sheet in enumerate(sheets, start=1)]
        return Plan((*self.front, *slides, *self.end), self._pages(sizes), self._moved(sizes), self.issue.style.picture_share, room)

    def _sizes(self, room: int) -> Sizes:
        """What each piece gets; where the edition sets shares, its levels keep to them."""
        asked, shares = wishes(self.pieces, self.first), self.issue.manuscript.shares
        if not shares:
            return allot(self.pieces, asked, self.count, room)
        levels = {item.key: item.level for item in self.issue.manuscript.items}

        def used(sizes: Sizes) -> Spent:
            return spent(levels, [sheet.items for run in self._runs(sizes) for _, sheet in run])

        return Sharing(self.pieces, [levels[piece.keys[0]] for piece in self.pieces], self.count, used, room).allot(asked, shares)

    def count(self, sizes: Sizes) -> int:
        """How many slides the edition has with these sizes."""
        packed = sum(len(run) for run in self._runs(sizes))
        return len(self.front) + packed + bool(self._left(sizes)) + len(self.end)

    def sheets(self, sizes: Sizes) -> list[Sheet]:
        """All slides behind the front, the slide of what is left among them."""
        found: list[tuple[int, Sheet]] = [(number, sheet) for run in self._runs(sizes) for number, sheet in run]
        left = self._left(sizes)
        if left:
            after = max(left)
            place = next((index for index, (number, _) in enumerate(found) if number > after), len(found))
            found.insert(place, (after, self._more(left)))
        return [sheet for _, sheet in found]

    def _left(self, sizes: Sizes) -> list[int]:
        return [number for number, size in sizes.items() if size == 0]

    def _runs(self, sizes: Sizes) -> list[list[tuple[int, Sheet]]]:
        """Slides piece by piece; neighbours of one section that are brief share them."""
        runs: list[list[tuple[int, Sheet]]] = []
        brief: list[int] = []
        for number, piece in enumerate(self.pieces):
            if sizes[number] == 0:
                continue
            is_brief = isinstance(piece, TextPiece) and piece.brief
            if brief and not (is_brief and piece.section is self.pieces[brief[0]].section):
                runs.append(self._briefs(brief))
                brief = []
            if is_brief:
                brief.append(number)
            else:
                runs.append([(number, sheet) for sheet in self._sheets_of(number, sizes[number])])
        if brief:
            runs.append(self._briefs(brief))
        return runs

    def _sheets_of(self, number: int, size: int) -> tuple[Sheet, ...]:
        name = (number, size)
        if name not in self._sheets:
            self._sheets[name] = self.pieces[number].sheets(size)
        return self._sheets[name]

    def _briefs(self, numbers: Sequence[int]) -> list[tuple[int, Sheet]]:
        """Short stories, as many on a slide as its characters allow, evenly."""
        chars = self.issue.handset.slide_chars_max
        groups: list[list[int]] = [[]]
        for number in numbers:
            if groups[-1] and len(self._brief_sheet([*groups[-1], number]).text) > chars:
                groups.append([])
            groups[-1].append(number)
        return [(group[0], self._brief_sheet(group)) for group in groups]

    def _brief_sheet(self, numbers: Sequence[int]) -> Sheet:
        pieces = [piece for piece in (self.pieces[number] for number in numbers) if isinstance(piece, TextPiece)]
        if len(pieces) == 1:
            return pieces[0].sheets(1)[0]
        stories = [{"title": piece.parts.title, "body": piece.flowed(1).bodies[0]} for piece in pieces]
        band = pieces[0].section.title if pieces[0].opens else ""
        return Sheet(self.issue.template("briefs"), {"stories": stories}, (), tuple(key for piece in pieces for key in piece.keys), band)

    def _left_items(self, numbers: Sequence[int]) -> list[Item]:
        keys = {key for number in numbers for key in self.pieces[number].keys}
        return [item for section in self.issue.sections for item in section.items if item.key in keys]

    def _more(self, numbers: Sequence[int]) -> Sheet:
        """The slide that names what got none, with a link to all of it."""
        items = self._left_items(numbers)
        titles = [item.article.title if item.article else "" for item in items]
        titles = [title for title in titles if title] or [self.pieces[number].section.title for number in numbers]
        index = self.issue.index_of(LISTED, items)
        values = {"titles": titles, "count": len(titles), "left": False, "heading": MORE[self.issue.manuscript.kind], "link": self.issue.link(index.token) if index else ""}
        template = self.issue.template("more")
        shown = len(titles)
        while shown > 1 and len(template.render(**{**values, "link": ""})) > self.issue.handset.slide_chars_max:
            shown -= 1
            values = {**values, "titles": titles[:shown], "left": True}
        return Sheet(template, values, (), tuple(item.key for item in items))

    def _cut(self, sizes: Sizes) -> list[TextPiece]:
        return [piece for number, piece in enumerate(self.pieces) if isinstance(piece, TextPiece) and sizes[number] and piece.flowed(sizes[number]).cut]

    def _pages(self, sizes: Sizes) -> tuple[WapDocument, ...]:
        """The whole WAP edition, and the list of what got no slide."""
        left = self._left(sizes)
        index = self.issue.index_of(LISTED, self._left_items(left)) if left else None
        return (*self.issue.pages.documents, *([index] if index else []))

    def _moved(self, sizes: Sizes) -> tuple[Moved, ...]:
        limit = f"{self.issue.handset.slides_max} slides of at most {self.issue.handset.slide_chars_max} characters"
        moved = []
        for piece in self._cut(sizes):
            shown = sum(len(body) for body in piece.flowed(sizes[self.pieces.index(piece)]).bodies)
            whole = sum(len(thought.text) for thought in piece.thoughts)
            moved.append(Moved(piece.item.key, "text", piece.link, f"{shown} of {whole} characters fit {limit}"))
        for item in self._left_items(self._left(sizes)):
            where = self.issue.link_of(item)
            moved.append(Moved(item.key, "item", where, f"no slide was left of {limit}"))
        return tuple(moved)

    def _slide(self, sheet: Sheet, rank: int) -> Slide:
        return Slide(sheet.text, picture_request(self.issue, sheet, rank), sheet.items)


def picture_request(issue: Issue, sheet: Sheet, rank: int) -> PictureRequest | None:
    """The picture of a slide, or the band of the section that it opens, or None."""
    handset = issue.handset
    region = (handset.width_px, round(handset.height_px * issue.style.picture_share))
    if sheet.pictures:
        images = [issue.decoded(picture) for picture in sheet.pictures]
        strip = sheet.template.layout == "picture"
        image = images[0] if len(images) == 1 else issue.pictures.drawn(f"pair:{handset.name}:{_names(sheet.pictures)}", lambda: beside(images))
        key = f"{_names(sheet.pictures)}@{sheet.items[0]}"
        if strip:
            return PictureRequest(key, image, handset.width_px, handset.height_px, "comic", crop=False, rank=rank, optional=False)
        return PictureRequest(key, image, *region, "photo", rank=rank, moving=issue.moving(sheet.pictures[0], *region))
    if sheet.band:
        key = issue.drawn_key("band", sheet.band)
        band = issue.pictures.drawn(key, lambda: section_band(sheet.band, handset, style=issue.style))
        return PictureRequest(f"{key}@{sheet.items[0]}", band, *region, "type", crop=False, rank=BAND_RANK + rank)
    return None


def _names(pictures: Sequence[PictureRef]) -> str:
    return "+".join(picture.sha256 for picture in pictures)


def beside(images: Sequence[Image.Image]) -> Image.Image:
    """Two panels as one picture, side by side at one height, a gutter between them."""
    height_px = min(image.height for image in images)
    scaled = [image.resize((max(1, round(image.width * height_px / image.height)), height_px), Image.Resampling.LANCZOS) for image in images]
    gutter_px = max(2, height_px // 60)
    joined = Image.new("RGB", (sum(image.width for image in scaled) + gutter_px * (len(scaled) - 1), height_px), "white")
    left = 0
    for image in scaled:
        joined.paste(image, (left, 0))
        left += image.width + gutter_px
    return joined


def pieces_of(issue: Issue) -> tuple[Piece, ...]:
    """The pieces of an edition; neighbouring pictures of a section are one strip."""
    limits = Limits(issue.handset.slide_chars_max, issue.link_chars)
    pieces: list[Piece] = []
    for section in issue.sections:
        strip: list[Item] = []
        opens = True
        for item in (*section.items, None):
            if item is not None and item.article is None:
                strip.append(item)
                continue
            if strip:
                pieces.append(StripPiece(tuple(strip), section, opens, issue.template("picture")))
                strip, opens = [], False
            if item is not None:
                pieces.append(_article_piece(issue, section, item, limits, opens=opens))
                opens = False
    return tuple(pieces)


def _article_piece(issue: Issue, section: Section, item: Item, limits: Limits, *, opens: bool) -> Piece:
    if item.article is not None and item.article.quiz is not None:
        return QuizPiece(item, section, opens, issue.template("quiz"), limits)
    return TextPiece(item, section, opens, issue.template("story"), limits, issue.link_of(item), slots=issue.slots_of(item))


def end_slides(issue: Issue) -> tuple[Slide, ...]:
    """The edition's credit on a slide of its own; one too long for that on several."""
    parts = portions(issue.manuscript.credit or "", issue.handset.slide_chars_max)
    return tuple(Slide(issue.template("end").render(credit=part)) for part in parts)


def places(pieces: Sequence[Piece]) -> list[int]:
    """The place of each piece in its section, from 0."""
    found: list[int] = []
    for number, piece in enumerate(pieces):
        found.append(found[-1] + 1 if number and pieces[number - 1].section is piece.section else 0)
    return found
