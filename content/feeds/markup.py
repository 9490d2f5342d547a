"""HTML of a stranger as clean Markdown and a list of pictures.

Scripts, styles, forms and frames go with all that is in them; links keep their words only, since a reader's handset
pays for following them. lxml reads (bounded in depth, no network), markdownify writes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from typing import Final
from urllib.parse import urljoin, urlsplit

from lxml import html as lxml_html
from lxml.etree import ParserError, _Element
from markdownify import MarkdownConverter

from content.folder.markdown import clean_text

HTML_CHARACTERS_MAX: Final = 100_000
"""Of one story. A novel's chapter has 30,000; what comes after that is cut off and said."""

DEPTH_MAX: Final = 40
"""What is nested deeper keeps its words, not its form."""

ELEMENTS_MAX: Final = 5_000
"""A story with more keeps its words, not its form: what writes Markdown takes the square of some of them."""

PICTURES_MAX: Final = 20

ADDRESS_CHARACTERS_MAX: Final = 2_000

_DROPPED: Final = frozenset(
    (
        "script", "style", "iframe", "frame", "frameset", "object", "embed", "applet", "form", "input", "button", "select", "textarea", "noscript",
        "template", "svg", "math", "audio", "video", "canvas", "head", "title", "meta", "link", "base",
    )
)
_BLOCKS: Final = re.compile(r"\n{3,}")
_BLANKS: Final = re.compile(r"[^\S\n]{2,}")
_EMPTY_LINES: Final = re.compile(r"(?:[^\S\n]?\n){3,}")
_TRACKER_PX: Final = 2


@dataclass(frozen=True)
class Picture:
    """A picture that a story names: its address, absolute, http or https; `alt` in words, or ""."""

    url: str
    alt: str = ""


@dataclass(frozen=True)
class Marked:
    """A story's text in Markdown, its pictures, and whether its end was cut off."""

    markdown: str
    pictures: tuple[Picture, ...] = ()
    cut: bool = False


def to_markdown(source: str, base_url: str = "", *, elements_max: int = ELEMENTS_MAX) -> Marked:
    """`source`, HTML or plain text, as Markdown.

    Args:
        base_url: what its addresses are relative to.
        elements_max: with more than so many its words are kept, not its form.
    """
    cut = len(source) > HTML_CHARACTERS_MAX
    tree = _tree(source[:HTML_CHARACTERS_MAX])
    if tree is None:
        return Marked("", (), cut)
    pictures = _take_pictures(tree, base_url)
    _tame(tree, elements_max)
    inner = lxml_html.tostring(tree, encoding="unicode")
    written = _converter().convert(inner)
    lines = (line.rstrip() for line in clean_text(str(written)).splitlines())
    return Marked(_BLOCKS.sub("\n\n", "\n".join(lines)).strip(), pictures, cut)


def words_of(source: str) -> str:
    """`source`, HTML or plain text, as one line of words."""
    tree = _tree(source[:HTML_CHARACTERS_MAX])
    if tree is None:
        return ""
    _tame(tree, ELEMENTS_MAX)
    return " ".join(clean_text(str(tree.text_content())).split())


def as_html(plain: str) -> str:
    """Plain text as HTML, a paragraph for each line, so that nothing in it counts as markup."""
    return "".join(f"<p>{escape(line)}</p>" for line in plain.splitlines() if line.strip())


def picture_of(url: str, base_url: str, alt: str = "") -> Picture | None:
    """The picture at `url`; None where that is no address of the web."""
    try:
        whole = urljoin(base_url, url.strip())
        parts = urlsplit(whole)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or len(whole) > ADDRESS_CHARACTERS_MAX:
        return None
    return Picture(whole, " ".join(clean_text(alt).split())[:200])


def _converter() -> MarkdownConverter:
    return MarkdownConverter(strip=["a", "img"], heading_style="ATX", bullets="-", bs4_options="lxml", escape_misc=True)


def _tree(source: str) -> _Element | None:
    if not source.strip():
        return None
    try:
        lean = _EMPTY_LINES.sub("\n\n", _BLANKS.sub(" ", clean_text(source)))
        return lxml_html.fragment_fromstring(lean or " ", create_parent="div")
    except (ParserError, ValueError, AssertionError):
        return None


def _take_pictures(tree: _Element, base_url: str) -> tuple[Picture, ...]:
    found: dict[str, Picture] = {}
    for image in tree.iter("img"):
        if any(_pixels(image.get(side)) <= _TRACKER_PX for side in ("width", "height")):
            continue
        address = image.get("src") or image.get("data-src") or image.get("data-original") or ""
        picture = picture_of(address, base_url, image.get("alt") or "") if address else None
        if picture is not None and len(found) < PICTURES_MAX:
            found.setdefault(picture.url, picture)
    return tuple(found.values())


def _pixels(written: str | None) -> int:
    digits = (written or "").strip().removesuffix("px")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 6 else 10_000


def _tame(tree: _Element, elements_max: int) -> None:
    """Drop what is no text, and flatten what is nested too deep."""
    for element in [one for one in tree.iter() if not isinstance(one.tag, str) or one.tag in _DROPPED]:
        if element.getparent() is not None:
            element.drop_tree()
    level = [tree]
    for _ in range(DEPTH_MAX if sum(1 for _ in tree.iter()) <= elements_max else 0):
        level = [child for element in level for child in element]
    for element in level:
        words = str(element.text_content())
        for child in list(element):
            element.remove(child)
        element.text = words
