"""What part of a picture is shown, and how large."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from content.adapt import PictureRequest, decode, frame
from content.adapt.framing import WHOLE_SHARE_MIN, Style, cropped, filled, shown_size


def _busy(width: int, height: int, top: int, rows: int) -> Image.Image:
    """A quiet picture with one band of texture."""
    pixels = np.full((height, width, 3), 200, dtype=np.uint8)
    pixels[top : top + rows] = np.random.default_rng(7).integers(0, 255, (rows, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def _asked(image: Image.Image, width: int, height: int, *, style: Style = "photo", crop: bool = True) -> PictureRequest:
    return PictureRequest("a", image, width, height, style, crop=crop)


@given(st.integers(1, 500), st.integers(1, 500), st.integers(1, 480), st.integers(1, 800), st.booleans(), st.sampled_from(["photo", "comic", "type"]))
def test_never_larger_than_its_region_nor_than_itself(width: int, height: int, region_width: int, region_height: int, crop: bool, style: Style) -> None:
    request = _asked(Image.new("RGB", (width, height)), region_width, region_height, style=style, crop=crop)
    kept = cropped(request)
    size = shown_size(kept, request)
    assert kept.width == width
    assert size[0] <= min(width, region_width) and size[1] <= min(height, region_height)
    if not crop or style == "comic":
        assert kept.size == (width, height)
    if min(size) > 8:
        assert size[0] / size[1] == pytest.approx(kept.width / kept.height, rel=0.13)


def test_a_wide_picture_is_shown_whole_over_the_full_width() -> None:
    request = _asked(Image.new("RGB", (1024, 697)), 240, 192)
    assert frame(request).size == (240, 163)


def test_a_picture_of_nearly_the_right_shape_is_not_cut() -> None:
    image = Image.new("RGB", (240, round(192 / WHOLE_SHARE_MIN) - 1))
    assert cropped(_asked(image, 240, 192)).size == image.size


@pytest.mark.parametrize("top", [0, 120, 300, 480])
def test_the_cut_keeps_what_draws_the_eye(top: int) -> None:
    kept = cropped(_asked(_busy(300, 600, top, 120), 240, 192))
    texture = np.asarray(kept, dtype=np.float64).std(axis=(1, 2)) > 20
    assert texture.sum() >= 0.97 * 120, "the busy band is whole"


def test_a_cut_that_would_lose_much_keeps_more_and_becomes_narrower() -> None:
    even = _busy(300, 900, 0, 900)
    request = _asked(even, 240, 192)
    kept = cropped(request)
    assert kept.height < 900
    assert 0.7 * 240 <= shown_size(kept, request)[0] < 0.9 * 240


def test_heads_stay_whole(samples: Path) -> None:
    """Boxes of heads in pixels of the samples, drawn by eye: top and bottom row of hair to chin."""
    heads = {"skimage-astronaut.png": (5, 190), "skimage-camera.png": (60, 190), "pillow-hopper.png": (4, 86)}
    for name, (top, bottom) in heads.items():
        image = decode((samples / "photos" / name).read_bytes(), longest_px=512)
        marked = image.copy()
        marked.putpixel((0, 0), (0, 0, 0))
        for width, height in ((128, 96), (176, 132), (240, 192), (320, 288)):
            kept = cropped(_asked(image, width, height))
            found = _where(image, kept)
            assert found <= top and bottom <= found + kept.height, (name, width, height)


def _where(image: Image.Image, kept: Image.Image) -> int:
    whole, part = np.asarray(image), np.asarray(kept)
    return next(row for row in range(image.height - kept.height + 1) if np.array_equal(whole[row : row + kept.height], part))


@settings(max_examples=40)
@given(st.integers(5, 700), st.integers(5, 700))
def test_a_cover_is_filled_to_the_edge(width: int, height: int) -> None:
    assert filled(Image.new("RGB", (width, height), (9, 99, 9)), 128, 96).size == (128, 96)
    shown = filled(Image.new("RGB", (width, height), (9, 99, 9)), 128, 96)
    assert all(abs(high - low) <= 2 for low, high in shown.getextrema())  # type: ignore[misc]
