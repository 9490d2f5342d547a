"""Pictures for the tests of fitting: each seed one of its own shape and business; and a plain way to fit them, to compare with."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from content.adapt import EncodeCache, Fitting, PictureRequest
from content.adapt.framing import Style, cropped, shown_size
from content.adapt.similarity import Reference
from subscribers.handset_classes import HandsetClass

STYLES: tuple[Style, ...] = ("photo", "drawing", "comic", "type")


@lru_cache(maxsize=64)
def picture(seed: int, style: Style) -> Image.Image:
    """The same for the same arguments: painted for a photograph or a comic, else discs of flat colour."""
    source = np.random.default_rng(seed)
    width, height = (int(side) for side in source.integers(90, 500, 2))
    if style in ("photo", "comic"):
        coarse = source.integers(0, 255, (int(source.integers(3, 40)), int(source.integers(3, 40)), 3), dtype=np.uint8)
        image = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
        noise = source.normal(0, float(source.integers(0, 25)), (height, width, 3))
        return Image.fromarray(np.clip(np.asarray(image, dtype=np.float64) + noise, 0, 255).astype(np.uint8))
    image = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(image)
    for _ in range(int(source.integers(1, 60))):
        left, top, right, bottom = (int(value) for value in source.integers(0, 600, 4))
        colour = tuple(int(value) for value in source.integers(0, 255, 3))
        draw.ellipse((min(left, right), min(top, bottom), max(left, right), max(top, bottom)), fill=colour)
    return image.resize((width * 4 // 5, height * 4 // 5), Image.Resampling.LANCZOS)


@lru_cache(maxsize=16)
def cache_of(handset_name: str) -> EncodeCache:
    """One for each class, so that a picture is measured once for all examples; `requests_of` names pictures by what they are."""
    return EncodeCache()


def requests_of(seeds: Sequence[tuple[int, Style, bool]], handset: HandsetClass) -> list[PictureRequest]:
    """A request for each (seed, style, optional), in the upper three fifths of the screen; ranks 0 to 3."""
    found: list[PictureRequest] = []
    for number, (seed, style, optional) in enumerate(seeds):
        again = sum((seed, style) == before[:2] for before in seeds[:number])
        size = handset.width_px, handset.height_px * 6 // 10
        found.append(PictureRequest(f"{seed}{style}{again}", picture(seed, style), *size, style, rank=number % 4, optional=optional))
    return found


def framed(request: PictureRequest) -> Image.Image:
    """The picture at full size."""
    kept = cropped(request)
    return kept.resize(shown_size(kept, request), Image.Resampling.LANCZOS)


def similarities(fitting: Fitting, requests: Sequence[PictureRequest]) -> list[float]:
    """How alike each picture that was kept is to its original, from its bytes."""
    found = []
    for request in requests:
        if (one := fitting.pictures.get(request.key)) is not None:
            with Image.open(io.BytesIO(one.data)) as shown:
                found.append(Reference(framed(request)).similarity(shown.convert("RGB")))
    return found


def plain(image: Image.Image, budget_bytes: float) -> bytes:
    """A JPEG of Pillow's as a careful hand would save it: the highest quality from 40 to 95 that fits; else smaller, down the same ladder."""
    for share in (1.0, 0.9, 0.8, 0.7, 0.6):
        smaller = image.resize((max(1, round(image.width * share)), max(1, round(image.height * share))), Image.Resampling.LANCZOS)
        if len(_saved(smaller, 40)) <= budget_bytes or share == 0.6:
            break
    low, high = 40, 95
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if len(_saved(smaller, middle)) <= budget_bytes else (low, middle - 1)
    return _saved(smaller, low)


def _saved(image: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()
