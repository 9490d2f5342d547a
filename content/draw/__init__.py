"""Type in pictures: nameplates, covers, bands between sections, and the screen of a handset as its reader sees it.

Text that a handset can show stays text. Here is only what must be drawn, in one
family and few weights, broken into lines by the Chinese rules (`typeset`).
"""

from content.draw.bands import end_page, section_band
from content.draw.covers import comic_cover, cover
from content.draw.nameplate import masthead
from content.draw.screens import screen

__all__ = ["comic_cover", "cover", "end_page", "masthead", "screen", "section_band"]
