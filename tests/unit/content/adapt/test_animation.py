"""Animated pictures: made small as a whole, and sent only where they leave enough for the others."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from content.adapt import PictureRequest
from content.adapt.animation import FRAMES_MAX, SOURCE_FRAMES_MAX, Animation, animation, may_move
from content.adapt.moving import ANIMATIONS_SHARE, fit_all
from subscribers.handset_classes import handset_class

CLASS = handset_class("100kb-240x320")


def _frames(count: int, size: tuple[int, int] = (200, 120)) -> list[Image.Image]:
    """A red ball that rolls over a green floor."""
    found = []
    for number in range(count):
        image = Image.new("RGB", size, (240, 240, 250))
        draw = ImageDraw.Draw(image)
        draw.rectangle((0, size[1] - 20, size[0], size[1]), fill=(40, 140, 60))
        left = number * (size[0] - 30) // max(1, count - 1)
        draw.ellipse((left, size[1] - 50, left + 30, size[1] - 20), fill=(200, 30, 30))
        found.append(image)
    return found


def _saved(frames: list[Image.Image], name: str = "GIF", **options: Any) -> bytes:
    out = io.BytesIO()
    frames[0].save(out, name, save_all=True, append_images=frames[1:], **{"duration": 120, "loop": 0, **options})
    return out.getvalue()


def _read(made: Animation) -> Image.Image:
    image = Image.open(io.BytesIO(made.data))
    assert image.format == "GIF" and image.size == (made.width_px, made.height_px)
    return image


@pytest.mark.parametrize("name", ["GIF", "PNG", "WEBP"])
def test_an_animation_stays_one(name: str) -> None:
    made = animation(_saved(_frames(6), name), 240, 192, 15_000)
    assert made is not None and made.frames == 6 and len(made.data) <= 15_000
    shown = _read(made)
    assert shown.n_frames == 6 and shown.info["loop"] == 0  # type: ignore[attr-defined]
    for number, frame in enumerate(_frames(6)):
        shown.seek(number)
        assert abs(shown.info["duration"] - 120) <= 10
        pixel = shown.convert("RGB").getpixel((number * 34 + 15, 85))
        assert isinstance(pixel, tuple) and pixel[0] > 150 and pixel[1] < 90, number
        assert frame.size == shown.size


def test_it_fits_its_region_and_its_bytes_or_stands_still() -> None:
    data = _saved([Image.effect_noise((300, 200), 80).convert("RGB") for _ in range(8)])
    large, small = animation(data, 240, 192, 400_000), animation(data, 240, 192, 20_000)
    assert large is not None and (large.width_px, large.height_px) == (240, 160)
    assert small is None or len(small.data) <= 20_000
    assert animation(data, 240, 192, 500) is None


def test_what_is_disposed_of_is_gone_in_the_frames_that_follow() -> None:
    """A frame is drawn over its predecessor or not, as the file says; what goes out is what is seen."""
    frames = [Image.new("P", (60, 60), 0) for _ in range(3)]
    for number, frame in enumerate(frames):
        frame.putpalette([255, 255, 255, 220, 20, 20, 20, 20, 220])
        frame.paste(1 + number % 2, (20 * number, 0, 20 * number + 20, 20))
    for disposal in (1, 2):
        out = io.BytesIO()
        frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=100, disposal=disposal, transparency=0, loop=0)
        made = animation(out.getvalue(), 60, 60, 9000)
        assert made is not None
        shown = _read(made)
        shown.seek(2)
        first = shown.convert("RGB").getpixel((10, 10))
        assert (first == (255, 255, 255)) == (disposal == 2)


def test_long_ones_lose_frames_not_time() -> None:
    made = animation(_saved(_frames(90), duration=60), 240, 192, 60_000)
    assert made is not None and made.frames <= FRAMES_MAX
    shown = _read(made)
    total = 0
    for number in range(made.frames):
        shown.seek(number)
        total += int(shown.info["duration"])
    assert total == pytest.approx(90 * 60, rel=0.05)


def test_what_does_not_move_is_no_animation() -> None:
    still = _frames(1)[0]
    assert animation(_saved([still, still.copy()]), 240, 192, 50_000) is None
    assert animation(_saved([still]), 240, 192, 50_000) is None
    out = io.BytesIO()
    still.save(out, "JPEG")
    assert not may_move(out.getvalue())
    tiny = [Image.new("RGB", (2, 2), (0, 0, number % 256)) for number in range(SOURCE_FRAMES_MAX + 1)]
    assert animation(_saved(tiny), 240, 192, 50_000) is None


def test_nothing_of_the_file_but_pixels_and_times_goes_out() -> None:
    made = animation(_saved(_frames(4), comment=b"GPS 31.8N 117.2E, camera of a reader"), 240, 192, 50_000)
    assert made is not None
    assert b"GPS" not in made.data and b"camera" not in made.data
    assert animation(_saved(_frames(4)), 240, 192, 50_000) == made


@settings(max_examples=60)
@example([], 150)
@given(st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), max_size=6), st.integers(0, 1500))
def test_a_damaged_animation_stands_still_or_moves(changes: list[tuple[int, int]], cut: int) -> None:
    data = bytearray(_saved(_frames(4, (60, 40))))
    for place, value in changes:
        data[place % len(data)] = value
    made = animation(bytes(data[: max(1, len(data) - cut)]), 60, 40, 9000)
    assert made is None or len(made.data) <= 9000


def _asked(count: int, moving: Animation | None) -> list[PictureRequest]:
    photos = [PictureRequest(f"p{number}", Image.effect_noise((240, 160), 40).convert("RGB"), 240, 192, "photo", rank=number) for number in range(count)]
    return [PictureRequest("m", _frames(1)[0], 240, 192, "photo", rank=0, moving=moving), *photos]


def test_it_moves_where_the_class_shows_it_and_the_others_keep_their_quality() -> None:
    moving = animation(_saved(_frames(8)), 240, 192, 15_000)
    assert moving is not None
    fitting = fit_all(_asked(2, moving), 60_000, CLASS)
    assert fitting.pictures["m"].data == moving.data and fitting.pictures["m"].media_type == "image/gif"
    assert sum(len(one.data) for one in fitting.pictures.values()) <= 60_000
    assert fit_all(_asked(2, moving), 60_000, replace(CLASS, animated_gif=False)).pictures["m"].data != moving.data
    assert fit_all(_asked(2, moving), round(len(moving.data) / ANIMATIONS_SHARE) - 10, CLASS).pictures["m"].data != moving.data
    crowded = fit_all(_asked(9, moving), 61_000, CLASS)
    assert crowded.pictures["m"].data != moving.data or crowded.worst_quality >= 60


def test_real_animations(samples: Path) -> None:
    for name in ("pillow-iss634.gif", "pillow-dispose_prev.gif", "pillow-apng-delay.png"):
        made = animation((samples / "photos" / name).read_bytes(), 240, 192, 30_000)
        assert made is not None, name
        assert _read(made).n_frames == made.frames > 1  # type: ignore[attr-defined]
