"""A comic's slides: whole panels in order, lettering legible, neighbours together where that is so."""

from __future__ import annotations

import dataclasses
import io
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from content.adapt.lettering import LETTERING_PX_MIN, LETTERING_SHARE
from content.adapt.panels import Box
from content.compose import PictureSource
from content.compose.boxes import PageBoxes, page_boxes
from content.compose.frames import GAP_PX, PANELS_MAX, frames_of, shares_of, sizes_of
from content.compose.issue import Issue
from content.compose.shots import NEARLY, OVERLAP_SHARE, Shot, Tile, close_ups, divided, scale_wanted, shots_of
from content.draw.headline import put
from content.draw.ink import INK
from content.folder import read_folder
from content.manuscript import Item, Manuscript, PictureRef, Section
from content.wap.tokens import wap_address
from subscribers.handset_classes import HandsetClass, handset_class, handset_classes
from tests.unit.content import editions

PAGE = (1240, 1750)
GLYPH_PX = round(PAGE[0] * LETTERING_SHARE)
PANELS: tuple[Box, ...] = ((50, 50, 1190, 500), (50, 540, 600, 1000), (640, 540, 1190, 1000), (50, 1040, 1190, 1700))
BALLOONS = ((100, 100), (900, 300), (100, 600), (200, 1200))
PAGE_REF = PictureRef("p.png", "0" * 64, *PAGE)


