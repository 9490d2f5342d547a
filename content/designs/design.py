"""A design: its style, its marks and its templates, of which its sum is made."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jinja2 import TemplateError, TemplateSyntaxError

from content.designs.dates import closing_text, day_text
from content.designs.faults import DesignError, Fault
from content.designs.sandbox import SandboxEnvironment
from content.designs.styling import DESIGN_FILE, Sheet
from content.draw.ink import CONTRAST_MIN, Colour, contrast
from huabao.lazily import lazily

FILTERS = {"day": day_text, "closing": closing_text}
BROKEN = (TemplateError, ArithmeticError, AssertionError, AttributeError, LookupError, MemoryError, RecursionError, SyntaxError, TypeError, ValueError)
"""What a template may raise when it is compiled or runs."""


@dataclass(frozen=True, eq=False)
class Design:
    """One design, whole: nothing of it is looked up anywhere else.

    Two designs of the same files are equal, wherever they lie.

    Attributes:
        name: of its folder.
        sheet: what its `design.toml` says, completed by what it extends.
        files: its texts by path, those that it extends among them.
    """

    name: str
    sheet: Sheet
    files: Mapping[str, str] = field(repr=False)

    @property
    def kind(self) -> str:
        return self.sheet.kind

    @lazily
    def sha256(self) -> str:
        """Of name, style and files: what an edition's version is bound to."""
        return hashlib.sha256(self.packed()).hexdigest()

    def packed(self) -> bytes:
        """All of it as one text, from which `content.designs.reading.unpacked` makes it again."""
        document = {"name": self.name, "sheet": dataclasses.asdict(self.sheet), "files": dict(self.files)}
        return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Design) and self.sha256 == other.sha256

    def __hash__(self) -> int:
        return hash(self.sha256)

    @lazily
    def environment(self) -> SandboxEnvironment:
        """What renders its templates; they get `marks` and `style` beside their own values."""
        templates = {name: text for name, text in self.files.items() if name.endswith(".j2")}
        return SandboxEnvironment(templates, FILTERS, {"marks": self.sheet.marks, "style": self.style_values()})

    def style_values(self) -> dict[str, Any]:
        """Its style as templates get it: colours as `#b81621`; `link` is the colour of links, which can be read on paper."""
        style = self.sheet.style
        values = {name: _css(value) if isinstance(value, tuple) else value for name, value in dataclasses.asdict(style).items()}
        link = style.accent if contrast(style.paper, style.accent) >= CONTRAST_MIN else style.ink
        return {**values, "link": _css(link)}

    def render(self, template: str, /, **values: Any) -> str:
        """A template filled in, without line breaks at its ends.

        Raises:
            DesignError: it is broken, or wants more time or room than a page can need; it says the file and the line.
        """
        try:
            return self.environment.render(template, values).strip("\n")
        except BROKEN as error:
            raise DesignError(self.name, [fault_of(error, template)]) from error

    def text(self, name: str) -> str:
        """A file that is no template, such as a style sheet.

        Raises:
            DesignError: there is none.
        """
        if name not in self.files:
            raise DesignError(self.name, [Fault(name, 0, "is missing")])
        return self.files[name]


def fault_of(error: BaseException, template: str) -> Fault:
    """Where a template broke and why."""
    if isinstance(error, TemplateSyntaxError):
        return Fault(error.name or template, error.lineno, _reason(error))
    frames = [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(error.__traceback__) if frame.f_code.co_filename.endswith(".j2")]
    file, line = frames[-1] if frames else (template, 0)
    return Fault(file, line, _reason(error))


def _reason(error: BaseException) -> str:
    if isinstance(error, RecursionError):
        return "it calls or nests itself without end"
    text = re.sub(r"'[\w.]*\.(\w+) object'", r"`\1`", " ".join(str(error).split()))
    return (text or type(error).__name__)[:300]


def _css(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


__all__ = ["DESIGN_FILE", "Design", "DesignError", "Fault", "fault_of"]
