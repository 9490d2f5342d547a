"""From a publisher's server to an edition: feeds fetched, merged, drafted, corrected, imported."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from huabao.runtime import Runtime
from tests.command_line import CLI
from tests.integration.content.feeds.publisher import Page, Publisher, published
from tests.unit.content import editions
from tests.unit.content.feeds.documents import Told, atom, rdf, rss

NOW = {"HUABAO_NOW": "2022-10-31T05:00:00+08:00"}
BRIDGE = Told("b1", "新桥今晨通车", "<p>江边的新桥在星期一早晨开放，第一辆公共汽车在六点十分驶过桥面。</p><p>桥长1.2公里，双向四车道。</p><img src='%s/bridge.jpg'>", "http://news.example/bridge")
BRIDGE_AGAIN = Told("x9", "江邊新橋星期一通車", "江邊的新橋在星期一早晨開放，第一輛公共汽車在六點十分駛過橋面。橋長1.2公里，雙向四車道。", at=datetime(2022, 10, 30, 13, tzinfo=UTC))
LIBRARY = Told("b2", "图书馆延长开放时间", "市图书馆从下周起每天开放到晚上十点，周末不休息。读者可以在门口的机器上还书。", "http://news.example/library")
MATCH = Told("b3", "江城队主场获胜", "江城队昨晚在主场以三比一战胜来访的山城队，前锋攻入两球，观众超过两万人。", "http://news.example/match", origin="体育周报")
OLD = Told("b0", "去年的旧闻", "这是一件很久以前发生的事情，今天的报纸不应当再刊登。", at=datetime(2021, 10, 30, tzinfo=UTC))


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with published() as found:
        yield found


@pytest.fixture
def paper(cli: CLI, publisher: Publisher) -> CLI:
    """A newspaper with two sources of news and one that stands in."""
    bridge = replace(BRIDGE, html=BRIDGE.html % publisher.url)
    publisher.pages["/news"] = Page(rss([bridge, LIBRARY, OLD], "gb2312"), "text/xml; charset=gb2312", '"1"')
    publisher.pages["/sport"] = Page(atom([MATCH]))
    publisher.pages["/wire"] = Page(rdf([BRIDGE_AGAIN], "big5"), "text/xml")
    publisher.pages["/bridge.jpg"] = Page(editions.picture(), "image/jpeg")
    cli("publication", "add", "jiangcheng", "--title", "江城早报", "--kind", "newspaper", "--service-id", "JC")
    cli("feed", "add", "jiangcheng", "晨报网", "--url", f"{publisher.url}/news", "--section", "要闻", "--rank", 1, "--topics", "city")
    cli("feed", "add", "jiangcheng", "体坛", "--url", f"{publisher.url}/sport", "--section", "体育", "--rank", 2)
    cli("feed", "add", "jiangcheng", "通讯社", "--url", f"{publisher.url}/wire", "--section", "要闻", "--rank", 3)
    return cli


def drafted(cli: CLI, out: Path, *more: object, code: int = 0) -> Any:
    return cli("edition", "draft", "jiangcheng", "--date", "2022-10-31", "--out", out, "--json", *more, env=NOW, code=code).json


def test_fetch_draft_and_import(paper: CLI, publisher: Publisher, tmp_path: Path, runtime: Runtime) -> None:
    fetched = paper("feed", "fetch", "jiangcheng", "--json", env=NOW).json["sources"]
    assert {one["name"]: (one["new"], one["failure"]) for one in fetched} == {"晨报网": (3, ""), "体坛": (1, ""), "通讯社": (1, "")}
    made = drafted(paper, tmp_path / "out", "--issue", "am")
    assert (made["number"], [section["title"] for section in made["sections"]]) == ("2022-10-31-am", ["要闻", "体育"])
    told = {(one["source"], one["title"]): (one["outcome"], one["why"]) for one in made["stories"]}
    assert told["晨报网", "新桥今晨通车"][0] == "taken"
    assert told["通讯社", "江邊新橋星期一通車"][0] == "merged" and "the same text" in told["通讯社", "江邊新橋星期一通車"][1]
    assert told["晨报网", "去年的旧闻"] == ("left_out", "it is older than 36 h")
    lead = (tmp_path / "out" / "articles" / "01.md").read_text("utf-8")
    front = yaml.safe_load(lead.split("---")[1])
    assert front == {"title": "新桥今晨通车", "image": "images/01.jpg", "topics": ["city"], "credit": "来源：晨报网、通讯社"}
    assert (tmp_path / "out" / "images" / "01.jpg").read_bytes() == publisher.pages["/bridge.jpg"].body
    imported = paper("edition", "import", tmp_path / "out", "--json").json
    assert (imported["items"], imported["warnings"]) == (3, [])
    assert runtime is not None


def test_unchanged_feeds_are_not_read_again_and_updates_are(paper: CLI, publisher: Publisher) -> None:
    paper("feed", "fetch", "jiangcheng", "晨报网", env=NOW)
    again = paper("feed", "fetch", "jiangcheng", "晨报网", "--json", env=NOW).json["sources"][0]
    assert again["unchanged"] and publisher.asked[-2:] == [("/news", 200), ("/news", 304)]
    bridge = replace(BRIDGE, html=BRIDGE.html % publisher.url)
    longer = Told("b2", "图书馆延长开放时间", f"{LIBRARY.html}暑假期间开放到十一点。", LIBRARY.link)
    publisher.pages["/news"] = Page(rss([bridge, longer], "gb2312"), "text/xml; charset=gb2312", '"2"')
    changed = paper("feed", "fetch", "jiangcheng", "晨报网", "--json", env=NOW).json["sources"][0]
    assert (changed["new"], changed["changed"], changed["same"]) == (0, 1, 1)


def test_from_yesterday_leaves_out_repeats_and_fills_what_is_missing(paper: CLI, publisher: Publisher, tmp_path: Path) -> None:
    yesterday: dict[str, str | bytes] = {
        "edition.yaml": editions.edition(
            publication="jiangcheng",
            number="2022-10-30-pm",
            date="2022-10-30",
            title="江城晚报",
            credit="江城日报社出品",
            sections=[{"title": "体育", "items": ["articles/1.md"]}, {"title": "生活", "items": ["articles/2.md"]}, {"title": "要闻", "items": ["articles/3.md"]}],
        ),
        "articles/1.md": editions.article("象棋比赛开幕", "全市象棋比赛昨天在文化宫开幕。"),
        "articles/2.md": editions.article("怎样腌菜", "选好白菜，洗净晾干，一层菜一层盐。"),
        "articles/3.md": editions.article("图书馆开放到晚上十点", "市图书馆从下周起每天开放到晚上十点，周末不休息。"),
    }
    paper("edition", "import", editions.write(tmp_path / "yesterday", yesterday))
    paper("feed", "fetch", "jiangcheng", env=NOW)
    lacking = drafted(paper, tmp_path / "lacking", "--issue", "am", "--from-yesterday", code=1)
    assert lacking["missing"] == ["生活"] and any("生活" in warning for warning in lacking["warnings"])
    pages = editions.write(tmp_path / "shelf", {"tea.md": editions.article("怎样泡茶", "水开以后等一会儿，再慢慢倒进壶里。"), "gbk.txt": "春天种花\n先松土，再浇水。".encode("gbk")})
    paper("feed", "add", "jiangcheng", "书架", "--folder", pages, "--section", "生活", "--fallback", "--cap", 1)
    paper("feed", "fetch", "jiangcheng", "书架", env=NOW)
    made = drafted(paper, tmp_path / "out", "--issue", "am", "--from-yesterday")
    document = yaml.safe_load((tmp_path / "out" / "edition.yaml").read_text("utf-8"))
    assert (made["from"], document["title"], document["credit"]) == ("2022-10-30-pm", "江城晚报", "江城日报社出品")
    assert [(one["title"], one["fallback"]) for one in made["sections"]] == [("体育", False), ("生活", True), ("要闻", False)]
    library = next(one for one in made["stories"] if one["title"] == LIBRARY.title)
    assert library["outcome"] == "left_out" and "jiangcheng/2022-10-30-pm told it (articles/3.md" in library["why"]


def test_sources_that_are_not_permitted_are_compared_only(paper: CLI, publisher: Publisher, tmp_path: Path) -> None:
    publisher.pages["/sport"] = Page(rss([MATCH]))
    paper("feed", "add", "jiangcheng", "小报", "--url", f"{publisher.url}/sport", "--section", "体育", "--not-permitted")
    paper("settings", "set", "feed_permitted_origins", "新华社，安徽日报")
    paper("feed", "fetch", "jiangcheng", env=NOW)
    stories = [one for one in drafted(paper, tmp_path / "out", code=1)["stories"] if one["title"] == MATCH.title]
    assert {one["source"]: one["why"] for one in stories} == {"小报": "小报 is no permitted source", "体坛": "its origin 体育周报 is no permitted source"}


def test_what_fails_is_said_and_spoils_nothing(paper: CLI, publisher: Publisher, tmp_path: Path) -> None:
    publisher.pages["/sport"] = Page(b"<html><head></head><body>gone</body></html>", "text/html")
    publisher.pages["/wire"] = Page(b"", status=500)
    said = paper("feed", "fetch", "jiangcheng", "--json", env=NOW, code=1).json["sources"]
    failures = {one["name"]: one["failure"] for one in said}
    assert failures["晨报网"] == "" and "no feed" in failures["体坛"] and "answers 500" in failures["通讯社"]
    made = drafted(paper, tmp_path / "out", "--issue", "am")
    assert any("通讯社" in warning and "answers 500" in warning for warning in made["warnings"])
    assert "is not empty" in paper("edition", "draft", "jiangcheng", "--out", tmp_path / "out", env=NOW, code=2).err


def test_wrong_use_is_said_in_one_line(paper: CLI, tmp_path: Path) -> None:
    assert "already" in paper("feed", "add", "jiangcheng", "体坛", "--url", "http://a.example/", "--section", "体育", code=2).err
    assert "http" in paper("feed", "add", "jiangcheng", "n", "--url", "file:///etc/passwd", "--section", "体育", code=2).err
    assert "--url or --folder" in paper("feed", "add", "jiangcheng", "n", "--section", "体育", code=2).err
    assert "no segment" in paper("feed", "add", "jiangcheng", "n", "--folder", tmp_path, "--section", "体育", "--segment", "x", code=2).err
    assert "feed fetch" in paper("edition", "draft", "jiangcheng", "--out", tmp_path / "out", code=2).err
    assert "no edition" in paper("edition", "draft", "jiangcheng", "--from-yesterday", "--out", tmp_path / "out", code=2).err
    assert paper("feed", "remove", "jiangcheng", "通讯社", "--json").json == {"name": "通讯社", "stories": 0}
    assert [one["name"] for one in paper("feed", "list", "jiangcheng", "--json").json["sources"]] == ["晨报网", "体坛"]
