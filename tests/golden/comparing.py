"""Drawing a golden's slides, and holding them against the picture that is kept."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from content.adapt.similarity import Reference
from content.compose import PictureSource, compose
from content.draw.stored import stored_slides
from content.folder import ImportedFolder, read_folder
from subscribers.handset_classes import handset_class
from tests.golden.papers import PAPERS

PICTURES = Path(__file__).parent / "pictures"
GAP_PX = 6
COLOURS = 96
"""Of a picture that is kept: it stays small, and what that costs lies far below the tolerance."""

SIMILARITY_MIN = 0.97
DIFFERENCE_MAX = 4.0
"""Mean over all samples, of 255: another version of a decoder stays below, another size of type does not."""


@dataclass(frozen=True)
class Golden:
    """The first slides of an edition, set by a design for a class, as its screen shows them."""

    paper: str
    design: str
    handset_class: str
    slides: int

    @property
    def name(self) -> str:
        return f"{self.paper}-{self.design}-{self.handset_class}"

    @property
    def path(self) -> Path:
        return PICTURES / f"{self.name}.png"


def goldens() -> list[Golden]:
    """All that are listed."""
    rows = json.loads((Path(__file__).parent / "goldens.json").read_text("utf-8"))
    return [Golden(row["paper"], row["design"], row["class"], row["slides"]) for row in rows]


@cache
def _edition(paper: str, design: str, folder: Path) -> ImportedFolder:
    return read_folder(PAPERS[paper](folder / f"{paper}-{design}", design), {})


def drawn(golden: Golden, folder: Path) -> Image.Image:
    """The slides side by side.

    Args:
        folder: where editions are written; the same one for all saves time.
    """
    found, handset = _edition(golden.paper, golden.design, folder), handset_class(golden.handset_class)
    keys = [item.key for item in found.manuscript.items]
    made = compose(found.manuscript, keys, handset, PictureSource(lambda sha256: found.assets[sha256][0]), "http://wap.example.com/w")
    screens = [slide.shown(handset) for slide in stored_slides(made.mime)[: golden.slides]]
    sheet = Image.new("RGB", ((handset.width_px + GAP_PX) * len(screens) - GAP_PX, max(one.height for one in screens)), (128, 128, 128))
    for number, one in enumerate(screens):
        sheet.paste(one, (number * (handset.width_px + GAP_PX), 0))
    return sheet


def keep(golden: Golden, image: Image.Image) -> None:
    """Makes this the picture that is kept."""
    image.quantize(COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(golden.path, optimize=True)


def faults(golden: Golden, seen: Image.Image, folder: Path) -> str:
    """What is wrong with the slides, "" for nothing; writes what is expected, what is seen, and where they differ."""
    if not golden.path.is_file():
        return f"{golden.path.name} is missing; draw it with `python -m tests.golden renew {golden.name}` and look at it"
    with Image.open(golden.path) as kept:
        expected = kept.convert("RGB")
    if expected.size != seen.size:
        return _told(f"{seen.width}×{seen.height} pixels instead of {expected.width}×{expected.height}", golden, expected, seen, folder)
    difference = float(np.abs(np.asarray(seen, dtype=np.int16) - np.asarray(expected, dtype=np.int16)).mean())
    similarity = Reference(expected).similarity(seen)
    if similarity < SIMILARITY_MIN or difference > DIFFERENCE_MAX:
        return _told(f"similarity {similarity:.3f} (at least {SIMILARITY_MIN}), mean difference {difference:.1f} (at most {DIFFERENCE_MAX})", golden, expected, seen, folder)
    return ""


def _told(what: str, golden: Golden, expected: Image.Image, seen: Image.Image, folder: Path) -> str:
    expected.save(folder / "expected.png")
    seen.save(folder / "seen.png")
    size = (max(expected.width, seen.width), max(expected.height, seen.height))
    one, other = Image.new("RGB", size, "white"), Image.new("RGB", size, "white")
    one.paste(expected)
    other.paste(seen)
    apart = np.abs(np.asarray(one, dtype=np.int16) - np.asarray(other, dtype=np.int16)).max(axis=-1)
    Image.fromarray(np.clip(255 - 3 * apart, 0, 255).astype(np.uint8)).save(folder / "difference.png")
    return f"{golden.name} does not look as it did: {what}. See {folder}/expected.png, seen.png and difference.png; if it should: python -m tests.golden renew {golden.name}"
