"""Panels marked by hand on real comic pages, and how well the finder agrees with them.

The marks lie in `tests/vectors/panels`; the pages themselves are read from the samples.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from content.adapt import decode
from content.adapt.panels import Box, find_panels

MARKS = Path(__file__).parent / "vectors" / "panels"

IOU_MIN = 0.75
"""Intersection over union from which a box counts as found."""

LOOK_WIDTH_PX = 640
"""Width at which a page is decoded: as the composer does it."""


@dataclass(frozen=True)
class Marked:
    """A page and its panels as a person marked them, in reading order."""

    file: str
    sha256: str
    size: tuple[int, int]
    reading: str
    clear_gutters: bool
    boxes: tuple[Box, ...]
    note: str = ""


@dataclass(frozen=True)
class Agreement:
    """How many panels were marked, found and matched, and how many pairs of matched neighbours come in the marked order."""

    marked: int = 0
    found: int = 0
    matched: int = 0
    pairs: int = 0
    ordered: int = 0

    def __add__(self, other: Agreement) -> Agreement:
        return Agreement(
            self.marked + other.marked,
            self.found + other.found,
            self.matched + other.matched,
            self.pairs + other.pairs,
            self.ordered + other.ordered,
        )

    @property
    def precision(self) -> float:
        """Share of the boxes found that match a marked one; 1.0 where none was found."""
        return self.matched / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """Share of the marked boxes that were found; 1.0 where none was marked."""
        return self.matched / self.marked if self.marked else 1.0

    @property
    def order(self) -> float:
        """Share of matched neighbours in the marked order; 1.0 where there are none."""
        return self.ordered / self.pairs if self.pairs else 1.0


def marked_pages() -> tuple[Marked, ...]:
    """All marks, by file."""
    rows = [row for path in sorted(MARKS.glob("*.json")) for row in json.loads(path.read_text("utf-8"))]
    return tuple(Marked(**{**row, "size": tuple(row["size"]), "boxes": tuple(tuple(box) for box in row["boxes"])}) for row in rows)


def iou(one: Box, other: Box) -> float:
    """Intersection over union of two boxes, 0.0 to 1.0."""
    across, down = min(one[2], other[2]) - max(one[0], other[0]), min(one[3], other[3]) - max(one[1], other[1])
    shared = max(0, across) * max(0, down)
    return shared / (_area(one) + _area(other) - shared)


def _area(box: Box) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])


def agreement(marked: Sequence[Box], found: Sequence[Box]) -> Agreement:
    """Matched greedily, the best pair first, each box once."""
    pairs = sorted(((iou(one, other), number, place) for number, one in enumerate(marked) for place, other in enumerate(found)), reverse=True)
    places: dict[int, int] = {}
    for share, number, place in pairs:
        if share >= IOU_MIN and number not in places and place not in places.values():
            places[number] = place
    ranks = [places[number] for number in sorted(places)]
    ordered = sum(one < other for one, other in pairwise(ranks))
    return Agreement(len(marked), len(found), len(places), max(0, len(ranks) - 1), ordered)


def found_on(page: Marked, samples: Path, finder: Callable[..., tuple[Box, ...]] = find_panels) -> tuple[Box, ...]:
    """The panels that the finder sees, in the page's own pixels.

    Raises:
        ValueError: the picture is not the one that was marked.
    """
    data = (samples / page.file).read_bytes()
    if hashlib.sha256(data).hexdigest() != page.sha256:
        raise ValueError(f"{page.file} is another picture than the one marked")
    image = decode(data, longest_px=round(max(page.size) * min(1.0, LOOK_WIDTH_PX / page.size[0])))
    scale = page.size[0] / image.width
    return tuple((round(left * scale), round(top * scale), round(right * scale), round(bottom * scale)) for left, top, right, bottom in finder(image, page.reading))


def measured(samples: Path, finder: Callable[..., tuple[Box, ...]] = find_panels) -> list[tuple[Marked, Agreement]]:
    """The agreement on every marked page."""
    return [(page, agreement(page.boxes, found_on(page, samples, finder))) for page in marked_pages()]


def total(rows: Sequence[tuple[Marked, Agreement]]) -> Agreement:
    """All pages as one."""
    return sum((one for _, one in rows), Agreement())
