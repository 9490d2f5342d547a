"""The environment of a proof's pages: as bounded as that of slides, with more room and a few filters more.

A design may bring templates of its own for the proof, by the names of ours
(`templates/proof`); what it leaves out is ours. What a page is given, `content.proof.facts` says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from jinja2 import TemplateError, meta
from jinja2.filters import FILTERS as JINJA_FILTERS

from content.designs.design import BROKEN, Design, fault_of
from content.designs.faults import DesignError, Fault
from content.designs.library import package_folder
from content.designs.reading import PLACES, PROOF
from content.designs.sandbox import SandboxEnvironment, shown

GIVEN = frozenset({"proof", "language", "say", "moment", "day", "rows_of", "groups_shown", "misfits_shown", "screen_mm", "screen_mm_of", "range", "style", "marks"})
"""What every page of a proof gets."""


class ProofEnvironment(SandboxEnvironment):
    """Of a proof's pages, all of which escape their values."""

    steps_max, chars_max = 20_000_000, 20_000_000
    listing = ("min", "max")

    def __init__(self, files: Mapping[str, str], filters: Mapping[str, Callable[..., Any]], shared: Mapping[str, Any]) -> None:
        super().__init__(files, {**_FILTERS, **filters}, shared)
        self.autoescape = True

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """As for slides; a time may print itself."""
        return (isinstance(obj, datetime) and attr == "strftime") or super().is_safe_attribute(obj, attr, value)


def _grouped(number: int) -> str:
    return f"{number:,}"


def _percent(share: float) -> str:
    return f"{share:.0%}"


def _mm(length: float) -> str:
    return f"{length:.2f}mm"


def _groups_of_8(text: str) -> list[str]:
    return [text[start : start + 8] for start in range(0, len(text), 8)]


_FILTERS: dict[str, Callable[..., Any]] = {
    **{name: JINJA_FILTERS[name] for name in ("list", "map", "max", "min", "selectattr", "sum", "truncate")},
    "grouped": _grouped,
    "groups_of_8": _groups_of_8,
    "mm": _mm,
    "percent": _percent,
}


@lru_cache(maxsize=1)
def our_pages() -> Mapping[str, str]:
    """The templates of the proof that come with Huabao, by their names."""
    return {path.name: path.read_text("utf-8") for path in sorted((package_folder() / PROOF).glob("*")) if PLACES[PROOF].fullmatch(path.name)}


def pages_of(design: Design) -> Mapping[str, str]:
    """The templates of a design's proof, ours where it has none."""
    own = {name.removeprefix(f"{PROOF}/"): text for name, text in design.files.items() if name.startswith(f"{PROOF}/")}
    return {**our_pages(), **own}


def render_proof(design: Design, shared: Mapping[str, Any], values: Mapping[str, Any], shorten: Callable[[object], object]) -> str:
    """The proof as HTML.

    Args:
        shared: what every page gets beside `values`, `marks` and `style`.
        shorten: cuts a text that is too long for paper.

    Raises:
        DesignError: a template of it is broken; with file and line.
    """
    environment = ProofEnvironment(pages_of(design), {}, {"marks": design.sheet.marks, "style": design.style_values(), **shared})
    environment.finalize = lambda value: shorten(shown(value))
    try:
        return environment.render("proof.html.j2", values)
    except BROKEN as error:
        fault = fault_of(error, "proof.html.j2")
        raise DesignError(design.name, [Fault(f"{PROOF}/{fault.file}", fault.line, fault.reason)]) from error


def proof_faults(design: Design) -> list[Fault]:
    """What is wrong with a design's own templates of the proof: they do not compile, or ask for what nobody gives."""
    faults = []
    environment = ProofEnvironment(pages_of(design), {}, {})
    for name, text in design.files.items():
        if not name.startswith(f"{PROOF}/") or not name.endswith(".j2"):
            continue
        try:
            environment.compiled(name.removeprefix(f"{PROOF}/"))
            asked = meta.find_undeclared_variables(environment.parse(text))
        except (TemplateError, *BROKEN) as error:
            fault = fault_of(error, name)
            faults.append(Fault(name, fault.line, fault.reason))
            continue
        known = GIVEN | _set_elsewhere(design, name)
        faults += [Fault(name, _line_of(text, one), f"'{one}' is undefined; a page gets {', '.join(sorted(GIVEN))}") for one in sorted(asked - known)]
    return faults


def _set_elsewhere(design: Design, name: str) -> set[str]:
    """Names that a page which includes this one may have set: those that ours of the same name asks for."""
    ours = our_pages().get(name.removeprefix(f"{PROOF}/"))
    environment = ProofEnvironment(pages_of(design), {}, {})
    return set() if ours is None else set(meta.find_undeclared_variables(environment.parse(ours)))


def _line_of(text: str, name: str) -> int:
    return next((number for number, line in enumerate(text.splitlines(), 1) if name in line), 1)
