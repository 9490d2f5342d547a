"""Handset classes, read from `handset_classes.toml`: the five screens that a variant is made for."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from huabao.errors import UsageError
from huabao.settings import Setting

NO_MMS = "no-mms"
"""The class of a handset that cannot take an MMS at all, but opens a pushed link."""

TEXT_ONLY = "text-only"
"""The class of a handset that takes neither an MMS nor a pushed link."""

CANNOT_MMS = (NO_MMS, TEXT_ONLY)

@dataclass(frozen=True)
class HandsetClass:
    """One class.

    Attributes:
        name: `<N>kb-<width>x<height>`.
        budget_bytes: of the whole message as an M-Retrieve.conf PDU.
        width_px, height_px: of its screen.
        colours: how many its screen shows.
        image_types: media types that it is sure to show.
        slides_max: slides of one newspaper or magazine.
        comic_slides_max: slides of one comic, which are pictures only.
        slide_chars_max: characters of text on one slide.
        type_px: height of a Han glyph on its screen.
        animated_gif: whether an animation may be sent to it; a handset that does not move it shows its first frame.
    """

    name: str
    budget_bytes: int
    width_px: int
    height_px: int
    colours: int
    image_types: tuple[str, ...]
    slides_max: int
    comic_slides_max: int
    slide_chars_max: int
    type_px: int
    animated_gif: bool = False


@lru_cache(maxsize=1)
def handset_classes() -> dict[str, HandsetClass]:
    """All classes by name, smallest budget first."""
    document = tomllib.loads((resources.files("subscribers") / "handset_classes.toml").read_text("utf-8"))
    classes = [HandsetClass(**{**row, "image_types": tuple(row["image_types"])}) for row in document["class"]]
    return {one.name: one for one in sorted(classes, key=lambda one: one.budget_bytes)}


def handset_class(name: str) -> HandsetClass:
    """The class called `name`.

    Raises:
        UsageError: there is none; the message lists those that there are.
    """
    try:
        return handset_classes()[name]
    except KeyError:
        raise UsageError(f"there is no handset class {name!r}; there are {', '.join(handset_classes())}") from None


DEFAULT_HANDSET_CLASS = Setting(
    "default_handset_class", "100kb-240x320", "", "handset class of a reader whose handset is unknown", choices=tuple(handset_classes())
)
