"""What a comic shows: its panels, each whole, and the lettering of a wide one again in close-up.

Panels that the editor named are shown as named. Otherwise a page on which the
lettering stays legible is shown whole; else its panels are found. Where a panel's
lettering would be too small on the screen, close-ups of it follow below the panel.
Nothing of a panel is ever cut off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from content.adapt.lettering import LETTERING_PX_MIN, LETTERING_SHARE, around, find_lettering, reunited
from content.adapt.panels import Box, find_panels
from content.compose.issue import Issue
from content.manuscript import Item, PictureRef

TALL_SCREENS = 1.6
"""A panel taller than so many screens, at full width, is divided, unless it is large enough as a whole."""

OVERLAP_SHARE = 0.15
"""What neighbours of a divided panel share."""

GUTTER_PX = 4
"""Kept around a panel, in pixels of the screen."""

LETTERING_PX_GOOD = 12
"""A close-up is made no larger than this asks for."""

NEARLY = 0.97
"""Share of the scale wanted that will do: air around a panel is not worth a close-up."""

AIR_GLYPHS = 1.4
"""Kept around lettering in a close-up, so that its balloon is seen."""

LETTERING_NOISE = 1e6
"""What a row in lettering counts for among quiet rows."""

TEXT_PAGE_SHARE = 0.4
"""A page of which one block of lettering takes more is a page of text: it is not cut up."""

LOOK_WIDTH_PX = 640
"""Width of the copy of a page on which panels and lettering are looked for."""

Noise = np.ndarray[tuple[int], np.dtype[np.float64]]


@dataclass(frozen=True)
class Tile:
    """A box of a page, as large as the screen's width (or height) allows.

    Attributes:
        box: left, top, right, bottom in the page's pixels.
        scale_min: pixels of the screen for one of the page below which its lettering cannot be read; 0.0 where it carries none.
    """

    page: PictureRef
    box: Box
    scale_min: float = 0.0


@dataclass(frozen=True)
class Shot:
    """One panel (or a page, or a part of a tall panel): itself, then its close-ups."""

    item: Item
    tiles: tuple[Tile, ...]


@dataclass(frozen=True)
class Found:
    """What was found on a page: its panels, and the lettering of each.

    Attributes:
        text: of a page of text, which is shown whole as it is.
    """

    panels: tuple[Box, ...]
    lettering: tuple[tuple[Box, ...], ...]
    text: tuple[Box, ...] = ()


def shots_of(issue: Issue, item: Item) -> tuple[Shot, ...]:
    """The shots of one page, in reading order; none for an item without a picture."""
    page = item.picture
    if page is None:
        return ()
    wanted = scale_wanted(issue, page)
    if item.panels:
        boxes = [(panel.x, panel.y, panel.x + panel.width, panel.y + panel.height) for panel in item.panels]
        return tuple(shot for box in boxes for shot in _of_panel(issue, item, page, _aired(issue, page, box), lettering_of(issue, page, box), wanted))
    found = look(issue, page)
    whole = _aired(issue, page, around(found.panels))
    if len(found.panels) == 1 or wanted <= _scale(issue, whole):
        return _of_panel(issue, item, page, whole, _all(found), wanted)
    legible = _joined(issue, found, wanted)
    return tuple(
        shot
        for panel, lettering in zip(legible.panels, legible.lettering, strict=True)
        for shot in _of_panel(issue, item, page, _aired(issue, page, panel), lettering, wanted)
    )


def scale_wanted(issue: Issue, page: PictureRef) -> float:
    """Pixels of the screen for one of the page at which its lettering is legible."""
    return min(1.0, LETTERING_PX_MIN / (page.width_px * LETTERING_SHARE))


def _small(issue: Issue, page: PictureRef) -> Image.Image:
    """The copy of a page that is looked at."""
    factor = max(1.0, page.width_px / LOOK_WIDTH_PX)
    return issue.pictures.fresh(page, round(max(page.width_px, page.height_px) / factor))


def lettering_of(issue: Issue, page: PictureRef, box: Box) -> tuple[Box, ...]:
    """The lettering of a panel that the editor named, in the page's pixels."""

    def found() -> tuple[Box, ...]:
        image = _small(issue, page)
        scale = page.width_px / image.width
        left, top, right, bottom = (round(edge / scale) for edge in box)
        within = (left, top, min(right, image.width), min(bottom, image.height))
        return tuple(_scaled(block, scale, page) for block in find_lettering(image, within, image.width * LETTERING_SHARE))

    return issue.pictures.found_for_all(f"{page.sha256}:{box}", found)


