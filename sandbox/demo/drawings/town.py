"""Houses, towers, bridges, boats, trains, lamps and the people of the streets."""

from __future__ import annotations

import random

from sandbox.demo.drawings.canvas import Brush, Canvas
from sandbox.demo.drawings.palette import BARK, CINNABAR, GOLD, INK, PAPER, PEACH, WHITE, Colour, mix


def skyline(canvas: Canvas, ground: float, tallest: float, fill: Colour, seed: int, *, lit: float = 0.0, window: Colour = GOLD, step: float = 1.0) -> None:
    """Towers side by side on `ground`; a share `lit` of the windows has light."""
    draw = random.Random(seed)
    x = -20.0
    while x < canvas.width:
        wide, high = draw.uniform(34, 78) * step, tallest * draw.uniform(0.3, 1.0) * draw.uniform(0.6, 1.0)
        top, tone = ground - high, mix(fill, PAPER, draw.uniform(0, 0.06))
        canvas.rect(x, top, wide, high + 1, tone)
        crown = draw.random()
        if crown < 0.25:
            canvas.poly([(x, top + 1), (x + wide * 0.5, top - wide * 0.35), (x + wide, top + 1)], tone)
        elif crown < 0.5:
            canvas.rect(x + wide * 0.2, top - 12 * step, wide * 0.6, 13 * step, tone)
        elif crown < 0.65:
            canvas.rect(x + wide * 0.48, top - 36 * step, 2.4 * step, 37 * step, tone)
        if lit:
            _windows(canvas, x, top, wide, high, draw, lit, window, step)
        x += wide + draw.choice((0.0, 3.0, 10.0)) * step


def _windows(canvas: Canvas, x: float, top: float, wide: float, high: float, draw: random.Random, lit: float, window: Colour, step: float) -> None:
    size, pitch = 3.4 * step, 9 * step
    for row in range(1, int(high / pitch)):
        for column in range(1, int(wide / pitch)):
            if draw.random() < lit:
                canvas.rect(x + column * pitch - size / 2, top + row * pitch, size, size * 1.25, mix(window, WHITE, draw.random() * 0.4), draw.randint(150, 255))


def hui_house(brush: Brush, x: float, y: float, wide: float, high: float, wall: Colour, roof: Colour, *, lit: Colour | None = None) -> None:
    """A house of Huizhou: white wall, stepped gable, grey tiles; (x, y) is its lower left corner."""
    brush.rect(x, y - high, wide, high, wall)
    for share, up in ((0.0, 0.0), (0.14, 0.1), (0.3, 0.2), (0.55, 0.2), (0.71, 0.1), (0.87, 0.0)):
        step = wide * (0.28 if 0.28 < share < 0.6 else 0.2)
        left = x + wide * share - wide * 0.03
        brush.rect(left, y - high * (1 + up), step, high * up + 1, wall)
        brush.rect(left - wide * 0.02, y - high * (1 + up) - high * 0.035, step + wide * 0.04, high * 0.06, roof)
    shine = lit or mix(roof, INK, 0.3)
    brush.rect(x + wide * 0.42, y - high * 0.42, wide * 0.16, high * 0.42, mix(roof, BARK, 0.5))
    for column in (0.16, 0.74):
        brush.rect(x + wide * column, y - high * 0.68, wide * 0.11, high * 0.16, shine)


def cable_bridge(canvas: Canvas, deck: float, pylons: tuple[float, float], top: float, fill: Colour) -> None:
    """A cable-stayed bridge across the whole picture, its deck at `deck`."""
    canvas.poly([(0, deck), (canvas.width, deck - 14), (canvas.width, deck - 4), (0, deck + 12)], fill)
    for pylon in pylons:
        base = deck - 14 * pylon / canvas.width
        for number in range(1, 13):
            reach = number * 24.0
            for side in (-1, 1):
                foot = pylon + side * reach
                canvas.stroke([(pylon, top + number * 9 + 4), (foot, deck - 14 * foot / canvas.width + 2)], 1.2, fill, 190)
        canvas.poly([(pylon - 13, base + 100), (pylon - 3.5, top), (pylon + 3.5, top), (pylon + 13, base + 100), (pylon + 7, base + 100), (pylon, top + 60), (pylon - 7, base + 100)], fill)
        canvas.rect(pylon - 9, base - 8, 18, 8, fill)


def boat(brush: Brush, x: float, y: float, size: float, hull: Colour, cabin: Colour = PAPER) -> None:
    """A river boat, bow to the right; (x, y) is the middle of its water line."""
    brush.poly([(x - size, y - size * 0.2), (x + size * 1.15, y - size * 0.26), (x + size * 0.85, y + size * 0.04), (x - size * 0.9, y + size * 0.04)], hull)
    brush.rect(x - size * 0.85, y - size * 0.52, size * 0.55, size * 0.33, cabin)
    brush.rect(x - size * 0.9, y - size * 0.57, size * 0.65, size * 0.07, CINNABAR)
    for column in (0.0, 0.2):
        brush.rect(x - size * (0.76 - column), y - size * 0.45, size * 0.12, size * 0.11, mix(hull, GOLD, 0.5))
    for column in range(4):
        brush.rect(x - size * 0.2 + column * size * 0.24, y - size * 0.35, size * 0.2, size * 0.13, mix(hull, (CINNABAR, PEACH, GOLD, cabin)[column], 0.55))


