"""The lunar date and each city's weather in a draft, and never yesterday's weather as today's."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from content.almanac.weather import import_weather
from content.compose import PictureSource, compose
from content.folder import read_folder
from huabao.errors import UsageError
from huabao.runtime import Runtime
from subscribers.handset_classes import handset_class
from tests.command_line import CLI

NOW = {"HUABAO_NOW": "2026-11-22T04:30:00+08:00"}
NO_PICTURES: dict[str, bytes] = {}
CSV = "city,date,low,high,text,wind\n合肥,2026-11-22,5,12,多云转晴,东北风3级\n芜湖市,2026-11-22,6,13,小雨,\n安庆,2026-11-21,7,14,晴,南风2级\n"


@pytest.fixture
def desk(cli: CLI, tmp_path: Path) -> CLI:
    (tmp_path / "news").mkdir()
    (tmp_path / "news" / "a.md").write_text("---\ntitle: 新桥通车\ndate: 2026-11-21 20:00\n---\n\n江边的新桥昨天开放。\n", "utf-8")
    evening = datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp()
    os.utime(tmp_path / "news" / "a.md", (evening, evening))
    cli("publication", "add", "jc", "--title", "江城早报", "--kind", "newspaper", "--service-id", "JC")
    cli("feed", "add", "jc", "本地", "--folder", tmp_path / "news", "--section", "要闻")
    cli("feed", "fetch", "jc", env=NOW)
    return cli


def draft(cli: CLI, out: Path) -> Any:
    return cli("edition", "draft", "jc", "--date", "2026-11-22", "--out", out, "--json", env=NOW).json


def test_a_draft_has_the_day_and_each_city_its_weather(desk: CLI, tmp_path: Path) -> None:
    (tmp_path / "w.csv").write_text(CSV, "gb18030")
    made = desk("weather", "import", tmp_path / "w.csv", "--json", env=NOW).json
    assert (made["rows"], made["cities"], made["first"], made["last"], made["rejected"]) == (3, 3, "2026-11-21", "2026-11-22", [])
    shown = desk("weather", "show", "--json", env=NOW, code=1).json
    assert (shown["lunar"], shown["term"], shown["cities"][1]["text"]) == ("十月十四", "小雪", None), "安庆's is yesterday's"
    warnings = draft(desk, tmp_path / "out")["warnings"]
    assert [one for one in warnings if "安庆" in one] == ["no forecast of 2026-11-22 for 安庆: the draft says so; `huabao weather import FILE` brings it"]
    document = yaml.safe_load((tmp_path / "out" / "edition.yaml").read_text("utf-8"))
    assert document["almanac"] == {"lunar": "十月十四", "term": "小雪"}
    assert document["sections"][-1]["title"] == "天气"
    texts = [(tmp_path / "out" / name).read_text("utf-8") for name in document["sections"][-1]["items"]]
    assert "合肥今天多云转晴，5～12℃，东北风3级。" in texts[0] and "- 合肥\n  - 合肥市" in texts[0]
    assert "今天的天气预报还没有到" in texts[1] and "7" not in texts[1].replace("2026", "")
    assert "芜湖今天小雨，6～13℃。" in texts[2]
    manuscript = read_folder(tmp_path / "out", {}).manuscript
    made_ = compose(manuscript, ("articles/01.md",), handset_class("30kb-128x160"), PictureSource(NO_PICTURES.__getitem__), "http://w")
    assert "11月22日 星期日\n农历十月十四 小雪" in made_.slides[0].text
    assert desk("edition", "import", tmp_path / "out", "--json").json["items"] == 4


def test_without_forecasts_there_is_no_weather(desk: CLI, tmp_path: Path) -> None:
    draft(desk, tmp_path / "out")
    assert [one["title"] for one in yaml.safe_load((tmp_path / "out" / "edition.yaml").read_text("utf-8"))["sections"]] == ["要闻"]


def test_json_and_rows_that_cannot_be_used(cli: CLI, tmp_path: Path) -> None:
    rows: list[Any] = [
        {"city": "合肥", "date": "2026-11-22", "low": "5℃", "high": 12.4, "text": "晴"}, {"city": "合肥", "date": "22.11.", "low": 1, "high": 2, "text": "晴"},
        {"city": "合肥", "date": "2026-11-22", "low": 20, "high": 2, "text": "晴"}, 7,
    ]  # fmt: skip
    (tmp_path / "w.json").write_text(json.dumps(rows), "utf-8")
    made = cli("weather", "import", tmp_path / "w.json", "--json", code=1).json
    assert (made["rows"], [one.split(":")[0] for one in made["rejected"]]) == (1, ["row 2", "row 3", "row 4"])
    (tmp_path / "x.csv").write_text("ort,tag\nx,y\n", "utf-8")
    assert "names no column city, date, low, high, text" in cli("weather", "import", tmp_path / "x.csv", code=2).err


def test_no_file_makes_it_fall(sqlite_runtime: Runtime) -> None:
    texts = st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda text: f"city,date,low,high,text,wind\n{text}".encode()), st.text("[]{},:\"01a", max_size=80).map(str.encode))

    @given(texts)
    def holds(data: bytes) -> None:
        with sqlite_runtime.transaction() as session:
            try:
                import_weather(session, data, by="x", at=sqlite_runtime.now())
            except UsageError:
                session.rollback()

    holds()
