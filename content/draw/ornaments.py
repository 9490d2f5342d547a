"""Small shapes that designs are recognised by: a star on a rule, a seal, film perforation, stripes."""

from __future__ import annotations

import math

from PIL import Image, ImageDraw

from content.draw.fonts import Weight, font
from content.draw.headline import put
from content.draw.ink import Colour

SMOOTH = 4
"""Shapes are drawn so many times larger and reduced, so that their edges are smooth."""


def star(image: Image.Image, centre: tuple[float, float], radius: float, fill: Colour) -> None:
    """A five-pointed star, one point up."""
    points = []
    for number in range(10):
        reach = radius if number % 2 == 0 else radius * 0.382
        angle = math.pi * (number / 5 - 0.5)
        points.append((centre[0] + reach * math.cos(angle), centre[1] + reach * math.sin(angle)))
    polygon(image, points, fill)


def diamond(image: Image.Image, centre: tuple[float, float], radius: float, fill: Colour) -> None:
    """A square on its point."""
    x, y = centre
    polygon(image, [(x, y - radius), (x + radius, y), (x, y + radius), (x - radius, y)], fill)


def polygon(image: Image.Image, points: list[tuple[float, float]], fill: Colour) -> None:
    """A filled shape with smooth edges."""
    left, top = (math.floor(min(point[axis] for point in points)) - 1 for axis in (0, 1))
    right, bottom = (math.ceil(max(point[axis] for point in points)) + 1 for axis in (0, 1))
    mask = Image.new("L", ((right - left) * SMOOTH, (bottom - top) * SMOOTH))
    ImageDraw.Draw(mask).polygon([((x - left) * SMOOTH, (y - top) * SMOOTH) for x, y in points], fill=255)
    _laid(image, mask, (left, top), fill)


def disc(image: Image.Image, centre: tuple[float, float], radius: float, fill: Colour) -> None:
    """A filled circle."""
    left, top = math.floor(centre[0] - radius), math.floor(centre[1] - radius)
    side = math.ceil(2 * radius) + 2
    mask = Image.new("L", (side * SMOOTH, side * SMOOTH))
    place = [(edge - start) * SMOOTH for edge, start in ((centre[0] - radius, left), (centre[1] - radius, top), (centre[0] + radius, left), (centre[1] + radius, top))]
    ImageDraw.Draw(mask).ellipse(place, fill=255)
    _laid(image, mask, (left, top), fill)


def rounded(image: Image.Image, box: tuple[int, int, int, int], radius: int, fill: Colour) -> None:
    """A filled rectangle with round corners; `box` includes its right and bottom edges."""
    left, top, right, bottom = box
    mask = Image.new("L", ((right - left + 1) * SMOOTH, (bottom - top + 1) * SMOOTH))
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, mask.width - 1, mask.height - 1), radius * SMOOTH, fill=255)
    _laid(image, mask, (left, top), fill)


def _laid(image: Image.Image, mask: Image.Image, place: tuple[int, int], fill: Colour) -> None:
    small = mask.resize((mask.width // SMOOTH, mask.height // SMOOTH), Image.Resampling.BOX)
    image.paste(Image.new("RGB", small.size, fill), place, small)


def seal(image: Image.Image, place: tuple[int, int], side: int, text: str, colours: tuple[Colour, Colour], weight: Weight) -> None:
    """A name seal: nothing, one or two characters in a square, or four in two columns that are read from the right.

    Args:
        place: its upper left corner.
        colours: of the square and of the characters.
    """
    left, top = place
    rounded(image, (left, top, left + side - 1, top + side - 1), max(1, side // 10), colours[0])
    draw = ImageDraw.Draw(image)
    inset = max(1, side // 12)
    if not text:
        return
    if side >= 24:
        draw.rectangle((left + inset, top + inset, left + side - 1 - inset, top + side - 1 - inset), outline=colours[1])
    room = side - 2 * inset - 2
    if len(text) == 4:
        size = room // 2
        cells = [(1, 0), (1, 1), (0, 0), (0, 1)]
        start_x, start_y = left + (side - 2 * size) / 2, top + (side - 2 * size) / 2
        for char, (column, row) in zip(text, cells, strict=True):
            put(draw, (start_x + column * size, start_y + row * size), char, size, weight, colours[1])
        return
    size = room if len(text) == 1 else room * 3 // 5 if text.isascii() else room // 2
    size = size * 5 // 6 if len(text) == 1 else size
    box = draw.textbbox((0, 0), text, anchor="ls", font=font(size, weight))
    middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    draw.text((left + side / 2 - middle[0], top + side / 2 - middle[1]), text, anchor="ls", font=font(size, weight), fill=colours[1])


def perforation(image: Image.Image, top: int, height: int, ground: Colour, hole: Colour) -> None:
    """A strip of film edge across the picture: evenly spaced holes, whole ones at both ends."""
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, top, image.width - 1, top + height - 1), fill=ground)
    side = max(2, height * 5 // 9)
    count = max(2, round(image.width / (2.2 * side)))
    for number in range(count):
        middle = (number + 0.5) * image.width / count
        box = (round(middle - side * 0.6), top + (height - side) // 2, round(middle + side * 0.6), top + (height - side) // 2 + side - 1)
        rounded(image, box, max(1, side // 4), hole)


def stripes(image: Image.Image, box: tuple[int, int, int, int], step: int, fill: Colour) -> None:
    """Slanted stripes in a rectangle, as wide as the air between them; `box` includes its right and bottom edges."""
    left, top, right, bottom = box
    part = image.crop((left, top, right + 1, bottom + 1))
    for start in range(-part.height - 2 * step, part.width + step, 2 * step):
        polygon(part, [(start, part.height), (start + part.height, 0), (start + part.height + step, 0), (start + step, part.height)], fill)
    image.paste(part, (left, top))
