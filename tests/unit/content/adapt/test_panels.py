"""Panels: drawn pages are found as drawn, splash pages and photographs stay whole, real pages agree with marks made by hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from content.adapt import decode
from content.adapt.panels import Box, find_panels
from content.adapt.panels.components import components
from tests.panel_marks import iou, measured, total

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


@settings(max_examples=25, deadline=None)
@given(grids(), st.integers(0, 99))
def test_a_grid_is_found_exactly_in_reading_order(grid: tuple[list[list[Box]], int, int], seed: int) -> None:
    strips, paper, border = grid
    page = drawn(strips, paper, border, seed)
    assert find_panels(page) == tuple(box for strip in strips for box in strip)
    assert find_panels(page, "rtl") == tuple(box for strip in strips for box in reversed(strip))


@settings(max_examples=12, deadline=None)
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


@settings(max_examples=15, deadline=None)
@given(st.integers(-90, 90), st.integers(7, 16), st.sampled_from([(255, 255, 255), (0, 0, 0), (200, 225, 170)]))
def test_slanted_gutters_divide_a_strip(slant: int, gutter: int, paper: tuple[int, int, int]) -> None:
    page = Image.new("RGB", PAGE, paper)
    draw = ImageDraw.Draw(page)
    middle = 205 - slant // 2
    draw.polygon(((10, 10), (middle, 10), (middle + slant, 280), (10, 280)), fill=(120, 90, 100))
    draw.polygon(((middle + gutter + 1, 10), (410, 10), (410, 280), (middle + slant + gutter + 1, 280)), fill=(60, 90, 60))
    draw.rectangle((10, 300, 409, 580), fill=(80, 120, 90))
    wanted = ((10, 10, middle + max(slant, 0) + 1, 281), (middle + min(slant, 0) + gutter, 10, 411, 281), (10, 300, 410, 581))
    assert_near(find_panels(page), wanted, 3)
    assert_near(find_panels(page, "rtl"), (wanted[1], wanted[0], wanted[2]), 3)


def assert_near(found: tuple[Box, ...], wanted: Sequence[Box], px: int) -> None:
    assert len(found) == len(wanted), found
    assert max(abs(one - other) for box, want in zip(found, wanted, strict=True) for one, other in zip(box, want, strict=True)) <= px, found


GRID: list[list[Box]] = [[(10, 10, 200, 280), (212, 10, 410, 280)], [(10, 292, 410, 580)]]
ALL = [box for strip in GRID for box in strip]


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 3), st.integers(60, 190), st.booleans())
def test_gutters_in_a_colour_that_changes_over_the_page(channel: int, change: int, down: bool) -> None:
    """The ground of the page runs from one colour to another, in one channel or in all."""
    panels = np.asarray(drawn(GRID, 255, 2, 4)).astype(np.float64)
    ramp = np.linspace(0, change, PAGE[1] if down else PAGE[0])
    fall = np.zeros((PAGE[1], PAGE[0], 3))
    fall[:, :, slice(None) if channel == 3 else channel] = (ramp[:, None] if down else ramp[None, :])[..., None] if channel == 3 else ramp[:, None] if down else ramp[None, :]
    inside = np.zeros((PAGE[1], PAGE[0]), dtype=bool)
    for left, top, right, bottom in ALL:
        inside[top:bottom, left:right] = True
    painted = np.random.default_rng(1).integers(0, 255, panels.shape)
    page = Image.fromarray(np.where(inside[..., None], painted, np.clip(panels - fall, 0, 255)).astype(np.uint8))
    assert_near(find_panels(page), ALL, 2)


def test_lettering_and_sound_words_across_gutters() -> None:
    page = drawn(GRID, 255, 2, 5)
    draw = ImageDraw.Draw(page)
    draw.ellipse((150, 40, 290, 110), fill=(255,) * 3)
    for number in range(9):
        draw.text((175 + number * 10, 70), "字", fill=0)
    draw.line((300, 270, 330, 305), fill=(200, 0, 0), width=9)
    found = find_panels(page)
    assert [iou(one, other) >= 0.9 for one, other in zip(found, ALL, strict=True)] == [True] * 3


@pytest.mark.parametrize("cut", [(40, 0, 420, 594), (0, 0, 380, 594), (40, 40, 420, 594), (0, 0, 380, 560)])
def test_panels_may_run_off_the_page(cut: Box) -> None:
    found = find_panels(drawn(GRID, 255, 0, 6).crop(cut))
    wanted = [(max(left, cut[0]) - cut[0], max(top, cut[1]) - cut[1], min(right, cut[2]) - cut[0], min(bottom, cut[3]) - cut[1]) for left, top, right, bottom in ALL]
    assert_near(found, wanted, 2)


@pytest.mark.parametrize(("place", "number"), [((30, 320, 150, 400), 2), ((270, 480, 400, 570), 3), ((300, 500, 410, 580), 3)])
def test_an_inset_is_a_panel_and_its_host_stays_whole(place: Box, number: int) -> None:
    page = drawn(GRID, 255, 0, 7)
    left, top, right, bottom = place
    draw = ImageDraw.Draw(page)
    draw.rectangle((left - 6, top - 6, right + 5, bottom + 5), fill=(255,) * 3)
    draw.rectangle((left, top, right - 1, bottom - 1), fill=(90, 60, 120))
    found = find_panels(page)
    assert_near(found[number : number + 1], [place], 2)
    assert_near(tuple(box for index, box in enumerate(found) if index != number), ALL, 8)


def test_white_captions_and_windows_without_full_sides_are_no_insets() -> None:
    page = drawn(GRID, 255, 2, 8)
    draw = ImageDraw.Draw(page)
    draw.rectangle((40, 330, 200, 400), fill=(255,) * 3)
    draw.text((60, 350), "There was a caption", fill=0)
    draw.ellipse((240, 420, 380, 540), fill=(255,) * 3)
    draw.ellipse((250, 430, 370, 530), fill=(60,) * 3)
    assert_near(find_panels(page), ALL, 2)


def test_figures_without_borders_are_the_rows_of_a_vertical_strip() -> None:
    page = Image.new("RGB", (400, 2400), "black")
    draw = ImageDraw.Draw(page)
    wanted = ((50, 100, 351, 401), (100, 800, 301, 1001), (50, 1500, 391, 2101))
    draw.ellipse((50, 100, 350, 400), fill="white")
    draw.ellipse((100, 800, 160, 1000), fill="grey")
    draw.ellipse((240, 820, 300, 980), fill="grey")
    draw.ellipse((50, 1500, 390, 2100), fill="white")
    assert_near(find_panels(page, "vertical"), wanted, 2)
    assert len(find_panels(page, "ltr")) == 4


def test_a_page_of_text_is_one() -> None:
    page = Image.new("RGB", (600, 900), "white")
    draw = ImageDraw.Draw(page)
    for row in range(40):
        if row % 6 < 4:
            draw.text((40, 40 + row * 20), "the names of those who gave to this book " * 2, fill=0)
    assert len(find_panels(page)) == 1


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 700), st.integers(1, 700), st.integers(0, 9), st.sampled_from(["ltr", "rtl", "vertical"]))
def test_any_noise_has_boxes_within_it(width: int, height: int, seed: int, reading: str) -> None:
    random = np.random.default_rng(seed)
    pixels = np.where(random.random((height, width)) < random.choice([0.001, 0.05, 0.5]), random.integers(0, 256, (height, width)), 255)
    for left, top, right, bottom in find_panels(Image.fromarray(pixels.astype(np.uint8)), reading):
        assert 0 <= left < right <= width
        assert 0 <= top < bottom <= height


@given(st.lists(st.lists(st.booleans(), min_size=7, max_size=7), min_size=1, max_size=7))
def test_components_are_what_touches(rows: list[list[bool]]) -> None:
    mask = np.array(rows)
    found = components(mask)
    label = {(int(row), int(column)): number for number, one in enumerate(found) for row, column in np.argwhere(one.mask(mask.shape))}
    assert set(label) == {(int(row), int(column)) for row, column in np.argwhere(mask)}
    for (row, column), number in label.items():
        assert all(label.get((row + down, column + across), number) == number for down in (-1, 0, 1) for across in (-1, 0, 1))
    for number, one in enumerate(found):
        reached = {next(place for place in label if label[place] == number)}
        while more := {(row + down, column + across) for row, column in reached for down in (-1, 0, 1) for across in (-1, 0, 1)} & set(label) - reached:
            reached |= more
        assert len(reached) == int(one.mask(mask.shape).sum())


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


def test_the_finder_agrees_with_boxes_marked_by_hand(samples: Path) -> None:
    """Issue 4: precision and recall of 0.9 at IoU 0.75 on pages with clear gutters; what the others reach is held too."""
    rows = measured(samples)
    clear, other = (total([row for row in rows if row[0].clear_gutters == wanted]) for wanted in (True, False))
    assert clear.marked >= 50
    assert min(clear.precision, clear.recall, clear.order) >= 0.9
    assert min(other.precision, other.recall) >= 0.7
    assert other.order >= 0.9
