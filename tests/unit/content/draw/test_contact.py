"""The contact sheet: every slide on it, in order, whatever their number and size."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from content.draw.contact import CELL_PX_MAX, WIDTH_PX_MAX, contact_sheet


def _screens(count: int, width: int = 60, height: int = 80) -> list[Image.Image]:
    return [Image.new("RGB", (width, height), (0, 40 + number * 3 % 200, 255)) for number in range(count)]


@given(st.integers(1, 30), st.sampled_from([(128, 160), (176, 220), (480, 800)]), st.text(max_size=200))
@settings(max_examples=15)
def test_a_sheet_holds_every_screen_and_stays_within_bounds(count: int, size: tuple[int, int], title: str) -> None:
    sheet = contact_sheet(_screens(count, *size), title, "facts " * 40)
    assert sheet.width <= WIDTH_PX_MAX
    columns = (sheet.width - 80 + 28) // (min(size[0], CELL_PX_MAX) + 28)
    assert columns >= 1
    blue = np.asarray(sheet)[:, :, 2] == 255
    only = blue & (np.asarray(sheet)[:, :, 0] == 0)
    wide = min(size[0], CELL_PX_MAX)
    assert int(only.sum()) == count * wide * round(size[1] * wide / size[0])


def test_the_slides_stand_in_reading_order() -> None:
    greens = np.asarray(contact_sheet(_screens(7, 128, 160), "江城早报 2026-11-22", "30kb-128x160 · #00000000"))
    screens = greens[(greens[:, :, 0] == 0) & (greens[:, :, 2] == 255)][:, 1]
    first_row, second_row = screens[: 6 * 128 * 160], screens[6 * 128 * 160 :]
    assert list(dict.fromkeys(first_row[: 6 * 128].tolist())) == [40 + number * 3 for number in range(6)]
    assert set(second_row.tolist()) == {58}

