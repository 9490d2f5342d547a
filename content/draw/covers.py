"""Covers: the one slide that decides whether the others are opened.

Which one is drawn is the design's choice. `reflection`: the picture bleeds off the edges and
the title stands on a calm band, the picture's own reflection, blurred and darkened just
as far as white type needs; the band hides nothing. `sheet`: a comic's picture is
somebody's drawing: it stays whole, the title goes below. The others are drawn in `content.draw.faces`.
"""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image, ImageDraw, ImageFilter, ImageOps, ImageStat

from content.adapt.framing import ENLARGED_MAX, filled, resized
from content.draw import faces
from content.draw.flat import flat
from content.draw.heading import margin_px
from content.draw.headline import Headline, headline, put
from content.draw.ink import CONTRAST_MIN, PAPER, Colour, contrast
from content.draw.style import DEFAULT, Style
from content.draw.typeset import lines, width_px
from subscribers.handset_classes import HandsetClass

Face = Callable[[Image.Image | None, str, str, HandsetClass, tuple[int, int], Style], Image.Image]
"""Draws a cover: picture, title, subtitle, handset, size (the height is the most it may take), style."""

COMIC = Style(cover="sheet")
REGION_SHARE = 0.6
"""Of the screen's height, for the picture of a slide."""

_BAND_PERCENT = 46
"""Of a cover's height, at most for its title."""


def cover(picture: Image.Image | None, title: str, subtitle: str, handset: HandsetClass, *, height_px: int | None = None, style: Style = DEFAULT) -> Image.Image:
    """A magazine's cover, exactly as wide as the screen.

    Args:
        picture: RGB; without one the cover is of type alone.
        title: of the magazine or its number.
        subtitle: e.g. number and month; may be empty.
        handset: gives width and type size.
        height_px: of the cover; by default the share of the screen that the design gives to pictures.
        style: of the design.
    """
    size = (handset.width_px, height_px or round(handset.height_px * min(style.picture_share, REGION_SHARE)))
    return COVERS[style.cover](picture, title, subtitle, handset, size, style)


def comic_cover(picture: Image.Image | None, title: str, subtitle: str, handset: HandsetClass, *, height_px: int | None = None, style: Style = COMIC) -> Image.Image:
    """A comic's cover: the picture whole; at most as high as asked, by default the screen."""
    return COVERS[style.cover](picture, title, subtitle, handset, (handset.width_px, height_px or handset.height_px), style)


