"""Slides look as they did, within a tolerance."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from content.designs.library import shelves
from tests.golden.comparing import PICTURES, Golden, drawn, faults, goldens


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the editions."""
    return tmp_path_factory.mktemp("papers")


@pytest.mark.parametrize("golden", goldens(), ids=lambda one: one.name)
def test_slides_look_as_they_did(golden: Golden, papers: Path, tmp_path: Path) -> None:
    said = faults(golden, drawn(golden, papers), tmp_path)
    assert not said, said


def test_every_design_of_ours_has_a_golden_and_all_are_small() -> None:
    assert {golden.design for golden in goldens()} >= set(shelves())
    assert {path.name for path in PICTURES.glob("*.png")} == {golden.path.name for golden in goldens()}
    assert sum(path.stat().st_size for path in PICTURES.glob("*.png")) < 1_000_000


def test_what_looks_otherwise_is_told_with_pictures(tmp_path: Path) -> None:
    golden = goldens()[0]
    with Image.open(golden.path) as kept:
        image = kept.convert("RGB")
    assert faults(golden, image, tmp_path) == ""
    moved = image.transform(image.size, Image.Transform.AFFINE, (1, 0, 2, 0, 1, 1))
    assert "does not look as it did: similarity" in faults(golden, moved, tmp_path)
    assert "pixels instead of" in faults(golden, image.crop((0, 0, 50, 50)), tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"expected.png", "seen.png", "difference.png"}
    assert "is missing" in faults(Golden("newspaper", "none", golden.handset_class, 1), image, tmp_path)
