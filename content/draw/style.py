"""How a design draws: colours, type, and the names of the drawing styles that it chose.

A drawing style (a nameplate, a cover, a band between sections, an end page) is a
named way to draw that takes all it needs from here, so that a new design is a choice
of names and values, not code. The values come from a design's `design.toml`, see
`content.designs.styling`; the defaults are what Huabao draws where no design says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass

from content.draw.fonts import Weight
from content.draw.ink import ACCENT, GREY, INK, PAPER, RULE, Colour

IVORY: Colour = (246, 240, 228)

NAMEPLATES = ("block", "letterhead", "tabloid")
COVERS = ("reflection", "study", "poster", "sheet", "cinema")
BANDS = ("tab", "ornament", "slant", "seal", "ribbon")
ENDS = ("rules", "card", "curtain")


@dataclass(frozen=True)
class Style:
    """The look of a design.

    Attributes:
        nameplate, cover, band, end: names of drawing styles.
        paper: the ground of drawn pictures, ink: of the type on it.
        accent: of blocks, rules and seals; on_accent: of type on the accent.
        second: another colour, of blocks that carry no type but what stands on it in `on_second`.
        muted: of small print on paper.
        line: of hairlines, which carry no meaning.
        ground: of covers and end pages without a picture; on_ground: of type on it.
        title_weight, strong_weight, text_weight: of drawn type.
        spacing: how wide the air around drawn type is, 1.0 as designed.
        picture_share: height of the picture region as a share of the screen's.
        mat: of a comic: air around panels in the colour of the paper, as a share of the screen's width; 0 for none at all.
        tracking: how far a nameplate's title may be spread, as a share of its own width.
    """

    nameplate: str = "block"
    cover: str = "reflection"
    band: str = "tab"
    end: str = "rules"
    paper: Colour = PAPER
    ink: Colour = INK
    accent: Colour = ACCENT
    on_accent: Colour = PAPER
    second: Colour = INK
    on_second: Colour = PAPER
    muted: Colour = GREY
    line: Colour = RULE
    ground: Colour = IVORY
    on_ground: Colour = INK
    title_weight: Weight = "black"
    strong_weight: Weight = "bold"
    text_weight: Weight = "regular"
    spacing: float = 1.0
    picture_share: float = 0.6
    mat: float = 0.0
    tracking: float = 1.3


DEFAULT = Style()

PAIRS = (("paper", "ink"), ("paper", "muted"), ("accent", "on_accent"), ("second", "on_second"), ("ground", "on_ground"))
"""What is drawn upon what by every design: each pair must have a contrast of at least 4.5."""


def pairs(style: Style, kind: str) -> tuple[tuple[str, str], ...]:
    """Ground and type of everything that a design of this kind of publication draws."""
    found = list(PAIRS)
    if (kind == "newspaper" and style.nameplate in ("block", "letterhead")) or style.band == "ornament":
        found.append(("paper", "accent"))
    if style.end == "curtain" or style.cover == "cinema":
        found.append(("ground", "accent"))
    return tuple(found)
