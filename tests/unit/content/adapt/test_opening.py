"""Opening pictures: what is taken, how it looks afterwards, and what is refused."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageFile

from content.adapt import PictureError, decode, inspect, opening

RED, GREEN, BLUE, GREY = (220, 30, 30), (30, 200, 30), (30, 30, 220), (128, 128, 128)


def _quarters(width: int = 64, height: int = 48) -> Image.Image:
    """Red, green / blue, grey: any turn or flip shows."""
    image = Image.new("RGB", (width, height), GREY)
    image.paste(RED, (0, 0, width // 2, height // 2))
    image.paste(GREEN, (width // 2, 0, width, height // 2))
    image.paste(BLUE, (0, height // 2, width // 2, height))
    return image


def _saved(image: Image.Image, name: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, name, **options)
    return out.getvalue()


def _corner(image: Image.Image, right: bool, below: bool) -> tuple[int, ...]:
    pixel = image.getpixel((image.width * (3 if right else 1) // 4, image.height * (3 if below else 1) // 4))
    assert isinstance(pixel, tuple)
    return pixel


def _near(one: tuple[int, ...], other: tuple[int, ...], most: int = 12) -> bool:
    return all(abs(a - b) <= most for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("name", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF"])
def test_each_allowed_format_is_taken_for_what_it_holds(name: str) -> None:
    data = _saved(_quarters(), name)
    info = inspect(data)
    assert (info.media_type, info.width_px, info.height_px) == (f"image/{name.lower()}", 64, 48)
    shown = decode(data, longest_px=64)
    assert shown.mode == "RGB" and shown.size == (64, 48) and shown.info == {}
    assert _near(_corner(shown, False, False), RED, 20) and _near(_corner(shown, True, False), GREEN, 20)


def test_a_disguised_picture_is_refused_with_what_it_is() -> None:
    with pytest.raises(PictureError, match="named like image/jpeg but holds image/png"):
        inspect(_saved(_quarters(), "PNG"), "images/a.JPG")
    assert inspect(_saved(_quarters(), "PNG"), "a.png").media_type == "image/png"


@pytest.mark.parametrize("turn", range(1, 9))
def test_exif_turn(turn: int) -> None:
    upright = _quarters()
    back = {1: None, 2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}[turn]
    stored = upright if back is None else upright.transpose(Image.Transpose(back))
    exif = Image.Exif()
    exif[0x0112] = turn
    data = _saved(stored, "JPEG", exif=exif.tobytes(), quality=95)
    assert (inspect(data).width_px, inspect(data).height_px) == (64, 48)
    shown = decode(data, longest_px=64)
    assert shown.size == (64, 48)
    for right, below, colour in ((False, False, RED), (True, False, GREEN), (False, True, BLUE), (True, True, GREY)):
        assert _near(_corner(shown, right, below), colour, 20)


def test_exif_that_cannot_be_read_turns_nothing() -> None:
    data = _saved(_quarters(), "JPEG", exif=b"Exif\x00\x00II*\x00\xff\xff\xff\x7f")
    assert inspect(data).width_px == 64
    assert decode(data, longest_px=64).size == (64, 48)


def test_what_is_transparent_becomes_white() -> None:
    image = _quarters().convert("RGBA")
    image.paste((10, 20, 30, 0), (0, 0, 32, 24))
    assert _corner(decode(_saved(image, "PNG"), longest_px=64), False, False) == (255, 255, 255)
    palette = _quarters().quantize(4)
    data = _saved(palette, "GIF", transparency=palette.getpixel((1, 1)))
    assert _corner(decode(data, longest_px=64), False, False) == (255, 255, 255)
    assert _near(_corner(decode(data, longest_px=64), True, False), GREEN)


def test_half_transparent_is_mixed_with_white() -> None:
    image = Image.new("RGBA", (8, 8), (0, 0, 0, 128))
    assert _near(_corner(decode(_saved(image, "PNG"), longest_px=8), False, False), (127, 127, 127), 2)


@pytest.mark.parametrize(("mode", "low", "high"), [("I;16", 0, 65535), ("F", 0.0, 1.0), ("F", 0.0, 255.0), ("1", 0, 1), ("L", 0, 255)])
def test_grey_of_any_depth_keeps_black_and_white(mode: str, low: float, high: float) -> None:
    image = Image.new(mode, (16, 8), low)
    image.paste(high, (8, 0, 16, 8))
    shown = decode(_saved(image, "TIFF"), longest_px=16)
    assert _corner(shown, False, False) == (0, 0, 0) and _corner(shown, True, False) == (255, 255, 255)


def test_cmyk_and_lab_become_rgb() -> None:
    assert _near(_corner(decode(_saved(_quarters().convert("CMYK"), "JPEG", quality=95), longest_px=64), False, False), RED, 30)
    lab = Image.new("LAB", (16, 16), (128, 128, 128))
    shown = decode(_saved(lab, "TIFF"), longest_px=16)
    assert shown.mode == "RGB"


def test_a_colour_profile_is_applied_and_taken_away() -> None:
    linear = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
    plain, odd = _saved(_quarters(), "PNG"), _saved(_quarters(), "PNG", icc_profile=b"no profile at all")
    assert decode(plain, longest_px=64).tobytes() == decode(odd, longest_px=64).tobytes()
    assert decode(_saved(_quarters(), "PNG", icc_profile=linear), longest_px=64).size == (64, 48)


def test_of_an_animation_the_first_frame() -> None:
    frames = [Image.new("RGB", (20, 20), RED), Image.new("RGB", (20, 20), BLUE)]
    for name in ("GIF", "WEBP", "PNG"):
        data = _saved(frames[0], name, save_all=True, append_images=frames[1:], duration=100)
        assert _near(_corner(decode(data, longest_px=20), False, False), RED, 12), name


@pytest.mark.parametrize("size", [(4000, 100), (100, 4000), (1024, 700), (33, 17)])
@pytest.mark.parametrize("name", ["JPEG", "PNG"])
def test_decode_shrinks_to_the_longest_side_and_never_enlarges(size: tuple[int, int], name: str) -> None:
    shown = decode(_saved(_quarters(*size), name), longest_px=480)
    assert max(shown.size) == min(480, max(size))
    assert abs(shown.width / shown.height - size[0] / size[1]) <= 0.13 * size[0] / size[1]


# --- refused ---------------------------------------------------------------------------------------------------------


def _png_header(width: int, height: int) -> bytes:
    body = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + b"IHDR" + body + struct.pack(">I", zlib.crc32(b"IHDR" + body))
    data = zlib.compress(b"\0" * 100)
    return b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", len(data)) + b"IDAT" + data + struct.pack(">I", zlib.crc32(b"IDAT" + data))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        ("今天，晴。".encode(), "text"),
        (b"\0\1\2\3\4" * 9, "no readable picture"),
        (b"hello, editor\n", "text"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n", "PostScript"),
        (b"8BPS\0\1" + b"\0" * 40, "Photoshop"),
        (b"%PDF-1.7\n", "PDF"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (_png_header(30000, 30000), "too large"),
        (_png_header(8000, 6000), "too large"),
        (_png_header(25000, 4), "too large"),
        (_png_header(0, 4), "picture"),
        (b"GIF89a\xff\xff\xff\xff\x80\0\0" + b"\0" * 6 + b",\0\0\0\0\xff\xff\xff\xff\0\x02\x02D\x01\0;", "too large"),
    ],
)
def test_refused_with_what_is_wrong(data: bytes, says: str) -> None:
    for judge in (inspect, lambda one: decode(one, longest_px=100)):
        with pytest.raises(PictureError, match=says):
            judge(data)


def test_refused_by_the_size_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    data = _saved(_quarters(), "BMP")
    monkeypatch.setattr(opening, "FILE_BYTES_MAX", len(data) - 1)
    with pytest.raises(PictureError, match="at most"):
        inspect(data)


@pytest.mark.parametrize("name", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF"])
@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_a_file_that_was_cut_off_is_refused(name: str, share: float) -> None:
    noise = Image.effect_noise((120, 90), 60).convert("RGB")
    data = _saved(noise, name)
    with pytest.raises(PictureError):
        inspect(data[: int(len(data) * share)])


def test_no_library_makes_us_take_half_a_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)  # as WeasyPrint does for its whole process
    with pytest.raises(PictureError):
        inspect(_saved(Image.effect_noise((120, 90), 60).convert("RGB"), "JPEG")[:2000])


_whole = {name: _saved(_quarters(24, 16), name) for name in ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF")}


@given(st.sampled_from(sorted(_whole)), st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), min_size=1, max_size=8), st.integers(0, 400))
def test_damaged_bytes_are_a_picture_or_a_picture_error(name: str, changes: list[tuple[int, int]], cut: int) -> None:
    data = bytearray(_whole[name])
    for place, value in changes:
        data[place % len(data)] = value
    damaged = bytes(data[: len(data) - cut % len(data)])
    for judge in (inspect, lambda one: decode(one, longest_px=16)):
        try:
            judge(damaged)
        except PictureError as fault:
            assert str(fault)


@given(st.binary(max_size=300), st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\x20\0\0\0WEBP", b"BM", b"II*\0", b"MM\0*"]))
def test_any_bytes_are_a_picture_or_a_picture_error(tail: bytes, head: bytes) -> None:
    try:
        inspect(head + tail)
    except PictureError as fault:
        assert str(fault)
