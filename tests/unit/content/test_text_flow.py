"""Thoughts and their flow into slides."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.compose.flow import Room, body_of, flow, slides_needed
from content.compose.sentences import CLOSERS, OPENERS, STOPS, sentences_of, thoughts_of

PROSE = st.text(alphabet='桥江新路今天3.1，。！？；：、“”（）《》…—abc "', min_size=1, max_size=120).map(lambda text: " ".join(text.split())).filter(bool)
PARAGRAPHS = st.lists(PROSE, min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("桥通了。车来了！人呢？", ["桥通了。", "车来了！", "人呢？"]),
        ("“去拿你的书来。”他慢慢地说。我去了。", ["“去拿你的书来。”他慢慢地说。", "我去了。"]),
        ("“来了。”“好。”", ["“来了。”", "“好。”"]),
        ("桥长1.2公里。宽3.5米。", ["桥长1.2公里。", "宽3.5米。"]),
        ("他笑了……然后走了。", ["他笑了……然后走了。"]),
        ("真的？！……是的。", ["真的？！……", "是的。"]),
        ("书名是《谁是谁？》。完了。", ["书名是《谁是谁？》。", "完了。"]),
        ("（说完就走。）他走了。", ["（说完就走。）他走了。"]),
        ("“没有收尾的话。他走了。", ["“没有收尾的话。", "他走了。"]),
        ("It cost 3.50 yuan. He paid. Dr. X", ["It cost 3.50 yuan.", " He paid.", " Dr. X"]),
        ("没有句号", ["没有句号"]),
    ],
)
def test_sentences(text: str, sentences: list[str]) -> None:
    assert sentences_of(text) == sentences


def test_a_heading_and_a_colon_stay_with_what_follows() -> None:
    texts = [thought.text for thought in thoughts_of(("小标题", "第一句。第二句。", "他说：——", "“给我读熟。”"))]
    assert texts == ["小标题\n第一句。", "第二句。", "他说：——\n“给我读熟。”"]


@given(PARAGRAPHS)
def test_no_text_is_lost(paragraphs: list[str]) -> None:
    thoughts = thoughts_of(paragraphs)
    assert "".join(thought.text for thought in thoughts).replace("\n", "") == "".join(paragraphs)


@given(PARAGRAPHS, st.integers(20, 120), st.integers(20, 120), st.integers(1, 6), st.integers(0, 40))
def test_slides_keep_to_their_room(paragraphs: list[str], first: int, later: int, slides: int, link: int) -> None:
    thoughts = thoughts_of(paragraphs)
    found = flow(thoughts, Room(first, later, slides, link))
    assert 1 <= len(found.bodies) <= slides
    assert len(found.bodies[0]) <= first
    assert all(len(body) <= later for body in found.bodies[1:])
    whole = body_of(thoughts)
    shown = "\n".join(found.bodies)
    if not found.cut:
        assert shown.replace("\n", "").replace(" ", "") == whole.replace("\n", "").replace(" ", "")
    else:
        assert whole.replace("\n", "").replace(" ", "").startswith(shown.replace("\n", "").replace(" ", ""))
    assert all(found.bodies[1:]), "an empty slide"


@given(PARAGRAPHS, st.integers(1, 6))
def test_a_slide_ends_after_a_thought(paragraphs: list[str], slides: int) -> None:
    thoughts = thoughts_of(paragraphs)
    ends = {body_of([thought]).split("\n")[-1][-1:] for thought in thoughts}
    for body in flow(thoughts, Room(60, 60, slides, 20)).bodies:
        assert not body or body[-1] in ends


def test_prose_is_cut_behind_a_full_stop_and_outside_quotations() -> None:
    text = "他说：“今天不行。明天也不行。后天看看。”大家都散了。天黑了，路上没有人。桥还没有修好。" * 6
    found = flow(thoughts_of((text,)), Room(70, 90, 2, 30))
    assert found.cut
    for body in found.bodies:
        assert body[-1] in STOPS + CLOSERS
        assert sum(body.count(mark) for mark in OPENERS) == sum(body.count(mark) for mark in CLOSERS)


def test_slides_are_filled_evenly_and_no_orphan_is_left() -> None:
    text = "".join(f"这是一句有十五个字左右的话{number}。" for number in range(10, 22))
    found = flow(thoughts_of((text,)), Room(150, 150, 3, 30))
    assert not found.cut
    assert min(map(len, found.bodies)) > 0.5 * max(map(len, found.bodies))


def test_a_first_sentence_too_long_leaves_only_the_link() -> None:
    found = flow(thoughts_of(("很长" * 60 + "。",)), Room(80, 90, 3, 40))
    assert (found.bodies, found.cut) == (("",), True)


@given(PARAGRAPHS, st.integers(1, 9))
def test_slides_needed_is_enough(paragraphs: list[str], most: int) -> None:
    thoughts = thoughts_of(paragraphs)
    room = Room(70, 90, most, 30)
    needed = slides_needed(thoughts, room, most)
    assert 1 <= needed <= most
    if needed < most:
        assert not flow(thoughts, Room(70, 90, needed, 30)).cut
