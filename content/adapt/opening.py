"""Opening a picture that a stranger made: what is taken, what is refused, and in how much memory.

The content of the bytes counts, not the name of the file. Only formats of a
short list are tried, so that no parser of an exotic format is ever reached
(PostScript would even start a program). Size and cost (`costs`) are judged
before a single pixel is decoded. Of what stands in a file beside its pixels
(place, camera, thumbnail, comments, colour profile) nothing is left afterwards.
"""

from __future__ import annotations

import io
import struct
import threading
import warnings
import zlib
from dataclasses import dataclass
from pathlib import PurePath

from PIL import Image, ImageFile
from PIL.JpegImagePlugin import JpegImageFile

from content.adapt.colour import to_srgb
from content.adapt.costs import jpeg_frame, why_too_costly
from huabao.errors import HuabaoError

FILE_BYTES_MAX = 32_000_000
"""Of one picture file. A 24-megapixel camera's JPEG has about 12 million bytes."""

PIXELS_MAX = 40_000_000
"""Width × height. Pillow itself only stops at 179 million; at 40 million the worst mode takes 160 MB."""

WEBP_PIXELS_MAX = 20_000_000
"""Of a WebP, which its decoder holds several times over: 20 million take what 40 million of any other format take, 450 MB in all."""

SIDE_PX_MAX = 20_000
"""Of either side: a long comic strip passes, a one-pixel line of millions does not."""

SCALED_PIXELS_MAX = 1_000_000_000
"""Of a JPEG that can be decoded line by line at a reduced scale, down to an eighth of each side; its sides have no other bound."""

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF")
"""What is tried, by Pillow's names."""

MEDIA_TYPES = {name: f"image/{name.lower()}" for name in FORMATS}

_SUFFIXES = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".jpe": "image/jpeg",
    ".mpo": "image/jpeg",
    ".png": "image/png",
    ".apng": "image/png",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".bmp": "image/bmp",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
}

_STRANGERS = (
    (b"%!PS", "PostScript"),
    (b"\xc5\xd0\xd3\xc6", "PostScript"),
    (b"8BPS", "a Photoshop file"),
    (b"%PDF", "a PDF"),
    (b"<?xml", "XML text"),
    (b"<svg", "an SVG drawing"),
    (b"PK\x03\x04", "an archive or office document"),
    (b"\x00\x00\x01\x00", "an icon file"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"\x00\x00\x00\x0cjP", "JPEG 2000"),
)

_ORIENTATION_TAG = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

DECODER_FAULTS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    AssertionError,
    OverflowError,
    EOFError,
    MemoryError,
    RuntimeError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)
"""What Pillow's parsers are known to raise on damaged files."""

_warnings_lock = threading.Lock()


class PictureError(HuabaoError):
    """Bytes that are no picture which Huabao takes; the text says what is wrong and what to do."""


@dataclass(frozen=True)
class PictureInfo:
    """A picture as a person sees it, that is after the EXIF turn.

    Attributes:
        media_type: of the content, whatever the file's name says.
    """

    media_type: str
    width_px: int
    height_px: int


def inspect(data: bytes, name: str = "") -> PictureInfo:
    """Judges a whole picture: header, limits, and that its pixels can be decoded to the end.

    Args:
        data: the file.
        name: its name, if known; what it promises is what the file must hold.

    Raises:
        PictureError: it is no picture of an allowed format, disguised as another, too large, or damaged.
    """
    image = _open(data)
    width_px, height_px = image.size
    media_type = MEDIA_TYPES[image.format or ""]
    _load(image, longest_px=64)
    if _turn(image) in (5, 6, 7, 8):
        width_px, height_px = height_px, width_px
    promised = _SUFFIXES.get(PurePath(name).suffix.lower())
    if promised is not None and promised != media_type:
        raise PictureError(f"it is named like {promised} but holds {media_type}; rename it, or save it as what it is named")
    return PictureInfo(media_type, width_px, height_px)


def decode(data: bytes, *, longest_px: int) -> Image.Image:
    """The picture upright, in sRGB, opaque on white, its longer side at most `longest_px`; of an animation the first frame.

    A JPEG is decoded at a reduced scale, so that a camera's picture costs little more than a small one.
    A picture that is smaller already stays as it is.

    Raises:
        PictureError: as for `inspect`.
    """
    image = _open(data)
    _load(image, longest_px)
    turn = _turn(image)
    icc_profile = image.info.get("icc_profile")
    try:
        upright = to_srgb(_reduced(image, 2 * longest_px), icc_profile if isinstance(icc_profile, bytes) else None)
        if max(upright.size) > longest_px:
            upright.thumbnail((longest_px, longest_px), Image.Resampling.LANCZOS, reducing_gap=None)
    except DECODER_FAULTS as fault:
        raise _damaged(fault) from fault
    if turn in _TURNS:
        upright = upright.transpose(_TURNS[turn])
    upright.info = {}
    return upright


