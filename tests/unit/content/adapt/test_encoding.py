"""One frame turned into bytes."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from content.adapt.encoding import LOSSLESS, encode_jpeg, encode_palette, quantisation, squared_error
from content.adapt.framing import Style
from content.adapt.similarity import Reference


def _photo(width: int = 96, height: int = 64) -> Image.Image:
    rows, columns = np.mgrid[0:height, 0:width]
    noise = np.random.default_rng(3).normal(0, 12, (height, width, 3))
    base = np.stack([columns * 255 / width, rows * 255 / height, (rows + columns) * 255 / (width + height)], axis=-1)
    return Image.fromarray(np.clip(base + noise, 0, 255).astype(np.uint8))


def _drawing() -> Image.Image:
    image = Image.new("RGB", (160, 100), "white")
    draw = ImageDraw.Draw(image)
    draw.ellipse((20, 10, 90, 80), fill=(200, 30, 40), outline="black", width=3)
    draw.text((100, 40), "Huabao", fill="black")
    return image


@given(st.integers(10, 1000))
def test_tables_are_those_of_the_ijg_library_at_whole_qualities(tenths: int) -> None:
    luminance, chrominance = quantisation(tenths)
    assert all(1 <= value <= 255 for value in (*luminance, *chrominance))
    if tenths % 10 == 0:
        out = io.BytesIO()
        Image.new("RGB", (16, 16)).save(out, "JPEG", quality=tenths // 10)
        with Image.open(out) as theirs:
            tables = theirs.quantization  # type: ignore[attr-defined]
        assert tuple(tables[0]) == luminance and tuple(tables[1]) == chrominance


@given(st.integers(10, 989))
def test_a_tenth_more_is_never_coarser(tenths: int) -> None:
    assert all(finer <= coarser for finer, coarser in zip(quantisation(tenths + 10)[0], quantisation(tenths)[0], strict=True))


@pytest.mark.parametrize("style", ["comic", "photo"])
def test_flat_colours_are_kept_whole_however_they_were_sent(style: Style) -> None:
    flat = Image.new("RGB", (120, 80), "red")
    flat.paste("blue", (30, 20, 90, 60))
    with Image.open(io.BytesIO(encode_jpeg(flat, 753, style))) as shown:
        assert shown.layer[0][1:3] == (1, 1)  # type: ignore[attr-defined]


@pytest.mark.parametrize("style", ["comic", "photo", "drawing", "type"])
def test_what_has_no_colour_wastes_nothing_on_it(style: Style) -> None:
    grey = _photo().convert("L").convert("RGB")
    with Image.open(io.BytesIO(encode_jpeg(grey, 753, style))) as shown:
        assert shown.layer[0][1:3] == (2, 2)  # type: ignore[attr-defined]


@pytest.mark.parametrize(("style", "sampling"), [("photo", (2, 2)), ("comic", (2, 2)), ("type", (1, 1)), ("drawing", (1, 1))])
def test_jpeg_is_baseline_without_metadata(style: Style, sampling: tuple[int, int]) -> None:
    image = _photo()
    image.info.update(exif=b"Exif\0\0secret", icc_profile=b"profile", comment=b"secret")
    data = encode_jpeg(image, 753, style)
    assert b"secret" not in data and b"profile" not in data and b"Exif" not in data
    assert b"\xff\xc0" in data and b"\xff\xc2" not in data, "SOF0, not SOF2"
    with Image.open(io.BytesIO(data)) as shown:
        assert shown.layer[0][1:3] == sampling  # type: ignore[attr-defined]
        assert not {"progressive", "progression", "exif", "icc_profile", "comment"} & set(shown.info)


def test_noise_that_outgrows_the_encoders_buffer_is_encoded_all_the_same() -> None:
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 256, (300, 300, 3), dtype=np.uint8))
    data = encode_jpeg(noise, 950, "type")
    assert len(data) > 300 * 300
    with Image.open(io.BytesIO(data)) as shown:
        shown.load()
        assert shown.size == (300, 300)


@pytest.mark.parametrize(("types", "allowed"), [(("image/jpeg", "image/gif"), {"image/gif"}), (("image/png", "image/gif"), {"image/png", "image/gif"})])
def test_few_colours_are_kept_without_loss_in_a_type_of_the_class(types: tuple[str, ...], allowed: set[str]) -> None:
    image = _drawing()
    found = encode_palette(image, types)
    assert found is not None and found.media_type in allowed and found.quality_tenths == LOSSLESS
    with Image.open(io.BytesIO(found.data)) as shown:
        assert shown.convert("RGB").tobytes() == image.tobytes()


def test_many_flat_colours_get_the_quality_that_they_equal() -> None:
    image = _drawing().resize((320, 200), Image.Resampling.BICUBIC)
    ramp = Image.linear_gradient("L").resize((320, 40))
    image.paste(Image.merge("RGB", (ramp, ramp.transpose(Image.Transpose.ROTATE_180), ramp)), (0, 160))
    assert image.getcolors(256) is None
    found = encode_palette(image, ("image/png",))
    assert found is not None and found.quality_tenths < LOSSLESS
    with Image.open(io.BytesIO(found.data)) as opened:
        shown = opened.convert("RGB")
    error, similarity = squared_error(image, shown), Reference(image).similarity(shown)
    for tenths, worse in ((found.quality_tenths, True), (found.quality_tenths + 10, False)):
        with Image.open(io.BytesIO(encode_jpeg(image, tenths, "drawing"))) as opened:
            jpeg = opened.convert("RGB")
        assert (squared_error(image, jpeg) >= error and Reference(image).similarity(jpeg) <= similarity) is worse or tenths > 990


def test_a_painting_and_a_class_without_such_types_get_no_palette() -> None:
    assert encode_palette(_photo(), ("image/png", "image/gif")) is None
    assert encode_palette(_drawing(), ("image/jpeg",)) is None
