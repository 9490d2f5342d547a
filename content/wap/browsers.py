"""What an asking handset reads, from the headers of its request: XHTML, or WML for the oldest, and how wide its screen is.

A handset says what it reads in `Accept`. One that says nothing of use is known by
its record, else by its name. Nothing is fetched: of a profile's address only the
model in it is used.

Spec: RFC 9110 12.5.1 (Accept); OMA-TS-UAProf-V2_0 9.1 (`x-wap-profile`, `Profile`); WAP-191-WML 13 (`text/vnd.wap.wml`);
WAP-277-XHTMLMP 6 (`application/vnd.wap.xhtml+xml`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

XHTML_MP, XHTML, HTML, WML = "application/vnd.wap.xhtml+xml", "application/xhtml+xml", "text/html", "text/vnd.wap.wml"
READ = (XHTML_MP, XHTML, HTML, WML)
"""In the order in which they are chosen where a handset likes several alike."""

HEADER_CHARS_MAX = 1_000
"""Of a header that is looked at; a longer one is cut there."""

WIDTHS = (96, 120, 128, 160, 176, 208, 220, 240, 320, 360, 400, 480, 640, 960)
"""Widths at which pictures are made, so that a handful serves every screen."""

WML_WIDTH_PX, MODERN_WIDTH_PX = 96, 640
"""Screens of those who say nothing of theirs: the common one of WML handsets, and what a telephone of today shows sharply."""

_MODERN = re.compile(r"Mozilla/5\.0 .*(?:AppleWebKit|Gecko)/", re.ASCII)
_ANDROID_MODEL = re.compile(r"; ?([^;()]{2,60}?)(?: Build/|\) AppleWebKit)", re.ASCII)
_PROFILE_NAME = re.compile(r"/([^/?#]+?)(?:\.(?:xml|rdf))?(?:[?#].*)?$", re.ASCII | re.IGNORECASE)
_REVISION = re.compile(r"(?:[-_.]?(?:3g|2g|umts|gprs))?(?:r\d{2,4}|[-_.]v?\d+(?:\.\d+)*)$", re.ASCII | re.IGNORECASE)
_PIXELS = re.compile(r"\s*(\d{2,4})\s*[,xX*]\s*(\d{2,4})\s*", re.ASCII)
_WML_ONLY = re.compile(
    r"Nokia(?:3330|3410|3510(?!i)|3610|5210|5510|62[15]0|6310(?!i)|6500|71[16]0|82[15]0|8310|8855|8910(?!i)|9110i?)\b"
    r"|UP\.Browser/[34]|UP/[34]\.|WapIDE|Ericsson(?:R380|R520|T39|T65|T68)",
    re.ASCII,
)
"""Handsets of 1999 to 2002 whose browsers speak WML alone; later ones name XHTML in `Accept`."""


@dataclass(frozen=True)
class Browser:
    """What the asking handset gets.

    Attributes:
        markup: which of the two languages.
        media_type: as which it is sent.
        width_px: of its screen.
    """

    markup: Literal["xhtml", "wml"]
    media_type: str
    width_px: int

    @property
    def content_type(self) -> str:
        """For the header."""
        return f"{self.media_type}; charset=utf-8"


def browser_of(headers: Mapping[str, str], known_width_px: int | None, default_width_px: int) -> Browser:
    """The browser that sent these headers.

    Args:
        headers: by names in small letters.
        known_width_px: of its screen as its record has it; None where there is none.
        default_width_px: of a handset that says nothing.
    """
    agent = headers.get("user-agent", "")[:HEADER_CHARS_MAX]
    media_type = _chosen(headers.get("accept", "")[:HEADER_CHARS_MAX], agent)
    width_px = known_width_px or _said_width(headers)
    if width_px is None:
        width_px = WML_WIDTH_PX if media_type == WML else MODERN_WIDTH_PX if _MODERN.match(agent) else default_width_px
    return Browser("wml" if media_type == WML else "xhtml", media_type, width_px)


def _chosen(accept: str, agent: str) -> str:
    wanted = accepted(accept)
    named = [(-wanted[one], place, one) for place, one in enumerate(READ) if wanted.get(one, 0.0) > 0]
    if named:
        return min(named)[2]
    if _WML_ONLY.search(agent):
        return WML
    return HTML


def accepted(accept: str) -> dict[str, float]:
    """Media types of an `Accept` header with their weights, 0 to 1; what cannot be read is left out."""
    found: dict[str, float] = {}
    for part in accept.split(","):
        name, *parameters = (one.strip().lower() for one in part.split(";"))
        weight = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                try:
                    weight = min(max(float(parameter[2:]), 0.0), 1.0)
                except ValueError:
                    weight = 0.0
        if name:
            found[name] = max(found.get(name, 0.0), weight if weight == weight else 0.0)
    return found


def _said_width(headers: Mapping[str, str]) -> int | None:
    for name in ("x-up-devcap-screenpixels", "ua-pixels"):
        match = _PIXELS.fullmatch(headers.get(name, "")[:40])
        if match and int(match[1]) >= WIDTHS[0]:
            return int(match[1])
    return None


def models_of(headers: Mapping[str, str]) -> tuple[str, ...]:
    """Names under which the asking handset's record may be found, the likeliest first; at most six."""
    agent = headers.get("user-agent", "")[:HEADER_CHARS_MAX]
    profile = (headers.get("x-wap-profile") or headers.get("profile") or "")[:HEADER_CHARS_MAX]
    found: list[str] = []
    match = _PROFILE_NAME.search(profile.split(",")[0].strip().strip('"'))
    if match:
        name = match[1]
        bare = _REVISION.sub("", name)
        found += [bare, name] + ([bare[1:]] if re.fullmatch(r"N\d{4}\w?", bare) else [])
    android = _ANDROID_MODEL.search(agent) if agent.startswith("Mozilla/5.0 (Linux") else None
    if android:
        found.append(android[1].strip())
    elif agent and not agent.startswith("Mozilla/"):
        product = next(iter(agent.split()), "")
        found += [product.split("/")[0], re.sub(r"(?:-?(?:1|orange|vodafone))$", "", product.split("/")[0], flags=re.IGNORECASE)]
    return tuple(dict.fromkeys(one[:120] for one in found if len(one) > 1))[:6]


def step_of(width_px: int) -> int:
    """The widest of `WIDTHS` that a screen of `width_px` shows; the smallest of them at least."""
    return max((one for one in WIDTHS if one <= width_px), default=WIDTHS[0])
