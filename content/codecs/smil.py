"""SMIL as MMS uses it: a sequence of slides, each with at most one picture or video, one text, one sound.

The subset is written down in `mms-smil.dtd`, beside this file. The layout of the text is `templates/smil.xml.j2`.

Spec: MMS Conformance Document 1.2 (OMA), chapter 8; SMIL 2.0, clock values 10.3.1.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import jinja2
from lxml import etree

from content.codecs.hardened_xml import local_name, parse_xml
from huabao.errors import CodecError

SLIDES_MAX: Final = 200
"""Handsets show 20 to 50; beyond this it is no presentation."""

DURATION_MS_MAX: Final = 3_600_000
DURATION_MS_DEFAULT: Final = 5_000
"""Of a par without dur; what handsets do then."""

DTD_PATH: Final = Path(__file__).with_name("mms-smil.dtd")

_MEDIA: Final = frozenset({"img", "video", "text", "audio"})
_SOURCE: Final = re.compile(r"[\x21-\x7e]{1,200}")
_CLOCK: Final = re.compile(r"(\d{1,8}(?:\.\d{1,6})?)(ms|s|min|h)?", re.ASCII)
_UNITS_MS: Final = {"ms": 1, "s": 1_000, "min": 60_000, "h": 3_600_000}


@dataclass(frozen=True)
class SMILRegion:
    """A rectangle on the screen, pixels from the top left corner."""

    left_px: int
    top_px: int
    width_px: int
    height_px: int


@dataclass(frozen=True)
class SMILSlide:
    """One `par`. A `src` names a part's Content-Location (or `cid:` and its Content-ID)."""

    duration_ms: int
    image_src: str | None = None
    text_src: str | None = None
    audio_src: str | None = None
    video_src: str | None = None


@dataclass(frozen=True)
class SMILDocument:
    """A presentation. A region that no slide uses may be None."""

    width_px: int
    height_px: int
    image_region: SMILRegion | None
    text_region: SMILRegion | None
    slides: tuple[SMILSlide, ...]


def encode_smil(document: SMILDocument) -> bytes:
    """The document as UTF-8 XML without a declaration, as `templates/smil.xml.j2` lays it out; it keeps to `mms-smil.dtd`.

    Raises:
        CodecError: it leaves the MMS subset: no slide, a slide with picture and video, a source that XML cannot carry, a
            picture without an image region (ours).
    """
    _check(document, theirs=False)
    return _template().render(document=document).encode("utf-8")


def decode_smil(data: bytes) -> SMILDocument:
    """The document in `data`: the MMS subset, in any namespace, children of a `par` in any order.

    Raises:
        CodecError: no SMIL, or more than the subset allows.
    """
    root = parse_xml(data)
    if local_name(root) != "smil":
        raise CodecError("no SMIL document")
    head, body = _child(root, "head"), _child(root, "body")
    if body is None:
        raise CodecError("the SMIL document has no body")
    layout = _child(head, "layout") if head is not None else None
    width_px, height_px, regions = _layout(layout)
    slides = tuple(_slide(par) for par in body)
    document = SMILDocument(width_px, height_px, regions.get("Image"), regions.get("Text"), slides)
    _check(document, theirs=True)
    return document


def _check(document: SMILDocument, *, theirs: bool) -> None:
    if not 0 < len(document.slides) <= SLIDES_MAX:
        raise CodecError(f"a presentation has between 1 and {SLIDES_MAX} slides", theirs=theirs)
    for number, slide in enumerate(document.slides, 1):
        if slide.image_src and slide.video_src:
            raise CodecError(f"slide {number} has a picture and a video", theirs=theirs)
        if not 0 < slide.duration_ms <= DURATION_MS_MAX:
            raise CodecError(f"slide {number} lasts {slide.duration_ms} ms", theirs=theirs)
        if not theirs:
            _check_sources(number, slide, document)


def _check_sources(number: int, slide: SMILSlide, document: SMILDocument) -> None:
    for source in (slide.image_src, slide.video_src, slide.text_src, slide.audio_src):
        if source is not None and not _SOURCE.fullmatch(source):
            raise CodecError(f"slide {number} has a source that is no plain name: {source[:60]!r}", theirs=False)
    if (slide.image_src or slide.video_src) and document.image_region is None:
        raise CodecError(f"slide {number} has a picture, and the document no region for it", theirs=False)
    if slide.text_src and document.text_region is None:
        raise CodecError(f"slide {number} has a text, and the document no region for it", theirs=False)


@functools.cache
def _template() -> jinja2.Template:
    loader = jinja2.FileSystemLoader(Path(__file__).resolve().parents[2] / "templates")
    environment = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
    return environment.get_template("smil.xml.j2")


def _child(element: etree._Element, name: str) -> etree._Element | None:
    return next((child for child in element if local_name(child) == name), None)


def _layout(layout: etree._Element | None) -> tuple[int, int, dict[str, SMILRegion]]:
    """Width and height of the screen, regions by their id; 0 and none where there is no layout."""
    root = _child(layout, "root-layout") if layout is not None else None
    if layout is None or root is None:
        return 0, 0, {}
    width_px, height_px = _pixels(root, "width", 0), _pixels(root, "height", 0)
    regions: dict[str, SMILRegion] = {}
    for element in layout:
        if local_name(element) == "region":
            name = element.get("id") or element.get("{http://www.w3.org/XML/1998/namespace}id") or ""
            if name not in ("Image", "Text") or name in regions:
                raise CodecError("a region is named neither Image nor Text, or twice")
            regions[name] = SMILRegion(
                _pixels(element, "left", width_px),
                _pixels(element, "top", height_px),
                _pixels(element, "width", width_px),
                _pixels(element, "height", height_px),
            )
    return width_px, height_px, regions


def _pixels(element: etree._Element, name: str, whole_px: int) -> int:
    """A length in pixels; `50%` is of `whole_px`; 0 where it is not given."""
    text = str(element.get(name) or "0").strip().removesuffix("px").strip()
    percent = text.endswith("%")
    bare = text.removesuffix("%")
    if not (bare.isascii() and bare.isdigit() and len(bare) <= 5):
        raise CodecError(f"{local_name(element)[:20]} has a {name} that is no length")
    return int(bare) * whole_px // 100 if percent else int(bare)


def _slide(par: etree._Element) -> SMILSlide:
    if local_name(par) != "par":
        raise CodecError("the body holds something else than par")
    sources: dict[str, str] = {}
    for medium in par:
        name = local_name(medium)
        source = (medium.get("src") or "").strip()
        if name not in _MEDIA or name in sources or len(medium) or not source:
            raise CodecError("a par holds what MMS does not allow there, or a medium twice or without src")
        sources[name] = source
    return SMILSlide(_milliseconds(par.get("dur")), sources.get("img"), sources.get("text"), sources.get("audio"), sources.get("video"))


def _milliseconds(text: str | None) -> int:
    """A clock value; `DURATION_MS_DEFAULT` where none is given."""
    if text is None:
        return DURATION_MS_DEFAULT
    match = _CLOCK.fullmatch(text.strip())
    if match is None:
        raise CodecError("a par has a dur that is no time")
    number, unit = match.groups()
    return round(float(number) * _UNITS_MS[unit or "s"])
