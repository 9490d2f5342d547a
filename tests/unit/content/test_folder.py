"""Edition folders: what is read, what is warned about, what is refused and in which words."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.folder import read_folder
from content.folder.articles import split_front_matter
from content.folder.documents import read_yaml
from content.folder.problems import Findings
from content.manuscript import Manuscript, Panel
from huabao.errors import UsageError
from tests.unit.content import editions


def refusal(folder: Path) -> str:
    with pytest.raises(UsageError) as refused:
        read_folder(folder, {})
    return str(refused.value)


def test_a_newspaper_is_read_whole(tmp_path: Path) -> None:
    found = read_folder(editions.newspaper(tmp_path), {})
    manuscript = found.manuscript
    assert (manuscript.publication, manuscript.kind, manuscript.number, manuscript.issue_date) == ("test-newspaper", "newspaper", "2026-11-22", date(2026, 11, 22))
    assert [section.title for section in manuscript.sections] == ["要闻", "体育", "简讯"]
    assert len(manuscript.items) == 9
    assert manuscript.items[3].rule == editions.SPORT
    assert len(found.assets) == 3
    assert found.warnings == ()
    assert Manuscript.from_document(manuscript.to_document()) == manuscript


def test_a_section_rule_and_an_item_rule_both_bind(tmp_path: Path) -> None:
    sections = [{"title": "体育", "segment": "fans", "items": ["a.md", "b.md"]}]
    editions.write(
        tmp_path, {"edition.yaml": editions.edition(sections=sections), "a.md": editions.article("甲", segment=editions.CITY), "b.md": editions.article("乙", "别的事情也有人说。")}
    )
    items = read_folder(tmp_path, {"fans": editions.SPORT}).manuscript.items
    assert items[0].rule == {"all": [editions.SPORT, editions.CITY]}
    assert items[1].rule == editions.SPORT


def test_a_magazine_without_a_part_is_taken_and_one_without_a_cover_warned_about(tmp_path: Path) -> None:
    sections = [{"title": "卷首", "part": "front", "items": ["a.md"]}]
    editions.write(tmp_path, {"edition.yaml": editions.edition("magazine", sections=sections), "a.md": editions.article("甲")})
    assert any("cover" in warning for warning in read_folder(tmp_path, {}).warnings)


def test_a_quiz_closes_when_the_day_ends(tmp_path: Path) -> None:
    manuscript = read_folder(editions.magazine(tmp_path), {}).manuscript
    quiz = next(item.article.quiz for item in manuscript.items if item.article and item.article.quiz)
    assert quiz.closes_at == datetime(2099, 12, 31, 16, tzinfo=UTC)
    assert (quiz.answer, quiz.winners, quiz.choices[1]) == (2, 20, "四条")


def test_a_comic_keeps_panels_and_reading(tmp_path: Path) -> None:
    found = read_folder(editions.comic(tmp_path), {})
    assert found.manuscript.items[0].panels == (Panel(20, 20, 360, 240), Panel(20, 300, 360, 240))
    assert any("5 of 6 pages name no `panels`" in warning for warning in found.warnings)


@pytest.mark.parametrize("number", ["2026-11", "'6'", "1.10", "007", "2026-11-22"])
def test_a_number_stays_as_written(tmp_path: Path, number: str) -> None:
    text = editions.edition(sections=[{"title": "甲", "items": ["a.md"]}]).replace("number: '2026-11-22'", f"number: {number}")
    editions.write(tmp_path, {"edition.yaml": text, "a.md": editions.article("甲")})
    assert read_folder(tmp_path, {}).manuscript.number == number.strip("'")


def test_the_same_story_twice_is_kept_and_named(tmp_path: Path) -> None:
    again = editions.STORY.replace("江边的新桥", "江边新桥").replace("终于", "總算")
    sections = [{"title": "要闻", "items": ["a.md", "b.md", "c.md"]}]
    editions.write(
        tmp_path,
        {
            "edition.yaml": editions.edition(sections=sections),
            "a.md": editions.article("新桥通车"),
            "b.md": editions.article("大桥开放", again),
            "c.md": editions.article("菜价", "白菜每斤八角，萝卜每斤一元二角。"),
        },
    )
    found = read_folder(tmp_path, {})
    assert len(found.manuscript.items) == 3
    assert [warning.split(" (")[0] for warning in found.warnings] == ["b.md: tells the same story as a.md"]


def test_text_loses_marks_and_keeps_words(tmp_path: Path) -> None:
    body = "# 小标题\n\n一个**重点**和[链接](http://x.y)，\n接着写。\n\n- 甲\n- 乙\n\n1. 一\n2. 二\n\n![图](x.png)尾\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n<b>粗</b>\x07字"
    editions.write(
        tmp_path, {"edition.yaml": editions.edition(sections=[{"title": "甲", "items": ["a.md"]}]), "a.md": "\ufeff" + editions.article("甲", body).replace("\n", "\r\n")}
    )
    found = read_folder(tmp_path, {})
    article = found.manuscript.items[0].article
    assert article is not None
    assert article.paragraphs == ("小标题", "一个重点和链接，接着写。", "· 甲", "· 乙", "1. 一", "2. 二", "尾", "a b", "1 2", "粗字")
    assert [warning for warning in found.warnings if "picture inside the text" in warning]


def test_unknown_keys_and_unnamed_articles_are_warned_about(tmp_path: Path) -> None:
    text = editions.edition(sections=[{"title": "甲", "items": ["articles/a.md"], "colour": "red"}])
    editions.write(tmp_path, {"edition.yaml": text, "articles/a.md": editions.article("甲", autor="x"), "articles/b.md": editions.article("乙")})
    warnings = "\n".join(read_folder(tmp_path, {}).warnings)
    assert "`colour`" in warnings
    assert "articles/a.md:3: an article has no key `autor`" in warnings
    assert "articles/b.md" in warnings


ONE = {"title": "甲", "items": ["a.md"]}

REFUSED: dict[str, tuple[dict[str, str | bytes], str]] = {
    "no edition.yaml": ({"a.md": "x"}, "edition.yaml: `edition.yaml` cannot be read"),
    "broken YAML": ({"edition.yaml": "publication: x\nkind: [a\nnumber: 1\n"}, "edition.yaml:3: broken YAML"),
    "no mapping": ({"edition.yaml": "- a\n"}, "edition.yaml:1: edition.yaml is a list"),
    "empty": ({"edition.yaml": ""}, "edition.yaml:1: nothing is written here"),
    "a python object": ({"edition.yaml": "publication: !!python/object/apply:os.system [id]\n"}, "`publication` is a list"),
    "a bad kind": ({"edition.yaml": editions.edition("poster", sections=[ONE]), "a.md": editions.article("甲")}, "`kind` is 'poster'; write one of newspaper"),
    "a bad date": ({"edition.yaml": editions.edition(sections=[ONE], date="22.11.2026"), "a.md": editions.article("甲")}, "edition.yaml:5: `date` is '22.11.2026'"),
    "a missing title": ({"edition.yaml": editions.edition(sections=[ONE], title=None), "a.md": editions.article("甲")}, "`title` is missing"),
    "a key twice": ({"edition.yaml": editions.edition(sections=[ONE]) + "kind: comic\n", "a.md": editions.article("甲")}, "`kind` stands twice"),
    "no such article": ({"edition.yaml": editions.edition(sections=[{"title": "甲", "items": ["b.md"]}])}, "edition.yaml:9: `b.md` cannot be read (No such file or directory)"),
    "no such image": ({"edition.yaml": editions.edition(sections=[ONE]), "a.md": editions.article("甲", image="images/x.jpg")}, "a.md:3: `images/x.jpg` cannot be read"),
    "no picture": ({"edition.yaml": editions.edition(sections=[ONE]), "a.md": editions.article("甲", image="x.jpg"), "x.jpg": b"<svg/>" * 9}, "a.md:3: `x.jpg` cannot be used"),
    "a truncated picture": (
        {"edition.yaml": editions.edition(sections=[ONE]), "a.md": editions.article("甲", image="x.jpg"), "x.jpg": editions.picture()[:900]},
        "a.md:3: `x.jpg` cannot be used",
    ),
    "no front matter": ({"edition.yaml": editions.edition(sections=[ONE]), "a.md": "# 甲\n"}, "a.md:1: no front matter"),
    "no title": ({"edition.yaml": editions.edition(sections=[ONE]), "a.md": "---\ntopics: [x]\n---\n文字。\n"}, "a.md:1: an article without `title`"),
    "no text": ({"edition.yaml": editions.edition(sections=[ONE]), "a.md": editions.article("甲", "")}, "a.md:1: an article without text"),
    "GBK": (
        {"edition.yaml": editions.edition(sections=[ONE]), "a.md": editions.article("甲").encode("gbk")},
        "a.md:2: not UTF-8 (it looks like GBK or GB 18030); save the file as UTF-8",
    ),
    "a segment nobody defined": ({"edition.yaml": editions.edition(sections=[ONE]), "a.md": editions.article("甲", segment="fans")}, "a.md:3: there is no segment 'fans'"),
    "a malformed rule": (
        {"edition.yaml": editions.edition(sections=[ONE]), "a.md": editions.article("甲", segment={"all": [{"field": "shoe", "op": "eq", "value": 1}]})},
        "a.md:4",
    ),
    "an escape by ..": ({"edition.yaml": editions.edition(sections=[{"title": "甲", "items": ["../a.md"]}])}, "`../a.md` does not name a file of this folder"),
    "an absolute path": ({"edition.yaml": editions.edition(sections=[{"title": "甲", "items": ["/etc/hostname.md"]}])}, "does not name a file of this folder"),
    "pages in a newspaper": ({"edition.yaml": editions.edition(pages=[{"image": "x.png"}], sections=[ONE]), "a.md": editions.article("甲")}, "`pages` belong to a comic"),
    "a comic without pages": ({"edition.yaml": editions.edition("comic")}, "a comic without `pages`"),
    "a panel outside": (
        {"edition.yaml": editions.edition("comic", pages=[{"image": "x.png", "panels": [[0, 0, 900, 10]]}]), "x.png": editions.picture(form="PNG")},
        "does not lie in the page of 320×240",
    ),
    "a quiz with a wrong answer": (
        {
            "edition.yaml": editions.edition(sections=[ONE]),
            "a.md": editions.article("甲", quiz={"question": "?", "choices": ["a", "b"], "answer": 3, "reply_to": "1", "closes_at": "2026-12-31"}),
        },
        "`answer` is 3 of 2 choices",
    ),
    "a quiz without an end": (
        {"edition.yaml": editions.edition(sections=[ONE]), "a.md": editions.article("甲", quiz={"question": "?", "choices": ["a", "b"], "answer": 1, "reply_to": "1"})},
        "a quiz without `closes_at`",
    ),
    "an alias of itself": ({"edition.yaml": "publication: &a [*a]\n"}, "an alias of itself"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_place_and_remedy(tmp_path: Path, case: str) -> None:
    files, words = REFUSED[case]
    assert words in refusal(editions.write(tmp_path, files))


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    text = editions.edition(sections=[{"title": "甲", "items": ["x.md", "y.md"]}], date="?", kind="newspaper")
    said = refusal(editions.write(tmp_path, {"edition.yaml": text})).splitlines()
    assert len(said) == 3
    assert all("; " in line and line.startswith("edition.yaml:") for line in said)


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    folder, secret = tmp_path / "in", tmp_path / "secret.md"
    secret.write_text(editions.article("密"), "utf-8")
    editions.write(folder, {"edition.yaml": editions.edition(sections=[ONE])})
    (folder / "a.md").symlink_to(secret)
    assert "leads out of the folder" in refusal(folder)


def test_a_pipe_is_refused_without_waiting(tmp_path: Path) -> None:
    editions.write(tmp_path, {"edition.yaml": editions.edition(sections=[ONE])})
    os.mkfifo(tmp_path / "a.md")
    assert "cannot be read" in refusal(tmp_path)


def test_an_alias_bomb_is_refused_in_small_memory(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x,x]"] + [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    assert "more than" in refusal(editions.write(tmp_path, {"edition.yaml": "\n".join(lines)}))


def test_deep_nesting_is_refused(tmp_path: Path) -> None:
    assert "edition.yaml:1: " in refusal(editions.write(tmp_path, {"edition.yaml": "publication: " + "[" * 20_000}))


def test_no_folder(tmp_path: Path) -> None:
    assert "no such folder" in refusal(tmp_path / "nowhere")


def test_the_digest_follows_the_bytes(tmp_path: Path) -> None:
    first = read_folder(editions.newspaper(tmp_path), {}).source_sha256
    assert read_folder(tmp_path, {}).source_sha256 == first
    (tmp_path / "articles/9.md").write_text(editions.article("讲座", "讲座改在周日。"), "utf-8")
    assert read_folder(tmp_path, {}).source_sha256 != first


@given(st.text(max_size=300))
def test_any_text_as_yaml_is_read_or_noted(text: str) -> None:
    findings = Findings()
    node = read_yaml(text, "edition.yaml", findings)
    assert (node is None) == bool(findings.problems)
    if node is not None:
        node.document()


@given(st.text(max_size=300))
def test_any_text_is_front_matter_or_body(text: str) -> None:
    front, body, line = split_front_matter(text)
    assert line >= 1
    assert (front is None) == (body is text or body == text)
