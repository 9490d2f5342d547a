"""An edition made into a message for one handset class and one set of items.

`sentences` finds thoughts, `flow` divides them into slides, `pieces` are the
items as they could be laid out, `allotment` grants slides, `layout` with
`newspaper` and `magazine` plan the slides of these kinds. A `comic` is planned of
`shots` (its panels) put into `frames`. `wap` makes the WAP edition, which has all of it, `captions` names and credits that do, `message` encodes it all to the byte.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from content.compose import comic, magazine, newspaper
from content.compose.issue import Issue
from content.compose.message import ComposedSlide, Composition, assemble
from content.compose.slides import Moved, Plan, WapDocument
from content.compose.sources import PictureSource
from content.manuscript import Manuscript
from content.wap.tokens import WapAddress, wap_address
from subscribers.handset_classes import HandsetClass

PLANNERS: dict[str, Callable[[Issue], Plan]] = {"newspaper": newspaper.plan, "magazine": magazine.plan, "comic": comic.plan}
"""One for each kind of publication."""


def compose(manuscript: Manuscript, items: Sequence[str], handset: HandsetClass, pictures: PictureSource, wap: WapAddress | str) -> Composition:
    """The message that readers of `items` with a handset of this class get.

    The same arguments give the same bytes.

    Args:
        items: keys of the items; others are left out as if they did not exist.
        wap: where links lead; of a text, with seals that open nowhere: for trials.

    Raises:
        PictureError: a picture's bytes are not what they were at import.
    """
    issue = Issue.of(manuscript, items, handset, pictures, wap_address(wap))
    return assemble(issue, PLANNERS[manuscript.kind](issue))


__all__ = ["PLANNERS", "ComposedSlide", "Composition", "Moved", "PictureSource", "WapDocument", "compose"]
