"""Files that would keep a decoder busy for hours are refused before it sees them; large honest ones are taken."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from content.adapt import PictureError, decode, inspect, opening
from content.adapt.costs import GIF_BLOCKS_MAX, PNG_CHUNKS_MAX, RLE_BYTES_MAX, TIFF_TAGS_MAX, jpeg_frame, why_too_costly


def _saved(image: Image.Image, name: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, name, **options)
    return out.getvalue()


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _png(before: bytes, after: bytes = b"") -> bytes:
    head = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0))
    return head + before + _chunk(b"IDAT", zlib.compress((b"\0" + b"\1" * 24) * 8)) + after + _chunk(b"IEND", b"")


def _gif(extensions: bytes) -> bytes:
    return b"GIF89a" + struct.pack("<HHBBB", 8, 8, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff" + extensions + b",\0\0\0\0\x08\0\x08\0\0\x02\x02\x44\x01\x00;"


def _many_scans(count: int) -> bytes:
    """A progressive JPEG of 4 million pixels whose last scan comes again and again."""
    whole = _saved(Image.new("L", (2000, 2000), 128), "JPEG", progressive=True)
    last = whole[whole.rfind(b"\xff\xda") : -2]
    return whole[:-2] + last * count + b"\xff\xd9"


def _many_tags() -> bytes:
    tags = b"".join(struct.pack("<HHII", 30_000 + number, 3, 1, 0) for number in range(TIFF_TAGS_MAX + 1))
    return b"II*\0" + struct.pack("<IH", 8, TIFF_TAGS_MAX + 1) + tags + bytes(4)


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "a JPEG of 310 scans": (lambda: _many_scans(310), "scans"),
    "a PNG of empty chunks": (lambda: _png(_chunk(b"prVt", b"") * (PNG_CHUNKS_MAX + 1)), "chunks"),
    "a PNG of empty chunks behind its picture": (lambda: _png(b"", _chunk(b"prVt", b"") * (PNG_CHUNKS_MAX + 1)), "chunks"),
    "a GIF of one-letter comments": (lambda: _gif(b"!\xfe" + b"\x01c" * (GIF_BLOCKS_MAX + 1) + b"\0"), "blocks"),
    "a GIF of empty extensions": (lambda: _gif(b"!\xf9\0" * (GIF_BLOCKS_MAX + 1)), "blocks"),
    "a BMP of single runs": (lambda: b"BM" + struct.pack("<IHHIIiiHHI", 0, 0, 0, 1078, 40, 8000, 5000, 1, 8, 1) + b"\1\2" * (RLE_BYTES_MAX // 2), "run-length"),
    "a TIFF of a thousand tags": (_many_tags, "tags"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_refused_before_a_decoder_sees_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    make, says = HOSTILE[name]
    monkeypatch.setattr(opening, "_load", None)
    with pytest.raises(PictureError, match=f"too long to decode .*{says}"):
        inspect(make())


@pytest.mark.parametrize("name", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF"])
def test_honest_files_cost_little(name: str) -> None:
    noise = Image.effect_noise((640, 480), 80).convert("RGB")
    assert why_too_costly(_saved(noise, name)) is None
    assert why_too_costly(_saved(noise, "JPEG", progressive=True)) is None


@given(st.binary(max_size=400), st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"BM", b"II*\0", b"MM\0*"]))
def test_any_bytes_can_be_judged(tail: bytes, head: bytes) -> None:
    why_too_costly(head + tail)
    jpeg_frame(head + tail)


def test_a_jpeg_of_115_million_pixels_is_decoded_at_an_eighth() -> None:
    """Its lines are made by repeating one coded line, so that the test need not hold them."""
    row = _saved(Image.new("L", (24_000, 16), 90), "JPEG", restart_marker_blocks=3000)
    frame, scan = row.rfind(b"\xff\xc0"), row.rfind(b"\xff\xda")
    start = scan + 2 + int.from_bytes(row[scan + 2 : scan + 4], "big")
    first, second = row[start:-2].split(b"\xff\xd0", 1)
    assert first == second
    rows = b"".join(first + bytes((0xFF, 0xD0 + number % 8)) for number in range(599)) + first
    data = row[: frame + 5] + struct.pack(">H", 4_800) + row[frame + 7 : start] + rows + b"\xff\xd9"
    assert inspect(data).height_px == 4_800
    shown = decode(data, longest_px=480)
    assert shown.size == (480, 96)
    assert shown.getpixel((240, 90)) == (90, 90, 90)


def test_a_progressive_jpeg_is_held_whole_and_so_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "PIXELS_MAX", 10_000)
    image = Image.new("L", (200, 100))
    assert inspect(_saved(image, "JPEG")).width_px == 200
    with pytest.raises(PictureError, match="too large"):
        inspect(_saved(image, "JPEG", progressive=True))


def test_a_webp_is_bounded_more_closely_for_its_decoder_holds_it_several_times() -> None:
    data = _saved(Image.new("L", (5000, 4100)), "WEBP", method=0)
    with pytest.raises(PictureError, match="at most 20000000 pixels"):
        inspect(data)
