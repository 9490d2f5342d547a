"""What an editor's picture says beside its pixels (place, camera, owner, thumbnail) leaves in no message and on no page."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image, PngImagePlugin

from content.compose import Composition, PictureSource, compose
from content.folder import read_folder
from subscribers.handset_classes import handset_classes
from tests.unit.content import editions

SECRETS = (b"Secret", b"Exif", b"http://ns.adobe.com", b"ICC_PROFILE", b"Photoshop", b"iCCP", b"eXIf", b"tEXt", b"iTXt", b"zTXt", b"MPF\0", b"XMP Data")


def _exif() -> bytes:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x013B] = "Secret cameras", "Secret 5", "Secret owner"
    exif.get_ifd(0x8825).update({1: "N", 2: (31.0, 49.0, 14.0), 3: "E", 4: (117.0, 13.0, 38.0), 29: "Secret day"})
    exif.get_ifd(0x8769)[0x9286] = b"ASCII\0\0\0Secret note"
    return exif.tobytes()


def _pictures() -> dict[str, bytes]:
    """One picture in each format, each with all that its format can tell."""
    image, exif = Image.effect_noise((320, 240), 60).convert("RGB"), _exif()
    icc = b"Secret profile" + bytes(200)
    text = PngImagePlugin.PngInfo()
    text.add_text("Author", "Secret author")
    text.add_itxt("XML:com.adobe.xmp", "Secret <x:xmpmeta/>")
    photoshop = b"\xff\xed" + struct.pack(">H", 30) + b"Photoshop 3.0\0Secret IPTC!!!!"[:28]
    found = {}
    all_options: dict[str, dict[str, Any]] = {
        "JPEG": {"exif": exif, "icc_profile": icc, "comment": b"Secret comment", "xmp": b"http://ns.adobe.com Secret"},
        "PNG": {"exif": exif, "icc_profile": icc, "pnginfo": text},
        "WEBP": {"exif": exif, "icc_profile": icc, "xmp": b"Secret"},
        "TIFF": {"exif": exif, "icc_profile": icc, "description": "Secret", "software": "Secret"},
        "GIF": {"comment": b"Secret comment"},
    }
    for name, options in all_options.items():
        out = io.BytesIO()
        image.save(out, name, **options)
        data = out.getvalue()
        found[name] = data[:2] + photoshop + data[2:] if name == "JPEG" else data
        assert b"Secret" in found[name]
    frames = [Image.effect_noise((60, 40), 40 + number) for number in range(3)]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], comment=b"Secret film", duration=100)
    return {**found, "MOVING": out.getvalue()}


@pytest.fixture(scope="module")
def composed(tmp_path_factory: pytest.TempPathFactory) -> list[Composition]:
    folder = tmp_path_factory.mktemp("edition")
    pictures = _pictures()
    suffixes = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "TIFF": "tif", "GIF": "gif", "MOVING": "gif"}
    names = {name: f"images/{name.lower()}.{suffix}" for name, suffix in suffixes.items()}
    sections = [{"title": "要闻", "items": [f"articles/{name}.md" for name in names]}]
    files: dict[str, str | bytes] = {"edition.yaml": editions.edition(sections=sections)}
    files |= {names[name]: data for name, data in pictures.items()}
    files |= {f"articles/{name}.md": editions.article(f"新闻{name}", editions.STORY + name, image=names[name]) for name in names}
    found = read_folder(editions.write(folder, files), {})
    keys = [item.key for item in found.manuscript.items]
    return [compose(found.manuscript, keys, one, PictureSource(lambda sha256: found.assets[sha256][0]), "http://wap.example.com/w") for one in handset_classes().values()]


def _payloads(made: Composition) -> Iterator[bytes]:
    yield made.mime
    yield made.mms
    for part in made.related.parts:
        yield part.data
    for page in made.wap_pages:
        yield page.body


def test_nothing_but_pixels_leaves(composed: list[Composition]) -> None:
    for made in composed:
        assert sum(slide.picture is not None for slide in made.slides) >= 4
        for payload in _payloads(made):
            for secret in SECRETS:
                assert secret not in payload


def test_pictures_hold_only_what_a_decoder_needs(composed: list[Composition]) -> None:
    seen = set()
    for made in composed:
        for slide in made.slides:
            if slide.picture is None:
                continue
            seen.add(slide.picture.media_type)
            with Image.open(io.BytesIO(slide.picture.data)) as image:
                assert not image.getexif()
                assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "version", "background", "duration", "loop", "transparency", "extension"}
            if slide.picture.media_type == "image/jpeg":
                assert _segments(slide.picture.data) <= {0xE0, 0xDB, 0xC0, 0xC4, 0xDA}
    assert seen >= {"image/jpeg"}


def test_an_animation_moves_in_the_message_where_its_class_shows_it(composed: list[Composition]) -> None:
    for made, handset in zip(composed, handset_classes().values(), strict=True):
        moving = 0
        for slide in made.slides:
            if slide.picture is not None:
                with Image.open(io.BytesIO(slide.picture.data)) as image:
                    moving += bool(getattr(image, "is_animated", False))
        assert moving == handset.animated_gif, handset.name


def _segments(data: bytes) -> set[int]:
    """The markers before the picture's own bytes."""
    found, place = set(), 2
    while place < len(data):
        found.add(data[place + 1])
        if data[place + 1] == 0xDA:
            break
        place += 2 + int.from_bytes(data[place + 2 : place + 4], "big")
    return found
