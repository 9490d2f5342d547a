"""Panels by gutters: drawn grids are found exactly, splash pages and photographs stay whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from content.adapt import decode
from content.adapt.gutters import Box, find_panels

PAGE = (420, 594)


@st.composite
def grids(draw: st.DrawFn) -> tuple[list[list[Box]], int, int]:
    """Strips of panels with margins and gutters, the paper's grey, and the border's width."""
    margin = draw(st.integers(8, 30))
    strips: list[list[Box]] = []
    top = margin
    for _ in range(draw(st.integers(1, 4))):
        height = draw(st.integers(60, 160))
        if top + height > PAGE[1] - margin:
            break
        columns = draw(st.integers(1, 3))
        gutter = draw(st.integers(6, 16))
        width = (PAGE[0] - 2 * margin - gutter * (columns - 1)) // columns
        strips.append([(margin + number * (width + gutter), top, margin + number * (width + gutter) + width, top + height) for number in range(columns)])
        top += height + draw(st.integers(6, 16))
    return strips, draw(st.sampled_from((255, 244, 0))), draw(st.integers(0, 3))


def drawn(strips: list[list[Box]], paper: int, border: int, seed: int) -> Image.Image:
    """The page, its panels full of noise that reaches their edges, the paper as uneven as a scan's."""
    random = np.random.default_rng(seed)
    page = np.clip(paper + random.integers(-5, 6, (PAGE[1], PAGE[0])), 0, 255)
    for left, top, right, bottom in (box for strip in strips for box in strip):
        page[top:bottom, left:right] = random.integers(60, 200, (bottom - top, right - left))
        if border:
            for edge in (np.s_[top : top + border, left:right], np.s_[bottom - border : bottom, left:right], np.s_[top:bottom, left : left + border], np.s_[top:bottom, right - border : right]):
                page[edge] = 128
    return Image.fromarray(page.astype(np.uint8)).convert("RGB")


@settings(max_examples=60, deadline=None)
@given(grids(), st.integers(0, 99))
def test_a_grid_is_found_exactly_in_reading_order(grid: tuple[list[list[Box]], int, int], seed: int) -> None:
    strips, paper, border = grid
    page = drawn(strips, paper, border, seed)
    assert find_panels(page) == tuple(box for strip in strips for box in strip)
    assert find_panels(page, "rtl") == tuple(box for strip in strips for box in reversed(strip))
    assert find_panels(page, "vertical") == find_panels(page)


@settings(max_examples=20, deadline=None)
@given(grids(), st.integers(2, 4))
def test_a_large_page_is_found_to_the_pixels_of_the_copy(grid: tuple[list[list[Box]], int, int], factor: int) -> None:
    strips, paper, border = grid
    large = drawn(strips, paper, border, 1).resize((PAGE[0] * factor, PAGE[1] * factor), Image.Resampling.NEAREST)
    found = find_panels(large)
    wanted = [tuple(edge * factor for edge in box) for strip in strips for box in strip]
    assert len(found) == len(wanted)
    assert all(abs(one - other) <= 2 * factor for box, want in zip(found, wanted, strict=True) for one, other in zip(box, want, strict=True))


def test_strips_within_a_column() -> None:
    boxes = [(10, 10, 200, 580), (214, 10, 410, 280), (214, 300, 410, 580)]
    assert find_panels(drawn([boxes], 255, 2, 3)) == tuple(boxes)
    assert find_panels(drawn([boxes], 255, 2, 3), "rtl") == (boxes[1], boxes[2], boxes[0])


def test_a_panel_blank_within_its_border_is_one() -> None:
    page = Image.new("L", PAGE, 255)
    draw = ImageDraw.Draw(page)
    draw.rectangle((10, 10, 409, 290), outline=0, width=2)
    draw.rectangle((10, 310, 409, 580), outline=0, width=2)
    draw.ellipse((150, 100, 250, 200), fill=90)
    assert find_panels(page) == ((10, 10, 410, 291), (10, 310, 410, 581))


def test_slanted_gutters_leave_the_strip_whole() -> None:
    page = Image.new("L", PAGE, 255)
    draw = ImageDraw.Draw(page)
    draw.polygon(((10, 10), (150, 10), (250, 280), (10, 280)), fill=100)
    draw.polygon(((165, 10), (410, 10), (410, 280), (265, 280)), fill=60)
    draw.rectangle((10, 300, 409, 580), fill=80)
    assert find_panels(page) == ((10, 10, 411, 281), (10, 300, 410, 581))


def test_a_page_number_belongs_to_its_neighbour() -> None:
    page = drawn([[(10, 10, 410, 280)], [(10, 300, 410, 560)]], 255, 0, 5)
    ImageDraw.Draw(page).rectangle((200, 570, 212, 580), fill=0)
    assert find_panels(page) == ((10, 10, 410, 280), (10, 300, 410, 581))


@pytest.mark.parametrize("colour", [0, 128, 255])
def test_a_blank_page_is_whole(colour: int) -> None:
    assert find_panels(Image.new("RGB", (300, 500), (colour,) * 3)) == ((0, 0, 300, 500),)


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (900, 1), (3, 3)])
def test_no_size_is_too_odd(size: tuple[int, int]) -> None:
    panels = find_panels(Image.effect_noise(size, 90))
    assert panels
    for left, top, right, bottom in panels:  # noise is another each time; a line of it may well hold a gutter
        assert 0 <= left < right <= size[0]
        assert 0 <= top < bottom <= size[1]


def test_photographs_and_splash_pages_stay_whole(samples: Path) -> None:
    photos = [path for path in sorted((samples / "photos").glob("*.jpg")) if path.name.startswith(("cole", "exif", "kodim", "skimage"))]
    assert len(photos) > 15
    assert [path.name for path in photos if len(find_panels(decode(path.read_bytes(), longest_px=600))) > 1] == []


def test_real_pages_are_cut_where_their_gutters_are(samples: Path) -> None:
    pages = samples / "comics" / "ep03"
    counts = [len(find_panels(decode((pages / f"P0{number}.jpg").read_bytes(), longest_px=1200))) for number in range(1, 8)]
    assert counts == [4, 5, 2, 5, 2, 2, 3]
