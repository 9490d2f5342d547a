"""A budget shared by similarity: the worst picture is as good as can be, and better than with equal shares."""

from __future__ import annotations

import io
import statistics

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from content.adapt import EncodeCache, fit_pictures
from content.adapt.curves import ANCHORS, Curve
from content.adapt.renditions import Rendition
from content.adapt.similarity import Reference
from subscribers.handset_classes import handset_class, handset_classes
from tests.unit.content.adapt.pictures import cache_of, framed, plain, requests_of, similarities

CLASSES = sorted(handset_classes())[:3]
SEEDS = st.lists(st.integers(0, 7), min_size=1, max_size=6, unique=True)

ROUGHLY = 0.004
"""What a curve may be wrong by between its anchors."""


@settings(max_examples=20)
@given(SEEDS, st.sampled_from(CLASSES), st.floats(0.05, 0.9), st.floats(1.0, 1.5))
def test_more_bytes_never_make_the_worst_picture_worse(seeds: list[int], name: str, share: float, more: float) -> None:
    handset = handset_class(name)
    requests = requests_of([(seed, "photo", True) for seed in seeds], handset)
    poor, rich = (fit_pictures(requests, round(handset.budget_bytes * share * times), handset, cache=cache_of(name)) for times in (1.0, more))
    if not poor.dropped:
        assert min(similarities(rich, requests)) >= min(similarities(poor, requests)) - ROUGHLY


@settings(max_examples=20)
@given(SEEDS, st.sampled_from(CLASSES), st.floats(0.1, 0.9))
def test_no_worse_than_equal_shares_of_the_same_bytes(seeds: list[int], name: str, share: float) -> None:
    handset = handset_class(name)
    requests = requests_of([(seed, "photo", True) for seed in seeds], handset)
    fitting = fit_pictures(requests, round(handset.budget_bytes * share), handset, cache=cache_of(name))
    kept = [request for request in requests if request.key in fitting.pictures]
    each = sum(len(one.data) for one in fitting.pictures.values()) / max(1, len(kept))
    theirs = [(framed(request), plain(framed(request), each)) for request in kept]
    if kept and all(len(data) <= each for _, data in theirs):
        alike = [Reference(frame).similarity(Image.open(io.BytesIO(data))) for frame, data in theirs]
        assert min(similarities(fitting, requests)) >= min(alike) - ROUGHLY


def test_equal_shares_lose_clearly_where_pictures_differ() -> None:
    handset = handset_class("100kb-240x320")
    requests = requests_of([(seed, "photo", True) for seed in range(8)], handset)
    fitting = fit_pictures(requests, 60_000, handset, cache=cache_of(handset.name))
    each = sum(len(one.data) for one in fitting.pictures.values()) / len(requests)
    ours = similarities(fitting, requests)
    theirs = [Reference(framed(one)).similarity(Image.open(io.BytesIO(plain(framed(one), each)))) for one in requests]
    assert not fitting.dropped and min(ours) > min(theirs) + 0.02
    assert statistics.pstdev(ours) < statistics.pstdev(theirs), "alike in likeness, not in bytes"


@pytest.mark.parametrize("share", [1.0, 0.7])
@pytest.mark.parametrize("seed", range(4))
def test_a_curve_is_near_what_is_measured(seed: int, share: float) -> None:
    handset = handset_class("100kb-240x320")
    (request,) = requests_of([(seed, "photo", True)], handset)
    rendition, reference = Rendition(request, share, 400, handset, EncodeCache()), Reference(framed(request))
    for quality in (430, 555, 647, 780, 861, 933):
        encoding = rendition.at(quality)
        with Image.open(io.BytesIO(encoding.data)) as shown:
            assert rendition.similarity(encoding) == pytest.approx(reference.similarity(shown.convert("RGB")), abs=ROUGHLY)
        assert rendition.size_bytes(quality) == pytest.approx(len(encoding.data), rel=0.05)


_RISING = st.lists(st.integers(100, 60_000), min_size=len(ANCHORS), max_size=len(ANCHORS))
_LIKENESS = st.lists(st.floats(0.2, 1.0), min_size=len(ANCHORS), max_size=len(ANCHORS))


@given(_RISING, _LIKENESS, st.integers(ANCHORS[0], ANCHORS[-1] - 1), st.floats(-0.5, 1.0))
def test_a_curve_rises_whatever_was_measured(sizes: list[int], alike: list[float], quality: int, similarity: float) -> None:
    curve = Curve.measured(sizes, alike)
    assert curve.size_bytes(quality) <= curve.size_bytes(quality + 1) * (1 + 1e-12)
    assert curve.similarity(quality) <= curve.similarity(quality + 1) + 1e-12
    enough = curve.quality(similarity)
    assert ANCHORS[0] <= enough <= ANCHORS[-1]
    assert enough == ANCHORS[-1] or curve.similarity(enough) >= similarity - 1e-6
    assert enough == ANCHORS[0] or curve.similarity(enough - 1) <= similarity + 1e-6
    assert curve.quality(similarity) >= curve.quality(similarity - 0.1)
