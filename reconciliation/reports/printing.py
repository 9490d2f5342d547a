"""A page laid out as a PDF by WeasyPrint, with the house's own type: for every report that is put on paper.

As with a proof, the layout is given everything by name and fetches nothing. The same page gives the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from typing import Any, Final

from jinja2 import Environment, FunctionLoader, StrictUndefined

from content.proof.faces import Faces
from content.proof.rendering import fetcher, layout_library, legible

SCHEME: Final = "report:"


def lay_out(page: str, strong: str, pictures: Mapping[str, bytes] | None = None) -> bytes:
    """The PDF of a page.

    Args:
        strong: every character that stands in bold type anywhere.
        pictures: by the name under which the page asks for them (`report:<name>`).

    Raises:
        UsageError: the libraries that lay out text are not installed.
    """
    library, faces = layout_library(), _faces()
    page = legible(page, faces)
    plain = re.sub("<[^<>]*>", "", page)
    given = {
        "regular": faces.regular.of([plain], "Huabao Report", "Regular"),
        "bold": faces.bold.of([faces.shown(strong)], "Huabao Report", "Bold"),
        **(pictures or {}),
    }
    document = library.HTML(string=page, base_url=SCHEME, url_fetcher=fetcher(library, given, SCHEME))
    made: bytes = document.write_pdf(pdf_version="1.7")
    return made


def environment(filters: Mapping[str, Any]) -> Environment:
    """Where the templates of `templates/report` are filled in."""
    made = Environment(autoescape=True, undefined=StrictUndefined, loader=FunctionLoader(_template))
    made.filters |= filters
    return made


def grouped(number: int) -> str:
    """A number with its thousands apart."""
    return f"{number:,}"


def _template(name: str) -> str:
    return (resources.files("templates") / "report" / name).read_text("utf-8")


@lru_cache(maxsize=1)
def _faces() -> Faces:
    return Faces()