def _reflection(picture: Image.Image | None, title: str, subtitle: str, handset: HandsetClass, size: tuple[int, int], style: Style) -> Image.Image:
    if picture is None:
        return _typographic(size, title, subtitle, handset, style)
    band = _Band(title, subtitle, handset, size[1] * _BAND_PERCENT // 100, style)
    clear_px = size[1] - band.height_px
    shown = filled(picture, size[0], clear_px)
    image = Image.new("RGB", size)
    image.paste(shown, (0, 0))
    image.paste(_calm(shown, band.height_px), (0, clear_px))
    band.draw_on(image, clear_px, PAPER)
    return image


def _sheet(picture: Image.Image | None, title: str, subtitle: str, handset: HandsetClass, size: tuple[int, int], style: Style) -> Image.Image:
    width, height = size
    if picture is None:
        return _typographic((width, round(handset.height_px * REGION_SHARE)), title, subtitle, handset, style)
    full_px = round(picture.height * width / picture.width)
    band = _Band(title, subtitle, handset, max(height - full_px, height // 4), style)
    room = max(1, height - band.height_px)
    if room < full_px <= room * 12 // 11:
        shown = filled(picture, width, room)
    else:
        share = min(width / picture.width, room / picture.height, ENLARGED_MAX)
        shown = resized(picture.convert("RGB"), max(1, round(picture.width * share)), max(1, round(picture.height * share)))
    image = Image.new("RGB", (width, shown.height + band.height_px), style.paper)
    image.paste(shown, ((image.width - shown.width) // 2, 0))
    band.draw_on(image, shown.height, style.ink)
    return image


class _Band:
    """Title over subtitle, left-aligned, opened by a short red bar; the subtitle is left out where there is no room."""

    def __init__(self, title: str, subtitle: str, handset: HandsetClass, height_px_max: int, style: Style) -> None:
        self._style = style
        size = handset.type_px
        self._size_px = size
        self._margin_px = max(margin_px(handset), size // 2)
        self._bar_px, self._pad_px, self._leading_px = max(2, size // 6), max(4, size // 2), round(size * 1.3)
        room = handset.width_px - 2 * self._margin_px
        title_px_max = max(size, height_px_max - self._bar_px - 2 * self._pad_px)
        self._rows = lines(subtitle, room, size, weight="bold")[:1] if subtitle else []
        if (self._rows and title_px_max - self._subtitle_px() < size) or self._rows != [subtitle]:
            self._rows = []
        self._title: Headline = headline(
            title,
            room,
            max(size, title_px_max - self._subtitle_px()),
            largest_px=max(size, min(round(size * 2.4), room // 4)),
            smallest_px=size,
            weight=style.title_weight,
        )

    def _subtitle_px(self) -> int:
        return self._pad_px * 3 // 4 + self._size_px if self._rows else 0

    @property
    def height_px(self) -> int:
        """Of bar, title, subtitle and the room around them."""
        return 2 * self._pad_px + self._bar_px + self._title.height_px + self._subtitle_px()

    def draw_on(self, image: Image.Image, top: int, fill: Colour) -> None:
        """Writes the band from row `top`; what it stands on is the caller's."""
        draw = ImageDraw.Draw(image)
        left = self._margin_px
        draw.rectangle((left, top, left + 2 * self._size_px - 1, top + self._bar_px - 1), fill=self._style.accent)
        top += self._bar_px + self._pad_px
        for number, row in enumerate(self._title.rows):
            put(draw, (left, top + number * self._title.leading_px), row, self._title.size_px, self._title.weight, fill)
        top += self._title.height_px + self._pad_px * 3 // 4
        for row in self._rows:
            put(draw, (left, top), row, self._size_px, self._style.strong_weight, fill)


def _calm(shown: Image.Image, height_px: int) -> Image.Image:
    """The picture's reflection as a ground for white type: blurred, and as dark as the contrast asks for."""
    mirrored = ImageOps.flip(shown).crop((0, 0, shown.width, min(height_px, shown.height))).resize((shown.width, height_px))
    blurred = mirrored.filter(ImageFilter.GaussianBlur(max(3, shown.width // 20)))
    mean = ImageStat.Stat(blurred).mean
    shade = Image.new("RGB", blurred.size, (round(mean[0] * 0.18), round(mean[1] * 0.18), round(mean[2] * 0.18)))
    for percent in range(45, 100, 5):
        ground = Image.blend(blurred, shade, percent / 100)
        red, green, blue = (int(high) for _, high in ImageStat.Stat(ground).extrema)
        if contrast(PAPER, (red, green, blue)) >= CONTRAST_MIN + 1:
            return ground
    return shade


def _typographic(size: tuple[int, int], title: str, subtitle: str, handset: HandsetClass, style: Style) -> Image.Image:
    """A cover of type alone: ivory ground, the title in a framed slip."""
    width, height = size
    unit, margin = handset.type_px, margin_px(handset)
    image = Image.new("RGB", size, style.ground)
    draw = ImageDraw.Draw(image)
    rows = lines(subtitle, width - 6 * margin, unit)[:2] if subtitle else []
    foot = round(unit * 1.3) * len(rows) + (unit // 2 if rows else 0)
    set_ = headline(title, width - 10 * margin, height - foot - 8 * margin, largest_px=round(unit * 2.6), smallest_px=unit, weight=style.title_weight)
    pad = max(2 * margin, unit // 2)
    slip = (set_.width_px + 2 * pad, set_.height_px + 2 * pad)
    left, top = (width - slip[0]) // 2, (height - foot - slip[1]) // 2
    draw.rectangle((0, 0, max(3, margin) - 1, height - 1), fill=style.accent)
    draw.rectangle((left, top, left + slip[0] - 1, top + slip[1] - 1), fill=style.paper, outline=style.ink, width=max(1, unit // 14))
    inset = max(2, unit // 7)
    draw.rectangle((left + inset, top + inset, left + slip[0] - 1 - inset, top + slip[1] - 1 - inset), outline=style.ink)
    for number, row in enumerate(set_.rows):
        place = ((width - width_px(row, set_.size_px, weight=style.title_weight)) / 2, top + pad + number * set_.leading_px)
        put(draw, place, row, set_.size_px, style.title_weight, style.ink)
    for number, row in enumerate(rows):
        place = ((width - width_px(row, unit)) / 2, height - foot + number * round(unit * 1.3))
        put(draw, place, row, unit, style.text_weight, style.on_ground)
    return flat(image)


def _flat_face(draw: Face) -> Face:
    """A drawing without a photograph in it keeps to a palette."""

    def drawn(picture: Image.Image | None, title: str, subtitle: str, handset: HandsetClass, size: tuple[int, int], style: Style) -> Image.Image:
        image = draw(picture, title, subtitle, handset, size, style)
        return flat(image) if picture is None else image

    return drawn


COVERS: dict[str, Face] = {"reflection": _reflection, "sheet": _sheet, "study": _flat_face(faces.study), "poster": _flat_face(faces.poster), "cinema": _flat_face(faces.cinema)}
