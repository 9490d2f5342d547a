"""The capabilities of a handset that Huabao asks about, and the record that one source gives of one model.

A capability that a source does not name is absent from its record; absent is not "no".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from subscribers.handset_classes import HandsetClass

Value = int | bool | tuple[str, ...]
"""A number, a yes or no, or names in alphabetical order."""

Values = Mapping[str, Value]

MMS_BYTES_MAX: Final = 100_000_000
PIXELS_MAX: Final = 20_000
NAMES_MAX: Final = 100
MODEL_CHARS_MAX: Final = 120
BRAND_CHARS_MAX: Final = 80

_SIZE: Final = re.compile(r"\s*(\d{1,6})\s*[xX×*]\s*(\d{1,6})\s*", re.ASCII)
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9.+_/-]{0,79}")
_SAME_TYPE: Final = {"image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg", "image/x-png": "image/png", "image/wbmp": "image/vnd.wap.wbmp"}
_SAME_CHARSET: Final = {"utf8": "utf-8", "csutf8": "utf-8", "ascii": "us-ascii", "ucs-2": "iso-10646-ucs-2", "gb2312-80": "gb2312"}


@dataclass(frozen=True)
class Fact:
    """One capability.

    Attributes:
        kind: int, bool, or tuple for a set of names.
        maximum: of a number.
        same: names that mean another.
        en, zh: what people read.
    """

    name: str
    kind: type
    en: str
    zh: str
    maximum: int = 0
    same: Mapping[str, str] = field(default_factory=dict)

    def read(self, cell: str) -> Value | None:
        """A cell as a value; None where it says nothing that can be used (blank, 0 for a number, no such form)."""
        text = cell.strip().casefold()
        if self.kind is bool:
            return {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}.get(text)
        if self.kind is int:
            number = int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else 0
            return number if 0 < number <= self.maximum else None
        return self.names(re.split(r"[\s;,|]+", text))

    def names(self, given: Iterable[str]) -> tuple[str, ...] | None:
        """Names as a set: lower case, one spelling each, without parameters; None where none is left."""
        bare = (one.strip().casefold().partition(";")[0].strip() for one in given)
        found = {self.same.get(one, one) for one in bare if _NAME.fullmatch(one)}
        return tuple(sorted(found)[:NAMES_MAX]) or None


FACTS: Final[Mapping[str, Fact]] = {
    one.name: one
    for one in (
        Fact("mms", bool, "takes MMS", "支持彩信"),
        Fact("wap_push", bool, "opens a pushed link", "支持 WAP 推送"),
        Fact("mms_max_bytes", int, "bytes of one MMS at most", "彩信最大字节数", MMS_BYTES_MAX),
        Fact("mms_max_width_px", int, "width of a picture in an MMS at most", "彩信图片最大宽度", PIXELS_MAX),
        Fact("mms_max_height_px", int, "height of a picture in an MMS at most", "彩信图片最大高度", PIXELS_MAX),
        Fact("width_px", int, "width of its screen", "屏幕宽度", PIXELS_MAX),
        Fact("height_px", int, "height of its screen", "屏幕高度", PIXELS_MAX),
        Fact("colours", int, "colours of its screen", "屏幕颜色数", 1 << 26),
        Fact("image_types", tuple, "pictures that it shows in an MMS", "彩信支持的图片格式", same=_SAME_TYPE),
        Fact("animated_gif", bool, "shows animated GIF", "支持动画 GIF"),
        Fact("progressive_jpeg", bool, "shows progressive JPEG", "支持渐进式 JPEG"),
        Fact("charsets", tuple, "character sets that it reads in an MMS", "彩信支持的字符集", same=_SAME_CHARSET),
        Fact("smil", bool, "shows slides (SMIL)", "支持 SMIL 幻灯片"),
        Fact("slides_max", int, "slides of one MMS at most", "彩信最多页数", 1_000),
        Fact("slide_chars_max", int, "characters of one slide at most", "每页最多字数", 100_000),
    )
}
"""Every capability by name. `slides_max` and `slide_chars_max` stand in no public table: an operator measures them."""


@dataclass(frozen=True)
class Profile:
    """What one source says of one model.

    Attributes:
        aliases: other names of the same model.
        key: the source's own name of it, "" where it has none.
        line: where it stands in its file, from 1; 0 where lines mean nothing.
    """

    brand: str
    model: str
    values: Values
    aliases: tuple[str, ...] = ()
    key: str = ""
    line: int = 0

    @property
    def title(self) -> str:
        """Brand and model in one, the brand once."""
        said = self.model.casefold().startswith(self.brand.casefold())
        return (self.model if said or not self.brand else f"{self.brand} {self.model}")[:MODEL_CHARS_MAX]


def size(text: str) -> tuple[int, int] | None:
    """Width and height of `240x320`, with x, X, × or *; None where it is no size."""
    match = _SIZE.fullmatch(text)
    if match is None:
        return None
    width, height = int(match[1]), int(match[2])
    return (width, height) if 0 < width <= PIXELS_MAX and 0 < height <= PIXELS_MAX else None


def sized(values: dict[str, Value], width: str, height: str, text: str) -> None:
    """Put the size that `text` says into `values` under the two names."""
    found = size(text)
    if found is not None:
        values[width], values[height] = found


def lesser(first: Values, second: Values) -> dict[str, Value]:
    """What both records of the same model promise: the smaller number, the names that both have, yes where both say so."""
    found = {**first, **second}
    for name in first.keys() & second.keys():
        found[name] = _BOTH[FACTS[name].kind](first[name], second[name])
    return found


def _names_of_both(first: Any, second: Any) -> tuple[str, ...]:
    return tuple(sorted(set(first) & set(second))) or first


_BOTH: Final[Mapping[type, Callable[[Any, Any], Value]]] = {int: min, bool: lambda a, b: a and b, tuple: _names_of_both}


def from_document(document: Mapping[str, Any]) -> dict[str, Value]:
    """Values as they come back from JSON; a capability that is none any more is left out."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in document.items() if name in FACTS}


def of_class(handset: HandsetClass) -> dict[str, Value]:
    """What a handset class stands for, where a record is silent."""
    return {
        "mms": True,
        "mms_max_bytes": handset.budget_bytes,
        "width_px": handset.width_px,
        "height_px": handset.height_px,
        "colours": handset.colours,
        "image_types": tuple(sorted(handset.image_types)),
        "charsets": ("utf-8",),
        "smil": True,
        "slides_max": max(handset.slides_max, handset.comic_slides_max),
        "slide_chars_max": handset.slide_chars_max,
    }