def look(issue: Issue, page: PictureRef) -> Found:
    """Panels and lettering of a page; a page of text is one panel, and its text asks for no close-ups."""
    return issue.pictures.found_for_all(f"{page.sha256}:{issue.manuscript.reading}", lambda: _look(issue, page))


def _look(issue: Issue, page: PictureRef) -> Found:
    image = _small(issue, page)
    scale = page.width_px / image.width
    boxes = find_panels(image, issue.manuscript.reading)
    glyph_px = image.width * LETTERING_SHARE
    lettering = [find_lettering(image, box, glyph_px) for box in boxes]
    area = image.width * image.height * TEXT_PAGE_SHARE
    if any((right - left) * (bottom - top) > area for blocks in lettering for left, top, right, bottom in blocks):
        text = tuple(_scaled(block, scale, page) for blocks in lettering for block in blocks)
        return Found((_scaled(around(boxes), scale, page),), ((),), text)
    whole, blocks_of = reunited(boxes, lettering, glyph_px)
    return Found(tuple(_scaled(box, scale, page) for box in whole), tuple(tuple(_scaled(block, scale, page) for block in blocks) for blocks in blocks_of))


def _joined(issue: Issue, found: Found, wanted: float) -> Found:
    """Neighbours as one panel, as they stand on the page, where their lettering stays legible together."""
    panels, lettering = list(found.panels), list(found.lettering)
    number = 0
    while number + 1 < len(panels):
        both = around(panels[number : number + 2])
        others = (*panels[:number], *panels[number + 2 :])
        if _scale(issue, both) >= wanted and not any(_meet(both, other) for other in others):
            panels[number : number + 2] = [both]
            lettering[number : number + 2] = [lettering[number] + lettering[number + 1]]
        else:
            number += 1
    return Found(tuple(panels), tuple(lettering))


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _scaled(box: Box, scale: float, page: PictureRef) -> Box:
    left, top, right, bottom = (round(edge * scale) for edge in box)
    return (left, top, min(right, page.width_px), min(bottom, page.height_px))


def _all(found: Found) -> tuple[Box, ...]:
    return tuple(block for blocks in found.lettering for block in blocks)


def _aired(issue: Issue, page: PictureRef, box: Box) -> Box:
    """The box with a little of its gutter."""
    gutter = round(GUTTER_PX * (box[2] - box[0]) / issue.handset.width_px)
    return (max(0, box[0] - gutter), max(0, box[1] - gutter), min(page.width_px, box[2] + gutter), min(page.height_px, box[3] + gutter))


def _scale(issue: Issue, box: Box) -> float:
    """Pixels of the screen for one of the page when the box is shown as large as it can be."""
    return min(1.0, issue.handset.width_px / (box[2] - box[0]), issue.handset.height_px / (box[3] - box[1]))


def _of_panel(issue: Issue, item: Item, page: PictureRef, panel: Box, lettering: Sequence[Box], wanted: float) -> tuple[Shot, ...]:
    shots = []
    for part in _divided(issue, page, panel, lettering):
        blocks = [block for block in lettering if block[1] < part[3] and block[3] > part[1]]
        if not blocks or _scale(issue, part) >= NEARLY * wanted:
            shots.append(Shot(item, (Tile(page, part, NEARLY * wanted if blocks else 0.0),)))
            continue
        shots.append(Shot(item, (Tile(page, part), *(Tile(page, box, wanted) for box in close_ups(issue, part, blocks, wanted)))))
    return tuple(shots)


