"""Composing: the forty variants that the goal names, quality beside a plain split, variants a second, and how much of its budget a message uses.

Beside it, in turn: Pillow alone, decoding, resizing and saving once each picture
that the same messages carry, at one fixed quality and with no budget kept.
The project's own newspaper, and the real editions that `HUABAO_SAMPLES` names.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from io import BytesIO
from pathlib import Path

from PIL import Image

from content.compose import Composition, PictureSource, compose
from content.folder import ImportedFolder, read_folder
from content.manuscript import Manuscript
from subscribers.handset_classes import HandsetClass, handset_classes
from tests.benchmark import equal_shares, forty
from tests.benchmark.figures import Figure, figure
from tests.benchmark.papers import write_newspaper

ROUNDS = 3
PLAIN_QUALITY = 80


def run() -> list[Figure]:
    """The forty variants (`forty`), the worst slide (`equal_shares`), then two figures for each edition."""
    figures = [*forty.run(), *equal_shares.run()]
    with tempfile.TemporaryDirectory() as folder:
        editions = [write_newspaper(Path(folder) / "own-newspaper")]
        if samples := os.environ.get("HUABAO_SAMPLES"):
            editions += sorted((Path(samples) / "editions").iterdir())
        for edition in editions:
            figures += _measure(edition.name, read_folder(edition, {}))
    return figures


def _measure(name: str, found: ImportedFolder) -> list[Figure]:
    ours: list[float] = []
    bare: list[float] = []
    made: list[tuple[HandsetClass, Composition]] = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        made = [(handset, _compose(found, handset)) for handset in handset_classes().values()]
        ours.append(len(made) / (time.perf_counter() - began))
        began = time.perf_counter()
        for handset, composition in made:
            _plain(found, handset, pictures=sum(slide.picture is not None for slide in composition.slides))
        bare.append(len(made) / (time.perf_counter() - began))
    use = [len(composition.mms) / handset.budget_bytes for handset, composition in made if composition.worst_quality < 90]
    figures = [figure(f"compose {name}", "variants/s", ours, "bare Pillow, one save a picture", bare)]
    if use:
        figures.append(Figure(f"budget used, {name}", round(min(use), 4), "of the budget, least of the classes below quality 90", "required", 0.95, round(min(use) / 0.95, 3)))
    else:
        worst = min(composition.worst_quality for _, composition in made)
        figures.append(Figure(f"worst quality, {name}", statistics.fmean([worst]), "JPEG quality; no class is below 90, so the budget need not be used up"))
    return figures


def _compose(found: ImportedFolder, handset: HandsetClass) -> Composition:
    manuscript: Manuscript = found.manuscript
    pictures = PictureSource(lambda sha256: found.assets[sha256][0])
    return compose(manuscript, [item.key for item in manuscript.items], handset, pictures, "http://127.0.0.1/wap")


def _plain(found: ImportedFolder, handset: HandsetClass, *, pictures: int) -> None:
    for data, _ in list(found.assets.values())[:pictures]:
        with Image.open(BytesIO(data)) as image:
            image.draft("RGB", (handset.width_px, handset.height_px))
            small = image.convert("RGB")
        small.thumbnail((handset.width_px, handset.height_px), Image.Resampling.LANCZOS)
        small.save(BytesIO(), "JPEG", quality=PLAIN_QUALITY)
