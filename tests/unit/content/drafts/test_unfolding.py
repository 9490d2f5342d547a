"""A version made a draft and read again is the same version; any paragraphs come back from their Markdown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from content.drafts.documents import digests_of, document_of, parts_of
from content.drafts.folding import texts_of
from content.drafts.markdown import markdown_of
from content.drafts.unfolding import draft_of
from content.folder import ImportedFolder, read_files, read_folder
from content.folder.markdown import clean_text, paragraphs_of
from tests.unit.content import editions

MARKS = st.text(alphabet=st.sampled_from("ab 字。1.)#*-_`[](){}<>!&;\\|~=+:>·\t"), min_size=1, max_size=14)
WORDS = st.lists(MARKS | st.text(min_size=1, max_size=12), max_size=5)


@given(WORDS)
@example(["1. 一", "5. 五"])
@example(["# 不是标题", "---", "===", "* 星", "> 引"])
@example(["<b>粗</b> &amp; &lt;", "[文](链接)", "![图](x)", "`代码`", "a\\*b"])
@example(["| a | b |", "|---|---|"])
@example(["{{greeting|亲爱的读者}}，早"])
def test_paragraphs_come_back_from_their_markdown(texts: list[str]) -> None:
    plain = [one for text in texts for one in paragraphs_of(clean_text(text))[0]]
    assert list(paragraphs_of(markdown_of(plain))[0]) == plain


@pytest.mark.parametrize("text", ["3.5 度", "12月1日，晴", "第1. 节", "价 8-10 元", "A、B、C", "“引号”——破折号", "《书》_下划_线"])
def test_what_needs_no_escape_has_none(text: str) -> None:
    assert markdown_of([text]) == text


def _again(found: ImportedFolder) -> tuple[ImportedFolder, ImportedFolder]:
    document = draft_of(found.manuscript)
    pictures = {sha256: data for sha256, (data, _) in found.assets.items()}
    files = texts_of(document) | {name: pictures[one["sha256"]] for name, one in document["pictures"].items()}
    once = read_files(files, {})
    again = texts_of(draft_of(once.manuscript)) | {name: data for name, data in files.items() if name in document["pictures"]}
    return once, read_files(again, {})


@pytest.mark.parametrize("make", [editions.newspaper, editions.magazine, editions.comic])
def test_a_version_made_a_draft_is_the_same_version(make: Callable[[Path], Path], tmp_path: Path) -> None:
    found = read_folder(make(tmp_path), {})
    once, twice = _again(found)
    assert once.manuscript == found.manuscript
    assert once.source_sha256 == twice.source_sha256, "the same draft gives the same bytes"


def test_rules_slots_levels_and_quizzes_come_back(tmp_path: Path) -> None:
    sections = [
        {"title": "城市", "segment": editions.CITY, "city": "合肥", "items": ["images/a.jpg", "articles/1.md"]},
        {"title": "体育", "segment": editions.SPORT, "items": ["articles/2.md", "articles/3.md"]},
        {"title": "空缺", "items": [], "fallback": ["articles/4.md"]},
    ]
    folder = editions.write(
        tmp_path,
        {
            "edition.yaml": editions.edition(
                sections=sections, slots=["greeting"], credit="制作", almanac={"lunar": "十月十四", "term": "小雪"}, shares={"province": 0.5, "city": 0.5}, greyscale=True
            ),
            "articles/1.md": editions.article("一", "{{greeting|亲爱的读者}}，早上好。", segment=editions.SPORT, level="city", short_title="短", source="新华社"),
            "articles/2.md": editions.article("二", "1. 第一\n5. 第二", evergreen=True, topics=["sport", "news"]),
            "articles/3.md": editions.article("三", "", summary="只有摘要", tone="humorous"),
            "articles/4.md": editions.article("四", "备用。"),
            "images/a.jpg": editions.picture(),
        },
    )
    found = read_folder(folder, {})
    once, _ = _again(found)
    assert once.manuscript == found.manuscript


def test_a_document_is_its_parts(tmp_path: Path) -> None:
    document = draft_of(read_folder(editions.newspaper(tmp_path), {}).manuscript)
    assert document_of(parts_of(document)) == document
    assert len(digests_of(document)) == 2 + 9 + 3
