"""A message's byte budget shared over its pictures."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from content.adapt import EncodeCache, Fitting, PictureRequest, decode, fit_pictures
from content.adapt.framing import Style, cropped, shown_size
from subscribers.handset_classes import HandsetClass, handset_class, handset_classes
from tests.unit.content.adapt.pictures import STYLES, cache_of, requests_of


def _check(fitting: Fitting, requests: Sequence[PictureRequest], budget_bytes: int, handset: HandsetClass) -> None:
    """All that `fit_pictures` promises."""
    assert set(fitting.pictures) | set(fitting.dropped) == {request.key for request in requests}
    assert not set(fitting.pictures) & set(fitting.dropped)
    used = sum(len(one.data) for one in fitting.pictures.values())
    assert used <= budget_bytes
    assert fitting.worst_quality == min((one.quality for one in fitting.pictures.values()), default=100)
    if fitting.pictures and fitting.worst_quality < 90:
        assert used >= 0.98 * budget_bytes
    for request in requests:
        if (one := fitting.pictures.get(request.key)) is not None:
            assert one.media_type in handset.image_types
            assert one.quality >= 40
            assert one.width_px <= min(request.width_px_max, request.image.width) and one.height_px <= request.height_px_max
            with Image.open(io.BytesIO(one.data)) as shown:
                shown.load()
                assert shown.size == (one.width_px, one.height_px)
                assert shown.get_format_mimetype() == one.media_type
            if request.optional or any(other.optional for other in requests if other.key in fitting.pictures):
                assert one.width_px >= int(0.6 * shown_size(cropped(request), request)[0])
    _check_order(fitting, requests)


def _check_order(fitting: Fitting, requests: Sequence[PictureRequest]) -> None:
    by_key = {request.key: request for request in requests}
    importance = [(by_key[key].optional, by_key[key].rank) for key in fitting.dropped]
    assert importance == sorted(importance, reverse=True), "the least important go first"
    kept = [(by_key[key].optional, by_key[key].rank) for key in fitting.pictures]
    assert not importance or not kept or max(kept) <= importance[-1]


@settings(max_examples=25)
@given(
    st.lists(st.tuples(st.integers(0, 5), st.sampled_from(STYLES), st.booleans()), min_size=1, max_size=8),
    st.sampled_from(sorted(handset_classes())),
    st.floats(0.001, 1.0),
)
def test_any_pictures_in_any_budget(seeds: list[tuple[int, Style, bool]], name: str, share: float) -> None:
    handset = handset_class(name)
    budget_bytes = int(handset.budget_bytes * share)
    requests = requests_of(seeds, handset)
    _check(fit_pictures(requests, budget_bytes, handset, cache=cache_of(name)), requests, budget_bytes, handset)


@pytest.mark.parametrize("name", sorted(handset_classes()))
@pytest.mark.parametrize("count", [1, 4, 12])
@pytest.mark.parametrize("share", [0.05, 0.3, 0.9])
def test_real_photographs(samples: Path, name: str, count: int, share: float) -> None:
    handset = handset_class(name)
    requests = [dataclasses.replace(one, width_px_max=handset.width_px, height_px_max=handset.height_px * 6 // 10) for one in _photographs(samples)[:count]]
    budget_bytes = int(handset.budget_bytes * share)
    _check(fit_pictures(requests, budget_bytes, handset), requests, budget_bytes, handset)


@lru_cache(maxsize=1)
def _photographs(samples: Path) -> list[PictureRequest]:
    names = sorted(path for path in (samples / "photos").iterdir() if path.stat().st_size > 100_000 and path.suffix in (".jpg", ".png"))
    return [PictureRequest(path.name, decode(path.read_bytes(), longest_px=960), 1, 1, "photo", rank=n) for n, path in enumerate(names[:12])]


def test_drawings_alone_in_a_class_without_png() -> None:
    handset = handset_class("30kb-128x160")
    requests = requests_of([(seed, "drawing", True) for seed in range(8)], handset)
    for budget_bytes in (400, 2_000, 6_000, 15_000, 29_000):
        fitting = fit_pictures(requests, budget_bytes, handset)
        _check(fitting, requests, budget_bytes, handset)
        assert "image/png" not in {one.media_type for one in fitting.pictures.values()}


def test_flat_type_takes_the_smaller_of_its_lossless_forms() -> None:
    handset = handset_class("100kb-240x320")
    plate = Image.new("RGB", (240, 80), "white")
    ImageDraw.Draw(plate).rectangle((0, 0, 239, 50), fill=(180, 20, 30))
    fitting = fit_pictures([PictureRequest("plate", plate, 240, 192, "type", crop=False)], 20_000, handset)
    assert fitting.worst_quality == 100
    assert len(fitting.pictures["plate"].data) < 400


def test_same_input_same_bytes_and_a_cache_changes_nothing() -> None:
    handset, cache = handset_class("50kb-176x220"), EncodeCache()
    requests = requests_of([(seed, STYLES[seed % 4], True) for seed in range(6)], handset)
    plain = fit_pictures(requests, 30_000, handset)
    assert plain == fit_pictures(requests, 30_000, handset, cache=cache)
    encoded = len(cache.encodings)
    assert plain == fit_pictures(requests, 30_000, handset, cache=cache)
    assert len(cache.encodings) == encoded, "nothing was encoded again"


def test_what_must_stay_becomes_small_before_it_goes() -> None:
    handset = handset_class("30kb-128x160")
    requests = requests_of([(1, "photo", False), (2, "photo", False)], handset)
    fitting = fit_pictures(requests, 2_200, handset)
    assert fitting.dropped == () and fitting.worst_quality >= 40
    assert fit_pictures(requests, 100, handset).pictures == {}


def test_no_pictures_and_plenty_of_room() -> None:
    handset = handset_class("600kb-480x800")
    assert fit_pictures([], 1000, handset) == Fitting({}, (), 100)
    requests = requests_of([(1, "photo", True)], handset)
    assert fit_pictures(requests, 10_000_000, handset).worst_quality >= 90


def test_drawn_type_keeps_its_size_where_photographs_shrink() -> None:
    handset = handset_class("30kb-128x160")
    plate = Image.new("RGB", (128, 40), "white")
    ImageDraw.Draw(plate).text((4, 10), "Huabao", fill="black")
    requests = [PictureRequest("plate", plate, 128, 96, "type", crop=False), *requests_of([(seed, "photo", True) for seed in range(8)], handset)]
    fitting = fit_pictures(requests, 13_000, handset)
    assert fitting.pictures["plate"].width_px == 128
    assert any(fitting.pictures[one.key].width_px < shown_size(cropped(one), one)[0] for one in requests[1:] if one.key in fitting.pictures)
