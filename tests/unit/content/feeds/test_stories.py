"""Stories merged, chosen and ordered: rules on tellings."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.feeds.likeness import alike, canonical_link, gist_of, likeness
from content.feeds.markup import Picture, words_of
from content.feeds.planning import Policy, Printed, plan_draft
from content.feeds.settings import STORY_SHARE_MIN
from content.feeds.stories import Telling, merge
from content.feeds.tails import recurring, without_tail

AT = datetime(2022, 10, 30, 12, tzinfo=UTC)
POLICY = Policy(share_min=0.6, age_h=36, section_stories_max=3, edition_stories_max=5, brief_characters_max=20)
TEXTS = (
    "江边的新桥在星期一早晨开放，第一辆公共汽车在六点十分驶过桥面。",
    "市图书馆从下周起每天开放到晚上十点，读者可以在门口还书。",
    "江城队昨晚在主场以三比一战胜来访的山城队，前锋攻入两球。",
    "气象台预计明天午后有阵雨，山区可能出现短时大风，请注意防范。",
    "三号地铁线完成全线铺轨，计划明年春天开始空车试运行。",
)


def telling(number: int, text: str = "", **more: Any) -> Telling:
    plain = Telling(number, "甲", "要闻", 1, None, True, False, None, None, (), f"g{number}", "", f"第{number}条", text or TEXTS[number % 5] + f"（{number}）" * 2, (), "", AT)
    return dataclasses.replace(plain, **more)


def test_an_update_takes_the_place_of_the_older_telling() -> None:
    older, newer = telling(1, TEXTS[0]), telling(2, TEXTS[0] + "桥长1.2公里。", at=AT + timedelta(hours=2))
    (story,) = merge([older, newer], 0.6)
    assert story.teller is newer and [(one.telling, one.why) for one in story.merged] == [(older, "update")]


def test_the_better_rank_tells_and_all_sources_are_named() -> None:
    first = telling(1, TEXTS[0], source="乙", rank=5, origin="新华社", pictures=(Picture("http://a.example/1.jpg"),))
    second = telling(2, "江邊的新橋在星期一早晨開放，第一輛公共汽車在六點十分駛過橋面。")
    (story,) = merge([first, second], 0.6)
    assert (story.teller, story.sources, len(story.pictures)) == (second, ("甲", "新华社"), 1)


def test_what_is_for_everybody_tells_before_what_is_for_a_city() -> None:
    city, everybody = telling(1, TEXTS[0], segment="hefei", rank=1), telling(2, TEXTS[0], source="乙", rank=9)
    assert merge([city, everybody], 0.6)[0].teller is everybody


@pytest.mark.parametrize(
    ("link", "other", "same"),
    [
        ("http://www.a.example/n/1?utm_source=x#top", "https://m.a.example/n/1/", True),
        ("http://a.example/n?id=1", "http://a.example/n?id=2", False),
        ("http://a.example/", "http://b.example/", True),
    ],
)
def test_links(link: str, other: str, same: bool) -> None:
    assert (canonical_link(link) == canonical_link(other)) is same


UNDER_ALL = "更多民生新闻，请关注本报官方微信公众号，每天早晨六点准时更新。新闻热线全天开通，欢迎读者提供线索。（责任编辑：王小明）"


def test_what_a_source_writes_under_all_stories_makes_none_alike() -> None:
    short = [telling(number, text + "\n\n" + UNDER_ALL, title="") for number, text in enumerate(TEXTS)]
    assert len(merge(short, 0.6)) == 1, "by their whole texts they are alike"
    draft = plan_draft(short, [], [], AT, dataclasses.replace(POLICY, section_stories_max=9, edition_stories_max=9))
    assert [one.outcome for one in draft.verdicts] == ["taken"] * len(TEXTS)
    assert draft.stories[0].teller.body.endswith("（责任编辑：王小明）"), "told is the whole text"
    printed = [Printed("p/1", "a.md", "", gist_of("", TEXTS[0] + UNDER_ALL))]
    seen = plan_draft(short, printed, [], AT, dataclasses.replace(POLICY, section_stories_max=9, edition_stories_max=9))
    assert [one.telling.item_id for one in seen.verdicts if one.outcome == "left_out"] == [0]


def test_a_story_told_anew_is_no_habit_of_its_source() -> None:
    again = [telling(number, TEXTS[0] + f"第{number}次更新。" + "桥长一公里，双向六车道。" * 2) for number in range(4)]
    assert recurring((one.source, one.body) for one in again) == {"甲": frozenset()}
    assert without_tail("甲", UNDER_ALL, {"甲": frozenset({"责任编辑王小明"})}).endswith("线索。")


def test_a_page_that_lists_many_stories_joins_none() -> None:
    page = "http://a.example/news"
    assert len(merge([telling(number, link=page) for number in range(4)], 0.6)) == 4
    assert len(merge([telling(0, link=page), telling(1, link=page, source="乙")], 0.6)) == 1


def test_caps_ranks_and_order() -> None:
    here = [telling(0, rank=2), telling(1, rank=1, cap=1), telling(2, rank=1, cap=1), telling(3, section="体育", rank=0)]
    draft = plan_draft([dataclasses.replace(one, source=f"s{one.rank}") for one in here], [], ["要闻"], AT, POLICY)
    assert [(section.title, [story.teller.item_id for story in section.stories]) for section in draft.sections] == [("要闻", [1, 0]), ("体育", [3])]
    assert [(one.telling.item_id, one.outcome) for one in draft.verdicts] == [(0, "taken"), (1, "taken"), (2, "left_out"), (3, "taken")]
    assert "has its 1 stories already" in draft.verdicts[2].why


def test_briefs_stand_together_behind_the_lead() -> None:
    brief, long = "下周一停水半天。", TEXTS[1] * 2
    here = [telling(1, "今天限行尾号一和六", rank=1), telling(2, brief, rank=2), telling(3, long, rank=3), telling(4, "河道开始清淤，下月完成", rank=4)]
    policy = dataclasses.replace(POLICY, section_stories_max=9)
    assert [story.teller.item_id for story in plan_draft(here, [], [], AT, policy).stories] == [1, 3, 2, 4]


def test_what_was_printed_stays_out_with_all_its_tellings() -> None:
    printed = Printed("paper/1", "articles/7.md", "新桥", gist_of("新桥", TEXTS[0]))
    draft = plan_draft([telling(1, TEXTS[0]), telling(2, TEXTS[0], source="乙"), telling(3)], [printed], [], AT, POLICY)
    assert [(one.outcome, "paper/1 told it" in one.why) for one in draft.verdicts] == [("left_out", True), ("left_out", True), ("taken", False)]


def test_a_fallback_stands_in_only_where_nothing_else_does() -> None:
    here = [telling(1), telling(2, fallback=True, source="架", at=AT - timedelta(days=900)), telling(3, fallback=True, source="架", section="生活", at=AT + timedelta(days=900))]
    draft = plan_draft(here, [], ["要闻", "生活", "副刊"], AT, POLICY)
    assert [(section.title, section.fallback) for section in draft.sections] == [("要闻", False), ("生活", True)]
    assert draft.missing == ("副刊",) and "not needed" in draft.verdicts[1].why


TELLINGS = st.lists(
    st.builds(
        lambda number, text, source, rank, hours, cap: telling(number, TEXTS[text], source=source, rank=rank, at=AT + timedelta(hours=hours), cap=cap, guid=f"g{text}"),
        st.integers(0, 10_000), st.integers(0, 4), st.sampled_from("甲乙丙"), st.integers(1, 3), st.integers(-50, 5), st.sampled_from((None, 1, 2)),
    ),
    max_size=12, unique_by=lambda one: one.item_id,
)  # fmt: skip


@given(TELLINGS)
def test_every_telling_has_one_verdict_and_caps_hold(tellings: list[Telling]) -> None:
    draft = plan_draft(tellings, [], [], AT, POLICY)
    left = {one.telling.item_id for one in draft.verdicts if one.outcome != "merged"}
    assert sorted({one.telling.item_id for one in draft.verdicts}) == sorted(one.item_id for one in tellings)
    assert len(draft.verdicts) == len(tellings) and len(left) <= len(tellings)
    assert {story.teller.item_id for story in draft.stories} == {one.telling.item_id for one in draft.verdicts if one.outcome == "taken"}
    assert len(draft.stories) <= POLICY.edition_stories_max
    assert all(len(section.stories) <= POLICY.section_stories_max for section in draft.sections)


@given(st.lists(st.text(alphabet="江城新桥通车开放学校比赛胜利天气晴雨", min_size=0, max_size=30), max_size=8))
def test_the_index_finds_what_comparing_all_finds(texts: list[str]) -> None:
    gists = [gist_of(text[:5], text) for text in texts]
    wanted = {(one, other) for one, other in combinations(range(len(gists)), 2) if likeness(gists[one], gists[other]) >= 0.6}
    found = {(one, other) for one, other, _ in alike(gists, 0.6)}
    assert found <= wanted
    assert wanted - found <= {(one, other) for one, other in wanted if not gists[one].pairs or not gists[other].pairs}, "only texts of one letter have no pairs"


# --- real news -------------------------------------------------------------------------------------------------------


def _blurbs(samples: Path) -> Iterator[tuple[str, str, datetime]]:
    for one in json.loads((samples / "text" / "news" / "wikipedia-zh-in-the-news-2022-09_2023-04.json").read_text("utf-8")):
        yield one["qid"], words_of(one["blurb_html"]), datetime.fromisoformat(one["date"])


def test_precision_and_recall_on_real_news(samples: Path) -> None:
    """The figures of docs/feeds.md: other words for one story within a week, by text only."""
    topics: dict[str, set[str]] = {}
    days: dict[str, datetime] = {}
    for topic, text, day in _blurbs(samples):
        topics.setdefault(text, set()).add(topic)
        days.setdefault(text, day)
    texts = list(topics)
    near = [(one, other) for one, other in combinations(range(len(texts)), 2) if abs(days[texts[one]] - days[texts[other]]) <= timedelta(days=7)]
    same = {pair for pair in near if topics[texts[pair[0]]] & topics[texts[pair[1]]]}
    found = {(one, other) for one, other, _ in alike([gist_of("", text) for text in texts], STORY_SHARE_MIN.default)} & set(near)
    precision, recall = len(found & same) / len(found), len(found & same) / len(same)
    assert (len(texts), len(near) > 2000) == (257, True)
    assert precision >= 0.95 and recall >= 0.95, (precision, recall, len(found), len(same))
