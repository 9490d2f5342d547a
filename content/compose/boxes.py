"""What an editor is told of a comic's pages: the boxes of their panels, and where lettering stays too small.

The boxes are written as `edition.yaml` takes them, so that they can be copied there
and corrected. Boxes that the editor named are told as named.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from content.adapt.lettering import LETTERING_PX_MIN, LETTERING_SHARE
from content.adapt.panels import Box
from content.compose.frames import sizes_of
from content.compose.issue import Issue
from content.compose.shots import NEARLY, Tile, lettering_of, look, shots_of
from content.compose.sources import PictureSource
from content.manuscript import Item, Manuscript, PictureRef
from content.wap.tokens import wap_address
from subscribers.handset_classes import HandsetClass, handset_classes


@dataclass(frozen=True)
class PageBoxes:
    """One page of a comic.

    Attributes:
        named: the editor named the boxes; else they were found.
        boxes: in reading order, in the page's pixels.
        lettering: how many blocks of it were found.
        unread: how many of them no slide shows at 9 px or more, for each handset class where there are any.
    """

    item: Item
    picture: PictureRef
    named: bool
    boxes: tuple[Box, ...]
    lettering: int
    unread: dict[str, int]

    def to_document(self) -> dict[str, Any]:
        """For `--json`: boxes as x, y, width, height."""
        panels = [[left, top, right - left, bottom - top] for left, top, right, bottom in self.boxes]
        size = [self.picture.width_px, self.picture.height_px]
        return {"item": self.item.key, "size": size, "panels": panels, "named": self.named, "lettering": self.lettering, "unread": self.unread}

    def warning(self) -> str | None:
        """Where its lettering cannot be read, in a line for people."""
        if not self.unread:
            return None
        return f"{self.item.key}: of {self.lettering} blocks of lettering {', '.join(f'{count} on {name}' for name, count in self.unread.items())} stay below {LETTERING_PX_MIN} px"


def page_boxes(manuscript: Manuscript, load: Callable[[str], bytes]) -> list[PageBoxes]:
    """The pages of a comic in order; none of another kind of edition.

    Args:
        load: gives a picture's bytes by their SHA-256.
    """
    if manuscript.kind != "comic":
        return []
    pictures = PictureSource(load)
    keys = frozenset(item.key for item in manuscript.items)
    issues = [Issue(manuscript, keys, handset, pictures, wap_address("")) for handset in handset_classes().values()]
    return [_told(issues, item, item.picture) for item in manuscript.items if item.picture is not None]


def _told(issues: list[Issue], item: Item, page: PictureRef) -> PageBoxes:
    if item.panels:
        boxes = tuple((panel.x, panel.y, panel.x + panel.width, panel.y + panel.height) for panel in item.panels)
        blocks = [block for box in boxes for block in lettering_of(issues[0], page, box)]
    else:
        found = look(issues[0], page)
        boxes, blocks = found.panels, [*found.text, *(block for ones in found.lettering for block in ones)]
    unread = {issue.handset.name: sum(not one for one in _read(issue, item, page, blocks)) for issue in issues}
    return PageBoxes(item, page, bool(item.panels), boxes, len(blocks), {name: count for name, count in unread.items() if count})


def _read(issue: Issue, item: Item, page: PictureRef, blocks: Sequence[Box]) -> list[bool]:
    """Of each block, whether a slide shows its middle at a legible size."""
    least = (NEARLY * LETTERING_PX_MIN - 0.1) / (page.width_px * LETTERING_SHARE)
    legible = [tile.box for shot in shots_of(issue, item) for tile in shot.tiles if _scale(tile, issue.handset) >= least]
    middles = [((block[0] + block[2]) / 2, (block[1] + block[3]) / 2) for block in blocks]
    return [any(box[0] <= across <= box[2] and box[1] <= down <= box[3] for box in legible) for across, down in middles]


def _scale(tile: Tile, handset: HandsetClass) -> float:
    """Pixels of the screen for one of the page, on a slide of its own."""
    return sizes_of([tile], handset)[0][0] / (tile.box[2] - tile.box[0])
