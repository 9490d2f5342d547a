"""Word lists and the leaders' list: from CSV and back, and what a bad file is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from huabao.runtime import Runtime
from tests.command_line import CLI

WORDS = "word,list,severity,note,advice\n秘密会议,甲,block,不得报道,内部会议\n会议,甲,warn,,\n\"a,b\",乙,allow,,\n"
LEADERS = "name,title,order,until\n王晓明,省委书记,1,\n赵强,市长,5,2026-03-31\n"


def test_lists_go_in_and_out(runtime: Runtime, cli: CLI, tmp_path: Path) -> None:
    del runtime
    (tmp_path / "w.csv").write_text(WORDS, "utf-8-sig")
    assert cli("words", "import", tmp_path / "w.csv", "--json").json == {"lists": {"乙": 1, "甲": 2}}
    cli("words", "export", "--out", tmp_path / "out.csv")
    (tmp_path / "one.csv").write_text("word\n只有这个\n", "gb18030")
    cli("words", "import", tmp_path / "one.csv", "--list", "甲")
    assert cli("words", "list", "--json").json == {"lists": [{"list": "乙", "severity": "allow", "words": 1}, {"list": "甲", "severity": "block", "words": 1}]}
    cli("words", "import", tmp_path / "out.csv")
    assert sorted(cli("words", "export", "--json").json["csv"].splitlines()) == sorted(
        ["word,list,severity,note,advice", "秘密会议,甲,block,不得报道,内部会议", "会议,甲,warn,,", '"a,b",乙,allow,,']
    )
    (tmp_path / "l.csv").write_text(LEADERS, "utf-8")
    assert cli("leaders", "import", tmp_path / "l.csv", "--json").json == {"leaders": 2}
    assert cli("leaders", "export", "--json").json["csv"] == LEADERS
    assert [one["order"] for one in cli("leaders", "list", "--json").json["leaders"]] == [1, 5]


@pytest.mark.parametrize(
    ("command", "text", "said"),
    [
        ("words", "wort\nx\n", "line 1: the columns are word"),
        ("words", "", "line 1: the columns are word"),
        ("words", "word,severity\nx,loud\n", "line 2: severity 'loud' is none of block, warn, allow"),
        ("words", "word\n好\n。。\n", "line 3: '。。' has no letter"),
        ("words", "word\n连接\n連 接\n", "line 3: '連 接' is '连接' once more"),
        ("words", "word,note\nx\n", "line 2: another number of fields"),
        ("words", "word\n" + "长" * 81 + "\n", "line 2: word has more than 80 characters"),
        ("words", 'word\n"x\n', "unexpected end of data"),
        ("leaders", "name,title,order\n王,长,first\n", "line 2: order 'first' is no number"),
        ("leaders", "name,title,order,until\n王,长,1,soon\n", "line 2: until 'soon' is no day"),
        ("leaders", "name,title,order\n王,长,1\n王,长,2\n", "line 3: 长王 stands there twice"),
    ],
)
def test_a_bad_file_is_refused_whole(cli: CLI, tmp_path: Path, command: str, text: str, said: str) -> None:
    good = {"words": "word\n旧词\n", "leaders": "name,title,order\n旧,官,1\n"}[command]
    (tmp_path / "good.csv").write_text(good, "utf-8")
    (tmp_path / "bad.csv").write_text(text, "utf-8")
    cli(command, "import", tmp_path / "good.csv")
    assert said in cli(command, "import", tmp_path / "bad.csv", code=2).err
    assert "旧" in cli(command, "export").out


def test_what_is_no_text_and_what_is_not_there(cli: CLI, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(b"word\n\xff\xff\xff\n")
    assert "neither UTF-8 nor GB 18030" in cli("words", "import", tmp_path / "x.csv", code=2).err
    assert "cannot be read" in cli("words", "import", tmp_path / "none.csv", code=2).err
    assert "there is no publication" in cli("desk", "show", "nobody", code=2).err
    assert "nothing to change" in cli("desk", "set", "nobody", code=2).err
