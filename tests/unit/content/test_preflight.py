"""One message on one handset; which handsets are tried."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.preflight.facts import MessageFacts, PictureFacts, SlideFacts
from content.preflight.matching import mismatches
from content.preflight.panel import Panel, Trial, commonest
from subscribers.capabilities.facts import FACTS, Value, of_class
from subscribers.handset_classes import handset_classes

PICTURE = PictureFacts("image/png", 240, 180, animated=False, progressive=False)
MESSAGE = MessageFacts(80_000, (SlideFacts("晨报", "utf-8", PICTURE), SlideFacts("plain", "us-ascii", None), SlideFacts("", "", PictureFacts("image/gif", 100, 320, animated=True, progressive=False))))


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ({}, []),
        ({"mms_max_bytes": 80_000}, []),
        ({"mms_max_bytes": 79_999}, [("fail", None, "mms_max_bytes")]),
        ({"slides_max": 3, "slide_chars_max": 5}, []),
        ({"slides_max": 2}, [("fail", None, "slides_max")]),
        ({"slide_chars_max": 4}, [("fail", 2, "slide_chars_max")]),
        ({"image_types": ("image/gif", "image/jpeg")}, [("fail", 1, "image_types")]),
        ({"charsets": ("gb2312", "us-ascii")}, [("fail", 1, "charsets")]),
        ({"charsets": ("utf-8",)}, []),
        ({"mms_max_width_px": 160, "mms_max_height_px": 120}, [("fail", 1, "mms_max_width_px"), ("fail", 3, "mms_max_width_px")]),
        ({"mms_max_width_px": 320, "mms_max_height_px": 240}, []),
        ({"width_px": 176, "height_px": 220}, [("warn", 1, "width_px"), ("warn", 3, "width_px")]),
        ({"width_px": 240, "height_px": 320}, []),
        ({"animated_gif": False}, [("warn", 3, "animated_gif")]),
        ({"smil": False}, [("warn", None, "smil")]),
        ({"mms": False}, [("warn", None, "mms")]),
        ({"progressive_jpeg": False}, []),
    ],
)
def test_what_does_not_fit_is_said_with_slide_and_reason(values: dict[str, Value], wanted: list[tuple[Any, ...]]) -> None:
    found = mismatches(MESSAGE, values)
    assert [(one.level, one.slide, one.check) for one in found] == wanted
    assert all(one.reason and one.check in FACTS for one in found)


def test_a_picture_that_is_hardly_larger_than_the_limit_warns() -> None:
    message = MessageFacts(1, (SlideFacts("", "", PictureFacts("image/jpeg", 128, 154, animated=False, progressive=False)),))
    limit: dict[str, Value] = {"mms_max_width_px": 160, "mms_max_height_px": 120}
    assert [one.level for one in mismatches(message, limit, 0.1)] == ["warn"]
    assert [one.level for one in mismatches(message, limit, 0.05)] == ["fail"]


def test_progressive_jpeg_on_a_handset_that_shows_none() -> None:
    picture = PictureFacts("image/jpeg", 10, 10, animated=False, progressive=True)
    assert [one.check for one in mismatches(MessageFacts(1, (SlideFacts("", "", picture),)), {"progressive_jpeg": False})] == ["progressive_jpeg"]


SLIDES = st.builds(
    SlideFacts,
    text=st.text(max_size=40),
    charset=st.just("utf-8"),
    picture=st.none() | st.builds(PictureFacts, st.sampled_from(("image/jpeg", "image/gif")), st.integers(1, 128), st.integers(1, 160), animated=st.just(False), progressive=st.just(False)),
)


@given(st.builds(MessageFacts, st.integers(1, 30_000), st.lists(SLIDES, min_size=1, max_size=3).map(tuple)), st.sampled_from(list(handset_classes().values())))
def test_what_fits_the_smallest_class_fits_a_handset_that_is_what_any_class_says(message: MessageFacts, handset: Any) -> None:
    assert mismatches(message, of_class(handset)) == []


@given(st.dictionaries(st.none() | st.text(min_size=1, max_size=3), st.integers(1, 1_000)), st.floats(0, 1))
def test_the_commonest_handsets_make_up_the_share_and_no_more_are_tried_than_needed(models: dict[str | None, int], share: float) -> None:
    chosen = commonest(models, share)
    known = sum(count for model, count in models.items() if model is not None)
    covered = [models[model] for model in chosen]
    assert sum(covered) >= share * known or len(chosen) == len([one for one in models if one is not None])
    assert not covered or sum(covered[:-1]) < share * known
    left = [count for model, count in models.items() if model is not None and model not in chosen]
    assert not covered or not left or min(covered) >= max(left)


def test_classes_of_which_no_handset_is_tried_are_named() -> None:
    trials = {"30kb-128x160": (Trial("Nokia 3100", "30kb-128x160", {}, 3, "audience"),)}
    assert Panel(trials, {"30kb-128x160": 3, "600kb-480x800": 27, "50kb-176x220": 0}).untried == {"600kb-480x800": 27}
