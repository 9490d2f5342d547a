"""The demonstration's papers: taken by the importer without a warning, in the shape asked for, the same each time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from PIL import Image, ImageStat

from content.folder import ImportedFolder, read_folder
from sandbox.demo import editions
from sandbox.demo.drawings import pages
from sandbox.demo.drawings.canvas import KEPT, Canvas, ridge, smooth
from sandbox.demo.drawings.lettering import LETTER_SHARE
from sandbox.demo.portrait import portrait

LAST_DAY = date(2031, 6, 17)
NARROWEST_READ_PX, GLYPH_PX_MIN = 240, 16


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    written = editions.write_editions(tmp_path_factory.mktemp("editions"), LAST_DAY)
    yield {path.name: path for path in written}


@pytest.fixture(scope="module")
def imported(folders: dict[str, Path]) -> dict[str, ImportedFolder]:
    return {slug: read_folder(path, {}) for slug, path in folders.items()}


def test_services_are_slugs_in_order(folders: dict[str, Path], imported: dict[str, ImportedFolder]) -> None:
    assert tuple(folders) == editions.SERVICES
    assert [imported[slug].manuscript.publication for slug in editions.SERVICES] == list(editions.SERVICES)
    assert [imported[slug].manuscript.kind for slug in editions.SERVICES] == ["newspaper", "magazine", "comic"]


@pytest.mark.parametrize("slug", editions.SERVICES)
def test_nothing_to_warn_about(slug: str, imported: dict[str, ImportedFolder]) -> None:
    assert imported[slug].warnings == ()


def test_newspaper_has_news_for_cities_and_interests(imported: dict[str, ImportedFolder]) -> None:
    manuscript = imported[editions.NEWSPAPER].manuscript
    assert 12 <= len(manuscript.items) <= 16
    assert len(manuscript.sections) == 5
    rules = " ".join(str(item.rule) for item in manuscript.items if item.rule)
    assert "city" in rules and "preferences.topics" in rules
    assert any(sum(map(len, item.article.paragraphs)) >= 900 for item in manuscript.items if item.article)


def test_magazine_has_its_parts_quiz_and_essays(imported: dict[str, ImportedFolder]) -> None:
    manuscript = imported[editions.MAGAZINE].manuscript
    assert {section.part for section in manuscript.sections} >= {"front", "service", "quiz", "comic"}
    (quiz,) = (item.article.quiz for item in manuscript.items if item.article and item.article.quiz)
    assert quiz.closes_at == datetime(2031, 6, 17, 16, tzinfo=UTC), "the end of the day that was asked for, in Shanghai"
    essays = [sum(map(len, item.article.paragraphs)) for item in manuscript.items if item.article and item.article.picture]
    assert len(essays) == 3 and min(essays) >= 500


def test_comic_names_its_panels(imported: dict[str, ImportedFolder]) -> None:
    items = imported[editions.COMIC].manuscript.items
    assert 6 <= len(items) <= 8
    assert sum(len(item.panels) for item in items) == 17


def test_lettering_is_read_on_a_small_screen() -> None:
    assert LETTER_SHARE * NARROWEST_READ_PX >= GLYPH_PX_MIN


@pytest.mark.parametrize("name", [f"{editions.NEWSPAPER}/images/rain.jpg", f"{editions.MAGAZINE}/panels/4.jpg"])
def test_same_drawing_same_bytes(name: str, folders: dict[str, Path], tmp_path: Path) -> None:
    editions.draw_picture(name, str(tmp_path / "again.jpg"))
    slug, inside = name.split("/", 1)
    assert (tmp_path / "again.jpg").read_bytes() == (folders[slug] / inside).read_bytes()


def test_panels_lie_apart_on_their_page() -> None:
    page = pages.page(6)
    assert page.image.size == (pages.PAGE_WIDE, pages.PAGE_HIGH)
    assert len(page.panels) == 4
    for at, (x, y, wide, high) in enumerate(page.panels):
        assert ImageStat.Stat(page.image.crop((x, y, x + wide, y + high)).convert("L")).stddev[0] > 10
        for left, top, other_wide, other_high in page.panels[at + 1 :]:
            assert x + wide <= left or left + other_wide <= x or y + high <= top or top + other_high <= y


def test_brush_turns_and_mirrors() -> None:
    canvas = Canvas(90, 90, (255, 255, 255))
    canvas.at(45, 45, 10, flip=True).rect(1, -1, 2, 2, (0, 0, 0))
    picture = canvas.finish(grain=0).convert("L")
    assert picture.getpixel((round(25 / KEPT), round(45 / KEPT))) == 0
    assert picture.getpixel((round(65 / KEPT), round(45 / KEPT))) == 255
    turned = Canvas(90, 90, (255, 255, 255))
    turned.at(45, 45, 10, turn=90).rect(1, -1, 2, 2, (0, 0, 0))
    assert turned.finish(grain=0).convert("L").getpixel((round(45 / KEPT), round(65 / KEPT))) == 0


def test_curves_run_through_their_points() -> None:
    points = [(0.0, 0.0), (10.0, 5.0), (20.0, 0.0)]
    assert set(points) <= set(smooth(points, closed=False))
    line = ridge(100, 50, 10, seed=4)
    assert line[0][0] == 0 and line[-1][0] == 100
    assert all(40 <= y <= 60 for _, y in line)


def test_portrait_shows_the_slide_as_it_is() -> None:
    slide = Image.new("RGB", (320, 480), (200, 30, 40))
    shown = portrait([slide, slide])
    assert sum(count for count, colour in shown.getcolors(1 << 20) or [] if colour == (200, 30, 40)) == 2 * 320 * 480
