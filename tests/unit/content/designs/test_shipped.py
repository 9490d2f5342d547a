"""The designs that come with Huabao: fit, told apart at a glance, legible on every screen, the same each time."""

from __future__ import annotations

from datetime import date
from itertools import combinations

import numpy as np
import pytest
from PIL import Image

from content.compose.gutters import without_gutter
from content.designs import find_design
from content.designs.fitness import check
from content.designs.library import DEFAULTS, package_folder, shelves
from content.designs.reading import unpacked
from content.designs.specimens import LAYOUTS
from content.draw import comic_cover, cover, end_page, masthead, section_band
from content.draw.ink import CONTRAST_MIN, contrast
from content.draw.style import Style, pairs
from content.models import KINDS
from content.trials import try_design
from subscribers.handset_classes import HandsetClass, handset_class, handset_classes

SHIPPED = tuple(path.parent.name for path in sorted(package_folder().glob("*/design.toml")))
CLASSES = tuple(handset_classes())
TITLES = ("晚", "江淮手机早报", "每日新闻 Daily", "时尚生活周刊精选读本上半月版")
SUBTITLES = ("", "第6期", "2026年11月号", "十周年特大号暨读者作品选登专辑")


def of_kind(kind: str) -> tuple[str, ...]:
    return tuple(name for name in SHIPPED if find_design(name).kind == kind)


def drawn(name: str, handset: HandsetClass, title: str, subtitle: str, picture: Image.Image | None) -> list[Image.Image]:
    """Everything that a design draws of its own."""
    design = find_design(name)
    style = design.sheet.style
    front = {
        "newspaper": lambda: masthead(title, subtitle, date(2026, 11, 22), handset, style=style),
        "magazine": lambda: cover(picture, title, subtitle, handset, style=style),
        "comic": lambda: comic_cover(picture, title, subtitle, handset, style=style),
    }[design.kind]()
    return [front, section_band("互动问答", handset, style=style), end_page(title, "未完，点开全文接着看", handset, style=style)]


def test_there_are_at_least_two_for_each_kind() -> None:
    assert all(len(of_kind(kind)) >= 2 for kind in KINDS)
    assert {kind: find_design(name).kind for kind, name in DEFAULTS.items()} == {kind: kind for kind in KINDS}
    assert set(SHIPPED) <= set(shelves())


@pytest.mark.parametrize("name", SHIPPED)
def test_each_is_fit_and_can_be_read(name: str) -> None:
    design = find_design(name)
    assert check(design) == []
    for ground, ink in pairs(design.sheet.style, design.kind):
        assert contrast(getattr(design.sheet.style, ground), getattr(design.sheet.style, ink)) >= CONTRAST_MIN
    again = unpacked(design.packed(), design.sha256)
    assert again == design
    assert again.render("slides/end.txt.j2", credit="江城") == "江城"


@pytest.mark.parametrize(("number", "name"), list(enumerate(SHIPPED)))
def test_each_sets_its_sample_on_the_smallest_screen_and_on_another(number: int, name: str) -> None:
    tried = try_design(find_design(name), package_folder() / name, classes=(CLASSES[0], CLASSES[1 + number % 3]))
    assert tried.faults == ()
    for handset_name, made in tried.messages.items():
        first = made.slides[0].picture
        assert first is not None
        assert first.width_px == handset_class(handset_name).width_px, "a front as wide as the screen"


@pytest.mark.parametrize("name", SHIPPED)
def test_what_it_draws_keeps_to_the_screen_whatever_the_title(name: str) -> None:
    photo = Image.linear_gradient("L").resize((400, 300)).convert("RGB")
    for handset in (handset_class(CLASSES[place]) for place in (0, 2, 4)):
        for number, title in enumerate(TITLES):
            subtitle = SUBTITLES[number % len(SUBTITLES)]
            for image in drawn(name, handset, title, subtitle, photo if number % 2 else None):
                assert image.width == handset.width_px
                assert image.height <= handset.height_px
                assert any(low < high for low, high in image.getextrema()), "nothing is drawn"  # type: ignore[misc]  # of an RGB picture, pairs


@pytest.mark.parametrize("kind", KINDS)
def test_designs_of_a_kind_are_told_apart_without_reading(kind: str) -> None:
    handset = handset_class("100kb-240x320")
    photo = Image.linear_gradient("L").resize((400, 300)).convert("RGB")
    fronts = {name: np.asarray(drawn(name, handset, "江城早报", "第6期", photo)[0].resize((24, 24)), dtype=float) for name in of_kind(kind)}
    for one, other in combinations(fronts, 2):
        assert np.abs(fronts[one] - fronts[other]).mean() > 25, (one, other)


def test_the_same_title_is_drawn_the_same_each_time() -> None:
    handset = handset_class("50kb-176x220")
    for name in SHIPPED:
        first, second = ([image.tobytes() for image in drawn(name, handset, "江城早报", "第6期", None)] for _ in range(2))
        assert first == second


def test_white_around_a_panel_goes_and_a_balloon_at_its_edge_stays() -> None:
    page = Image.new("RGB", (200, 100), "white")
    page.paste((90, 60, 40), (10, 5, 190, 95))
    page.paste((255, 255, 255), (10, 5, 120, 30))
    assert without_gutter(page).size == (180, 90)
    blank = Image.new("RGB", (50, 50), "white")
    assert without_gutter(blank).size == (30, 30), "never more than a fifth of each side"


def test_the_manual_knows_every_value_and_every_design() -> None:
    manual = (package_folder().parent / "docs" / "designs.md").read_text("utf-8")
    for layout in LAYOUTS:
        assert f"`{layout.name}`" in manual
        assert all(f"`{value}`" in manual for value in layout.values), layout.name
    assert all(f"`{field}`" in manual for field in Style.__dataclass_fields__)
    assert all(f"`{name}`" in manual for name in SHIPPED)
