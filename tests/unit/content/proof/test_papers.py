"""What the desk's tables give a proof."""

from __future__ import annotations

from content.proof.papers import slots_of


def test_slots_are_told_in_words_and_once_each() -> None:
    greeting = {"name": "greeting", "chars_max": 16, "fallback": "亲爱的读者", "item": "articles/front.md", "paragraph": 0, "start": 0}
    points = {"name": "points", "chars_max": 8, "fallback": "若干", "item": "articles/front.md", "paragraph": 0, "start": 11}
    assert slots_of([greeting, points, greeting | {"paragraph": 3}]) == ("greeting ≤ 16: 亲爱的读者", "points ≤ 8: 若干")
    assert slots_of([]) == ()
