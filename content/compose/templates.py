"""A slide layout of a design; no wording stands in code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from content.designs import Design


@dataclass(frozen=True)
class Template:
    """One slide layout.

    Attributes:
        layout: its name, such as `story`; which there are is in `content.designs.specimens`.
    """

    design: Design
    layout: str

    def render(self, **values: Any) -> str:
        """The text of a slide, without line breaks at its ends."""
        return self.design.render(f"slides/{self.layout}.txt.j2", **values)
