"""One frame turned into the bytes of an image type that every handset of a class shows.

Quality is a number on the scale of the IJG library, here in tenths, so that a
byte budget can be met closely: between two whole qualities the quantisation
tables are interpolated. A palette picture gets the JPEG quality that it equals
both in structural similarity and in the squared error of its colours, 100 only
where it is without loss.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image

from content.adapt.colours import colours_of, places
from content.adapt.framing import Style
from content.adapt.similarity import Reference

_LUMINANCE = (
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
    18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
)  # fmt: skip
_CHROMINANCE = (
    17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
)  # fmt: skip
"""ISO/IEC 10918-1 Annex K.1, in row order."""

_FLAT_SHARE = 8
"""A picture with a colour of its own for every eighth pixel is no flat drawing."""

LOSSLESS = 1000
"""Quality in tenths of a picture without loss."""


@dataclass(frozen=True)
class EncodedPicture:
    """A picture as it goes into the message.

    Attributes:
        quality: 1 to 100: the JPEG quality, or for a palette picture the one that it equals.
    """

    key: str
    data: bytes
    media_type: str
    width_px: int
    height_px: int
    quality: int


@dataclass(frozen=True)
class Encoding:
    """Bytes at a quality in tenths."""

    data: bytes
    media_type: str
    quality_tenths: int


def coarseness(quality_tenths: int) -> float:
    """By how many percent the tables of Annex K are scaled: the IJG formula, straight lines between whole qualities."""
    quality, tenths = divmod(quality_tenths, 10)
    here, next_ = (5000 // one if one < 50 else 200 - 2 * one for one in (quality, min(100, quality + 1)))
    return here + (next_ - here) * tenths / 10


@lru_cache(maxsize=1024)
def quantisation(quality_tenths: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Luminance and chrominance tables for a quality in tenths, by the IJG formula carried on between whole numbers."""
    percent = coarseness(quality_tenths)
    luminance, chrominance = (tuple(min(255, max(1, int((value * percent + 50) / 100))) for value in table) for table in (_LUMINANCE, _CHROMINANCE))
    return luminance, chrominance


def halves_colour(image: Image.Image, style: Style) -> bool:
    """Whether a JPEG keeps colour at half the resolution: of a photograph, a painted comic and what has none; not where flat colour counts.

    A comic's lettering is dark on light and keeps all its sharpness: only colour is halved. On ten real pages 4:2:0
    takes 15 to 18 % fewer bytes.
    """
    colours = _flat_colours(image)
    if colours is None:
        return style in ("photo", "comic")
    return all(red == green == blue for red, green, blue in colours)


def _flat_colours(image: Image.Image) -> list[tuple[int, int, int]] | None:
    """The colours of a drawing; None of a photograph or a painting, whatever it was sent as."""
    colours = image.getcolors(image.width * image.height // _FLAT_SHARE)
    return None if colours is None else [colour for _, colour in colours]  # type: ignore[misc]  # RGB gives triples


def encode_jpeg(image: Image.Image, quality_tenths: int, style: Style, *, halved: bool | None = None) -> bytes:
    """Baseline JPEG without metadata: 4:2:0 or 4:4:4.

    Args:
        image: RGB.
        quality_tenths: 10 to 1000.
        style: what it is used for.
        halved: what `halves_colour` says of the picture, where that is known already.
    """
    if halved is None:
        halved = halves_colour(image, style)
    try:
        return _jpeg(image, quality_tenths, halved=halved, optimize=True)
    except OSError:  # Pillow's buffer holds a byte a pixel, and Huffman tables of its own cannot wait for more room: noise at a high quality
        return _jpeg(image, quality_tenths, halved=halved, optimize=False)


def _jpeg(image: Image.Image, quality_tenths: int, *, halved: bool, optimize: bool) -> bytes:
    out = io.BytesIO()
    image.save(
        out,
        "JPEG",
        qtables=[list(table) for table in quantisation(quality_tenths)],
        subsampling=2 if halved else 0,
        optimize=optimize,
        progressive=False,
        exif=b"",
        icc_profile=None,
        comment=b"",
    )
    return out.getvalue()


def encode_palette(image: Image.Image, media_types: tuple[str, ...]) -> Encoding | None:
    """The smallest picture of at most 256 colours in PNG or GIF, with the JPEG quality that it equals.

    None where the handset shows neither type, or the picture is painted rather than drawn: then JPEG is always smaller.
    """
    lossless = image.getcolors(256) is not None
    if not lossless and _flat_colours(image) is None:
        return None
    flat = _indexed(image) if lossless else image.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    found = [(_saved(flat, name), media_type) for name, media_type in (("PNG", "image/png"), ("GIF", "image/gif")) if media_type in media_types]
    if not found:
        return None
    data, media_type = min(found, key=lambda one: len(one[0]))
    return Encoding(data, media_type, LOSSLESS if lossless else _equal_quality(image, flat.convert("RGB")))


def _indexed(image: Image.Image) -> Image.Image:
    """A picture of at most 256 colours with exactly these in its palette."""
    colours, _ = colours_of(image)
    flat = Image.fromarray(places(image, colours).astype(np.uint8))
    flat.putpalette([int(colour) >> shift & 255 for colour in colours for shift in (16, 8, 0)])
    return flat


def _saved(flat: Image.Image, name: str) -> bytes:
    out = io.BytesIO()
    flat.info = {}
    flat.save(out, name, optimize=True)
    return out.getvalue()


def squared_error(image: Image.Image, other: Image.Image) -> float:
    """Mean over all samples of the squared difference of two RGB pictures of one size."""
    difference = np.asarray(image, dtype=np.int32) - np.asarray(other, dtype=np.int32)
    return float(np.mean(difference * difference))


def _equal_quality(image: Image.Image, shown: Image.Image) -> int:
    """The highest whole JPEG quality, in tenths, that is no better than `shown`, by likeness or by colour; at least 1, at most 99."""
    reference = Reference(image)
    similarity, error = reference.similarity(shown), squared_error(image, shown)
    low, high = 1, 99
    while low < high:
        middle = (low + high + 1) // 2
        with Image.open(io.BytesIO(encode_jpeg(image, middle * 10, "drawing"))) as opened:
            jpeg = opened.convert("RGB")
        worse = reference.similarity(jpeg) <= similarity and squared_error(image, jpeg) >= error
        low, high = (middle, high) if worse else (low, middle - 1)
    return low * 10
