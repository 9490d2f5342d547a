"""Lettering: dark on white and close together; pictures are none."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from content.adapt import decode
from content.adapt.lettering import LETTERING_SHARE, find_lettering, reunited
from content.draw.headline import put
from content.draw.ink import INK

GLYPH_PX = 24


def page(*texts: tuple[int, int, str]) -> Image.Image:
    """A painted ground with balloons of two lines each."""
    image = Image.radial_gradient("L").resize((1240, 900)).convert("RGB")
    draw = ImageDraw.Draw(image)
    for left, top, text in texts:
        draw.ellipse((left - 60, top - 50, left + GLYPH_PX * len(text) + 60, top + 110), fill="white", outline="black", width=3)
        for row in range(2):
            put(draw, (left, top + row * 30), text, GLYPH_PX, "regular", INK)
    return image


def test_each_balloon_is_one_block_from_top_to_bottom() -> None:
    found = find_lettering(page((700, 500, "最后一瓶魔药呢"), (200, 150, "你听见什么了吗")), (0, 0, 1240, 900), GLYPH_PX)
    assert len(found) == 2
    for (left, top, right, bottom), (x, y) in zip(found, ((200, 150), (700, 500)), strict=True):
        assert abs(left - x) <= 60
        assert abs(right - (x + 7 * GLYPH_PX)) <= 60
        assert top <= y + 12
        assert bottom >= y + 44


def test_only_what_is_within_is_found() -> None:
    image = page((700, 500, "最后一瓶魔药呢"), (200, 150, "你听见什么了吗"))
    assert len(find_lettering(image, (0, 0, 600, 450), GLYPH_PX)) == 1
    assert find_lettering(image, (600, 0, 1240, 300), GLYPH_PX) == ()


@pytest.mark.parametrize("box", [(0, 0, 1, 1), (0, 0, 30, 900)])
def test_a_box_too_small_for_lettering_has_none(box: tuple[int, int, int, int]) -> None:
    assert find_lettering(page(), box, GLYPH_PX) == ()


def test_borders_and_noise_are_no_lettering() -> None:
    image = Image.new("L", (800, 800), 255)
    draw = ImageDraw.Draw(image)
    draw.rectangle((50, 50, 750, 750), outline=0, width=4)
    draw.rectangle((100, 100, 400, 700), fill=0)
    assert find_lettering(image, (0, 0, 800, 800), GLYPH_PX) == ()
    assert find_lettering(Image.effect_noise((800, 800), 50), (0, 0, 800, 800), GLYPH_PX) == ()


def test_real_pages_have_as_many_blocks_as_balloons(samples: Path) -> None:
    """Page 5 of each: two balloons on one; on the other sound words count too."""
    image = decode((samples / "comics" / "ep03" / "P05.jpg").read_bytes(), longest_px=1751)
    assert len(find_lettering(image, (0, 0, *image.size), image.width * LETTERING_SHARE)) == 2


def test_lettering_across_a_gutter_is_whole_in_the_panel_that_holds_most_of_it() -> None:
    panels = [(50, 50, 355, 700), (355, 50, 700, 700)]
    blocks = [[(100, 100, 200, 160), (250, 300, 352, 360)], [(357, 305, 560, 362), (400, 500, 500, 560)]]
    boxes, found = reunited(panels, blocks, 24)
    assert boxes == [(50, 50, 355, 700), (250, 50, 700, 700)]
    assert found == [[(100, 100, 200, 160)], [(250, 300, 560, 362), (400, 500, 500, 560)]]


def test_lettering_on_both_sides_of_a_real_gutter_stays_apart() -> None:
    panels = [(50, 50, 340, 700), (356, 50, 700, 700)]
    blocks = [[(250, 300, 340, 360)], [(356, 305, 560, 362)]]
    assert reunited(panels, blocks, 24) == (panels, blocks)
