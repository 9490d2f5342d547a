"""Who lives in the comic: 小麻 the sparrow who brings the papers, the owl at the bell, the cat, the ferry duck."""

from __future__ import annotations

from math import cos, pi, sin

from sandbox.demo.drawings.canvas import Brush
from sandbox.demo.drawings.palette import AMBER, BARK, BROWN, CINNABAR, GOLD, INDIGO, INK, MIST, PAPER, SLATE, STRAW, TEAL, WHITE, mix

CHESTNUT = (158, 84, 50)


def sparrow(brush: Brush, x: float, y: float, size: float, *, flip: bool = False, turn: float = 0.0, flying: bool = False, mood: str = "bright", bag: bool = True, paper: bool = False) -> None:
    """小麻, looking right; (x, y) is the middle of the body, `size` about half its length.

    Args:
        mood: bright, happy, lost or wide.
    """
    own = brush.at(x, y, size, flip=flip, turn=turn)
    own.poly([(-0.7, 0.05), (-1.75, -0.2), (-1.82, 0.1), (-1.6, 0.22), (-0.7, 0.45)], BARK)
    own.poly([(-0.7, 0.12), (-1.7, -0.04), (-1.68, 0.06), (-0.7, 0.28)], mix(BARK, STRAW, 0.3))
    if flying:
        own.blob([(0.1, -0.35), (0.55, -1.2), (0.25, -1.95), (-0.35, -1.35), (-0.45, -0.4)], mix(CHESTNUT, INK, 0.35))
    else:
        for foot in (-0.12, 0.22):
            own.stroke([(foot, 0.75), (foot + 0.05, 1.18)], 0.07, AMBER)
            own.stroke([(foot - 0.12, 1.2), (foot + 0.26, 1.2)], 0.07, AMBER)
    own.blob([(-0.95, 0.15), (-0.4, -0.6), (0.35, -0.65), (0.9, 0.0), (0.62, 0.72), (-0.1, 0.92), (-0.72, 0.62)], mix(STRAW, PAPER, 0.45))
    own.blob([(-0.95, 0.15), (-0.4, -0.6), (0.3, -0.65), (0.1, -0.1), (-0.3, 0.3), (-0.75, 0.5)], CHESTNUT)
    _head(own, mood)
    if flying:
        own.blob([(0.2, -0.2), (-0.15, -1.15), (-0.95, -1.85), (-1.15, -1.0), (-0.75, -0.1), (-0.2, 0.12)], CHESTNUT)
        for share in (0.0, 0.25, 0.5):
            own.stroke([(-0.35 - share * 0.5, -0.35), (-0.78 - share * 0.5, -1.25 + share * 0.6)], 0.06, mix(CHESTNUT, INK, 0.5))
    else:
        own.blob([(0.2, -0.25), (0.1, 0.32), (-0.5, 0.55), (-1.05, 0.42), (-0.75, 0.0), (-0.25, -0.35)], mix(CHESTNUT, INK, 0.2))
        own.stroke([(-0.1, 0.12), (-0.75, 0.32)], 0.07, mix(STRAW, WHITE, 0.4))
    if bag:
        own.stroke([(0.42, -0.52), (-0.1, 0.15), (-0.18, 0.38)], 0.09, INDIGO)
        own.slab(-0.42, 0.3, 0.66, 0.52, 0.12, INDIGO)
        own.at(-0.1, 0.26, 1, turn=-16).rect(-0.09, -0.3, 0.18, 0.36, WHITE)
        own.at(0.08, 0.28, 1, turn=8).rect(-0.08, -0.26, 0.16, 0.3, PAPER)
        own.slab(-0.42, 0.34, 0.66, 0.2, 0.08, mix(INDIGO, SLATE, 0.5))
    if paper:
        own.at(1.42, -0.62, 1, turn=18).slab(-0.36, -0.1, 0.8, 0.2, 0.1, WHITE)
        own.at(1.42, -0.62, 1, turn=18).rect(0.0, -0.1, 0.09, 0.2, CINNABAR)


