"""The one family that Huabao draws with, in three weights, and a Song face for titles.

Noto Sans CJK, the Simplified Chinese face. The regular weight is the static
font, which renders fastest at body sizes; the heavier ones are real weights out
of the variable font, not thickened outlines. `song` is Noto Serif SC, for the titles
of designs that ask for it; `songti` is the same, its strokes strengthened for
nameplates (`stroke_px`): there is no heavier cut of it that one may bundle.
"""

from __future__ import annotations

import threading
from functools import lru_cache
from importlib import resources
from typing import Literal

from PIL import ImageFont

Weight = Literal["regular", "bold", "black", "song", "songti"]

SONG: tuple[Weight, ...] = ("song", "songti")

SC_FACE = 2
"""Both collections hold JP, KR, SC, TC, HK in this order."""

_AXIS = {"bold": 700, "black": 900}

_local = threading.local()


def font(size_px: int, weight: Weight = "regular") -> ImageFont.FreeTypeFont:
    """The face at a size in pixels; each thread has its own, since FreeType faces are not to be shared."""
    cache = _local.__dict__.setdefault("fonts", {})
    found = cache.get((size_px, weight))
    if found is None:
        found = _open(size_px, weight)
        cache[size_px, weight] = found
    opened: ImageFont.FreeTypeFont = found
    return opened


def _open(size_px: int, weight: Weight) -> ImageFont.FreeTypeFont:
    if weight in SONG:
        return ImageFont.truetype(song_path(), size_px, layout_engine=ImageFont.Layout.BASIC)
    if weight == "regular":
        return ImageFont.truetype(regular_path(), size_px, index=SC_FACE, layout_engine=ImageFont.Layout.BASIC)
    face = ImageFont.truetype(variable_path(), size_px, index=SC_FACE, layout_engine=ImageFont.Layout.BASIC)
    face.set_variation_by_axes([_AXIS[weight]])
    return face


@lru_cache(maxsize=1)
def regular_path() -> str:
    """The file of the regular weight."""
    return str(resources.files("noto_cjk_sans_otc") / "NotoSansCJK-Regular.ttc")


@lru_cache(maxsize=1)
def variable_path() -> str:
    """The file of all weights."""
    return str(resources.files("manimgx_fonts_cjk") / "NotoSansCJK-VF.otf.ttc")


@lru_cache(maxsize=1)
def song_path() -> str:
    """The file of the Song face."""
    return str(resources.files("pylopdf_fonts_zh_cn") / "NotoSerifSC-Regular.otf")


def stroke_px(size_px: int, weight: Weight) -> float:
    """By how much the outline is strengthened on each side; nothing for faces with weights of their own."""
    return round(size_px * _STRENGTH, 1) if weight == "songti" else 0.0


_STRENGTH = 0.022
"""Share of the em: as heavy as the bold cut of a Song face, counters still open at 16 px."""
