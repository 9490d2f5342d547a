"""The panels of a comic page, found by what divides them; nothing here knows of screens or messages.

`paper` tells what is ink and what is the ground between panels, `cutting` divides
the page at its gutters, `insets` finds a panel within a panel and tells panels from
loose text, `finding` does it all.
"""

from content.adapt.panels.finding import LOOK_PX, find_panels
from content.adapt.panels.paper import Box

__all__ = ["LOOK_PX", "Box", "find_panels"]
