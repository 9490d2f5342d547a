"""Paper and brush: shapes in design units, drawn at three times the size of the picture and reduced, so that every edge is smooth.

A `Brush` maps points by an affine transform; `at` gives a brush for a figure at
its place, size, turn and facing. `Canvas` is the brush of a whole picture.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from sandbox.demo.drawings.palette import Colour

Point = tuple[float, float]

OVERSIZE = 2
"""Pixels drawn for each design unit."""

KEPT = 1.5
"""Design units for each pixel of the finished picture: three are drawn for one kept."""


@lru_cache(maxsize=4)
def _halo(power: float) -> Image.Image:
    """A round light, 255 in its middle, 0 at its edge."""
    axis = np.linspace(-1.0, 1.0, 256)
    distance = np.sqrt(axis[:, None] ** 2 + axis[None, :] ** 2)
    return Image.fromarray((255 * np.clip(1 - distance, 0, 1) ** power).astype(np.uint8))


class Brush:
    """Draws on an image through a transform.

    Attributes:
        image: in oversize pixels.
        matrix: a, b, c, d, e, f with x' = a·x + b·y + c and y' = d·x + e·y + f.
    """

    def __init__(self, image: Image.Image, matrix: tuple[float, float, float, float, float, float]) -> None:
        self.image = image
        self.matrix = matrix
        self._ink = ImageDraw.Draw(image, "RGBA")

    def at(self, x: float, y: float, size: float = 1.0, *, flip: bool = False, turn: float = 0.0) -> Brush:
        """A brush whose (0, 0) lies at (x, y), one unit is `size` long, turned by `turn` degrees clockwise, mirrored where `flip`."""
        a, b, c, d, e, f = self.matrix
        cos, sin = math.cos(math.radians(turn)) * size, math.sin(math.radians(turn)) * size
        mirror = -1.0 if flip else 1.0
        own = (cos * mirror, -sin, x, sin * mirror, cos, y)
        return Brush(
            self.image,
            (
                a * own[0] + b * own[3],
                a * own[1] + b * own[4],
                a * own[2] + b * own[5] + c,
                d * own[0] + e * own[3],
                d * own[1] + e * own[4],
                d * own[2] + e * own[5] + f,
            ),
        )

    @property
    def unit_px(self) -> float:
        """Oversize pixels of one unit."""
        a, b, _, d, e, _ = self.matrix
        return math.sqrt(abs(a * e - b * d))

    def spot(self, x: float, y: float) -> Point:
        """Where (x, y) lies in the image, in oversize pixels."""
        a, b, c, d, e, f = self.matrix
        return (a * x + b * y + c, d * x + e * y + f)

    def poly(self, points: Sequence[Point], fill: Colour, alpha: int = 255) -> None:
        """A filled shape with straight sides."""
        self._ink.polygon([self.spot(*point) for point in points], fill=(*fill, alpha))

    def blob(self, points: Sequence[Point], fill: Colour, alpha: int = 255) -> None:
        """A filled shape whose outline runs smoothly through the points."""
        self.poly(smooth(points, closed=True), fill, alpha)

    def oval(self, x: float, y: float, wide: float, high: float, fill: Colour, alpha: int = 255) -> None:
        """An ellipse with half axes `wide` and `high`."""
        steps = [2 * math.pi * step / 72 for step in range(72)]
        self.poly([(x + wide * math.cos(step), y + high * math.sin(step)) for step in steps], fill, alpha)

    def disc(self, x: float, y: float, radius: float, fill: Colour, alpha: int = 255) -> None:
        """A circle."""
        self.oval(x, y, radius, radius, fill, alpha)

    def rect(self, x: float, y: float, wide: float, high: float, fill: Colour, alpha: int = 255) -> None:
        """A rectangle from its upper left corner."""
        self.poly([(x, y), (x + wide, y), (x + wide, y + high), (x, y + high)], fill, alpha)

    def slab(self, x: float, y: float, wide: float, high: float, radius: float, fill: Colour, alpha: int = 255) -> None:
        """A rectangle with round corners."""
        corners = ((x + wide - radius, y + radius, -90), (x + wide - radius, y + high - radius, 0), (x + radius, y + high - radius, 90), (x + radius, y + radius, 180))
        points = [
            (cx + radius * math.cos(math.radians(start + step * 15)), cy + radius * math.sin(math.radians(start + step * 15))) for cx, cy, start in corners for step in range(7)
        ]
        self.poly(points, fill, alpha)

    def stroke(self, points: Sequence[Point], width: float, fill: Colour, alpha: int = 255, *, bent: bool = False) -> None:
        """A line with round ends; `bent` runs it smoothly through the points."""
        path = [self.spot(*point) for point in (smooth(points, closed=False) if bent else points)]
        wide = max(1, round(width * self.unit_px))
        self._ink.line(path, fill=(*fill, alpha), width=wide, joint="curve")
        if alpha == 255 and wide > 3:
            for x, y in (path[0], path[-1]):
                self._ink.ellipse((x - wide / 2, y - wide / 2, x + wide / 2, y + wide / 2), fill=fill)

    def glow(self, x: float, y: float, radius: float, colour: Colour, strength: float = 1.0, power: float = 2.0) -> None:
        """Light around a point, fading to nothing at `radius`."""
        cx, cy = self.spot(x, y)
        reach = max(2, round(radius * self.unit_px))
        mask = _halo(power).resize((2 * reach, 2 * reach), Image.Resampling.BILINEAR)
        if strength < 1:
            mask = mask.point([round(value * strength) for value in range(256)])
        self.image.paste(colour, (round(cx) - reach, round(cy) - reach), mask)


class Canvas(Brush):
    """A picture of `width` × `height` design units."""

    def __init__(self, width: int, height: int, ground: Colour = (255, 255, 255)) -> None:
        super().__init__(Image.new("RGB", (width * OVERSIZE, height * OVERSIZE), ground), (OVERSIZE, 0, 0, 0, OVERSIZE, 0))
        self.width, self.height = width, height

    def wash(self, stops: Sequence[tuple[float, Colour]], top: float = 0.0, bottom: float | None = None) -> None:
        """Colours running into each other from `top` to `bottom`; stops from 0 to 1."""
        first, last = round(top * OVERSIZE), round((self.height if bottom is None else bottom) * OVERSIZE)
        shares = np.linspace(0, 1, max(1, last - first))
        at = [share for share, _ in stops]
        column = np.stack([np.interp(shares, at, [colour[channel] for _, colour in stops]) for channel in range(3)], axis=-1)
        strip = Image.fromarray(np.clip(column + 0.5, 0, 255).astype(np.uint8)[:, None, :])
        self.image.paste(strip.resize((self.image.width, last - first)), (0, first))

    def haze(self, top: float, bottom: float, colour: Colour, upper: float, lower: float) -> None:
        """A veil whose strength (0 to 1) runs from `upper` to `lower`."""
        first, last = round(top * OVERSIZE), round(bottom * OVERSIZE)
        column = np.linspace(255 * upper, 255 * lower, max(1, last - first)).astype(np.uint8)[:, None]
        self.image.paste(colour, (0, first), Image.fromarray(column).resize((self.image.width, last - first)))

    def mirrored(self, line: float, depth: float, tint: Colour, strength: float) -> None:
        """Water below `line`: what stands above it, upside down, rippled, tinted by `strength` (0 to 1)."""
        at, high = round(line * OVERSIZE), round(depth * OVERSIZE)
        above = np.asarray(self.image.crop((0, max(0, at - high), self.image.width, at)))[::-1]
        rows = np.arange(above.shape[0])
        shifts = (np.sin(rows / 11.0) + np.sin(rows / 4.7)) * (1 + rows / 90.0) * OVERSIZE / 2
        rippled = np.stack([np.roll(row, round(shift), axis=0) for row, shift in zip(above, shifts, strict=True)])
        water = Image.fromarray(rippled).filter(ImageFilter.GaussianBlur(OVERSIZE))
        self.image.paste(Image.blend(water, Image.new("RGB", water.size, tint), strength), (0, at))

    def finish(self, grain: float = 5.0) -> Image.Image:
        """The picture at its size, with the tooth of paper."""
        wide, high = round(self.width / KEPT), round(self.height / KEPT)
        small = self.image.resize((wide, high), Image.Resampling.BOX)
        noise = np.random.default_rng(7).normal(0, grain, (high // 2 + 1, wide // 2 + 1))
        fine = np.asarray(Image.fromarray(noise.astype(np.float32)).resize((wide, high), Image.Resampling.BICUBIC))
        return Image.fromarray(np.clip(np.asarray(small, dtype=np.float32) + fine[:, :, None], 0, 255).astype(np.uint8))


def smooth(points: Sequence[Point], *, closed: bool, steps: int = 12) -> list[Point]:
    """Catmull-Rom through the points."""
    count = len(points)
    found: list[Point] = []
    for index in range(count if closed else count - 1):
        before, start, end, after = (
            points[(index + offset) % count] if closed else points[min(max(index + offset, 0), count - 1)] for offset in (-1, 0, 1, 2)
        )
        for step in range(steps):
            t = step / steps
            found.append((_spline(before[0], start[0], end[0], after[0], t), _spline(before[1], start[1], end[1], after[1], t)))
    return found if closed else [*found, points[-1]]


def _spline(before: float, start: float, end: float, after: float, t: float) -> float:
    return 0.5 * (2 * start + (end - before) * t + (2 * before - 5 * start + 4 * end - after) * t**2 + (3 * start - before - 3 * end + after) * t**3)


def ridge(width: float, level: float, rise: float, seed: int, *, roughness: float = 0.5, waves: int = 6) -> list[Point]:
    """A skyline of hills from x = 0 to `width`, around y = `level`, up to about `rise` above and below."""
    draw = random.Random(seed)
    parts = [(roughness**number, 1.7**number * 2 * math.pi / width, draw.uniform(0, 2 * math.pi)) for number in range(waves)]
    total = sum(weight for weight, _, _ in parts)
    return [(x, level + rise * sum(weight * math.sin(speed * x + phase) for weight, speed, phase in parts) / total) for x in np.linspace(0, width, 240).tolist()]
