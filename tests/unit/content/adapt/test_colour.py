"""Colour models and profiles: a picture looks on a handset as it does on the editor's screen."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from content.adapt import decode

Matrix = tuple[tuple[float, float, float], ...]

# Columns red, green, blue in XYZ for D50, as their profiles hold them.
SRGB: Matrix = ((0.43607, 0.38515, 0.14307), (0.22249, 0.71687, 0.06061), (0.01392, 0.09708, 0.71410))
DISPLAY_P3: Matrix = ((0.51512, 0.29198, 0.15710), (0.24120, 0.69225, 0.06657), (-0.00105, 0.04189, 0.78407))
ADOBE_RGB: Matrix = ((0.60974, 0.20528, 0.14919), (0.31111, 0.62567, 0.06322), (0.01947, 0.06087, 0.74457))


def _profile(matrix: Matrix, gamma: float) -> bytes:
    """A display profile of three primaries and one gamma. Spec: ICC.1:2001-04."""
    description = b"desc" + bytes(4) + struct.pack(">I", 5) + b"test\0" + bytes(12 + 67)
    tags = {b"desc": description, b"cprt": b"text" + bytes(4) + b"none\0", b"wtpt": _xyz(0.9642, 1.0, 0.8249)}
    for column, name in enumerate((b"rXYZ", b"gXYZ", b"bXYZ")):
        tags[name] = _xyz(*(row[column] for row in matrix))
    for name in (b"rTRC", b"gTRC", b"bTRC"):
        tags[name] = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256))
    place, table, body = 128 + 4 + 12 * len(tags), b"", b""
    for name, tag in tags.items():
        padded = tag + bytes(-len(tag) % 4)
        table += name + struct.pack(">II", place + len(body), len(tag))
        body += padded
    head = struct.pack(">I4sI4s4s4s", place + len(body), b"lcms", 0x02100000, b"mntr", b"RGB ", b"XYZ ") + bytes(12) + b"acsp" + bytes(24)
    head += bytes(4) + struct.pack(">iii", 63190, 65536, 54061) + bytes(48)
    return head[:128] + struct.pack(">I", len(tags)) + table + body


def _xyz(*values: float) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">iii", *(round(value * 65536) for value in values))


def _in_srgb(colour: tuple[int, int, int], matrix: Matrix, gamma: float) -> list[int]:
    light = np.array(matrix) @ (np.array(colour) / 255) ** gamma
    linear = np.clip(np.linalg.inv(np.array(SRGB)) @ light, 0, 1)
    shown = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return [round(float(value) * 255) for value in shown]


def _saved(image: Image.Image, name: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, name, **options)
    return out.getvalue()


@pytest.mark.parametrize(("matrix", "gamma"), [(DISPLAY_P3, 2.2), (ADOBE_RGB, 2.19921875)])
@pytest.mark.parametrize("colour", [(200, 120, 80), (60, 160, 90), (30, 60, 200), (255, 0, 0), (128, 128, 128)])
def test_a_wide_gamut_is_brought_to_srgb(matrix: Matrix, gamma: float, colour: tuple[int, int, int]) -> None:
    profile = _profile(matrix, gamma)
    for name in ("PNG", "TIFF", "WEBP"):
        options = {"lossless": True} if name == "WEBP" else {}
        shown = decode(_saved(Image.new("RGB", (8, 8), colour), name, icc_profile=profile, **options), longest_px=8).getpixel((4, 4))
        assert np.allclose(np.array(shown), _in_srgb(colour, matrix, gamma), atol=4), (name, shown)


@pytest.mark.parametrize("mode", ["RGBA", "P", "LA"])
def test_a_profile_reaches_pictures_with_alpha_and_palette(mode: str) -> None:
    image = Image.new("RGB", (8, 8), (200, 120, 80)).convert(mode)
    plain = decode(_saved(image, "PNG"), longest_px=8).getpixel((4, 4))
    shown = decode(_saved(image, "PNG", icc_profile=_profile(ADOBE_RGB, 2.2)), longest_px=8).getpixel((4, 4))
    assert mode == "LA" or shown != plain  # a grey picture with a profile of colours keeps its shades


def test_cmyk_of_adobes_programs_is_not_shown_as_a_negative() -> None:
    """They store ink as its inverse and say so in a marker; others store ink as it is."""
    inks = Image.new("CMYK", (16, 16), (0, 200, 200, 10))
    adobe = _saved(inks, "JPEG", quality=95)
    assert b"Adobe" in adobe[:400]
    shown = decode(adobe, longest_px=16).getpixel((8, 8))
    assert isinstance(shown, tuple) and shown[0] > 200 and max(shown[1:]) < 90
    tiff = decode(_saved(inks, "TIFF"), longest_px=16).getpixel((8, 8))
    assert np.allclose(np.array(shown), np.array(tiff), atol=6)


def test_sixteen_bits_keep_their_shades() -> None:
    """Red 0x8080, green 0x4040, blue 0xC0C0, written by hand: Pillow writes no such PNG."""
    import zlib

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    for colour_type, pixel, expected in (
        (2, b"\x80\x80\x40\x40\xc0\xc0", (128, 64, 192)),
        (6, b"\x80\x80\x40\x40\xc0\xc0\xff\xff", (128, 64, 192)),
        (6, b"\x80\x80\x40\x40\xc0\xc0\x00\x00", (255, 255, 255)),
        (4, b"\x20\x20\xff\xff", (32, 32, 32)),
        (0, b"\x20\x20", (32, 32, 32)),
    ):
        body = zlib.compress((b"\0" + pixel * 4) * 4)
        data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 4, 16, colour_type, 0, 0, 0)) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
        shown = decode(data, longest_px=4).getpixel((2, 2))
        assert np.allclose(np.array(shown), expected, atol=1), (colour_type, shown)


def test_a_large_deep_picture_is_brought_to_eight_bits_in_bands(monkeypatch: pytest.MonkeyPatch) -> None:
    from content.adapt import colour

    data = _saved(Image.fromarray(np.linspace(0, 65535, 90 * 70).reshape(90, 70).astype(np.uint16)), "TIFF")
    whole = decode(data, longest_px=90)
    monkeypatch.setattr(colour, "_BAND_PX", 500)
    assert decode(data, longest_px=90).tobytes() == whole.tobytes()


def test_lab_and_profiles_of_real_files(samples: Path) -> None:
    """The same portrait in Lab, and as sRGB."""
    plain = np.asarray(decode((samples / "photos" / "pillow-hopper.png").read_bytes(), longest_px=128), dtype=float)
    lab = np.asarray(decode((samples / "photos" / "pillow-hopper.Lab.tif").read_bytes(), longest_px=128), dtype=float)
    assert np.abs(plain - lab).mean() < 6
