"""Sources asked by themselves, the alarm of a feed that is missing, and stories that move on overnight."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from console.registry import registry
from content.feeds import arrivals
from content.feeds.arrivals import ARRIVED, DUE_LATER, LATE, MISSING, arrival_of, ask_due, parse_hour, watch
from content.feeds.asking import FETCH
from content.feeds.models import FeedItem, FeedSource
from huabao.alarms import Alarm
from huabao.errors import UsageError
from huabao.queues import Job
from huabao.runtime import Runtime
from tests.command_line import CLI
from tests.services.clocks import at
from tests.unit.content import editions

FIVE = datetime(2026, 11, 21, 21, tzinfo=UTC)
"""05:00 in Shanghai on the 22nd."""


def source(arrived: datetime | None = None, expected: str = "05:00") -> FeedSource:
    return FeedSource(name="本地", section="要闻", expected_at=expected, arrived_at=arrived)


@pytest.mark.parametrize(
    ("arrived", "now", "state"),
    [
        (None, FIVE - timedelta(minutes=1), DUE_LATER),
        (None, FIVE, LATE),
        (FIVE - timedelta(hours=11), FIVE, ARRIVED),
        (FIVE - timedelta(hours=13), FIVE, LATE),
        (FIVE + timedelta(hours=3), FIVE + timedelta(hours=4), ARRIVED),
        (FIVE + timedelta(hours=3), FIVE + timedelta(hours=24), LATE),
    ],
)
def test_what_came_for_the_hour(arrived: datetime | None, now: datetime, state: str) -> None:
    assert arrival_of(source(arrived), now, 12).state == state
    assert arrival_of(source(arrived, ""), now, 12).state == ""


@pytest.mark.parametrize(("text", "hour"), [("5:00", "05:00"), ("05:30", "05:30"), ("", ""), ("23:59", "23:59")])
def test_an_hour_is_read(text: str, hour: str) -> None:
    assert parse_hour(text) == hour


@given(st.text(max_size=8))
def test_any_text_is_an_hour_or_refused(text: str) -> None:
    try:
        found = parse_hour(text)
    except UsageError:
        return
    assert found == "" or (len(found) == 5 and found[2] == ":")


@pytest.fixture
def paper(cli: CLI, tmp_path: Path) -> CLI:
    (tmp_path / "news").mkdir()
    cli("publication", "add", "test-newspaper", "--title", "江城早报", "--kind", "newspaper", "--service-id", "JC")
    made = cli("feed", "add", "test-newspaper", "本地", "--folder", tmp_path / "news", "--section", "要闻", "--every", 10, "--expected", "5:00", "--json").json
    assert (made["every_min"], made["expected_at"]) == (10, "05:00")
    return cli


def write(tmp_path: Path, text: str) -> None:
    path = tmp_path / "news" / "a.md"
    path.write_text(f"---\ntitle: 新桥通车\n---\n\n{text}\n", "utf-8")
    os.utime(path, (FIVE.timestamp(), FIVE.timestamp()))


def test_a_source_is_asked_when_its_time_has_come_and_missed_when_nothing_came(paper: CLI, runtime: Runtime, tmp_path: Path) -> None:
    write(tmp_path, editions.STORY)
    assert "content.fetch_feed" in registry().tasks
    assert {"content.ask_feeds", "content.watch_feeds"} <= {one.name for one in registry().periodics}
    assert (ask_due(runtime), ask_due(runtime)) == (1, 0), "asked once in ten minutes"
    with runtime.transaction(read_only=True) as session:
        (job,) = session.scalars(select(Job)).all()
        assert (job.task, job.args) == ("content.fetch_feed", {"publication": "test-newspaper", "name": "本地"})
        assert session.scalars(select(FeedItem)).all() == []
    five = at(runtime, FIVE + timedelta(minutes=1))
    assert watch(five) == watch(five) == ["test-newspaper/本地"]
    with runtime.transaction(read_only=True) as session:
        (alarm,) = session.scalars(select(Alarm)).all()
        assert (alarm.kind, alarm.count, alarm.text) == (MISSING, 1, "“本地” of test-newspaper brought nothing new by 05:00: nothing ever came")
    board = paper("feed", "list", "--json", env={"HUABAO_NOW": "2026-11-22T05:01:00+08:00"}).json["sources"]
    assert (board[0]["publication"], board[0]["arrival"]) == ("test-newspaper", LATE)
    FETCH.run(five, publication="test-newspaper", name="本地")
    assert watch(five) == []
    with runtime.transaction(read_only=True) as session:
        assert session.scalars(select(Alarm.closed_at)).one() is not None
    FETCH.run(runtime, publication="gone", name="本地")
    paper("feed", "set", "test-newspaper", "本地", "--every", 0, "--expected", "", "--rank", 3)
    assert ask_due(runtime) == 0 and arrivals.watch(five) == []
    assert "nothing to change" in paper("feed", "set", "test-newspaper", "本地", code=2).err


def test_a_story_that_moved_on_overnight_is_shown(paper: CLI, sqlite_runtime: Runtime, tmp_path: Path) -> None:
    del sqlite_runtime
    write(tmp_path, editions.STORY)
    paper("feed", "fetch", "test-newspaper", env={"HUABAO_NOW": "2026-11-21T22:00:00+08:00"})
    text = editions.edition(sections=[{"title": "要闻", "items": ["1.md", "2.md"]}])
    folder = editions.write(tmp_path / "in", {"edition.yaml": text, "1.md": editions.article("新桥通车"), "2.md": editions.article("菜价", "白菜每斤八角，萝卜每斤一元二角。")})
    paper("edition", "import", folder, env={"HUABAO_NOW": "2026-11-21T23:00:00+08:00"})
    assert paper("edition", "hits", 1, "--json").json["hits"] == []
    write(tmp_path, f"{editions.STORY}凌晨四点，大桥因大雾临时封闭。")
    paper("feed", "fetch", "test-newspaper", env={"HUABAO_NOW": "2026-11-22T04:10:00+08:00"})
    (hit,) = paper("edition", "hits", 1, "--json").json["hits"]
    assert (hit["kind"], hit["severity"], hit["item"]) == ("moved_on", "warn", "1.md")
    assert hit["rule"].startswith("本地 told it anew at 2026-11-22 04:10")
