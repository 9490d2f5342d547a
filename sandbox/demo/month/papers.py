"""The two papers of the invented month: each edition another choice of stories, written as an edition folder."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import yaml

MORNING, EVENING = "wanfeng-morning", "wanfeng-evening"
TITLES: Final = {MORNING: "皖风早报", EVENING: "皖风晚报"}
SHELVES: Final = {MORNING: (("要闻", "news", 2), ("民生", "life", 1)), EVENING: (("今日", "news", 1), ("灯下", "evening", 2))}
"""Sections of each paper: title, shelf of the stories, how many."""

CITY: Final = {"hefei": "合肥", "wuhu": "芜湖"}
WEEKDAYS: Final = "一二三四五六日"
CREDIT: Final = "皖风早报、皖风晚报为演示而虚构，文字与图画均为演示而作。"


@dataclass(frozen=True)
class Issue:
    """What is to be written.

    Attributes:
        picture: a JPEG for the cover, or None for an edition of words only.
        sports: with a story for those who like sports only, so that there are more variants.
        typo: a slip in the first story's title, which somebody will see too late.
    """

    slug: str
    number: str
    day: date
    seed: int = 1
    picture: bytes | None = None
    sports: bool = False
    typo: bool = False


@lru_cache(maxsize=1)
def shelves() -> Mapping[str, Sequence[Mapping[str, str]]]:
    """All stories by shelf."""
    return tomllib.loads((Path(__file__).parent / "stories.toml").read_text("utf-8"))


def write_issue(folder: Path, issue: Issue) -> Path:
    """Write one edition as a folder; `folder` itself."""
    (folder / "articles").mkdir(parents=True, exist_ok=True)
    draw = random.Random(f"{issue.seed} {issue.slug}")  # one order of the stories for the whole month
    sections: list[dict[str, Any]] = []
    for title, shelf, count in SHELVES[issue.slug]:
        stories = draw.sample(shelves()[shelf], len(shelves()[shelf]))
        first = issue.day.toordinal() * count
        chosen = [stories[(first + at) % len(stories)] for at in range(count)]
        names = [_write(folder, f"{shelf}-{at}", story, {"topics": ["news"]}, typo=issue.typo and shelf == "news" and at == 0) for at, story in enumerate(chosen)]
        sections.append({"title": title, "items": names})
    if issue.sports:
        story = shelves()["sports"][issue.day.toordinal() % len(shelves()["sports"])]
        rule = {"field": "preferences.topics", "op": "contains", "value": "sports"}
        sections.append({"title": "体育", "items": [_write(folder, "sports", story, {"topics": ["sports"], "segment": rule})]})
    sections.append({"title": "天气", "items": [_write(folder, "weather", _weather(issue), {"topics": ["news"]})]})
    document: dict[str, Any] = {
        "publication": issue.slug, "kind": "newspaper", "number": issue.number, "title": TITLES[issue.slug], "date": issue.day.isoformat(), "sections": sections, "credit": CREDIT,
    }  # fmt: skip
    if issue.picture is not None:
        (folder / "images").mkdir(exist_ok=True)
        (folder / "images" / "cover.jpg").write_bytes(issue.picture)
        document["cover"] = "images/cover.jpg"
    (folder / "edition.yaml").write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), "utf-8")
    return folder


def _weather(issue: Issue) -> Mapping[str, str]:
    draw = random.Random(f"{issue.seed} {issue.day} weather")
    story, low = draw.choice(shelves()["weather"]), draw.randint(1, 9)
    words = {"city": "全省", "day": f"{issue.day.month}月{issue.day.day}日", "weekday": f"星期{WEEKDAYS[issue.day.weekday()]}", "low": low, "high": low + draw.randint(6, 11)}
    return {name: text.format_map(words) for name, text in story.items()}


def _write(folder: Path, name: str, story: Mapping[str, str], front: Mapping[str, Any], *, typo: bool = False) -> str:
    title = story["title"] + "（图文无关）" * typo
    head = yaml.safe_dump({"title": title, **front}, allow_unicode=True, sort_keys=False)
    (folder / "articles" / f"{name}.md").write_text(f"---\n{head}---\n\n{story['text']}\n", "utf-8")
    return f"articles/{name}.md"
