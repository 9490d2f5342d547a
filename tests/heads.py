"""How well heads are found on the sample photographs, and how many stay whole when pictures are cut.

`python -m tests.heads <samples>` prints the figures of docs/slides.md. Tall pictures are cut out of
each photograph around its marked head, the head high, in the middle and low in them; each is shown in
every class's picture region, and fills the cover of every class.
"""

from __future__ import annotations

import fnmatch
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from PIL import Image

from content.adapt import PictureError, PictureRequest, decode, framing
from content.adapt.subjects import Subject, subjects_in
from subscribers.handset_classes import handset_classes

Box = tuple[float, ...]

MARKS = json.loads((Path(__file__).parent / "vectors" / "heads" / "heads.json").read_text("utf-8"))["marks"]

RATIOS, SHARES, PLACES = (1.5, 2.0), (1.0, 0.8, 0.65), (0.0, 0.5, 1.0)


def marked(name: str, what: str) -> list[Box]:
    """The boxes of a photograph: `faces` or `heads`."""
    return [tuple(box) for pattern, marks in MARKS.items() if fnmatch.fnmatch(name, pattern) for box in marks[what]]


@dataclass(frozen=True)
class Found:
    """What was found on all photographs: faces marked, of them found, boxes found that are none."""

    faces: int
    found: int
    wrong: tuple[str, ...]


def finding(photos: Path) -> Found:
    """Faces found at half overlap."""
    faces, hits, wrong = 0, 0, []
    for path in sorted(photos.iterdir()):
        try:
            image = decode(path.read_bytes(), longest_px=640)
        except PictureError:
            continue
        heads = [one for one in subjects_in(image) if one.kind == "head"]
        expected = marked(path.name, "heads")
        faces += len(expected)
        hits += sum(any(_overlap(box, one) >= 0.5 for one in heads) for box in expected)
        wrong += [path.name for one in heads if not any(_overlap(box, one) >= 0.5 for box in expected)]
    return Found(faces, hits, tuple(wrong))


def _overlap(box: Box, one: Subject) -> float:
    across = max(0.0, min(box[2], one.right) - max(box[0], one.left))
    down = max(0.0, min(box[3], one.bottom) - max(box[1], one.top))
    both = across * down
    return both / ((box[2] - box[0]) * (box[3] - box[1]) + one.area - both)


# --- cutting ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tall:
    """A tall picture and its head, in its pixels."""

    image: Image.Image
    head: Box


def tall_pictures(photos: Path) -> Iterator[Tall]:
    """Cut out of each photograph with a marked head; of the many prints of one portrait only one."""
    for name in ("pillow-hopper.png", "skimage-astronaut.png", "skimage-camera.png"):
        image = decode((photos / name).read_bytes(), longest_px=640)
        (head,) = marked(name, "heads")
        left, top, right, bottom = (round(edge * side) for edge, side in zip(head, image.size * 2, strict=True))
        for share in SHARES:
            for ratio in RATIOS:
                height = round(image.height * share)
                width = round(height / ratio)
                if width < right - left or height < bottom - top:
                    continue
                west = min(max(0, (left + right - width) // 2), image.width - width)
                for place in PLACES:
                    lowest, highest = max(0, bottom - height), min(top, image.height - height)
                    north = round(lowest + (highest - lowest) * place)
                    box = (west, north, west + width, north + height)
                    yield Tall(image.crop(box), (left - west, top - north, right - west, bottom - north))


@dataclass(frozen=True)
class Kept:
    """Of so many cuts, how many kept the head whole: from the middle, by what draws the eye alone, and as Huabao cuts."""

    cuts: int
    middle: int
    eye: int
    ours: int


def keeping(photos: Path, step: int = 1) -> Kept:
    """Every tall picture in every region; `step` leaves pictures out."""
    counts = [0, 0, 0, 0]
    regions = {(one.width_px, round(one.height_px * 0.6)) for one in handset_classes().values()}
    for tall in list(tall_pictures(photos))[::step]:
        for width, height in sorted(regions):
            request = PictureRequest("a", tall.image, width, height, "photo")
            middle = round(tall.image.width * height / width)
            if middle >= tall.image.height * framing.WHOLE_SHARE_MIN:
                continue
            counts[0] += 1
            counts[1] += _whole(tall, (tall.image.height - middle) // 2, middle)
            with mock.patch.object(framing, "subjects_of", return_value=()):
                counts[2] += _whole(tall, *framing._rows_kept(tall.image, middle))
            counts[3] += _whole(tall, *framing._rows_kept(request.image, middle))
    return Kept(*counts)


def _whole(tall: Tall, top: int, rows: int) -> bool:
    """To a hair: two percent of the head's height may be missing."""
    slack = 0.02 * (tall.head[3] - tall.head[1])
    return top <= tall.head[1] + slack and top + rows >= tall.head[3] - slack


if __name__ == "__main__":
    _photos = Path(sys.argv[1]) / "photos"
    print(finding(_photos))
    print(keeping(_photos))