def close_ups(issue: Issue, panel: Box, lettering: Sequence[Box], wanted: float) -> list[Box]:
    """Windows of a panel in which its lettering is legible, in reading order; a block too large for any window is left out.

    Neighbours share a window where that costs less of the screen than two.

    Args:
        lettering: blocks of it; what lies outside the panel is cut off.
        wanted: pixels of the screen for one of the page.
    """
    width, height = issue.handset.width_px / wanted, 0.9 * issue.handset.height_px / wanted
    air = round(AIR_GLYPHS * LETTERING_PX_MIN / wanted)
    windows = [(max(panel[0], left - air), max(panel[1], top - air), min(panel[2], right + air), min(panel[3], bottom + air)) for left, top, right, bottom in lettering]
    windows = [box for box in windows if box[2] - box[0] <= width and box[3] - box[1] <= height]

    def cost(box: Box) -> float:
        return (box[3] - box[1]) / max(box[2] - box[0], width * LETTERING_PX_MIN / LETTERING_PX_GOOD)

    while len(windows) > 1:
        pairs = [(around((one, two)), one, two) for place, one in enumerate(windows) for two in windows[place + 1 :]]
        fitting = [(cost(both) - cost(one) - cost(two), both, one, two) for both, one, two in pairs if both[2] - both[0] <= width and both[3] - both[1] <= height]
        if not fitting or min(fitting)[0] > 0:
            break
        _, both, one, two = min(fitting)
        windows = [window for window in windows if window not in (one, two)] + [both]
    rtl = issue.manuscript.reading == "rtl"
    ordered = sorted(windows, key=lambda box: (-box[2] if rtl else box[0], box[1])) if _strip(panel) else sorted(windows, key=lambda box: (box[1], box[0]))
    return [_widened(box, panel, width * LETTERING_PX_MIN / LETTERING_PX_GOOD) for box in ordered]


def _strip(panel: Box) -> bool:
    """Whether a panel is read along its width."""
    return panel[2] - panel[0] > 1.6 * (panel[3] - panel[1])


def _widened(box: Box, panel: Box, width: float) -> Box:
    """The window at least so wide, within its panel."""
    wide = min(max(box[2] - box[0], round(width)), panel[2] - panel[0])
    left = min(max(panel[0], (box[0] + box[2] - wide) // 2), panel[2] - wide)
    return (left, box[1], left + wide, box[3])


def _divided(issue: Issue, page: PictureRef, box: Box, lettering: Sequence[Box]) -> list[Box]:
    """The box, or where it is much taller than the screen, parts of it that overlap at quiet rows.

    A narrow panel whose lettering is legible as a whole stays whole.
    """
    left, top, right, bottom = box
    screen = (right - left) * issue.handset.height_px / issue.handset.width_px
    if bottom - top <= TALL_SCREENS * screen or _scale(issue, box) >= scale_wanted(issue, page):
        return [box]
    rows = _row_noise(issue.decoded_box(page, box))
    return [(left, low, right, high) for low, high in divided(top, bottom, screen, rows, lettering)]


def divided(top: int, bottom: int, screen: float, noise: Noise, lettering: Sequence[Box]) -> list[tuple[int, int]]:
    """Where the parts of a tall panel begin and end: at quiet rows, with an overlap, and each line of lettering whole in one of them.

    Args:
        screen: height of a part, in the page's pixels; the last may be a fifth higher.
        noise: how much goes on in each of so many even stripes of the panel.
        lettering: blocks higher than half a screen are not minded.
    """
    minded = [block for block in lettering if block[3] - block[1] <= 0.5 * screen]
    parts: list[tuple[int, int]] = []
    per_row = (bottom - top) / len(noise)
    start = float(top)
    while bottom - start > 1.2 * screen:
        low, high = round((start - top + 0.75 * screen) / per_row), round((start - top + screen) / per_row)
        busy = noise[low : max(high, low + 1)].copy()
        for place in range(len(busy)):
            row = top + (low + place) * per_row
            busy[place] += LETTERING_NOISE * any(block[1] < row < block[3] for block in minded)
        end = top + (low + int(np.argmin(busy))) * per_row
        parts.append((round(start), round(end)))
        cut = [block[1] for block in minded if block[1] < end < block[3]]
        start = max(min([end - OVERLAP_SHARE * screen, *cut]), start + 0.2 * screen)
    return [*parts, (round(start), bottom)]


def _row_noise(image: Image.Image) -> Noise:
    """How much goes on in each row."""
    small = image.convert("L").resize((48, min(1200, image.height)), Image.Resampling.BILINEAR)
    pixels = np.asarray(small, dtype=np.float64)
    noise: Noise = np.abs(np.diff(pixels, axis=1)).mean(axis=1) + pixels.std(axis=1)
    return noise
