"""Pictures for the asking screen: no wider, no heavier, in a format that it reads; kept within bounds, made once."""

from __future__ import annotations

import io
import threading

import pytest
from PIL import Image

from content.wap.browsers import accepted
from content.wap.documents import PictureDocument
from content.wap.pictures import DRAWN_BYTES_MAX, GIF, JPEG, LARGE_SHARE, PHOTO_BYTES_MAX, PNG, WBMP, Picture, PictureShelf, scaled, type_for
from tests.unit.content import editions

NOISY = editions.picture(1_200, 900)


@pytest.mark.parametrize("width_px", [96, 128, 240, 640])
@pytest.mark.parametrize("drawn", [False, True])
def test_the_worst_picture_keeps_to_its_weight(width_px: int, drawn: bool) -> None:
    made = scaled(PictureDocument("a", 1_200, 900, drawn=drawn), NOISY, width_px)
    assert len(made.data) <= (DRAWN_BYTES_MAX if drawn else PHOTO_BYTES_MAX) * (1 if width_px <= 240 else LARGE_SHARE)
    with Image.open(io.BytesIO(made.data)) as image:
        assert (image.format, image.width <= width_px) == ("JPEG", True)
        assert abs(image.width / image.height - 4 / 3) < 0.02


def test_a_box_is_cut_out_and_nothing_is_enlarged() -> None:
    source = Image.new("RGB", (400, 300), "white")
    source.paste((200, 0, 0), (100, 50, 160, 110))
    data = io.BytesIO()
    source.save(data, "PNG")
    made = scaled(PictureDocument("a", 400, 300, (100, 50, 160, 110), drawn=True), data.getvalue(), 240)
    with Image.open(io.BytesIO(made.data)) as image:
        assert image.size == (60, 60)
        red, green, _ = image.convert("RGB").getpixel((30, 30))  # type: ignore[misc]  # three numbers
        assert red > 150 > 60 > green
    grey = scaled(PictureDocument("a", 400, 300, (100, 50, 160, 110), grey=True), data.getvalue(), 240)
    with Image.open(io.BytesIO(grey.data)) as image:
        red, green, blue = image.convert("RGB").getpixel((30, 30))  # type: ignore[misc]
        assert max(red, green, blue) - min(red, green, blue) < 8


@pytest.mark.parametrize(("accept", "wanted"), [("", JPEG), ("*/*", JPEG), ("image/gif, image/jpeg", JPEG), ("image/png;q=0.5, image/gif", PNG), ("image/gif", GIF), ("image/vnd.wap.wbmp", WBMP), ("image/avif", JPEG)])
def test_a_format_that_the_handset_reads(accept: str, wanted: str) -> None:
    media_type = type_for(accepted(accept))
    assert media_type == wanted
    made = scaled(PictureDocument("a", 1_200, 900), NOISY, 96, media_type)
    if wanted == WBMP:
        assert made.data[:4] == bytes([0, 0, 96, 72])
        assert len(made.data) == 4 + 12 * 72
    else:
        with Image.open(io.BytesIO(made.data)) as image:
            assert Image.MIME[image.format or ""] == wanted


def test_a_wide_wbmp_s_numbers_take_two_bytes() -> None:
    made = scaled(PictureDocument("a", 1_200, 900), NOISY, 160, WBMP)
    assert made.data[:5] == bytes([0, 0, 0x81, 0x20, 120])


def test_a_shelf_makes_each_once_and_gives_away_the_oldest() -> None:
    shelf, made = PictureShelf(bytes_max=250), []

    def make(name: str) -> Picture:
        made.append(name)
        return Picture(b"x" * 100, JPEG)

    threads = [threading.Thread(target=lambda: shelf.find("a", 96, JPEG, lambda: make("a"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == ["a"]
    for name in ("b", "a", "c", "a", "b"):
        shelf.find(name, 96, JPEG, lambda name=name: make(name))  # type: ignore[misc]
    assert made == ["a", "b", "c", "b"], "b was asked for longest ago when c came"
