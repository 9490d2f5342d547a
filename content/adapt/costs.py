"""What it would cost to decode a file, judged from its bytes before any decoder sees them.

The decoders have no clock. Some files of a few bytes would keep them busy for hours or fill the
memory: a progressive JPEG of a thousand scans, a PNG of a million empty chunks. What is
counted here is work, not time, so that a file is taken or refused on a slow machine as on a fast one.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

JPEG_SCAN_PIXELS_MAX = 1_200_000_000
"""Scans × pixels of a JPEG that comes in several scans: 30 of 40 million pixels. A camera's or a painter's has 1 to 12."""

PNG_CHUNKS_MAX = 10_000
"""Of 4 KB each, as the smallest writers make them, a file of the largest size."""

GIF_BLOCKS_MAX = 20_000
"""Of comments and applications before the first picture; each may hold 255 bytes."""

RLE_BYTES_MAX = 2_000_000
"""Of a run-length BMP, which Pillow decodes in Python: 1 to 2 seconds."""

TIFF_TAGS_MAX = 1_000
"""Of the first picture; scanners write 20, geographers 60."""

_STANDALONE = frozenset((0x01, *range(0xD0, 0xD9)))
_FRAMES = frozenset((0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF))
_ONE_PASS = (0xC0, 0xC1)


@dataclass(frozen=True)
class JPEGFrame:
    """The first picture of a JPEG.

    Attributes:
        scans: times that the whole picture is gone through.
        streamed: whether it can be decoded line by line, at a reduced scale, in little memory.
    """

    width_px: int
    height_px: int
    scans: int
    streamed: bool


def jpeg_frame(data: bytes) -> JPEGFrame | None:
    """What a JPEG says of its first picture; None where it is no JPEG or breaks off before its first scan. Spec: ITU-T T.81 B.1."""
    if data[:2] != b"\xff\xd8":
        return None
    place, size, kind = 2, (0, 0), 0
    while place + 4 <= len(data):
        if data[place] != 0xFF:
            place += 1  # readers look for the next marker
            continue
        marker = data[place + 1]
        if marker == 0xFF or marker in _STANDALONE or marker == 0:
            place += 1 if marker == 0xFF else 2
            continue
        if marker in _FRAMES and place + 9 <= len(data):
            kind, size = marker, struct.unpack(">HH", data[place + 5 : place + 9])
        if marker == 0xDA:
            end = data.find(b"\xff\xd9", place)
            scans = data.count(b"\xff\xda", place, end if end >= 0 else len(data))
            return JPEGFrame(size[1], size[0], scans, streamed=kind in _ONE_PASS and scans == 1) if kind else None
        if marker == 0xD9:
            return None
        place += 2 + int.from_bytes(data[place + 2 : place + 4], "big")
    return None


def why_too_costly(data: bytes) -> str | None:
    """In words why the file is not given to a decoder; None where it may be."""
    if data.startswith(b"\xff\xd8"):
        frame = jpeg_frame(data)
        if frame is not None and frame.scans > 1 and frame.scans * frame.width_px * frame.height_px > JPEG_SCAN_PIXELS_MAX:
            return f"it comes in {frame.scans} scans"
    if data.startswith(b"\x89PNG") and _png_chunks(data) > PNG_CHUNKS_MAX:
        return f"it is cut into more than {PNG_CHUNKS_MAX} chunks"
    if data.startswith(b"GIF8") and _gif_blocks(data) > GIF_BLOCKS_MAX:
        return f"more than {GIF_BLOCKS_MAX} blocks of comment stand before its picture"
    if data.startswith(b"BM") and len(data) > RLE_BYTES_MAX and int.from_bytes(data[30:34], "little") in (1, 2):
        return f"it is run-length coded in {len(data)} bytes"
    if data[:4] in (b"II*\0", b"MM\0*") and _tiff_tags(data) > TIFF_TAGS_MAX:
        return f"it has more than {TIFF_TAGS_MAX} tags"
    return None


def _png_chunks(data: bytes) -> int:
    """How many chunks there are, counted one too far at most. Spec: ISO/IEC 15948 5.3."""
    place, count = 8, 0
    while place + 8 <= len(data) and count <= PNG_CHUNKS_MAX:
        place += 12 + int.from_bytes(data[place : place + 4], "big")
        count += 1
    return count


def _gif_blocks(data: bytes) -> int:
    """How many sub-blocks of extensions stand before the first picture. Spec: GIF89a 15, 23."""
    place = 13 + (3 << (data[10] & 7) + 1 if len(data) > 10 and data[10] & 0x80 else 0)
    count = 0
    while place + 2 < len(data) and data[place] == 0x21 and count <= GIF_BLOCKS_MAX:
        place += 2
        while place < len(data) and data[place] and count <= GIF_BLOCKS_MAX:
            place += 1 + data[place]
            count += 1
        place += 1
        count += 1
    return count


def _tiff_tags(data: bytes) -> int:
    """How many tags the first picture has. Spec: TIFF 6.0 2."""
    order = ">" if data.startswith(b"MM") else "<"
    (start,) = struct.unpack(order + "I", data[4:8].ljust(4, b"\0"))
    (count,) = struct.unpack(order + "H", data[start : start + 2].ljust(2, b"\0"))
    return int(count)
