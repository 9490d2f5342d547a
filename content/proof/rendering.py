"""A proof made a PDF: the template filled in, and laid out by WeasyPrint.

The layout is given everything by name and fetches nothing: an address in a text, or
in a template, leads nowhere. The same proof gives the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from markupsafe import Markup

from content.designs import Design, base_design
from content.designs.proofing import render_proof
from content.proof.faces import Faces
from content.proof.facts import Proof, VariantProof
from content.proof.wording import day, moment, say, words
from huabao.errors import UsageError

SCHEME = "proof:"
SCREEN_MM = 33.0
"""Width of a slide on paper: five stand in a row on A4."""

SCREEN_NARROW_MM = 24.0
"""Slides are made so narrow, where a variant then stands on one page instead of leaving a few lines on a second."""

COLUMNS = 5
MISFITS_SHOWN = 16
_PAGE_MM, _ABOUT_MM, _CAPTION_MM, _LINE_MM = 263.0, 46.0, 9.0, 5.4
GROUPS_SHOWN = 12
"""Columns of the table of who gets what."""

TEXT_CHARS_MAX = 400
"""Of one text on paper; setting a line takes time that grows with the square of its length."""

MISSING_LIBRARIES = (
    "the PDF needs Pango, which is not installed here; ask an administrator to run: apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
)

_NOT_ASCII = re.compile("[^\x00-\x7f]+")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class Row:
    """Slides that stand beside each other on paper."""

    slides: tuple[Any, ...]


def render_pdf(proof: Proof, language: str, design: Design | None = None) -> bytes:
    """The PDF.

    Args:
        language: zh or en.
        design: whose templates of the proof are used; None for those that come with Huabao.

    Raises:
        UsageError: the libraries that lay out text are not installed.
        DesignError: a template is broken; with file and line.
    """
    weasyprint = layout_library()
    faces = _faces()
    page = legible(render_html(proof, language, design), faces)
    plain = re.sub("<[^<>]*>", "", page)
    strong = "".join((*(word[language] for word in words().values()), proof.title, proof.publication, proof.number, *(one.handset_class for one in proof.variants)))
    given = {
        **proof.resources,
        "regular": faces.regular.of([plain], "Huabao Proof", "Regular"),
        "bold": faces.bold.of([faces.shown(strong)], "Huabao Proof", "Bold"),
        "song": faces.song.of([faces.shown(proof.title + proof.publication + say(language, "proof"))], "Huabao Proof", "Song"),
    }
    document = weasyprint.HTML(string=page, base_url=SCHEME, url_fetcher=fetcher(weasyprint, given, SCHEME))
    made: bytes = document.write_pdf(pdf_identifier=bytes.fromhex(proof.digest[:32]), pdf_version="1.7")
    return made


def render_html(proof: Proof, language: str, design: Design | None = None) -> str:
    """The page that is laid out."""
    shared = {
        "say": partial(say, language),
        "moment": moment,
        "day": partial(day, language),
        "rows_of": rows_of,
        "groups_shown": GROUPS_SHOWN,
        "misfits_shown": MISFITS_SHOWN,
        "screen_mm": SCREEN_MM,
        "screen_mm_of": screen_mm_of,
    }
    return render_proof(design or base_design(), shared, {"proof": proof, "language": language}, bounded)


def bounded(value: object) -> object:
    """A value as it is put into the page: a text that is too long for paper is cut, and shows it."""
    if isinstance(value, str) and not isinstance(value, Markup) and len(value) > TEXT_CHARS_MAX:
        return value[: TEXT_CHARS_MAX - 1] + "…"
    return value


def rows_of(slides: tuple[Any, ...]) -> list[Row]:
    """Slides in rows."""
    return [Row(slides[start : start + COLUMNS]) for start in range(0, len(slides), COLUMNS)]


def screen_mm_of(variant: VariantProof) -> float:
    """How wide the slides of a variant stand on paper, so that it fills one page where it can; in millimetres."""
    rows = rows_of(variant.slides)
    misfits = sum(1 + (len(one.slides[:12]) * 3 + len(one.reason)) // 70 for one in variant.misfits[: MISFITS_SHOWN + 1])
    moved = (len(variant.moved) + 1) // 2 + 2 if variant.moved else 0
    room = _PAGE_MM - _ABOUT_MM - len(rows) * _CAPTION_MM - (misfits + moved) * _LINE_MM
    tall = sum(max(slide.height / slide.width for slide in row.slides) for row in rows)
    wide = room / tall if tall else SCREEN_MM
    return SCREEN_MM if wide < SCREEN_NARROW_MM else min(SCREEN_MM, wide)


def legible(page: str, faces: Faces) -> str:
    """The page in characters that the faces have, without control characters."""
    return _NOT_ASCII.sub(lambda found: faces.shown(found[0]), _CONTROL.sub(" ", page))


@lru_cache(maxsize=1)
def _faces() -> Faces:
    return Faces()


def layout_library() -> Any:
    """WeasyPrint.

    Raises:
        UsageError: the libraries that it stands on are not installed.
    """
    try:
        import weasyprint
    except OSError as error:
        raise UsageError(MISSING_LIBRARIES) from error
    return weasyprint


def fetcher(weasyprint: Any, given: Mapping[str, bytes], scheme: str) -> Any:
    """Gives what is at hand by name, after `scheme`, and refuses everything else."""

    class Fetcher(weasyprint.urls.URLFetcher):  # type: ignore[misc]  # WeasyPrint ships no types
        def fetch(self, url: str, headers: object = None) -> Any:
            name = url.removeprefix(scheme)
            if not url.startswith(scheme) or name not in given:
                raise ValueError(f"paper fetches nothing: {url[:80]}")
            return weasyprint.urls.URLFetcherResponse(url, given[name])

    return Fetcher(allowed_protocols=())
