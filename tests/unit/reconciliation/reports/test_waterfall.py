"""From three totals to the agreed one, and its picture."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from reconciliation.diff.classes import ATTRIBUTES, CLASSES, SIDES
from reconciliation.reports.figures import AGES, DayFigures, age_group, age_of
from reconciliation.reports.picture import WIDTH_PX, waterfall_png
from reconciliation.reports.trend import trend_svg
from reconciliation.reports.waterfall import REST, ladders
from reconciliation.reports.wording import LANGUAGES, share, words, yuan

KNOWN = sorted(name for name, one in CLASSES.items() if "u" not in name or name in ATTRIBUTES if not one.equal)
COUNTS = st.integers(0, 10_000_000)


@given(st.dictionaries(st.sampled_from(["aaa", "ppp", "xxx"]), COUNTS), st.dictionaries(st.sampled_from(KNOWN), COUNTS), st.integers(1, 30))
def test_every_side_comes_to_the_same_number(equal: dict[str, int], differences: dict[str, int], most: int) -> None:
    found = ladders(equal, differences, steps_max=most)
    assert [one.side for one in found] == list(SIDES)
    assert {one.agreed for one in found} == {equal.get("aaa", 0) + equal.get("ppp", 0)}
    for at, one in enumerate(found):
        assert one.adds_up and len(one.steps) <= most
        # What a side holds, counted by itself.
        held = sum(count for name, count in differences.items() if name in ATTRIBUTES or name[at] in "ap")
        assert one.total == one.agreed + held
        assert all(step.count > 0 for step in one.steps)


def test_the_largest_steps_stand_by_themselves() -> None:
    boss = ladders({"aaa": 10}, {"aax": 5, "axx": 4, "apa": 3, "paa": 2, "xxa": 9}, steps_max=3)[0]
    assert [(one.name, one.count, one.classes) for one in boss.steps] == [("aax", 5, 1), ("axx", 4, 1), (REST, 5, 2)]


def _day(equal: dict[str, int], differences: dict[str, int]) -> DayFigures:
    at = datetime(2026, 11, 21, 16, tzinfo=UTC)
    return DayFigures(date(2026, 11, 21), 1, 100, 90, differences, {}, equal, dict.fromkeys(SIDES, at))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("equal", "differences"), [({}, {}), ({"aaa": 1_576_000}, {}), ({"aaa": 3}, {"aax": 1}), ({"aaa": 9_999_999, "ppp": 1}, dict.fromkeys(KNOWN, 123_456))])
def test_the_picture_is_drawn_whatever_the_numbers(equal: dict[str, int], differences: dict[str, int], language: str) -> None:
    image = Image.open(io.BytesIO(waterfall_png(_day(equal, differences), language)))
    assert image.width == WIDTH_PX
    colours = image.convert("RGB").crop((0, image.height - 24, WIDTH_PX, image.height)).getcolors()
    assert colours == [(24 * WIDTH_PX, (255, 255, 255))], "nothing is cut off below"


def test_a_bar_is_as_long_as_its_number_says() -> None:
    image = Image.open(io.BytesIO(waterfall_png(_day({"aaa": 100}, {"aax": 20, "xxa": 10}), "zh"))).convert("RGB")
    colours = {colour: count for count, colour in image.crop((0, 300, WIDTH_PX, image.height)).getcolors(100_000) or []}
    red, ochre = colours[163, 21, 15], colours[189, 128, 0]
    assert red / ochre == pytest.approx(20 * 2 / 10, rel=0.02), "it stands with BOSS and with MISC; the other with the platform alone"


def test_ages_and_shares() -> None:
    until = date(2026, 11, 30)
    assert [age_group(age_of(date(2026, 11, day), until)) for day in (30, 29, 24, 23, 1)] == [AGES[0], AGES[1], AGES[1], AGES[2], AGES[2]]
    assert age_group(31) == AGES[3]
    assert share(0.9999999, "en") == "99.999 %", "a rate is never rounded up to all"
    assert (share(None, "en"), share(None, "zh")) == ("no data", "没有数据")
    assert [yuan(one) for one in (0, 5, -123, 123_456)] == ["0.00", "0.05", "-1.23", "1,234.56"]
    assert all(set(one) == set(LANGUAGES) for one in words().values())


def test_a_day_without_a_run_is_a_gap() -> None:
    days = [DayFigures(date(2026, 11, day), day, 100, 100 - day, {}, {}, {}, {}) for day in (1, 2, 3, 5, 6)]
    drawn = str(trend_svg(days, date(2026, 11, 30), "en"))
    assert drawn.count("<polyline") == 2
    assert drawn.count("<circle") == 5
    assert str(trend_svg([], date(2026, 11, 30), "en")) == ""
