"""Hills, trees, clouds, water, stars and rain."""

from __future__ import annotations

import math
import random

from sandbox.demo.drawings.canvas import Brush, Canvas, ridge
from sandbox.demo.drawings.palette import BARK, WHITE, Colour, mix


def hills(canvas: Canvas, level: float, rise: float, fill: Colour, seed: int, *, roughness: float = 0.5) -> None:
    """A range of hills that reaches down to the lower edge."""
    canvas.poly([*ridge(canvas.width, level, rise, seed, roughness=roughness), (canvas.width, canvas.height), (0, canvas.height)], fill)


def ranges(canvas: Canvas, levels: tuple[float, float], rise: float, far: Colour, near: Colour, seed: int, count: int = 4) -> None:
    """Hills behind hills, the far ones paler, mist between them."""
    for number in range(count):
        share = number / max(1, count - 1)
        level = levels[0] + (levels[1] - levels[0]) * share
        hills(canvas, level, rise * (1 - 0.3 * share), mix(far, near, share), seed + number, roughness=0.55)
        if number < count - 1:
            canvas.haze(level - rise * 0.2, level + (levels[1] - levels[0]) / count + rise * 0.5, far, 0.0, 0.45)


def cloud(brush: Brush, x: float, y: float, size: float, fill: Colour, alpha: int = 160, seed: int = 1) -> None:
    """A long flat cloud."""
    draw = random.Random(seed)
    for number in range(7):
        across = (number - 3) / 3
        high = (1 - across * across) * 0.25 + 0.08
        brush.oval(x + across * size, y - high * size * draw.uniform(0.1, 0.35), size * draw.uniform(0.28, 0.45), size * high * 0.55, fill, alpha // 2)
    brush.oval(x, y, size * 1.25, size * 0.09, fill, alpha)


def stars(canvas: Canvas, count: int, bottom: float, seed: int = 3) -> None:
    """Stars above `bottom`, most of them faint."""
    draw = random.Random(seed)
    for _ in range(count):
        x, y, bright = draw.uniform(0, canvas.width), draw.uniform(0, bottom), draw.random() ** 3
        if bright > 0.6:
            canvas.glow(x, y, 14 * bright, WHITE, 0.5)
        canvas.disc(x, y, 0.6 + 1.8 * bright, WHITE, round(120 + 135 * bright))


def tree(brush: Brush, x: float, y: float, high: float, leaves: tuple[Colour, ...], seed: int = 1, trunk: Colour = BARK) -> None:
    """A tree with a round crown of many strokes of leaf; (x, y) is its foot."""
    draw = random.Random(seed)
    brush.poly([(x - high * 0.035, y), (x - high * 0.015, y - high * 0.6), (x + high * 0.015, y - high * 0.6), (x + high * 0.04, y)], trunk)
    for side in (-1, 1):
        brush.stroke([(x, y - high * 0.35), (x + side * high * 0.16, y - high * 0.62)], high * 0.02, trunk)
    for number in range(130):
        angle, reach = draw.uniform(0, 2 * math.pi), math.sqrt(draw.random())
        px, py = x + math.cos(angle) * reach * high * 0.33, y - high * 0.68 + math.sin(angle) * reach * high * 0.33
        lit = 0.5 - 0.5 * math.sin(angle) * reach + draw.uniform(-0.2, 0.2)
        tone = leaves[min(len(leaves) - 1, max(0, int(lit * len(leaves))))]
        brush.oval(px, py, high * draw.uniform(0.03, 0.07), high * draw.uniform(0.02, 0.05), tone, 235 if number < 100 else 255)


def pine(brush: Brush, x: float, y: float, high: float, fill: Colour) -> None:
    """A fir, three tiers; (x, y) is its foot."""
    brush.rect(x - high * 0.02, y - high * 0.12, high * 0.04, high * 0.12, mix(fill, BARK, 0.6))
    for tier, wide in ((0.08, 0.26), (0.34, 0.2), (0.6, 0.13)):
        brush.poly([(x - high * wide, y - high * tier), (x, y - high * (tier + 0.4)), (x + high * wide, y - high * tier)], fill)


def ripples(canvas: Canvas, top: float, bottom: float, fill: Colour, seed: int = 5, count: int = 90) -> None:
    """Glints on water, longer and farther apart towards the reader."""
    draw = random.Random(seed)
    for _ in range(count):
        near = draw.random()
        y, wide = top + (bottom - top) * near, 8 + 70 * near * draw.random()
        x = draw.uniform(-20, canvas.width)
        canvas.oval(x, y, wide, 0.7 + 1.3 * near, fill, round(60 + 90 * draw.random()))


def rain(canvas: Canvas, count: int, fill: Colour, seed: int = 9, slant: float = 0.22) -> None:
    """Streaks of rain over the whole picture."""
    draw = random.Random(seed)
    for _ in range(count):
        x, y, long = draw.uniform(-60, canvas.width), draw.uniform(-40, canvas.height), draw.uniform(14, 46)
        canvas.stroke([(x, y), (x - long * slant, y + long)], draw.uniform(0.7, 1.6), fill, draw.randint(60, 150))


def birds(brush: Brush, x: float, y: float, size: float, fill: Colour, count: int = 5, seed: int = 2) -> None:
    """A loose flock far away."""
    draw = random.Random(seed)
    for number in range(count):
        bx, by, wide = x + number * size * 1.6 + draw.uniform(-1, 1) * size, y + draw.uniform(-1, 1) * size, size * draw.uniform(0.6, 1)
        brush.stroke([(bx - wide, by - wide * 0.35), (bx - wide * 0.4, by - wide * 0.45), (bx, by), (bx + wide * 0.4, by - wide * 0.45), (bx + wide, by - wide * 0.35)], size * 0.12, fill, bent=True)
