"""The edition folder of a draft, as `edition import` takes it and an editor corrects it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from content.almanac.page import WeatherPage
from content.feeds.illustrating import Illustration
from content.feeds.planning import Draft, PlannedSection
from content.feeds.stories import Story
from content.folder.reader import EDITION_FILE


@dataclass(frozen=True)
class Head:
    """What stands above the stories; `credit` as yesterday's paper had it.

    Attributes:
        almanac: see `Manuscript.almanac`.
        order: titles of yesterday's sections.
    """

    publication: str
    number: str
    title: str
    day: date
    credit: str | None = None
    almanac: Mapping[str, str] = field(default_factory=dict)
    order: tuple[str, ...] = ()


def write_folder(out: Path, head: Head, draft: Draft, pictures: Sequence[Illustration], weather: WeatherPage | None = None) -> dict[int, str]:
    """Write the folder `out`, whole or not at all; the file of each story, by item.

    `out` must not exist or be empty.
    """
    files = {story.teller.item_id: f"articles/{number:02}.md" for number, story in enumerate(draft.stories, start=1)}
    images = {one.item_id: f"images/{Path(files[one.item_id]).stem}{one.suffix}" for one in pictures}
    out.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        made.chmod(0o755)
        (made / "articles").mkdir()
        (made / "images").mkdir()
        for one in pictures:
            (made / images[one.item_id]).write_bytes(one.data)
        for story in draft.stories:
            item = story.teller.item_id
            (made / files[item]).write_text(article_text(story, images.get(item)), "utf-8")
        sections = _with_weather([_section(one, files) for one in draft.sections], head.order, weather or WeatherPage(), made)
        (made / EDITION_FILE).write_text(_dump(_edition(head, sections, next(iter(images.values()), None))), "utf-8")
        made.replace(out)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    return files


def article_text(story: Story, image: str | None) -> str:
    """An article file: front matter and Markdown; whoever told the story stands in its credit."""
    teller = story.teller
    values = {"title": teller.title, "image": image, "topics": list(teller.topics), "segment": teller.segment, "level": teller.level}
    front = {name: value for name, value in values.items() if value} | {"credit": f"来源：{'、'.join(story.sources)}"}
    return f"---\n{_dump(front)}---\n\n{teller.body}\n"


def _section(section: PlannedSection, files: dict[int, str]) -> dict[str, Any]:
    return {"title": section.title, "items": [files[story.teller.item_id] for story in section.stories]}


def _with_weather(sections: list[dict[str, Any]], order: Sequence[str], weather: WeatherPage, folder: Path) -> list[dict[str, Any]]:
    """The sections with the weather's, its articles written: where yesterday had it, else last; behind what the section has besides."""
    if not weather.briefs:
        return sections
    names = [f"articles/weather-{number:02}.md" for number in range(1, len(weather.briefs) + 1)]
    for name, brief in zip(names, weather.briefs, strict=True):
        (folder / name).write_text(f"---\n{_dump(brief.front)}---\n\n{brief.body}\n", "utf-8")
    here = next((one for one in sections if one["title"] == weather.section), None)
    if here is not None:
        here["items"] = [*here["items"], *names]
        return sections
    before = set(order[: order.index(weather.section)]) if weather.section in order else {one["title"] for one in sections}
    place = max((number for number, one in enumerate(sections, 1) if one["title"] in before), default=0)
    return [*sections[:place], {"title": weather.section, "items": names}, *sections[place:]]


def _edition(head: Head, sections: list[dict[str, Any]], cover: str | None) -> dict[str, Any]:
    document: dict[str, Any] = {"publication": head.publication, "kind": "newspaper", "number": head.number, "title": head.title, "date": head.day.isoformat()}
    if cover:
        document["cover"] = cover
    if head.almanac:
        document["almanac"] = dict(head.almanac)
    document["sections"] = sections
    if head.credit:
        document["credit"] = head.credit
    return document


def _dump(document: dict[str, Any]) -> str:
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=10_000)
