"""What is wrong with a design, found without composing anything: each template compiled, each layout tried.

A layout must show what a reader would lose otherwise, put the link last, keep to signs
that handsets have, and leave no line empty: slides are counted in lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from content.designs.design import BROKEN, Design, fault_of
from content.designs.faults import DesignError, Fault
from content.designs.proofing import proof_faults
from content.designs.reading import PROOF
from content.designs.specimens import LAYOUTS, Layout, Specimen, layouts_of

TEXT_CHARS_MAX = 400
"""What a layout may make of a specimen: none of them holds a hundred characters."""

_CLOSING = re.compile(r"(?m)^[，。！？；：、）】》」』”’]")


def check(design: Design) -> list[Fault]:
    """Everything that is wrong, by file and line; empty for a design that is fit."""
    faults = [*_unknown(design), *_compiled(design), *proof_faults(design)]
    broken = {fault.file for fault in faults}
    for layout in layouts_of(design.kind):
        if layout.file not in broken:
            faults += _tried(design, layout)
    return sorted(set(faults))


def _unknown(design: Design) -> Iterator[Fault]:
    """A file that nothing would ever use is a name that somebody misspelt."""
    known = {one.file for one in LAYOUTS}
    for name in design.files:
        if name.startswith("slides/") and name not in known:
            yield Fault(name, 0, f"is no layout; there are {', '.join(one.name for one in LAYOUTS)}")


def _compiled(design: Design) -> Iterator[Fault]:
    for name in design.files:
        if name.endswith(".j2") and not name.startswith(f"{PROOF}/"):
            try:
                design.environment.compiled(name)
            except BROKEN as error:
                yield fault_of(error, name)


def _tried(design: Design, layout: Layout) -> Iterator[Fault]:
    if layout.file not in design.files:
        yield Fault(layout.file, 0, f"is missing: a {design.kind} needs it")
        return
    for specimen in layout.specimens:
        try:
            text = design.render(layout.file, **specimen.values)
        except DesignError as error:
            yield from error.faults
            return
        yield from _read(text, layout, specimen)


def _read(text: str, layout: Layout, specimen: Specimen) -> Iterator[Fault]:
    file = layout.file
    for wanted in specimen.shown:
        if wanted not in text:
            yield Fault(file, 0, f"never shows {_name_of(wanted, specimen)} (here {wanted!r}): a reader would miss it")
    if specimen.last and not text.endswith("\n" + specimen.last):
        yield Fault(file, 0, f"must end with the line {specimen.last[:4]}, then `link`: whoever opens it looks there")
    for line in text.splitlines():
        together = [one for one in specimen.apart if one in line]
        if len(together) > 1:
            yield Fault(file, 0, f"runs {together[0]!r} and {together[1]!r} into one line; a line that ends in `%}}` loses its end, so write the condition inside `{{{{ … }}}}`")
    if len(text) > TEXT_CHARS_MAX:
        yield Fault(file, 0, f"makes {len(text)} characters of an example that has a few dozen; a slide has room for 90")
    if "\n\n" in text:
        yield Fault(file, 0, "leaves a line empty; write `{% if … %}` and `{% endif %}` on lines of their own")
    if _CLOSING.search(text):
        yield Fault(file, 0, "begins a line with a closing mark")
    strange = sorted({char for char in text if not _printable(char)})
    if strange:
        yield Fault(file, 0, f"prints {', '.join(map(repr, strange[:5]))}, which old handsets do not have; keep to signs of GBK")


def _name_of(wanted: str, specimen: Specimen) -> str:
    """Which of the values it is."""
    return next((f"`{name}`" for name, value in specimen.values.items() if value == wanted), "a value")


def _printable(char: str) -> bool:
    try:
        char.encode("gbk")
    except UnicodeEncodeError:
        return False
    return char == "\n" or char.isprintable()
