"""Structural similarity: against another implementation, against its definition, and what it says of JPEGs."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from PIL import Image

from content.adapt.similarity import WINDOW_PX, Reference, luma_of, opened

Grey = NDArray[np.uint8]

CASES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parents[3] / "vectors/similarity/scikit-image.yaml").read_text("utf-8"))["cases"]


def _waves(rows: int, columns: int, period: int) -> Grey:
    down, across = np.mgrid[0:rows, 0:columns]
    waves: Grey = ((across * across // period + down * down // (period + 3) + 3 * across * down // (2 * period)) % 256).astype(np.uint8)
    return waves


def _pairs() -> Iterator[tuple[str, Grey, Grey]]:
    ramp = np.tile(np.arange(96, dtype=np.uint8) * 2, (64, 1))
    wave = _waves(64, 96, 40)
    wide = wave.astype(np.int64)
    beside = sum(np.roll(wide, step, axis) for step in (-1, 1) for axis in (0, 1))
    yield "same", wave, wave
    yield "brighter", ramp, ramp + 20
    yield "coarser", wave, wave // 32 * 32 + 16
    yield "blurred", wave, ((beside + 4 * wide) // 8).astype(np.uint8)
    yield "negative", wave, 255 - wave
    yield "another", wave, _waves(64, 96, 23)
    yield "flat", np.full((20, 30), 90, np.uint8), np.full((20, 30), 100, np.uint8)
    yield "black and white", np.zeros((20, 30), np.uint8), np.full((20, 30), 255, np.uint8)
    yield "one window", wave[:7, :7], wave[1:8, 2:9]
    yield "narrow", wave[:9], wave[3:12]


PAIRS = {name: (Image.fromarray(one), Image.fromarray(other)) for name, one, other in _pairs()}


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["pair"]))
def test_it_is_what_scikit_image_says(case: dict[str, Any]) -> None:
    one, other = PAIRS[case["pair"]]
    assert Reference(one).similarity(other) == pytest.approx(case["similarity"], abs=2e-6)
    assert Reference(other).similarity(one) == pytest.approx(case["similarity"], abs=2e-6)


@pytest.mark.parametrize("case", [case for case in CASES if case.get("gaussian", 0.0) > 0.5], ids=lambda case: str(case["pair"]))
def test_an_even_window_says_nearly_what_a_gaussian_one_does(case: dict[str, Any]) -> None:
    one, other = PAIRS[case["pair"]]
    assert Reference(one).similarity(other) == pytest.approx(case["gaussian"], abs=0.03)


def _defined(one: Grey, other: Grey) -> float:
    """Equation 13 of Wang et al., window by window."""
    side = min(WINDOW_PX, *one.shape)
    found = []
    for top in range(one.shape[0] - side + 1):
        for left in range(one.shape[1] - side + 1):
            ours, theirs = (picture[top : top + side, left : left + side].astype(np.float64).ravel() for picture in (one, other))
            (own, both), (_, their) = np.cov(ours, theirs) if side > 1 else np.zeros((2, 2))
            x, y, c1, c2 = ours.mean(), theirs.mean(), 2.55**2, 7.65**2
            found.append((2 * x * y + c1) * (2 * both + c2) / ((x * x + y * y + c1) * (own + their + c2)))
    return float(np.mean(found))


@given(st.data(), st.tuples(st.integers(1, 11), st.integers(1, 11)))
def test_it_is_what_its_definition_says(data: st.DataObject, shape: tuple[int, int]) -> None:
    one, other = (data.draw(arrays(np.uint8, shape)) for _ in range(2))
    said = Reference(Image.fromarray(one)).similarity(Image.fromarray(other))
    assert said == pytest.approx(_defined(one, other), abs=2e-6)
    assert -1.0 <= said <= 1.0


def test_sums_hold_at_their_largest() -> None:
    white = Image.new("L", (40, 40), 255)
    assert Reference(white).similarity(white) == 1.0


def _painting() -> Image.Image:
    noise = np.random.default_rng(5).normal(0, 14, (90, 120, 3))
    waves = np.stack([_waves(90, 120, period) for period in (30, 60, 90)], axis=-1)
    return Image.fromarray(np.clip(waves // 2 + noise + 60, 0, 255).astype(np.uint8))


def test_more_quality_is_more_alike_and_brightness_is_enough_to_know() -> None:
    picture = _painting()
    found = []
    for quality in (20, 40, 60, 80, 95):
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=quality)
        with Image.open(out) as shown:
            whole = Reference(picture).similarity(shown.convert("RGB"))
        found.append(Reference(picture).similarity(opened(out.getvalue())))
        assert found[-1] == pytest.approx(whole, abs=0.004)
    assert found == sorted(found) and found[0] < 0.9 < found[-1]


def test_a_smaller_picture_is_compared_at_full_size() -> None:
    picture = _painting()
    smaller = picture.resize((60, 45), Image.Resampling.LANCZOS)
    assert Reference(picture).similarity(smaller) < Reference(picture).similarity(picture.resize((110, 82))) < 1.0
    assert luma_of(smaller).shape == (45, 60)
