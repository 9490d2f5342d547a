"""The three papers of the demonstration as edition folders: texts from `articles/`, drawings made by code.

The same call writes the same bytes. Drawing takes a few seconds a picture, so
pictures are drawn on all processors at once.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from multiprocessing import get_context
from pathlib import Path

import yaml

from sandbox.demo.drawings import day, four_panels, night, pages
from sandbox.demo.drawings.canvas import Canvas

TEXTS = Path(__file__).parent / "articles"

SERVICES: tuple[str, ...] = ("jianghuai-morning", "yuejian", "xiaoma")
"""Service ids, which are the publications' slugs; the newspaper's first."""

NEWSPAPER, MAGAZINE, COMIC = SERVICES
QUALITY = 93

PICTURES: dict[str, Callable[[], Canvas]] = {
    f"{NEWSPAPER}/images/dawn.jpg": day.dawn,
    f"{NEWSPAPER}/images/bridge.jpg": day.bridge,
    f"{NEWSPAPER}/images/railway.jpg": day.railway,
    f"{NEWSPAPER}/images/library.jpg": night.library,
    f"{NEWSPAPER}/images/stadium.jpg": night.stadium,
    f"{NEWSPAPER}/images/stars.jpg": night.meteors,
    f"{NEWSPAPER}/images/noodles.jpg": day.noodles,
    f"{NEWSPAPER}/images/rain.jpg": day.umbrellas,
    f"{NEWSPAPER}/images/ginkgo.jpg": day.avenue,
    f"{MAGAZINE}/images/cover.jpg": night.lake_moon,
    f"{MAGAZINE}/images/tea.jpg": night.tea,
    f"{MAGAZINE}/images/night-train.jpg": night.night_train,
    f"{MAGAZINE}/images/snow.jpg": night.snow_lane,
    f"{MAGAZINE}/panels/1.jpg": four_panels.forecast,
    f"{MAGAZINE}/panels/2.jpg": four_panels.downpour,
    f"{MAGAZINE}/panels/3.jpg": four_panels.shelter,
    f"{MAGAZINE}/panels/4.jpg": four_panels.hat,
    f"{COMIC}/pages/cover.jpg": pages.cover,
}


def write_editions(folder: Path, quiz_closes: date | None = None) -> list[Path]:
    """Write the newspaper, the magazine and the comic as folders below `folder`.

    Args:
        quiz_closes: the last day on which the magazine's quiz may be answered; None for the one in its text, which goes by.

    Returns:
        the three folders, in the order of `SERVICES`.
    """
    for slug in (NEWSPAPER, MAGAZINE):
        shutil.copytree(TEXTS / slug, folder / slug, dirs_exist_ok=True)
    if quiz_closes is not None:
        quiz = folder / MAGAZINE / "articles" / "quiz.md"
        quiz.write_text(re.sub(r"(?m)^( *closes_at:).*$", rf"\1 '{quiz_closes}T24:00:00+08:00'", quiz.read_text("utf-8")), "utf-8")
    numbers = range(1, len(pages.PAGES) + 1)
    with ProcessPoolExecutor(max_workers=os.cpu_count(), mp_context=get_context("spawn")) as pool:
        drawn = [pool.submit(draw_picture, name, str(folder / name)) for name in PICTURES]
        panels = list(pool.map(draw_page, numbers, [str(folder / COMIC / _page_name(number)) for number in numbers]))
        for one in drawn:
            one.result()
    _write_comic(folder / COMIC, panels)
    return [folder / slug for slug in SERVICES]


def draw_picture(name: str, path: str) -> None:
    """Draw one of `PICTURES` into a file."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    PICTURES[name]().finish().save(path, quality=QUALITY, subsampling=0)


def draw_page(number: int, path: str) -> list[list[int]]:
    """Draw a page of the comic into a file; the boxes of its panels."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    page = pages.page(number)
    page.image.save(path, quality=QUALITY, subsampling=0)
    return [list(box) for box in page.panels]


def _page_name(number: int) -> str:
    return f"pages/{number:02}.jpg"


def _write_comic(folder: Path, panels: list[list[list[int]]]) -> None:
    document = {
        "publication": COMIC,
        "kind": "comic",
        "number": "1",
        "title": "小麻送报 雾天的钟声",
        "date": "2026-11-23",
        "cover": "pages/cover.jpg",
        "reading": "ltr",
        "pages": [{"image": _page_name(number), "panels": boxes} for number, boxes in enumerate(panels, start=1)],
        "credit": "《小麻送报》为画报演示而作，故事与图画均为原创。",
    }
    (folder / "edition.yaml").write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8")
