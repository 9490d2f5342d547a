"""The faces that stand in where the family lacks a character: Latin with marks, other scripts, symbols, emoji, rare Han.

Most come as a package and are the same everywhere. Emoji are drawn in outline, in the ink of the
line: a nameplate keeps to flat colour. Rare Han characters (extensions B to F), Tibetan and
Mongolian need a face of Debian's; where the machine has none, the caller shows the sign for a missing sort.
"""

from __future__ import annotations

import threading
import unicodedata
from functools import lru_cache
from importlib import resources
from pathlib import Path

from fontTools.ttLib import TTFont
from PIL import ImageFont, features

from content.draw.fonts import Weight, font

EMOJI = "NotoEmoji"

INSTALLED = (
    "/usr/share/fonts/truetype/hanazono/HanaMinA.ttf",
    "/usr/share/fonts/truetype/hanazono/HanaMinB.ttf",
    "/usr/share/fonts/truetype/babelstone/BabelStoneHan.ttf",
    "/usr/share/fonts/truetype/babelstone-han/BabelStoneHan.ttf",
    "/usr/share/fonts/truetype/noto/NotoSerifTibetan-Regular.ttf",
    "/usr/share/fonts/truetype/noto/NotoSansMongolian-Regular.ttf",
)
"""Debian's fonts-hanazono, fonts-babelstone-han and fonts-noto-core."""

_SCRIPTS = (
    "NotoSans", "NotoSansSymbols", EMOJI, "NotoSansArabic", "NotoSansHebrew", "NotoSansDevanagari", "NotoSansThai", "NotoSansBengali", "NotoSansGujarati", "NotoSansGurmukhi",
    "NotoSansTamil", "NotoSansTelugu", "NotoSansKannada", "NotoSansMalayalam", "NotoSansSinhala", "NotoSansOriya", "NotoSansMyanmar", "NotoSansKhmer", "NotoSansLao",
    "NotoSansEthiopic", "NotoSansGeorgian", "NotoSansArmenian",
)  # fmt: skip

_BOLDNESS: dict[Weight, int] = {"regular": 400, "bold": 700, "black": 800, "song": 400, "songti": 600}

_EMOJI_SHARE = 0.82
"""Of the em: an emoji at full size is wider and higher than a Han character."""

_PROBE_PX = 24
_NO_CHARACTER = "\U0010fffe"
_local = threading.local()


def names() -> tuple[str, ...]:
    """The faces in the order in which they are asked; one of the machine is named by its path."""
    return (*_SCRIPTS, *(path for path in INSTALLED if _exists(path)))


@lru_cache(maxsize=16)
def _exists(path: str) -> bool:
    return Path(path).is_file()


def face(name: str, size_px: int, weight: Weight) -> ImageFont.FreeTypeFont:
    """A face at the size that goes with a Han character of `size_px`; each thread has its own. "" is the family's."""
    if not name:
        return font(size_px, weight)
    cache = _local.__dict__.setdefault("faces", {})
    found = cache.get((name, size_px, weight))
    if found is None:
        found = cache[name, size_px, weight] = _open(name, size_px, weight)
    opened: ImageFont.FreeTypeFont = found
    return opened


def _open(name: str, size_px: int, weight: Weight) -> ImageFont.FreeTypeFont:
    layout = ImageFont.Layout.RAQM if features.check("raqm") else ImageFont.Layout.BASIC
    if name.startswith("/"):
        return ImageFont.truetype(name, size_px, layout_engine=layout)
    opened = ImageFont.truetype(_path(name), max(1, round(size_px * _EMOJI_SHARE)) if name == EMOJI else size_px, layout_engine=layout)
    opened.set_variation_by_axes([min(_BOLDNESS[weight], 700)] if name == EMOJI else [_BOLDNESS[weight]])
    return opened


def holds(name: str, char: str, weight: Weight = "regular") -> bool:
    """Whether a face has a shape of its own for a character."""
    if char.isspace():
        return True
    return ord(char) in _characters(name) if name else _is_in_family(char, weight)


@lru_cache(maxsize=64)
def _characters(name: str) -> frozenset[int]:
    """What a face that stands in holds, from its table of characters."""
    with TTFont(_path(name), lazy=True) as opened:
        return frozenset(opened.getBestCmap() or ())


@lru_cache(maxsize=65536)
def _is_in_family(char: str, weight: Weight) -> bool:
    return _shape(char, weight) != _shape(_NO_CHARACTER, weight)


def _shape(char: str, weight: Weight) -> bytes:
    return bytes(font(_PROBE_PX, weight).getmask(char, "1"))


def _path(name: str) -> str:
    return name if name.startswith("/") else str(resources.files("manimgx_fonts") / f"{name}[wght].ttf")


def stand_in(visible: str, weight: Weight, *, pictured: bool) -> str | None:
    """The first face that holds all of a cluster; None where none does.

    Args:
        visible: the cluster without joiners and variation selectors.
        weight: of the type.
        pictured: whether the text asks for an emoji where a plain sign exists too.
    """
    if pictured and all(holds(EMOJI, char) for char in visible):
        return EMOJI
    return next((name for name in names() if all(holds(name, char) for char in visible)), None)


def is_right_to_left(text: str) -> bool:
    """Whether a cluster is written from right to left."""
    return any(unicodedata.bidirectional(char) in ("R", "AL", "AN") for char in text)
