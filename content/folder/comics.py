"""What an editor should know of a comic's pages before they are sent: how they will be shown, and where they cannot be read."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from content.adapt import decode
from content.adapt.lettering import LETTERING_PX_MIN, LETTERING_SHARE
from content.adapt.panels import find_panels
from content.manuscript import Item, PictureRef

PAGE_WIDTH_PX_MIN = math.ceil(LETTERING_PX_MIN / LETTERING_SHARE)
"""A page narrower than that has lettering too small for any screen."""

LOOK_WIDTH_PX = 640
"""Width of the copies on which panels are looked for, as the composer does."""


def _longest_px(page: PictureRef) -> int:
    return round(max(page.width_px, page.height_px) / max(1.0, page.width_px / LOOK_WIDTH_PX))


def lettering_warning(items: Sequence[Item], reading: str, load: Callable[[str], bytes]) -> str | None:
    """How pages without named panels will be shown; None where all pages name theirs.

    Args:
        items: the pages.
        load: gives a picture's bytes by their SHA-256.
    """
    pages = [item.picture for item in items if item.picture is not None and not item.panels]
    if not pages:
        return None
    counts = [len(find_panels(decode(load(page.sha256), longest_px=_longest_px(page)), reading)) for page in pages]
    whole = sum(count == 1 for count in counts)
    told = [f"{len(pages)} of {len(items)} pages name no `panels`: {len(pages) - whole} are cut at their gutters, on {whole} no gutter was found"]
    narrow = sum(page.width_px < PAGE_WIDTH_PX_MIN for page in pages)
    if narrow:
        told.append(f"{narrow} pages are narrower than {PAGE_WIDTH_PX_MIN} px, their lettering is too small for any screen: give larger pictures")
    return "; ".join(told)
