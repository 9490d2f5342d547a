"""A month's real news as three publishers' feeds in three encodings, drafted and imported day by day."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from tests.command_line import CLI
from tests.integration.content.feeds.publisher import Page, Publisher, published
from tests.unit.content.feeds.documents import Told, atom, rdf, rss


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with published() as found:
        yield found


def _stories(samples: Path, day: str) -> list[Told]:
    rows = json.loads((samples / "text" / "news" / "wikipedia-zh-in-the-news-2022-09_2023-04.json").read_text("utf-8"))
    return [Told(f"{one['qid']}-{one['ts']}", one["keyword"], one["blurb_html"], at=datetime.fromisoformat(one["date"])) for one in rows if one["date"].startswith(day)]


def test_two_days_of_real_news(cli: CLI, publisher: Publisher, samples: Path, tmp_path: Path) -> None:
    cli("publication", "add", "itn", "--title", "手机早报", "--kind", "newspaper", "--service-id", "ITN")
    for name, rank in (("rss", 1), ("atom", 2), ("rdf", 3)):
        cli("feed", "add", "itn", name, "--url", f"{publisher.url}/{name}", "--section", f"版{rank}", "--rank", rank)
    drafts = []
    for day in ("2022-10-05", "2022-10-06"):
        stories = _stories(samples, day)
        publisher.pages |= {"/rss": Page(rss(stories, "gb2312")), "/atom": Page(atom(stories, "big5")), "/rdf": Page(rdf(stories[:2], "gbk"))}
        now = {"HUABAO_NOW": f"{day}T23:00:00+08:00"}
        fetched = cli("feed", "fetch", "itn", "--json", env=now).json["sources"]
        assert len(stories) >= 2 and [one["new"] for one in fetched] == [len(stories), len(stories), 2]
        out = tmp_path / day
        drafts.append(cli("edition", "draft", "itn", "--date", day, "--out", out, "--json", env=now, code=None).json)
        assert cli("edition", "import", out, "--json").json["items"] == sum(section["stories"] for section in drafts[-1]["sections"])
    first = drafts[0]["stories"]
    assert {one["source"] for one in first if one["outcome"] == "taken"} == {"rss"}, "the same story of three publishers is told once, by the best rank"
    assert {one["outcome"] for one in first if one["source"] != "rss" and "later" not in one["why"]} == {"merged"}
    assert any("itn/2022-10-05 told it" in one["why"] for one in drafts[1]["stories"])
