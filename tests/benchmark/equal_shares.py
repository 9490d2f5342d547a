"""How good the worst slide is, beside a plain split: each picture in an equal share of the same bytes, saved by Pillow.

The plain way is done with care: the highest quality from 40 to 95 that fits its
share, with Huffman tables of its own; else smaller, down the same ladder.
Likeness is the structural similarity of what is shown to the framed original.
"""

from __future__ import annotations

import io
import random
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PIL import Image

from content.adapt import EncodeCache, PictureRequest, decode, fit_pictures
from content.adapt.similarity import Reference
from subscribers.handset_classes import HandsetClass, handset_classes
from tests.benchmark.figures import Figure
from tests.benchmark.photographs import photographs
from tests.unit.content.adapt.pictures import framed, plain

BESIDE = "equal shares of the same bytes, Pillow"

SETS = 12
"""Of photographs, drawn at random, for each class."""

PICTURES = (4, 8, 12)
SHARES = (0.35, 0.6, 0.9)
"""Of the budget, for twelve pictures."""


@dataclass(frozen=True)
class Contest:
    """One set of photographs fitted both ways into the same bytes; similarities slide by slide."""

    ours: Sequence[float]
    theirs: Sequence[float]


def run() -> list[Figure]:
    """The worst slide and the median slide, over all sets."""
    images = {name: decode(data, longest_px=1200) for name, data in photographs().items()}
    contests = [contest for handset in handset_classes().values() for contest in _contests(images, handset)]
    worst = [min(one.ours) / min(one.theirs) for one in contests]
    where = f"{len(contests)} sets of {len(images)} photographs"
    return [
        _beside(f"worst slide, {where}: median", min, contests),
        Figure(f"worst slide, {where}: the set with the least gain", round(min(worst), 4), "ratio of similarities", BESIDE, 1.0, round(min(worst), 4)),
        _beside(f"median slide, {where}: median", statistics.median, contests),
    ]


def _beside(name: str, of_slides: Callable[[Sequence[float]], float], contests: Sequence[Contest]) -> Figure:
    ours, theirs = ([of_slides(getattr(one, side)) for one in contests] for side in ("ours", "theirs"))
    ratio = statistics.median(our / their for our, their in zip(ours, theirs, strict=True))
    return Figure(name, round(statistics.median(ours), 4), "similarity", BESIDE, round(statistics.median(theirs), 4), round(ratio, 4))


def _contests(images: dict[str, Image.Image], handset: HandsetClass) -> list[Contest]:
    source = random.Random(handset.name)  # the same sets each time
    cache = EncodeCache()
    found: list[Contest] = []
    while len(found) < SETS:
        count = source.choice(PICTURES)
        names = source.sample(sorted(images), count)
        budget_bytes = int(handset.budget_bytes * source.choice(SHARES) * count / 12)
        requests = [PictureRequest(name, images[name], handset.width_px, round(0.6 * handset.height_px), "photo", rank=rank) for rank, name in enumerate(names)]
        fitting = fit_pictures(requests, budget_bytes, handset, cache=cache)
        if fitting.dropped:
            continue
        share = sum(len(one.data) for one in fitting.pictures.values()) / count
        references = [(Reference(framed(one)), framed(one), fitting.pictures[one.key].data) for one in requests]
        ours = [reference.similarity(_opened(data)) for reference, _, data in references]
        theirs = [reference.similarity(_opened(plain(image, share))) for reference, image, _ in references]
        found.append(Contest(ours, theirs))
    return found


def _opened(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data)) as image:
        return image.convert("RGB")
