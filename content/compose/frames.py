"""A comic's shots put on slides: what shares one, and the picture of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PIL import Image

from content.adapt.framing import resized
from content.compose.gutters import is_light, without_gutter
from content.compose.issue import Issue
from content.compose.shots import Shot, Tile
from content.manuscript import Item, PictureRef
from subscribers.handset_classes import HandsetClass

PANELS_MAX = 2
"""On one slide."""

SHRUNK_MIN = 0.65
"""Tiles that share a slide are made smaller by so much at most, and lettering never below what is legible."""

REPEATED_SHARE = 0.1
"""Share of a tile's height; the air around neighbouring panels may overlap by less."""

GAP_PX = 4
"""Between tiles of a slide."""


@dataclass(frozen=True)
class Frame:
    """The picture of one slide: tiles, one below the other.

    Attributes:
        first, last: numbers of its panels among all of the edition, from 1.
    """

    item: Item
    tiles: tuple[Tile, ...]
    first: int
    last: int

    @property
    def key(self) -> str:
        """Names the picture."""
        return "+".join(f"{tile.page.sha256}:{','.join(map(str, tile.box))}" for tile in self.tiles)


def frames_of(shots: Sequence[Shot], first: int, handset: HandsetClass) -> list[Frame]:
    """The slides of one page's shots: as few as can be, and of those ways the one in which least is made smaller.

    A panel stays with its close-ups where the screen has room.

    Args:
        first: number of the first shot.
    """
    best: list[tuple[float, list[Frame]]] = [(0.0, [])]
    for end in range(1, len(shots) + 1):
        ways = []
        for start in range(max(0, end - PANELS_MAX), end):
            cost, before = best[start]
            frames = _together(shots[start:end], first + start, handset)
            if frames:
                ways.append((cost + sum(1.0 + 0.01 * _loss(frame, handset) for frame in frames), [*before, *frames]))
        best.append(min(ways, key=lambda way: way[0]))
    return best[-1][1]


def _together(shots: Sequence[Shot], first: int, handset: HandsetClass) -> list[Frame]:
    """One slide of all these shots; a shot alone may take several; nothing where several shots do not go on one."""
    tiles = tuple(tile for shot in shots for tile in shot.tiles)
    if shares_of(tiles, handset) is not None and not (len(shots) > 1 and _repeats(shots[0].tiles[0], shots[1].tiles[0])):
        return [Frame(shots[0].item, tiles, first, first + len(shots) - 1)]
    if len(shots) > 1 or not tiles:
        return []
    runs: list[tuple[Tile, ...]] = []
    for tile in tiles:
        if runs and shares_of((*runs[-1], tile), handset) is not None:
            runs[-1] = (*runs[-1], tile)
        else:
            runs.append((tile,))
    return [Frame(shots[0].item, run, first, first) for run in runs]


def _repeats(one: Tile, other: Tile) -> bool:
    """Whether two tiles are parts of one divided panel: together they would show what they share twice."""
    across = min(one.box[2], other.box[2]) - max(one.box[0], other.box[0])
    down = min(one.box[3], other.box[3]) - max(one.box[1], other.box[1])
    lower = min(one.box[3] - one.box[1], other.box[3] - other.box[1])
    return across > 0 and down > REPEATED_SHARE * lower


def _loss(frame: Frame, handset: HandsetClass) -> float:
    return sum((1.0 - share) ** 2 for share in shares_of(frame.tiles, handset) or ())


def sizes_of(tiles: Sequence[Tile], handset: HandsetClass) -> list[tuple[int, int]]:
    """Width and height of each tile on a slide of its own; never more than one pixel for one of the page."""
    found = []
    for tile in tiles:
        width, height = tile.box[2] - tile.box[0], tile.box[3] - tile.box[1]
        scale = min(1.0, handset.width_px / width, handset.height_px / height)
        found.append((max(1, round(width * scale)), max(1, round(height * scale))))
    return found


def shares_of(tiles: Sequence[Tile], handset: HandsetClass) -> list[float] | None:
    """What is left of each tile's size when they stand on one slide; None where they cannot.

    Each gives up the same part of what it may lose.
    """
    sizes = sizes_of(tiles, handset)
    room = handset.height_px - GAP_PX * (len(tiles) - 1)
    least = [_share_min(tile, size) for tile, size in zip(tiles, sizes, strict=True)]
    full, small = sum(height for _, height in sizes), sum(height * share for (_, height), share in zip(sizes, least, strict=True))
    if full <= room:
        return [1.0] * len(tiles)
    if small > room:
        return None
    kept = (room - small) / (full - small)
    return [share + kept * (1.0 - share) for share in least]


def _share_min(tile: Tile, size: tuple[int, int]) -> float:
    return min(1.0, max(SHRUNK_MIN, tile.scale_min * (tile.box[2] - tile.box[0]) / size[0]))


def picture_of(issue: Issue, frame: Frame, page_image: Callable[[PictureRef], Image.Image]) -> Image.Image:
    """The slide's picture, at the size at which it is shown."""
    return issue.pictures.drawn(f"{frame.key}@{issue.handset.name}", lambda: _matted(issue, _stacked(issue, frame, page_image)))


def _inside(part: Image.Image, size: tuple[int, int]) -> tuple[int, int]:
    """The size at which a picture fills a place without being stretched."""
    scale = min(size[0] / part.width, size[1] / part.height)
    return max(1, round(part.width * scale)), max(1, round(part.height * scale))


def _matted(issue: Issue, image: Image.Image) -> Image.Image:
    """The picture on the design's paper, as wide as the screen; as it is where the design wants no air around panels."""
    handset, style = issue.handset, issue.style
    air = round(handset.width_px * style.mat)
    if not air:
        return image
    width, height = handset.width_px, min(handset.height_px, image.height + 2 * air)
    matted = Image.new("RGB", (max(width, image.width), max(height, image.height)), style.paper)
    matted.paste(image, ((matted.width - image.width) // 2, (matted.height - image.height) // 2))
    return matted


def _stacked(issue: Issue, frame: Frame, page_image: Callable[[PictureRef], Image.Image]) -> Image.Image:
    handset = issue.handset
    shares = shares_of(frame.tiles, handset)
    assert shares is not None, "a slide of tiles that cannot share one"
    pictures = []
    for tile, (width, height), share in zip(frame.tiles, sizes_of(frame.tiles, handset), shares, strict=True):
        image = page_image(tile.page)
        scale = image.width / tile.page.width_px
        left, top, right, bottom = (round(edge * scale) for edge in tile.box)
        part = image.crop((left, top, max(right, left + 1), max(bottom, top + 1)))
        size = (max(1, round(width * share)), max(1, int(height * share)))
        if not is_light(issue.style.paper):
            part = without_gutter(part)
            size = _inside(part, size)
        reduced = part.reduce(max(1, part.width // (2 * width)))
        pictures.append(resized(reduced, *size))
    if len(pictures) == 1:
        return pictures[0]
    stack = Image.new("RGB", (max(one.width for one in pictures), sum(one.height for one in pictures) + GAP_PX * (len(pictures) - 1)), issue.style.paper)
    top = 0
    for one in pictures:
        stack.paste(one, ((stack.width - one.width) // 2, top))
        top += one.height + GAP_PX
    return stack
