"""What a planner is handed: the edition, cut to the items wanted, for one class, with its pictures and links."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PIL import Image

from content.adapt.animation import Animation, animation
from content.adapt.moving import ANIMATION_SHARE
from content.compose.slides import WapDocument
from content.compose.sources import DECODED_SHARE, PictureSource
from content.compose.templates import Template
from content.compose.titles import SHORT_TITLES_BELOW_PX, shortly
from content.compose.wap import WapEdition, wap_edition
from content.designs import Design, default_design, find_design
from content.designs.reading import unpacked
from content.draw.style import Style
from content.manuscript import Item, Manuscript, PictureRef, Section, Slot
from content.wap.tokens import WapAddress
from huabao.lazily import lazily
from subscribers.handset_classes import HandsetClass

DECODED_PX_MAX = 4096
"""No side of a decoded picture is longer, however small the part that is shown."""


def design_of(manuscript: Manuscript, load: Callable[[str], bytes]) -> Design:
    """What an edition is set by, see `Issue.design`."""
    if manuscript.design_sha256:
        return unpacked(load(manuscript.design_sha256), manuscript.design_sha256)
    return find_design(manuscript.design) if manuscript.design else default_design(manuscript.kind)


@dataclass(frozen=True)
class Issue:
    """One edition for one class and one set of items."""

    manuscript: Manuscript
    keys: frozenset[str]
    handset: HandsetClass
    pictures: PictureSource
    wap: WapAddress

    @classmethod
    def of(cls, manuscript: Manuscript, items: Iterable[str], handset: HandsetClass, pictures: PictureSource, wap: WapAddress) -> Issue:
        """The edition, cut to `items`; in grey where it is to be shown without colour."""
        source = pictures.without_colour if manuscript.colourless and not pictures.greyscale else pictures
        return cls(manuscript, frozenset(items), handset, source, wap)

    @lazily
    def sections(self) -> tuple[Section, ...]:
        """Sections with the wanted items only, under the titles that this class shows; empty ones are gone."""
        narrow = self.handset.width_px < SHORT_TITLES_BELOW_PX
        found = []
        for section in self.manuscript.sections:
            items = tuple(item for item in section.items if item.key in self.keys)
            if items:
                title = (section.short_title if narrow else None) or section.title
                found.append(dataclasses.replace(section, title=title, items=tuple(map(shortly, items)) if narrow else items))
        return tuple(found)

    @lazily
    def design(self) -> Design:
        """What it is set by: the design that was kept with its version, else the one it asks for, else its kind's."""
        return self.pictures.found(f"design:{self.manuscript.design_sha256}", lambda: design_of(self.manuscript, self.pictures.load))

    @property
    def style(self) -> Style:
        """How its design draws."""
        return self.design.sheet.style

    def template(self, layout: str) -> Template:
        """A slide layout of its design."""
        return Template(self.design, layout)

    def drawn_key(self, what: str, of: str = "") -> str:
        """The name of a drawing for this class, by this design."""
        return f"{what}:{of}:{self.handset.name}:{self.design.sha256[:12]}"

    @lazily
    def _whole(self) -> dict[str, Item]:
        """The items by their key, with their whole titles."""
        return {item.key: item for item in self.manuscript.items}

    @property
    def name(self) -> str:
        """How WAP pages name it: `手机早报 2022-10-31-am`."""
        return f"{self.manuscript.title} {self.manuscript.number}"

    def cover_picture(self) -> PictureRef | None:
        """The cover of the hero among the items wanted; else the edition's; else their first picture."""
        own = {hero.name: hero.cover for hero in self.manuscript.heroes if hero.cover is not None}
        for item in (item for section in self.sections for item in section.items):
            if item.hero in own:
                return own[item.hero]
        if self.manuscript.cover is not None:
            return self.manuscript.cover
        pictures = (item.picture or (item.article.picture if item.article else None) for section in self.sections for item in section.items)
        return next((picture for picture in pictures if picture is not None), None)

    def decoded(self, picture: PictureRef) -> Image.Image:
        """A picture, large enough for this class."""
        return self.pictures.shown(picture, self.handset)

    def moving(self, picture: PictureRef, width_px_max: int, height_px_max: int) -> Animation | None:
        """The picture as an animation for this class; None where it does not move, or the class or the day wants it still."""
        if not self.handset.animated_gif or self.pictures.greyscale:
            return None
        size_bytes_max = round(self.handset.budget_bytes * ANIMATION_SHARE)
        key = f"moving:{picture.sha256}:{width_px_max}×{height_px_max}:{size_bytes_max}"
        return self.pictures.found(key, lambda: animation(self.pictures.load(picture.sha256), width_px_max, height_px_max, size_bytes_max))

    def decoded_box(self, picture: PictureRef, box: tuple[int, int, int, int]) -> Image.Image:
        """A part of a picture, given in the picture's pixels, large enough for this class."""
        left, top, right, bottom = box
        share = min(1.0, DECODED_SHARE * max(self.handset.width_px / (right - left), self.handset.height_px / (bottom - top)))
        longest_px = min(DECODED_PX_MAX, max(64, round(max(picture.width_px, picture.height_px) * share)))
        image = self.pictures.image(picture, longest_px)
        scale = image.width / picture.width_px
        return image.crop((round(left * scale), round(top * scale), max(round(right * scale), round(left * scale) + 1), max(round(bottom * scale), round(top * scale) + 1)))

    @lazily
    def pages(self) -> WapEdition:
        """The WAP edition of its items; a comic's planner makes its own, panel by panel."""
        return wap_edition(self.manuscript, self.keys, self.cover_picture())

    def link(self, name: str) -> str:
        """The address of a WAP document."""
        return self.wap.link(name)

    def link_of(self, item: Item) -> str:
        """The address of the document that shows an item."""
        return self.wap.link(self.pages.page_of(item.key))

    def slots_of(self, item: Item) -> dict[int, Slot]:
        """The slots of an item's text, by their number in the edition."""
        return {number: slot for number, slot in enumerate(self.manuscript.slots) if slot.item == item.key}

    @property
    def link_chars(self) -> int:
        """What the line `全文: …` takes, with its line break."""
        return len("\n全文: ") + self.wap.link_chars

    def index_of(self, title: str, items: Iterable[Item]) -> WapDocument | None:
        """A document that lists articles; None where there is none among `items`."""
        articles = [self._whole[item.key] for item in items if item.article is not None]
        return self.pages.index_of(title, articles) if articles else None