def _head(own: Brush, mood: str) -> None:
    own.disc(0.52, -0.78, 0.62, PAPER)
    own.blob([(-0.1, -0.72), (0.1, -1.28), (0.6, -1.42), (1.08, -1.04), (0.9, -0.94), (0.5, -1.02), (0.1, -0.72), (0.0, -0.5)], CHESTNUT)
    own.disc(0.42, -0.58, 0.15, mix(INK, BARK, 0.4))
    own.blob([(0.92, -0.52), (1.1, -0.62), (1.0, -0.3), (0.7, -0.15), (0.6, -0.3)], mix(INK, BARK, 0.3))
    own.poly([(1.08, -0.9), (1.46, -0.72), (1.08, -0.6)], AMBER)
    own.stroke([(1.1, -0.74), (1.36, -0.73)], 0.04, mix(AMBER, INK, 0.4))
    own.blob([(-0.04, -1.08), (0.12, -1.44), (0.62, -1.6), (1.0, -1.3), (1.02, -1.14), (0.5, -1.2)], CINNABAR)
    own.blob([(0.84, -1.2), (1.36, -1.2), (1.42, -1.08), (0.9, -1.06)], mix(CINNABAR, INK, 0.3))
    own.disc(0.48, -1.58, 0.08, mix(CINNABAR, INK, 0.3))
    if mood == "happy":
        own.stroke([(0.62, -0.82), (0.75, -0.95), (0.88, -0.82)], 0.075, INK, bent=True)
    else:
        radius = {"bright": 0.13, "lost": 0.12, "wide": 0.17}[mood]
        own.disc(0.76, -0.86, radius, INK)
        own.disc(0.8, -0.91, radius * 0.36, WHITE)
    if mood == "lost":
        own.stroke([(0.6, -1.04), (0.88, -1.1)], 0.06, INK)
    own.oval(0.68, -0.56, 0.12, 0.08, mix(CINNABAR, PAPER, 0.5))


def owl(brush: Brush, x: float, y: float, size: float, *, glasses: bool = False, mood: str = "calm", flip: bool = False) -> None:
    """老钟, the old owl at the bell; (x, y) is the middle of the body."""
    own = brush.at(x, y, size, flip=flip)
    for foot in (-0.35, 0.35):
        own.oval(foot, 1.32, 0.26, 0.1, AMBER)
    own.blob([(-0.95, -0.2), (-0.8, -1.0), (-0.85, -1.5), (-0.35, -1.2), (0.35, -1.2), (0.85, -1.5), (0.8, -1.0), (0.95, -0.2), (0.85, 0.95), (0.0, 1.35), (-0.85, 0.95)], mix(SLATE, BROWN, 0.45))
    own.blob([(-0.55, 0.1), (0.0, -0.15), (0.55, 0.1), (0.58, 0.9), (0.0, 1.22), (-0.58, 0.9)], mix(PAPER, MIST, 0.3))
    for row in range(3):
        for column in range(-1, 2):
            own.stroke([(column * 0.34 - 0.1, 0.32 + row * 0.27), (column * 0.34, 0.4 + row * 0.27), (column * 0.34 + 0.1, 0.32 + row * 0.27)], 0.05, SLATE)
    for side in (-1, 1):
        own.blob([(side * 0.78, -0.25), (side * 1.12, 0.3), (side * 0.95, 0.95), (side * 0.62, 0.5)], mix(SLATE, BARK, 0.6))
        own.disc(side * 0.38, -0.62, 0.4, PAPER)
        if mood == "happy":
            own.stroke([(side * 0.38 - 0.17, -0.56), (side * 0.38, -0.72), (side * 0.38 + 0.17, -0.56)], 0.08, INK, bent=True)
        elif mood == "squint":
            own.stroke([(side * 0.38 - 0.18, -0.62), (side * 0.38 + 0.18, -0.6)], 0.09, INK)
        else:
            own.disc(side * 0.38, -0.62, 0.19, INK)
            own.disc(side * 0.38 + 0.06, -0.69, 0.06, WHITE)
        own.stroke([(side * 0.1, -1.0), (side * 0.62, -1.12)], 0.1, mix(MIST, WHITE, 0.5))
        if glasses:
            _ring(own, side * 0.38, -0.62, 0.43)
    if glasses:
        own.stroke([(-0.06, -0.66), (0.06, -0.66)], 0.07, GOLD)
    own.poly([(-0.11, -0.46), (0.11, -0.46), (0.0, -0.2)], AMBER)
    own.blob([(-0.72, -0.12), (0.0, 0.06), (0.72, -0.12), (0.66, 0.1), (0.0, 0.28), (-0.66, 0.1)], TEAL)
    own.poly([(0.3, 0.08), (0.6, 0.02), (0.7, 0.72), (0.42, 0.76)], mix(TEAL, INK, 0.15))


