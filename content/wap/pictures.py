"""A picture made for the screen that asks: as wide as it, as heavy as a page may be, in a format that it reads.

Made when first asked for and kept in memory; the widths are few, so that not many exist.

Spec: W3C Mobile Web Best Practices 1.0, 5.3.1 (20 KB for a page with its pictures); WAP-237-WAEMT 5 (WBMP, type 0).
"""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PIL import Image

from content.adapt import decode
from content.adapt.encoding import encode_jpeg
from content.adapt.greyscale import grey
from content.wap.browsers import WIDTHS
from content.wap.documents import PictureDocument

JPEG, PNG, GIF, WBMP = "image/jpeg", "image/png", "image/gif", "image/vnd.wap.wbmp"
PHOTO_BYTES_MAX, DRAWN_BYTES_MAX = 9_500, 17_500
"""Of a picture beside 10 KB of text, and of one that has a page to itself, on the screens for which the 20 KB were set."""

SMALL_WIDTH_PX, LARGE_SHARE = 240, 4
"""Wider screens came with networks and memories that take so many times as much."""

QUALITIES = (85, 78, 70, 62, 54, 46)
"""Tried in turn; a picture too heavy at the last one becomes smaller, for all widths of `WIDTHS` below."""

KEPT_BYTES_MAX = 48_000_000
DECODED_PX_MAX = 4_096
WBMP_BYTES_MAX = 4_000


@dataclass(frozen=True)
class Picture:
    """The bytes of one."""

    data: bytes
    media_type: str


def type_for(accepted: Mapping[str, float]) -> str:
    """The format that a browser gets, from what it accepts: JPEG unless it names others and not this one."""
    if not accepted or accepted.get(JPEG, 0) or accepted.get("image/*", 0) or accepted.get("*/*", 0):
        return JPEG
    return next((one for one in (PNG, GIF, WBMP) if accepted.get(one, 0) > 0), JPEG)


def scaled(document: PictureDocument, data: bytes, width_px: int, media_type: str = JPEG) -> Picture:
    """The picture `width_px` wide, or as wide as it is where that is less.

    Args:
        data: the whole picture as the editor gave it.

    Raises:
        PictureError: it cannot be read.
    """
    left, top, right, bottom = document.box or (0, 0, document.width_px, document.height_px)
    wanted = min(width_px, right - left)
    share = wanted / (right - left)
    longest_px = min(DECODED_PX_MAX, max(64, round(1.1 * share * max(document.width_px, document.height_px))))
    whole = decode(data, longest_px=longest_px)
    scale = whole.width / document.width_px
    box = (round(left * scale), round(top * scale), max(round(right * scale), round(left * scale) + 1), max(round(bottom * scale), round(top * scale) + 1))
    part = grey(whole.crop(box)) if document.grey else whole.crop(box)
    heavy = (DRAWN_BYTES_MAX if document.drawn else PHOTO_BYTES_MAX) * (1 if width_px <= SMALL_WIDTH_PX else LARGE_SHARE)
    for width in (wanted, *(one for one in reversed(WIDTHS) if one < wanted)):
        image = part.resize((width, max(1, round(part.height * width / part.width))), Image.Resampling.LANCZOS)
        found = _light(image, media_type, heavy, drawn=document.drawn)
        if found is not None:
            return Picture(found, media_type)
    return Picture(_saved(image, media_type, QUALITIES[-1], drawn=document.drawn), media_type)


def _light(image: Image.Image, media_type: str, bytes_max: int, *, drawn: bool) -> bytes | None:
    for quality in QUALITIES if media_type == JPEG else QUALITIES[:1]:
        data = _saved(image, media_type, quality, drawn=drawn)
        if len(data) <= (WBMP_BYTES_MAX if media_type == WBMP else bytes_max):
            return data
    return None


def _saved(image: Image.Image, media_type: str, quality: int, *, drawn: bool) -> bytes:
    if media_type == JPEG:
        return encode_jpeg(image, 10 * quality, "comic" if drawn else "photo")
    if media_type == WBMP:
        return wbmp(image)
    shown = io.BytesIO()
    image.quantize(64, dither=Image.Dither.NONE if drawn else Image.Dither.FLOYDSTEINBERG).save(shown, "PNG" if media_type == PNG else "GIF", optimize=True)
    return shown.getvalue()


def wbmp(image: Image.Image) -> bytes:
    """The picture in black and white, as the oldest handsets show it."""
    flat = image.convert("L").convert("1")
    return b"\0\0" + _number(flat.width) + _number(flat.height) + flat.tobytes()


def _number(value: int) -> bytes:
    """Seven bits a byte, the highest first."""
    return (_number(value >> 7)[:-1] + bytes([0x80 | (value >> 7) & 0x7F]) if value > 127 else b"") + bytes([value & 0x7F])


class PictureShelf:
    """Pictures made and kept, the longest unasked-for given away first; each is made once, however many ask at once."""

    def __init__(self, bytes_max: int = KEPT_BYTES_MAX) -> None:
        self._bytes_max = bytes_max
        self._kept: OrderedDict[tuple[str, int, str], Picture] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()
        self._making = threading.Lock()

    def find(self, name: str, width_px: int, media_type: str, make: Callable[[], Picture]) -> Picture:
        """The picture called `name` at this width, made by `make` where nobody asked before."""
        key = (name, width_px, media_type)
        found = self._look(key)
        if found is not None:
            return found
        with self._making:  # one decoding at a time: a large original takes memory
            return self._look(key) or self._keep(key, make())

    def _look(self, key: tuple[str, int, str]) -> Picture | None:
        with self._lock:
            if key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key]

    def _keep(self, key: tuple[str, int, str], picture: Picture) -> Picture:
        with self._lock:
            self._kept[key] = picture
            self._bytes += len(picture.data)
            while self._bytes > self._bytes_max and len(self._kept) > 1:
                _, gone = self._kept.popitem(last=False)
                self._bytes -= len(gone.data)
        return picture
