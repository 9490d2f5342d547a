"""HTML to Markdown, and folders of articles."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.feeds.articles import read_articles
from content.feeds.markup import HTML_CHARACTERS_MAX, Picture, as_html, to_markdown, words_of
from content.folder.markdown import paragraphs_of
from huabao.errors import UsageError


def test_form_stays_and_what_is_no_text_goes() -> None:
    source = "<h2>题</h2><p>一段<a href='http://x.example'>链接</a>，<b>重点</b>。<script>alert(1)</script></p><ul><li>甲<li>乙</ul><form>填</form><style>p{}</style>"
    assert to_markdown(source).markdown == "## 题\n\n一段链接，**重点**。\n\n- 甲\n- 乙"


def test_marks_in_the_text_are_text() -> None:
    for plain in ("5*3*2 = 30", "# 不是标题", "a_b_c <b>", "1. 不是列表"):
        assert "".join(paragraphs_of(to_markdown(as_html(plain)).markdown)[0]) == plain


def test_pictures_are_absolute_and_of_the_web() -> None:
    source = "<img src='a.jpg' alt=' 桥 '><img src='javascript:x'><img src='data:image/png;base64,AA'><img src='/t.gif' width='1'><img data-src='//c.example/b.png'><img src='a.jpg'>"
    assert to_markdown(source, "http://n.example/x/").pictures == (Picture("http://n.example/x/a.jpg", "桥"), Picture("http://c.example/b.png"))


@pytest.mark.parametrize("source", ["<div>" * 15_000 + "x", "<b>" * 30_000 + "x", "<ul><li>" * 12_000 + "x", "x<br>" * 20_000, "a" + " " * 99_000 + "b", "<p>" + "a_" * 49_000, "<" * 99_000])
def test_what_is_built_to_be_slow_or_deep_is_read(source: str) -> None:
    found = to_markdown(source)
    assert found.markdown or source.startswith(("<div>", "<b>", "<ul>"))
    assert not found.cut and to_markdown(source + "x" * HTML_CHARACTERS_MAX).cut


@given(st.text(max_size=200))
def test_any_text_is_read(source: str) -> None:
    assert isinstance(to_markdown(source, "http://n.example/").markdown, str)
    assert "\n" not in words_of(source)


def test_a_folder_of_articles(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("---\ntitle: 新桥\ndate: 2022-10-30 12:00\nimage: b.jpg\ntopics: [city, road]\norigin: 新华社\n---\n\n桥开了。\n", "utf-8")
    (tmp_path / "b.txt").write_bytes("图书馆开放\n到晚上十点。\n周末不休。".encode("gbk"))
    (tmp_path / "c.html").write_bytes("<html><head><meta charset=big5><title>站名</title></head><body><h1>比賽開始</h1><p>在主場。</p></body></html>".encode("cp950"))
    (tmp_path / "d.md").write_text("---\ntitle: [\n---\n# 标题\n正文", "utf-8")
    (tmp_path / "e.md").write_text("", "utf-8")
    (tmp_path / "f.txt").symlink_to("/etc/passwd")
    (tmp_path / "g.jpg").write_bytes(b"x")
    os.utime(tmp_path / "b.txt", (0, 1_667_000_000))
    found = read_articles(tmp_path)
    told = {one.guid: (one.title, one.body) for one in found.entries}
    assert told["a.md"] == ("新桥", "桥开了。")
    assert told["b.txt"] == ("图书馆开放", "到晚上十点。\n\n周末不休。")
    assert told["c.html"][0] == "比賽開始" and "在主場。" in told["c.html"][1]
    assert told["d.md"] == ("标题", "正文")
    assert set(told) == {"a.md", "b.txt", "c.html", "d.md"}
    entries = {one.guid: one for one in found.entries}
    assert (entries["a.md"].pictures, entries["a.md"].topics, entries["a.md"].origin) == ((Picture("b.jpg"),), ("city", "road"), "新华社")
    assert entries["a.md"].published_at == datetime(2022, 10, 30, 4, tzinfo=UTC)
    assert any("d.md" in one for one in found.problems) and any("e.md" in one for one in found.problems) and any("f.txt" in one for one in found.problems)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such folder"):
        read_articles(tmp_path / "x")