def train(canvas: Canvas, rail: float, nose: float, body: Colour = WHITE, stripe: Colour = CINNABAR) -> None:
    """A fast train from the left edge to its nose at x = `nose`, on a rail at y = `rail`."""
    high = 74.0
    canvas.poly([(-10, rail - high), (nose - 150, rail - high)] + [(nose - 150 + 150 * s / 10, rail - high + high * 0.82 * (s / 10) ** 2.1) for s in range(11)] + [(nose - 14, rail - 6), (-10, rail - 6)], body)
    canvas.poly([(-10, rail - 26), (nose - 30, rail - 26), (nose - 12, rail - 19), (-10, rail - 19)], stripe)
    canvas.poly([(nose - 122, rail - 64), (nose - 88, rail - 61), (nose - 52, rail - 44), (nose - 108, rail - 44)], INK, 225)
    x = nose - 172
    while x > -40:
        canvas.slab(x - 26, rail - 60, 26, 17, 5, mix(INK, GOLD, 0.0), 215)
        canvas.poly([(x - 20, rail - 60), (x - 11, rail - 60), (x - 19, rail - 43), (x - 26, rail - 43)], WHITE, 40)
        x -= 38 if round(x) % 5 else 60
    canvas.rect(-10, rail - 6, nose - 6, 6, mix(INK, body, 0.25))


def lamp(brush: Brush, x: float, y: float, high: float, post: Colour, light: Colour = GOLD) -> None:
    """A street lamp with its light; (x, y) is its foot."""
    brush.glow(x, y - high, high * 0.55, light, 0.75)
    brush.rect(x - high * 0.012, y - high, high * 0.024, high, post)
    brush.slab(x - high * 0.05, y - high * 1.06, high * 0.1, high * 0.13, high * 0.04, mix(light, WHITE, 0.6))
    brush.rect(x - high * 0.06, y - high * 1.08, high * 0.12, high * 0.025, post)


def walker(brush: Brush, x: float, y: float, high: float, coat: Colour, *, umbrella: Colour | None = None, flip: bool = False, scarf: Colour | None = None) -> None:
    """Somebody walking, seen from a distance; (x, y) is where the feet are."""
    own = brush.at(x, y, high, flip=flip)
    for foot in (-0.1, 0.1):
        own.stroke([(0.0, -0.4), (foot, -0.02)], 0.07, mix(coat, INK, 0.6))
    own.blob([(-0.12, -0.78), (0.0, -0.84), (0.12, -0.78), (0.17, -0.35), (0.0, -0.31), (-0.18, -0.35)], coat)
    own.stroke([(0.07, -0.74), (0.17, -0.56)], 0.065, mix(coat, INK, 0.18))
    own.disc(0.01, -0.91, 0.088, PEACH)
    own.blob([(-0.1, -0.9), (-0.06, -1.01), (0.05, -1.02), (0.1, -0.94), (0.0, -0.95), (-0.06, -0.86)], INK)
    if scarf:
        own.stroke([(-0.09, -0.81), (0.1, -0.81)], 0.06, scarf)
        own.poly([(-0.09, -0.81), (-0.26, -0.72), (-0.24, -0.66), (-0.06, -0.76)], scarf)
    if umbrella:
        own.stroke([(0.17, -0.56), (0.13, -1.2)], 0.022, INK)
        own.blob([(-0.38, -1.05), (-0.22, -1.28), (0.1, -1.37), (0.42, -1.27), (0.58, -1.03), (0.34, -1.09), (0.1, -1.05), (-0.14, -1.09)], umbrella)
        own.blob([(-0.02, -1.09), (0.02, -1.28), (0.1, -1.37), (0.2, -1.28), (0.26, -1.07), (0.1, -1.05)], mix(umbrella, WHITE, 0.22))


def cyclist(brush: Brush, x: float, y: float, size: float, coat: Colour, frame: Colour = INK) -> None:
    """Somebody on a bicycle, riding right; (x, y) is between the wheels on the ground."""
    own = brush.at(x, y, size)
    for wheel in (-0.34, 0.34):
        own.disc(wheel, -0.24, 0.24, frame)
        own.disc(wheel, -0.24, 0.205, mix(frame, WHITE, 0.55), 130)
    own.stroke([(-0.34, -0.24), (-0.05, -0.52), (0.26, -0.52), (0.34, -0.24)], 0.035, frame)
    own.stroke([(-0.05, -0.52), (0.03, -0.24), (0.26, -0.52)], 0.035, frame)
    own.stroke([(0.26, -0.52), (0.24, -0.64), (0.32, -0.66)], 0.035, frame)
    own.stroke([(-0.08, -0.62), (0.1, -0.46), (0.03, -0.2)], 0.09, mix(coat, INK, 0.65))
    own.blob([(-0.16, -0.62), (-0.1, -0.86), (0.06, -0.98), (0.14, -0.9), (0.06, -0.7), (-0.02, -0.58)], coat)
    own.stroke([(0.08, -0.88), (0.16, -0.74), (0.28, -0.68)], 0.06, mix(coat, INK, 0.15))
    own.disc(0.16, -1.05, 0.09, PEACH)
    own.blob([(0.05, -1.04), (0.08, -1.16), (0.2, -1.18), (0.28, -1.09), (0.16, -1.1)], CINNABAR)
