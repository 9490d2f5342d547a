"""Three real editions, every class: imported, built, read by decoders that nobody here wrote."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from content.adapt.lettering import LETTERING_PX_MIN, LETTERING_SHARE, find_lettering
from content.adapt.panels import find_panels
from content.compose import PictureSource, compose
from content.compose.frames import sizes_of
from content.compose.issue import Issue
from content.compose.shots import NEARLY, shots_of
from content.folder import ImportedFolder, read_folder
from content.preflight.message import failures_of
from content.services import import_folder
from content.wap.tokens import wap_address
from huabao.errors import UsageError
from huabao.runtime import Runtime
from subscribers.handset_classes import handset_classes
from tests.foreign import read_by_strangers
from tests.unit.content import editions

NAMES = ("newspaper-2022-10-am", "magazine-zhaohuaxishi", "comic-peppercarrot-06")
NOW = datetime(2026, 11, 22, 5, tzinfo=UTC)
CUT_BEHIND = re.compile(r"[。！？”…）：》]$|篇$")


@cache
def edition(folder: Path) -> tuple[ImportedFolder, PictureSource]:
    """The edition and its pictures; what is found on them is found once for all classes, as an installation does it."""
    found = read_folder(folder, {})
    return found, PictureSource(lambda sha256: found.assets[sha256][0])


@cache
def letterings(folder: Path, key: str) -> list[tuple[int, int, int, int]]:
    """Every block of lettering on the page, px of the picture at a longest side of 1751."""
    found, pictures = edition(folder)
    page = next(item.picture for item in found.manuscript.items if item.key == key)
    assert page is not None
    image = pictures.fresh(page, 1751)
    return [block for panel in find_panels(image) for block in find_lettering(image, panel, image.width * LETTERING_SHARE)]


@pytest.mark.parametrize("name", NAMES)
def test_builds_for_every_class(samples: Path, tmp_path: Path, name: str) -> None:
    found, pictures = edition(samples / "editions" / name)
    keys = [item.key for item in found.manuscript.items]
    messages = []
    for handset in handset_classes().values():
        made = compose(found.manuscript, keys, handset, pictures.of_class(), "http://wap.example.com/w")
        assert failures_of(made, handset) == []
        assert made.worst_quality >= 90 or len(made.mms) >= 0.95 * handset.budget_bytes
        assert made.worst_quality >= (50 if "comic" in name else 40)
        for slide in made.slides:
            text, _, link = slide.text.partition("\n全文: ")
            assert len(text) <= handset.slide_chars_max
            assert not link or CUT_BEHIND.search(text) or "· " in text or text.startswith("后面还有"), text[-40:]
        messages.append(made)
        shown = {key for slide in made.slides for key in slide.items}
        assert shown | {moved.item for moved in made.moved} >= set(keys)
    read_by_strangers(messages, tmp_path)


@pytest.mark.parametrize("name", NAMES)
def test_imports_on_both_databases(runtime: Runtime, samples: Path, name: str) -> None:
    with runtime.transaction() as session:
        result = import_folder(session, samples / "editions" / name, "mei", NOW)
    assert (result.version, result.kind) == (1, name.split("-", maxsplit=1)[0])
    told = "\n".join(result.warnings)
    if result.kind == "newspaper":
        assert "articles/05.md: tells the same story as articles/03.md" in told
    if result.kind == "comic":
        assert "9 are cut at their gutters, on 1 no gutter was found" in told


@pytest.mark.parametrize("name", ["100kb-240x320", "300kb-320x480", "600kb-480x800"])
def test_a_comics_lettering_is_legible_in_the_message_and_behind_its_link(samples: Path, name: str) -> None:
    """Every block of lettering that was found lies whole in a tile that shows it at 9 px or nearly so."""
    folder = samples / "editions" / NAMES[2]
    found, source = edition(folder)
    handset, pictures = handset_classes()[name], source.of_class()
    issue = Issue(found.manuscript, frozenset(item.key for item in found.manuscript.items), handset, pictures, wap_address("http://w"))
    blocks = 0
    for item in found.manuscript.items[:9]:  # the tenth is a page of names
        assert item.picture is not None
        tiles = [tile for shot in shots_of(issue, item) for tile in shot.tiles]
        for left, top, right, bottom in letterings(folder, item.key):
            middle = ((left + right) // 2, (top + bottom) // 2)
            holding = [tile for tile in tiles if tile.box[0] <= middle[0] <= tile.box[2] and tile.box[1] <= middle[1] <= tile.box[3]]
            scales = [sizes_of([tile], handset)[0][0] / (tile.box[2] - tile.box[0]) for tile in holding]
            blocks += 1
            assert max(scales) * item.picture.width_px * LETTERING_SHARE >= NEARLY * LETTERING_PX_MIN - 0.1, (item.key, left, top)
    assert blocks > 50


def test_a_repeated_title_is_printed_once(samples: Path) -> None:
    found, pictures = edition(samples / "editions" / NAMES[1])
    made = compose(found.manuscript, [item.key for item in found.manuscript.items], handset_classes()["600kb-480x800"], pictures.of_class(), "http://w")
    essay = next(slide.text for slide in made.slides if "■ 藤野先生" in slide.text)
    assert essay.count("藤野先生") == 1
    assert "·鲁迅·" in essay


def test_hostile_pictures_are_refused_by_name(samples: Path, tmp_path: Path) -> None:
    refused = 0
    for number, path in enumerate(sorted((samples / "hostile" / "images").iterdir())):
        folder = editions.write(tmp_path / str(number), {"edition.yaml": editions.edition("comic", pages=[{"image": "x.jpg"}])})
        shutil.copyfile(path, folder / "x.jpg")
        try:
            read_folder(folder, {})
        except UsageError as error:
            refused += 1
            assert str(error).startswith("edition.yaml:7: `x.jpg` cannot be used: "), path.name
    assert refused >= 20


def test_naughty_strings_are_text(samples: Path, tmp_path: Path) -> None:
    body = (samples / "hostile" / "text" / "blns.txt").read_text("utf-8")
    editions.write(tmp_path, {"edition.yaml": editions.edition(sections=[{"title": "甲", "items": ["a.md"]}]), "a.md": editions.article("甲", body)})
    found = read_folder(tmp_path, {})
    for handset in handset_classes().values():
        made = compose(found.manuscript, ["a.md"], handset, PictureSource(lambda _: b""), "http://w")
        assert failures_of(made, handset) == []
