"""One frame turned into the bytes of an image type that every handset of a class shows.

Quality is a number on the scale of the IJG library, here in tenths, so that a
byte budget can be met closely: between two whole qualities the quantisation
tables are interpolated. A palette picture gets the JPEG quality that it equals
in squared error, 100 only where it is without loss.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from PIL import Image

from content.adapt.framing import PictureRequest, Style, cropped

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


@dataclass
class EncodeCache:
    """What was framed and encoded already, for use over several messages.

    A key must name one and the same picture as long as the cache lives. It may be shared by threads: an entry is
    computed twice at worst.
    """

    frames: dict[tuple[object, ...], Image.Image] = field(default_factory=dict)
    kept_parts: dict[tuple[object, ...], Image.Image] = field(default_factory=dict)
    encodings: dict[tuple[object, ...], Encoding] = field(default_factory=dict)
    palettes: dict[tuple[object, ...], Encoding | None] = field(default_factory=dict)

    def kept(self, place: tuple[object, ...], request: PictureRequest) -> Image.Image:
        """The part of the picture that is shown in that place."""
        found = self.kept_parts.get(place)
        if found is None:
            found = self.kept_parts[place] = cropped(request)
        return found


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


def encode_jpeg(image: Image.Image, quality_tenths: int, style: Style) -> bytes:
    """Baseline JPEG without metadata: 4:2:0 for a photograph and a painted comic, 4:4:4 where flat colour counts.

    A comic's lettering is dark on light and keeps all its sharpness: only colour is halved. On ten real pages 4:2:0
    takes 15 to 18 % fewer bytes.
    """
    halved = style == "photo" or (style == "comic" and image.getcolors(image.width * image.height // _FLAT_SHARE) is None)
    out = io.BytesIO()
    image.save(
        out,
        "JPEG",
        qtables=[list(table) for table in quantisation(quality_tenths)],
        subsampling=2 if halved else 0,
        optimize=True,
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
    if not lossless and image.getcolors(image.width * image.height // _FLAT_SHARE) is None:
        return None
    flat = _indexed(image) if lossless else image.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    found = [(_saved(flat, name), media_type) for name, media_type in (("PNG", "image/png"), ("GIF", "image/gif")) if media_type in media_types]
    if not found:
        return None
    data, media_type = min(found, key=lambda one: len(one[0]))
    return Encoding(data, media_type, LOSSLESS if lossless else _equal_quality(image, flat.convert("RGB")))


def _indexed(image: Image.Image) -> Image.Image:
    """A picture of at most 256 colours with exactly these in its palette."""
    pixels = np.asarray(image, dtype=np.uint32)
    packed = pixels[..., 0] << 16 | pixels[..., 1] << 8 | pixels[..., 2]
    colours, indices = np.unique(packed, return_inverse=True)
    flat = Image.fromarray(indices.reshape(packed.shape).astype(np.uint8))
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
    """The highest whole JPEG quality, in tenths, that is no better than `shown`; at least 1, at most 99."""
    error = squared_error(image, shown)
    low, high = 1, 99
    while low < high:
        middle = (low + high + 1) // 2
        with Image.open(io.BytesIO(encode_jpeg(image, middle * 10, "drawing"))) as jpeg:
            worse = squared_error(image, jpeg.convert("RGB")) >= error
        low, high = (middle, high) if worse else (low, middle - 1)
    return low * 10
