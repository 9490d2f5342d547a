"""小麻's joke in four panels, the magazine's comic part: the sparrow and the weather forecast."""

from __future__ import annotations

from sandbox.demo.drawings.canvas import Canvas
from sandbox.demo.drawings.figures import cat, sparrow
from sandbox.demo.drawings.lettering import say
from sandbox.demo.drawings.nature import cloud, rain
from sandbox.demo.drawings.palette import BARK, CINNABAR, GOLD, INDIGO, INK, MIST, PAPER, PEACH, SLATE, STRAW, TEAL, WHITE, mix
from sandbox.demo.drawings.town import walker


def _wall(canvas: Canvas, wet: bool = False) -> None:
    w, h = canvas.width, canvas.height
    low = mix(MIST, SLATE, 0.3) if wet else mix(PEACH, WHITE, 0.3)
    canvas.wash([(0, mix(SLATE, INDIGO, 0.25) if wet else mix(TEAL, WHITE, 0.55)), (1, low)])
    canvas.rect(0, h * 0.84, w, h * 0.2, mix(STRAW, BARK, 0.5))
    canvas.rect(0, h * 0.83, w, h * 0.03, mix(SLATE, INK, 0.3))


def forecast() -> Canvas:
    """“今天大晴。”"""
    canvas = Canvas(960, 960)
    _wall(canvas)
    canvas.glow(760, 180, 240, GOLD, 0.7)
    canvas.disc(760, 180, 70, mix(GOLD, WHITE, 0.2))
    sparrow(canvas, 420, 640, 140, mood="bright")
    canvas.at(650, 640, 70, turn=-6).rect(-1.5, -1.2, 3, 2.4, WHITE)
    canvas.at(650, 640, 70, turn=-6).rect(-1.3, -1.0, 2.6, 0.45, CINNABAR)
    say(canvas, 0.4, 0.17, ("报上说：今天大晴，", "不用带伞。"), (0.5, 0.42))
    return canvas


def downpour() -> Canvas:
    """It rains."""
    canvas = Canvas(960, 960)
    _wall(canvas, wet=True)
    cloud(canvas, 480, 240, 380, mix(SLATE, INDIGO, 0.4), 250, 2)
    rain(canvas, 300, mix(MIST, WHITE, 0.6))
    sparrow(canvas, 460, 650, 140, mood="lost")
    say(canvas, 0.5, 0.19, ("……",), (0.56, 0.42))
    return canvas


def shelter() -> Canvas:
    """A neighbour with an umbrella."""
    canvas = Canvas(960, 960)
    _wall(canvas, wet=True)
    rain(canvas, 260, mix(MIST, WHITE, 0.6))
    own = canvas.at(600, 810, 330)
    own.stroke([(0.12, 0), (0.12, -1.1)], 0.035, INK)
    own.blob([(-1.3, -0.98), (-0.8, -1.42), (0.12, -1.6), (1.0, -1.42), (1.5, -0.98), (0.9, -1.08), (0.12, -1.02), (-0.7, -1.08)], CINNABAR)
    own.blob([(-0.25, -1.04), (-0.1, -1.45), (0.12, -1.6), (0.34, -1.45), (0.5, -1.04)], mix(CINNABAR, WHITE, 0.22))
    cat(canvas, 760, 640, 110)
    sparrow(canvas, 380, 690, 115, mood="bright")
    say(canvas, 0.46, 0.12, ("你也信预报？那报纸呢？",), (0.74, 0.56))
    return canvas


def hat() -> Canvas:
    """The paper is good for something: a hat."""
    canvas = Canvas(960, 960)
    _wall(canvas, wet=True)
    rain(canvas, 220, mix(MIST, WHITE, 0.6))
    sparrow(canvas, 470, 680, 150, mood="happy", bag=False)
    own = canvas.at(560, 470, 150, turn=6)
    own.poly([(-1.15, 0.3), (0.0, -0.75), (1.15, 0.3)], WHITE)
    own.poly([(-1.3, 0.42), (-1.15, 0.1), (1.15, 0.1), (1.3, 0.42)], PAPER)
    own.rect(-0.7, 0.18, 1.4, 0.12, CINNABAR)
    walker(canvas, 130, 815, 150, TEAL, umbrella=GOLD)
    say(canvas, 0.5, 0.15, ("报纸说得不准，", "用处还是准的！"), (0.62, 0.38))
    return canvas