def _open(data: bytes) -> Image.Image:
    """The picture with its header read and its limits checked, no pixel decoded."""
    if not data:
        raise PictureError("the picture file is empty; put the picture there again")
    if len(data) > FILE_BYTES_MAX:
        raise PictureError(f"the picture file has {len(data)} bytes, at most {FILE_BYTES_MAX} are taken; save it smaller")
    costly = why_too_costly(data)
    if costly is not None:
        raise PictureError(f"the picture would take too long to decode ({costly}); save it again from the program that made it")
    ImageFile.LOAD_TRUNCATED_IMAGES = False  # a library in this process may have switched it on for all: WeasyPrint does at import
    with _warnings_lock, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            # Without Image.open's own limit, which knows nothing of reduced scales; of a camera's file of several JPEGs the first.
            image = JpegImageFile(io.BytesIO(data)) if data.startswith(b"\xff\xd8\xff") else Image.open(io.BytesIO(data), formats=FORMATS)
        except Image.DecompressionBombError as fault:
            raise _too_large(str(fault)) from fault
        except DECODER_FAULTS as fault:
            raise PictureError(_stranger(data)) from fault
        grave = [str(one.message) for one in caught if "PIL" in PurePath(one.filename).parts]
    _check_size(image.size, WEBP_PIXELS_MAX if image.format == "WEBP" else PIXELS_MAX, scaled=_is_streamed(data))
    if grave and image.format != "JPEG":  # a JPEG's warnings are of its metadata, which is thrown away
        raise PictureError(f"the picture is damaged ({grave[0]}); save it again from the program that made it")
    return image


def _is_streamed(data: bytes) -> bool:
    frame = jpeg_frame(data)
    return frame is not None and frame.streamed


def _check_size(size: tuple[int, int], pixels_max: int, *, scaled: bool) -> None:
    """Refuses what is too large; `scaled` tells that a reduced scale can be decoded alone."""
    width_px, height_px = size
    if width_px < 1 or height_px < 1:
        raise PictureError("the picture has no pixels; save it again from the program that made it")
    if scaled and width_px * height_px <= SCALED_PIXELS_MAX:
        return
    if width_px * height_px > pixels_max or max(size) > SIDE_PX_MAX:
        raise _too_large(f"{width_px}×{height_px}", pixels_max)


def _too_large(what: str, pixels_max: int = PIXELS_MAX) -> PictureError:
    return PictureError(f"the picture is too large ({what}): at most {pixels_max} pixels and {SIDE_PX_MAX} a side are taken; save it smaller")


def _damaged(fault: BaseException) -> PictureError:
    return PictureError(f"the picture is damaged or cut off ({str(fault) or type(fault).__name__}); save it again from the program that made it")


def _stranger(data: bytes) -> str:
    """What to say of bytes that no allowed format knows."""
    head = data[:64].lstrip()
    what = next((words for mark, words in _STRANGERS if head.startswith(mark) or data.startswith(mark)), None)
    if what is None and all(byte >= 0x20 or byte in b"\t\r\n" for byte in data[:512]):
        what = "text"
    taken = "JPEG, PNG, GIF, WebP, BMP and TIFF are taken"
    if what is None:
        return f"this is no readable picture ({taken}); save it again from the program that made it"
    return f"this is {what}, no picture that can be taken ({taken}); save it as JPEG or PNG"


def _turn(image: Image.Image) -> int:
    """The EXIF orientation, 1 where there is none or it cannot be read; of a loaded picture, since looking for it may load."""
    with _warnings_lock, warnings.catch_warnings(record=True):
        warnings.simplefilter("always")
        try:
            turn = image.getexif().get(_ORIENTATION_TAG, 1)
        except DECODER_FAULTS:
            return 1
    return turn if isinstance(turn, int) and 1 <= turn <= 8 else 1


def _load(image: Image.Image, longest_px: int) -> None:
    """Decodes the pixels of the first frame; a JPEG at the smallest scale that still leaves half again as much as is wanted."""
    width_px, height_px = image.size
    share = 1.5 * longest_px / max(image.size)
    share = min(share, (PIXELS_MAX / (4 * width_px * height_px)) ** 0.5) if width_px * height_px > PIXELS_MAX else share
    try:
        if share < 1.0:
            image.draft(image.mode, (max(1, int(width_px * share)), max(1, int(height_px * share))))
        image.load()
    except DECODER_FAULTS as fault:
        raise _damaged(fault) from fault


def _reduced(image: Image.Image, longest_px: int) -> Image.Image:
    """A cheap average over whole blocks, so that colours are converted on few pixels."""
    factor = max(image.size) // max(1, longest_px)
    if factor < 2 or image.mode not in ("L", "LA", "RGB", "RGBA", "CMYK") or "transparency" in image.info:
        return image
    return image.reduce(factor)