def drawn_page() -> Image.Image:
    """Four painted panels in three strips, four balloons."""
    ground = Image.radial_gradient("L").point(lambda value: 60 + value // 2)
    page = Image.new("RGB", PAGE, "white")
    for left, top, right, bottom in PANELS:
        page.paste(ground.resize((right - left, bottom - top)).convert("RGB"), (left, top))
    draw = ImageDraw.Draw(page)
    for x, y in BALLOONS:
        draw.rounded_rectangle((x - 30, y - 30, x + 210, y + 90), 30, fill="white")
        for row in range(2):
            put(draw, (x, y + row * 30), "你听见什么了吗"[: 7 - row], GLYPH_PX, "regular", INK)
    return page


@pytest.fixture(scope="module")
def comic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = io.BytesIO()
    drawn_page().save(out, "PNG")
    return editions.write(tmp_path_factory.mktemp("comic"), {"edition.yaml": editions.edition("comic", pages=[{"image": "p.png"}]), "p.png": out.getvalue()})


def shots(folder: Path, name: str) -> tuple[Shot, ...]:
    found = read_folder(folder, {})
    keys = frozenset(item.key for item in found.manuscript.items)
    issue = Issue(found.manuscript, keys, handset_class(name), PictureSource(lambda sha256: found.assets[sha256][0]), wap_address("http://w"))
    return shots_of(issue, found.manuscript.items[0])


def shown_scale(tile: Tile, handset: HandsetClass) -> float:
    return sizes_of([tile], handset)[0][0] / (tile.box[2] - tile.box[0])


@pytest.mark.parametrize("name", handset_classes())
def test_every_panel_is_shown_whole_and_every_balloon_legibly(comic: Path, name: str) -> None:
    handset = handset_class(name)
    found = shots(comic, name)
    tiles = [tile for shot in found for tile in shot.tiles]
    firsts = [shot.tiles[0].box for shot in found]
    for left, top, right, bottom in PANELS:
        assert any(box[0] <= left + 3 and box[1] <= top + 3 and box[2] >= right - 3 and box[3] >= bottom - 3 for box in firsts), "cut"
    for x, y in BALLOONS:
        holding = [tile for tile in tiles if tile.box[0] <= x and tile.box[1] <= y and tile.box[2] >= x + 7 * GLYPH_PX and tile.box[3] >= y + 30 + GLYPH_PX]
        assert max(shown_scale(tile, handset) for tile in holding) * GLYPH_PX >= NEARLY * LETTERING_PX_MIN


def test_a_page_is_whole_where_its_lettering_is_legible_so(comic: Path) -> None:
    assert len(shots(comic, "600kb-480x800")) == 1
    assert len(shots(comic, "100kb-240x320")) == 4
    assert len(shots(comic, "30kb-128x160")) == 4


def test_right_to_left_is_kept_to_in_strips_and_close_ups(comic: Path, tmp_path: Path) -> None:
    editions.write(tmp_path, {"edition.yaml": editions.edition("comic", reading="rtl", pages=[{"image": "p.png"}]), "p.png": (comic / "p.png").read_bytes()})
    lefts = [shot.tiles[0].box[0] for shot in shots(tmp_path, "100kb-240x320")]
    assert lefts[1] > lefts[2]
    strip = shots(tmp_path, "100kb-240x320")[0]
    assert [tile.box[0] > 400 for tile in strip.tiles[1:]] == [True, False]


def test_named_panels_win(comic: Path, tmp_path: Path) -> None:
    named = [[100, 100, 400, 400], [700, 900, 300, 500]]
    editions.write(tmp_path, {"edition.yaml": editions.edition("comic", pages=[{"image": "p.png", "panels": named}]), "p.png": (comic / "p.png").read_bytes()})
    for name in handset_classes():
        found = shots(tmp_path, name)
        assert len(found) == 2
        assert all(len(shot.tiles) == 1 for shot in found) or name == "30kb-128x160", "where it is legible there is no close-up"
        assert abs(found[0].tiles[0].box[0] - 100) < 20


def told(folder: Path) -> list[PageBoxes]:
    found = read_folder(folder, {})
    return page_boxes(found.manuscript, lambda sha256: found.assets[sha256][0])


def test_an_editor_is_told_the_boxes_and_what_cannot_be_read(comic: Path, tmp_path: Path) -> None:
    (page,) = told(comic)
    assert not page.named
    assert [max(abs(one - other) for one, other in zip(box, want, strict=True)) <= 6 for box, want in zip(page.boxes, PANELS, strict=True)] == [True] * 4
    assert page.lettering == len(BALLOONS)
    assert page.unread == {}
    named = page.to_document()["panels"]
    editions.write(tmp_path, {"edition.yaml": editions.edition("comic", pages=[{"image": "p.png", "panels": named[::-1]}]), "p.png": (comic / "p.png").read_bytes()})
    (again,) = told(tmp_path)
    assert again.named
    assert again.boxes == page.boxes[::-1], "as named, in the editor's order"
    assert again.unread == {}, "named panels have close-ups as those found"
    assert again.warning() is None
    assert "p.png: of 4 blocks of lettering 1 on 30kb-128x160" in (dataclasses.replace(again, unread={"30kb-128x160": 1}).warning() or "")


def boxes() -> st.SearchStrategy[Box]:
    return st.tuples(st.integers(0, 1100), st.integers(0, 1600), st.integers(30, 600), st.integers(30, 500)).map(
        lambda box: (box[0], box[1], min(PAGE[0], box[0] + box[2]), min(PAGE[1], box[1] + box[3]))
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(boxes(), min_size=1, max_size=8), st.sampled_from(sorted(handset_classes())))
def test_close_ups_hold_all_lettering_that_a_window_can(blocks: list[Box], name: str) -> None:
    found = issue_of(name)
    wanted = scale_wanted(found, PAGE_REF)
    windows = close_ups(found, (0, 0, *PAGE), blocks, wanted)
    width, height = found.handset.width_px / wanted, found.handset.height_px / wanted
    assert all(right - left <= width + 1 and bottom - top <= height for left, top, right, bottom in windows)
    assert all(0 <= left < right <= PAGE[0] and 0 <= top < bottom <= PAGE[1] for left, top, right, bottom in windows)
    for left, top, right, bottom in blocks:
        if right - left < width - 4 * GLYPH_PX and bottom - top < 0.9 * height - 4 * GLYPH_PX:
            assert any(box[0] <= left and box[1] <= top and box[2] >= right and box[3] >= bottom for box in windows)


@settings(max_examples=100, deadline=None)
@given(
    st.integers(0, 500),
    st.floats(200, 900),
    st.floats(1.7, 9),
    st.lists(st.tuples(st.floats(0, 1), st.floats(0.02, 0.49)), max_size=6),
    st.lists(st.floats(0, 60), min_size=200, max_size=200),
)
def test_a_tall_panel_is_divided_with_overlap_and_never_through_lettering(
    top: int, screen: float, screens: float, placed: list[tuple[float, float]], noise: list[float]
) -> None:
    bottom = top + round(screens * screen)
    blocks = [(10, round(top + at * (bottom - top - share * screen)), 90, round(top + at * (bottom - top - share * screen) + share * screen)) for at, share in placed]
    parts = divided(top, bottom, screen, np.array(noise), blocks)
    assert (parts[0][0], parts[-1][1]) == (top, bottom)
    assert len(parts) > 1
    for (low, high), (after, end) in pairwise(parts):
        assert low < after < high < end
        assert high - after >= OVERLAP_SHARE * screen - 2
    assert all(high - low <= 1.2 * screen + 2 for low, high in parts)
    for block in blocks:
        assert any(low <= block[1] + 1 and high >= block[3] - 1 for low, high in parts), (block, parts)


def issue_of(name: str) -> Issue:
    manuscript = Manuscript("c", "comic", "1", "c", date(2026, 11, 22), (Section("c", (Item("p.png", None, picture=PAGE_REF),)),))
    return Issue(manuscript, frozenset(["p.png"]), handset_class(name), PictureSource(lambda _: b""), wap_address("http://w"))


@settings(max_examples=80, deadline=None)
@given(st.lists(st.lists(st.tuples(boxes(), st.sampled_from([0.0, 0.3])), min_size=1, max_size=4), min_size=1, max_size=7), st.sampled_from(list(handset_classes())))
def test_slides_hold_all_tiles_in_order_and_none_too_small(panels: list[list[tuple[Box, float]]], name: str) -> None:
    handset = handset_class(name)
    item = Item("p.png", None, picture=PAGE_REF)
    wanted = [Shot(item, tuple(Tile(PAGE_REF, box, scale) for box, scale in tiles)) for tiles in panels]
    frames = frames_of(wanted, 5, handset)
    assert [tile for frame in frames for tile in frame.tiles] == [tile for shot in wanted for tile in shot.tiles]
    assert [frame.first for frame in frames] == sorted(frame.first for frame in frames)
    assert (frames[0].first, frames[-1].last) == (5, 4 + len(wanted))
    for frame in frames:
        assert frame.last - frame.first < PANELS_MAX
        shares = shares_of(frame.tiles, handset)
        assert shares is not None
        sizes = sizes_of(frame.tiles, handset)
        assert sum(height * share for (_, height), share in zip(sizes, shares, strict=True)) <= handset.height_px - GAP_PX * (len(sizes) - 1) + 0.01
        for tile, (width, _), share in zip(frame.tiles, sizes, shares, strict=True):
            scale = width / (tile.box[2] - tile.box[0])
            assert share == 1.0 or scale * share >= tile.scale_min * 0.999


def test_a_comic_may_have_more_slides_than_a_paper() -> None:
    for handset in handset_classes().values():
        assert handset.comic_slides_max > handset.slides_max
