"""A drawing's colours and their places, held against sorting all pixels."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from content.adapt.colours import colours_of, places


@given(width=st.integers(1, 9), height=st.integers(1, 9), data=st.data())
def test_they_are_those_that_sorting_finds(width: int, height: int, data: st.DataObject) -> None:
    pixels = np.frombuffer(data.draw(st.binary(min_size=3 * width * height, max_size=3 * width * height)), dtype=np.uint8).reshape(height, width, 3) & 0xC1
    image = Image.fromarray(pixels)
    packed = pixels[..., 0].astype(int) << 16 | pixels[..., 1].astype(int) << 8 | pixels[..., 2]
    colours, counts = np.unique(packed, return_counts=True)
    found, how_often = colours_of(image)
    assert found.tolist() == colours.tolist()
    assert how_often.tolist() == counts.tolist()
    assert found[places(image, found)].tolist() == packed.tolist()