def _ring(own: Brush, x: float, y: float, radius: float) -> None:
    own.oval(x, y, radius, radius, WHITE, 60)
    own.stroke([(x + radius * cos(step * pi / 18), y + radius * sin(step * pi / 18)) for step in range(37)], 0.06, GOLD)


def cat(brush: Brush, x: float, y: float, size: float, *, flip: bool = False) -> None:
    """The cat of the tea house, head and shoulders, leaning out; (x, y) is the middle of the face."""
    own = brush.at(x, y, size, flip=flip)
    own.blob([(-0.8, 1.5), (-0.62, 0.6), (0.62, 0.6), (0.8, 1.5)], TEAL)
    own.blob([(-0.9, 0.1), (-0.92, -0.95), (-0.4, -0.62), (0.4, -0.62), (0.92, -0.95), (0.9, 0.1), (0.5, 0.68), (-0.5, 0.68)], AMBER)
    for stripe in (-0.22, 0.0, 0.22):
        own.stroke([(stripe, -0.62), (stripe * 0.8, -0.3)], 0.09, mix(AMBER, BARK, 0.6))
    own.blob([(-0.45, 0.3), (0.0, 0.1), (0.45, 0.3), (0.25, 0.62), (-0.25, 0.62)], PAPER)
    for side in (-1, 1):
        own.stroke([(side * 0.52, -0.08), (side * 0.38, -0.2), (side * 0.24, -0.08)], 0.08, INK, bent=True)
        for whisker in (0.22, 0.38):
            own.stroke([(side * 0.45, whisker), (side * 1.1, whisker - 0.08)], 0.03, WHITE)
    own.poly([(-0.1, 0.12), (0.1, 0.12), (0.0, 0.24)], CINNABAR)
    own.stroke([(-0.2, 0.3), (-0.1, 0.39), (0.0, 0.28), (0.1, 0.39), (0.2, 0.3)], 0.05, INK, bent=True)


def duck(brush: Brush, x: float, y: float, size: float, *, flip: bool = False) -> None:
    """The captain of the ferry; (x, y) is the middle of the body."""
    own = brush.at(x, y, size, flip=flip)
    own.blob([(-1.0, -0.2), (-0.3, -0.3), (0.5, -0.35), (0.8, 0.2), (0.4, 0.8), (-0.5, 0.8), (-0.95, 0.35)], WHITE)
    own.blob([(0.1, 0.0), (0.15, -0.9), (0.35, -1.4), (0.85, -1.3), (0.95, -0.85), (0.7, -0.5), (0.75, 0.2)], WHITE)
    own.blob([(0.85, -1.05), (1.45, -0.95), (1.4, -0.78), (0.85, -0.75)], AMBER)
    own.disc(0.68, -1.05, 0.09, INK)
    own.blob([(0.1, -1.28), (0.55, -1.62), (1.05, -1.34), (0.98, -1.2), (0.2, -1.16)], INDIGO)
    own.rect(0.22, -1.3, 0.78, 0.1, GOLD)
    own.blob([(-0.7, 0.0), (0.1, -0.05), (0.2, 0.4), (-0.5, 0.55)], mix(MIST, WHITE, 0.4))
    own.blob([(0.06, -0.32), (0.45, -0.22), (0.8, -0.34), (0.78, -0.16), (0.45, -0.05), (0.08, -0.14)], CINNABAR)


def bell(brush: Brush, x: float, y: float, size: float, turn: float = 0.0) -> None:
    """The old bronze bell, hung at (x, y)."""
    own = brush.at(x, y, size, turn=turn)
    bronze = mix(AMBER, BARK, 0.35)
    own.stroke([(0, -0.3), (0, 0.05)], 0.12, BARK)
    own.disc(0, 1.42, 0.16, mix(BARK, INK, 0.4))
    own.blob([(-0.3, 0.05), (0.3, 0.05), (0.52, 0.5), (0.62, 1.05), (0.85, 1.36), (0.0, 1.44), (-0.85, 1.36), (-0.62, 1.05), (-0.52, 0.5)], bronze)
    own.blob([(-0.16, 0.12), (0.0, 0.1), (-0.12, 0.7), (-0.2, 1.25), (-0.44, 1.28), (-0.36, 0.6)], mix(GOLD, WHITE, 0.2), 150)
    for band in (0.55, 1.08):
        own.stroke([(-0.5 - band * 0.1, band), (0.0, band + 0.06), (0.5 + band * 0.1, band)], 0.06, mix(bronze, INK, 0.4), bent=True)
