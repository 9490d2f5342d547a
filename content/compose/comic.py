"""A comic: cover, panel by panel in reading order, end page with the credit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from content.adapt import PictureRequest
from content.compose.issue import Issue
from content.compose.layout import beside, issue_line
from content.compose.slides import Moved, Plan, Slide
from content.compose.templates import render
from content.draw import comic_cover, end_page
from content.manuscript import Item, Panel, PictureRef

PICTURE_SHARE = 1.0

TALL_SCREENS = 1.6
"""A panel taller than so many screens, at full width, is divided."""

OVERLAP_SHARE = 0.15
"""What neighbours of a divided panel share."""

GUTTER_PX = 4
"""Kept around a panel, in pixels of the screen."""

PAPER_TOLERANCE = 24
"""Grey levels by which blank paper may differ from itself: scans and JPEG are not quite even."""


@dataclass(frozen=True)
class Shot:
    """What one slide of a comic shows: a box of a page, in the page's pixels.

    Attributes:
        box: left, top, right, bottom.
    """

    item: Item
    page: PictureRef
    box: tuple[int, int, int, int]

    @property
    def aspect(self) -> float:
        """Width by height."""
        return (self.box[2] - self.box[0]) / (self.box[3] - self.box[1])


def plan(issue: Issue) -> Plan:
    """The comic in slides."""
    shots = [shot for section in issue.sections for item in section.items for shot in _shots(issue, item)]
    room = issue.handset.slides_max - 1
    with_end = len(shots) + 1 <= room
    groups, left = _grouped(shots, room - with_end, issue)
    slides = [_cover(issue), *_panels(issue, groups, credit_last=not with_end)]
    if with_end:
        slides.append(_end(issue))
    moved = [Moved(key, "item", "", f"no slide was left of {issue.handset.slides_max}") for key in dict.fromkeys(shot.item.key for shot in left)]
    return Plan(tuple(slides), (), tuple(moved), PICTURE_SHARE)


def _shots(issue: Issue, item: Item) -> list[Shot]:
    page = item.picture
    if page is None:
        return []
    boxes = [_with_gutter(panel, page, issue) for panel in item.panels] or [_printed(issue, page)]
    return [Shot(item, page, part) for box in boxes for part in _divided(issue, page, box)]


def _printed(issue: Issue, page: PictureRef) -> tuple[int, int, int, int]:
    """A whole page without its blank margins: on a small screen they cost what the lettering needs."""
    whole = (0, 0, page.width_px, page.height_px)
    image = issue.decoded(page).convert("L")
    pixels = image.tobytes()
    paper = pixels[0]
    if any(abs(corner - paper) > PAPER_TOLERANCE for corner in (pixels[image.width - 1], pixels[-image.width], pixels[-1])):
        return whole
    ink = image.point([255 if abs(value - paper) > PAPER_TOLERANCE else 0 for value in range(256)]).getbbox()
    if ink is None:
        return whole
    scale = page.width_px / image.width
    gutter = GUTTER_PX * page.width_px / issue.handset.width_px
    left, top, right, bottom = (edge * scale for edge in ink)
    return (
        max(0, round(left - gutter)),
        max(0, round(top - gutter)),
        min(page.width_px, round(right + gutter)),
        min(page.height_px, round(bottom + gutter)),
    )


def _with_gutter(panel: Panel, page: PictureRef, issue: Issue) -> tuple[int, int, int, int]:
    gutter = round(GUTTER_PX * panel.width / issue.handset.width_px)
    return (
        max(0, panel.x - gutter),
        max(0, panel.y - gutter),
        min(page.width_px, panel.x + panel.width + gutter),
        min(page.height_px, panel.y + panel.height + gutter),
    )


def _divided(issue: Issue, page: PictureRef, box: tuple[int, int, int, int]) -> list[tuple[int, int, int, int]]:
    """The box, or where it is much taller than the screen, parts of it that overlap at quiet rows."""
    left, top, right, bottom = box
    screen = (right - left) * issue.handset.height_px / issue.handset.width_px
    if bottom - top <= TALL_SCREENS * screen:
        return [box]
    rows = _row_noise(issue.decoded_box(page, box))
    per_row = (bottom - top) / len(rows)
    parts: list[tuple[int, int, int, int]] = []
    start = float(top)
    while bottom - start > 1.2 * screen:
        low, high = round((start - top + 0.75 * screen) / per_row), round((start - top + screen) / per_row)
        quiet = low + int(np.argmin(rows[low : max(high, low + 1)]))
        end = top + quiet * per_row
        parts.append((left, round(start), right, round(end)))
        start = max(end - OVERLAP_SHARE * screen, start + 0.3 * screen)
    parts.append((left, round(start), right, bottom))
    return parts


def _row_noise(image: Image.Image) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """How much goes on in each row."""
    small = image.convert("L").resize((48, min(1200, image.height)), Image.Resampling.BILINEAR)
    pixels = np.asarray(small, dtype=np.float64)
    noise: np.ndarray[tuple[int], np.dtype[np.float64]] = np.abs(np.diff(pixels, axis=1)).mean(axis=1) + pixels.std(axis=1)
    return noise


def _grouped(shots: Sequence[Shot], slides: int, issue: Issue) -> tuple[list[tuple[Shot, ...]], list[Shot]]:
    """Shots one a slide; where slides are few, neighbours that lose least are shown two together.

    Returns:
        what each slide shows, and the shots for which no slide is left.
    """
    groups: list[tuple[Shot, ...]] = [(shot,) for shot in shots]
    while len(groups) > slides:
        pairs = [index for index in range(len(groups) - 1) if len(groups[index]) == len(groups[index + 1]) == 1]
        if not pairs:
            break
        best = max(pairs, key=lambda index: _paired_scale(groups[index][0], groups[index + 1][0], issue))
        groups[best : best + 2] = [(groups[best][0], groups[best + 1][0])]
    left = [shot for group in groups[slides:] for shot in group]
    return groups[:slides], left


def _paired_scale(first: Shot, second: Shot, issue: Issue) -> float:
    """The height at which the two stand side by side on the screen."""
    return min(issue.handset.width_px / (first.aspect + second.aspect), float(issue.handset.height_px))


def _panels(issue: Issue, groups: Sequence[tuple[Shot, ...]], *, credit_last: bool) -> list[Slide]:
    count = sum(len(group) for group in groups)
    slides: list[Slide] = []
    first = 1
    for group in groups:
        last = first + len(group) - 1
        text = render("comic/panel.txt.j2", first=first, last=last, count=count)
        if credit_last and last == count:
            text = _end_text(issue, text)
        slides.append(Slide(text, _request(issue, group, rank=first), tuple(dict.fromkeys(shot.item.key for shot in group))))
        first = last + 1
    return slides


def _request(issue: Issue, group: tuple[Shot, ...], rank: int) -> PictureRequest:
    handset = issue.handset
    ordered = group[::-1] if issue.manuscript.reading == "rtl" else group
    key = "+".join(f"{shot.page.sha256}:{','.join(map(str, shot.box))}" for shot in ordered)
    if len(group) == 1:
        image = issue.decoded_box(group[0].page, group[0].box)
    else:
        image = issue.pictures.drawn(f"{key}@{handset.name}", lambda: beside([issue.decoded_box(shot.page, shot.box) for shot in ordered]))
    return PictureRequest(f"{key}@{rank}", image, handset.width_px, handset.height_px, "comic", crop=False, rank=rank, optional=False)


def _cover(issue: Issue) -> Slide:
    manuscript, handset = issue.manuscript, issue.handset
    source = issue.cover_picture()
    key = f"cover:{handset.name}:{source.sha256 if source else ''}"
    image = issue.pictures.drawn(key, lambda: comic_cover(issue.decoded(source) if source else None, manuscript.title, issue_line(manuscript), handset))
    picture = PictureRequest(key, image, handset.width_px, handset.height_px, "comic", crop=False, rank=0, optional=False)
    return Slide(render("comic/cover.txt.j2", title=manuscript.title, line=issue_line(manuscript)), picture)


def _end_text(issue: Issue, page: str) -> str:
    """The credit, never shortened; page and title stand with it where there is room."""
    title, credit = issue.manuscript.title, issue.manuscript.credit
    texts = [render("comic/end.txt.j2", page=words[0], title=words[1], credit=credit) for words in ((page, title), (page, ""), ("", ""))]
    return next((text for text in texts if len(text) <= issue.handset.slide_chars_max), texts[-1])


def _end(issue: Issue) -> Slide:
    manuscript, handset = issue.manuscript, issue.handset
    key = f"end:{handset.name}"
    image = issue.pictures.drawn(key, lambda: end_page(manuscript.title, "完", handset))
    return Slide(_end_text(issue, ""), PictureRequest(key, image, handset.width_px, handset.height_px, "type", crop=False, rank=901))
