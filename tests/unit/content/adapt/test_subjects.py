"""Heads and lettering: found, and kept whole when a picture is cut."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFilter

from content.adapt import PictureRequest
from content.adapt.framing import _rows_kept, cropped, filled
from content.adapt.subjects import subjects_in
from content.draw.fonts import font
from tests import heads


def _portrait(width: int, height: int, x: int, y: int, radius: int) -> Image.Image:
    """Somebody in a plain room, drawn."""
    image = Image.new("RGB", (width, height), (150, 190, 220))
    draw = ImageDraw.Draw(image)

    def disc(across: float, down: float, half: float, high: float, colour: tuple[int, int, int]) -> None:
        draw.ellipse((x + (across - half) * radius, y + (down - high) * radius, x + (across + half) * radius, y + (down + high) * radius), fill=colour)

    draw.rectangle((x - 2 * radius, y + 1.6 * radius, x + 2 * radius, height), fill=(60, 60, 110))
    draw.rectangle((x - 0.35 * radius, y + radius, x + 0.35 * radius, y + 1.7 * radius), fill=(215, 165, 135))
    disc(0, -0.25, 1.02, 1.25, (50, 35, 30))
    disc(0, 0.1, 0.85, 1.15, (230, 185, 155))
    for side in (-0.36, 0.36):
        disc(side, -0.1, 0.19, 0.1, (255, 255, 255))
        disc(side, -0.1, 0.09, 0.1, (40, 25, 20))
        disc(side, -0.32, 0.19, 0.05, (50, 35, 30))
    disc(0, 0.3, 0.12, 0.12, (205, 150, 120))
    disc(0, 0.68, 0.32, 0.1, (170, 60, 60))
    return image.filter(ImageFilter.GaussianBlur(max(1, radius / 25)))


@pytest.mark.parametrize(("y", "radius"), [(110, 60), (300, 60), (480, 50), (300, 25)])
def test_a_head_stays_whole_wherever_it_is(y: int, radius: int) -> None:
    image = _portrait(300, 600, 150, y, radius)
    assert [one.kind for one in subjects_in(image)] == ["head"]
    for width, height in ((128, 96), (240, 192), (320, 288)):
        top, rows = _rows_kept(image, 300 * height / width)
        assert rows < 600
        assert top <= max(0, y - 1.4 * radius) and y + 1.2 * radius <= top + rows


def test_a_cover_keeps_a_head_at_the_edge() -> None:
    image = _portrait(900, 300, 780, 150, 60)
    shown = filled(image, 128, 110)
    assert [one.kind for one in subjects_in(shown)] == ["head"]


def test_two_heads_far_apart_make_the_picture_narrower_rather_than_one_head_less() -> None:
    both = Image.new("RGB", (300, 640))
    both.paste(_portrait(300, 270, 150, 110, 60), (0, 0))
    both.paste(_portrait(300, 370, 150, 130, 55), (0, 270))
    top, rows = _rows_kept(both, 240)
    assert rows > 240 and top <= 110 - 84 and top + rows >= 270 + 130 + 66


def test_lettering_is_not_cut_through() -> None:
    image = Image.effect_noise((300, 700), 12).convert("RGB")
    for line in range(4):
        ImageDraw.Draw(image).text((20, 300 + 50 * line), "江城新桥今日通车典礼", font=font(26), fill=(10, 10, 10))
    lines = [one for one in subjects_in(image) if one.kind == "lettering"]
    assert len(lines) == 4
    for rows in (225, 250, 280, 330):
        top, kept = _rows_kept(image, rows)
        for one in lines:
            start, end = one.top * 700, one.bottom * 700
            assert (top <= start + 1 and end <= top + kept + 1) or end <= top + 1 or start >= top + kept - 1


def test_a_painted_wall_has_neither() -> None:
    assert subjects_in(Image.effect_noise((320, 240), 20).convert("RGB").filter(ImageFilter.GaussianBlur(3))) == ()
    assert subjects_in(Image.new("RGB", (5, 3))) == ()


@settings(max_examples=30)
@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 255))
def test_any_picture_can_be_looked_at(width: int, height: int, shade: int) -> None:
    noise = Image.effect_noise((width * 8, height * 8), shade).convert("RGB")
    for one in subjects_in(noise):
        assert 0.0 <= one.left < one.right <= 1.0 and 0.0 <= one.top < one.bottom <= 1.0


def test_threads_see_the_same() -> None:
    images = [_portrait(300, 500, 100 + 10 * number, 200, 60) for number in range(8)]
    alone = [cropped(PictureRequest("a", image, 240, 192, "photo")).tobytes() for image in images]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda image: cropped(PictureRequest("a", image, 240, 192, "photo")).tobytes(), images))
    assert alone == together


# --- real photographs ------------------------------------------------------------------------------------------------


def test_heads_of_real_photographs_are_found_and_nothing_else_is(samples: Path) -> None:
    found = heads.finding(samples / "photos")
    assert found.wrong == ()
    assert found.found >= 0.94 * found.faces >= 17


def test_heads_of_real_photographs_stay_whole(samples: Path) -> None:
    kept = heads.keeping(samples / "photos", step=4)
    assert kept.cuts >= 50
    assert kept.ours >= 0.98 * kept.cuts
    assert kept.ours > kept.eye > kept.middle
