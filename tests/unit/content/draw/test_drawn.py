"""What is drawn: its size, its ink, its contrast, and that nothing is clipped."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from content.adapt import PictureRequest, fit_pictures
from content.draw import comic_cover, cover, end_page, masthead, screen, section_band
from content.draw.covers import _calm
from content.draw.fonts import font
from content.draw.headline import headline
from content.draw.ink import ACCENT, CONTRAST_MIN, GREY, INK, PAPER, contrast
from content.draw.typeset import lines
from subscribers.handset_classes import HandsetClass, handset_classes

CLASSES = list(handset_classes().values())
DAY = date(2026, 11, 22)
TITLES = ["华报", "手机早报", "天府早报手机版", "China Daily", "小辣椒与萝卜丝 第六话", "中华人民共和国工业和信息化部手机报周末特刊"]

every_class = pytest.mark.parametrize("handset", CLASSES, ids=lambda one: one.name)


def _pictures() -> list[Image.Image]:
    rows, columns = np.mgrid[0:300, 0:400]
    light = np.stack([columns % 256, 255 - rows % 128, np.full_like(rows, 240)], axis=-1).astype(np.uint8)
    return [Image.fromarray(light), Image.new("RGB", (500, 700), "white"), Image.new("RGB", (90, 60), (250, 250, 120)), Image.new("RGB", (1200, 200))]


def _has_ink_at_edge(image: Image.Image, ground: tuple[int, int, int], box: tuple[int, int, int, int]) -> bool:
    return any(colour != ground for _, colour in image.crop(box).getcolors(1 << 20) or [])


@pytest.mark.parametrize(("one", "other"), [(INK, PAPER), (PAPER, ACCENT), (ACCENT, PAPER), (GREY, PAPER)])
def test_type_can_be_read_on_its_ground(one: tuple[int, int, int], other: tuple[int, int, int]) -> None:
    assert contrast(one, other) >= CONTRAST_MIN


def test_contrast_is_that_of_the_guideline() -> None:
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast((119, 119, 119), (255, 255, 255)) == pytest.approx(4.48, abs=0.01)


@every_class
@pytest.mark.parametrize("title", TITLES)
@pytest.mark.parametrize("issue", ["", "第1234期", "第2022-10-31-am期", "总第12345期　成都版　今日十六版"])
def test_masthead(handset: HandsetClass, title: str, issue: str) -> None:
    for day in (DAY, date(2026, 1, 1)):
        image = masthead(title, issue, day, handset)
        assert image.width == handset.width_px and image.height <= 0.6 * handset.height_px
        assert image.getpixel((0, 0)) == ACCENT, "the block starts at the corner"
        assert not _has_ink_at_edge(image, ACCENT, (0, 0, 2, 8)) and not _has_ink_at_edge(image, ACCENT, (image.width - 2, 0, image.width, 8))
        body = image.crop((0, 0, image.width, image.height - 1))
        for column in (0, image.width - 1):
            colours = {body.getpixel((column, row)) for row in range(body.height)}
            assert colours <= {ACCENT, PAPER, INK}, "no glyph touches the edge of the screen"


@every_class
def test_a_title_is_never_below_the_type_size_of_its_class(handset: HandsetClass) -> None:
    for title in TITLES:
        set_ = headline(title, handset.width_px - 8, handset.height_px // 4, largest_px=60, smallest_px=handset.type_px, weight="black")
        assert set_.size_px >= handset.type_px and set_.width_px <= handset.width_px - 8
        assert set_.height_px <= max(handset.type_px, handset.height_px // 4)


def test_a_title_breaks_where_it_pauses_and_never_leaves_a_stump() -> None:
    assert headline("小辣椒与萝卜丝 第六话", 200, 100, largest_px=40, smallest_px=12, weight="black").rows == ("小辣椒与萝卜丝", "第六话")
    rows = headline("一二三四五六七", 120, 100, largest_px=20, smallest_px=12, weight="black").rows
    assert min(map(len, rows)) * 3 >= max(map(len, rows))
    cut = headline("长" * 200, 100, 40, largest_px=20, smallest_px=12, weight="bold")
    assert cut.rows[-1].endswith("…") and cut.height_px <= 40


@every_class
@pytest.mark.parametrize("title", TITLES)
@pytest.mark.parametrize("subtitle", ["", "2026年第11期 · 鲁迅"])
def test_covers_fill_their_place(handset: HandsetClass, title: str, subtitle: str) -> None:
    region = round(handset.height_px * 0.6)
    for picture in (None, *_pictures()):
        assert cover(picture, title, subtitle, handset).size == (handset.width_px, region)
        assert cover(picture, title, subtitle, handset, height_px=handset.height_px).size == (handset.width_px, handset.height_px)
        comic = comic_cover(picture, title, subtitle, handset)
        assert comic.width == handset.width_px and comic.height <= handset.height_px


def test_the_ground_of_a_covers_title_is_dark_enough_everywhere() -> None:
    for picture in _pictures():
        ground = _calm(picture, 60)
        assert min(contrast(PAPER, colour) for _, colour in ground.getcolors(1 << 20) or []) >= CONTRAST_MIN  # type: ignore[arg-type]


@every_class
def test_bands_and_end_page(handset: HandsetClass) -> None:
    for title in TITLES:
        band = section_band(title, handset, "手机早报")
        assert band.width == handset.width_px and handset.type_px < band.height < 0.5 * handset.height_px
        page = end_page(title, "Pepper&Carrot, David Revoy, www.peppercarrot.com, CC BY 4.0; 中文翻译 Ran Zhuang", handset)
        assert page.width == handset.width_px
        assert not _has_ink_at_edge(page, PAPER, (0, page.height - 3, page.width, page.height - 1))


@every_class
def test_drawn_type_goes_out_small_and_without_loss(handset: HandsetClass) -> None:
    drawn = [masthead("手机早报", "第1234期", DAY, handset), section_band("要闻", handset)]
    requests = [PictureRequest(str(i), image, handset.width_px, handset.height_px, "type", crop=False) for i, image in enumerate(drawn)]
    fitting = fit_pictures(requests, handset.budget_bytes, handset)
    assert fitting.worst_quality == 100
    assert sum(len(one.data) for one in fitting.pictures.values()) < 0.16 * handset.budget_bytes


# --- screens ---------------------------------------------------------------------------------------------------------


@every_class
def test_a_slide_that_fits_is_exactly_the_screen(handset: HandsetClass) -> None:
    picture = Image.new("RGB", (handset.width_px, handset.height_px // 2), (10, 120, 10))
    image = screen(picture, "今天，晴。", handset)
    assert image.size == (handset.width_px, handset.height_px)
    assert image.getpixel((3, 3)) == (10, 120, 10)
    assert image.getpixel((handset.width_px // 2, handset.height_px - 2)) == PAPER
    assert screen(None, "", handset).getcolors() == [(handset.width_px * handset.height_px, PAPER)]


@every_class
def test_a_longer_slide_grows_and_marks_the_fold(handset: HandsetClass) -> None:
    image = screen(None, "今天北京天气晴朗，适合出行。" * 40, handset)
    assert image.height > handset.height_px
    assert image.getpixel((0, handset.height_px)) == GREY and image.getpixel((handset.width_px - 1, handset.height_px)) == GREY
    assert not _has_ink_at_edge(image, PAPER, (0, image.height - 2, image.width, image.height))


@settings(max_examples=40)
@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=120), st.sampled_from(CLASSES))
def test_no_text_is_clipped_at_the_right(text: str, handset: HandsetClass) -> None:
    image = screen(None, text, handset)
    margin = max(3, handset.type_px // 4)
    rows = [row for row in lines(text, handset.width_px - 2 * margin, handset.type_px) if row]
    bottom = min(image.height, handset.height_px)
    if all(ord(char) < 0x2E80 or "\u4e00" <= char <= "\u9fff" for row in rows for char in row):
        assert not _has_ink_at_edge(image, PAPER, (image.width - 1, 0, image.width, bottom))


def test_a_picture_wider_than_the_screen_is_reduced() -> None:
    handset = CLASSES[0]
    image = screen(Image.new("RGB", (256, 100), (200, 0, 0)), "", handset)
    assert image.getpixel((127, 40)) == (200, 0, 0) and image.getpixel((64, 60)) == PAPER


def _all_drawn() -> list[Callable[[HandsetClass], Image.Image]]:
    picture = _pictures()[0]
    return [
        lambda one: masthead("手机早报", "第1234期", DAY, one),
        lambda one: cover(picture, "朝花夕拾", "2026年第11期", one),
        lambda one: section_band("要闻", one),
        lambda one: screen(picture, "今天，晴。", one),
    ]


@every_class
def test_the_same_is_drawn_twice(handset: HandsetClass) -> None:
    for draw in _all_drawn():
        assert draw(handset).tobytes() == draw(handset).tobytes()


def test_the_weights_are_real() -> None:
    inks = [np.asarray(_mask("国", weight)).sum() for weight in ("regular", "bold", "black")]
    assert all(heavier > 1.15 * lighter for lighter, heavier in itertools.pairwise(inks))


def _mask(text: str, weight: str) -> list[int]:
    return list(font(40, weight).getmask(text))  # type: ignore[arg-type]
