"""A newspaper's nameplate: the one picture that a reader knows the paper by.

Which one is drawn is the design's choice, see `content.draw.plates`. All keep to flat
colour, so that they stay sharp in few bytes.
"""

from __future__ import annotations

from datetime import date as Date

from PIL import Image

from content.draw.flat import flat
from content.draw.heading import Heading
from content.draw.plates import PLATES
from content.draw.style import DEFAULT, Style
from subscribers.handset_classes import HandsetClass


def masthead(title: str, issue_line: str, date: Date, handset: HandsetClass, *, style: Style = DEFAULT) -> Image.Image:
    """The nameplate, as wide as the screen and at most 60 % of its height.

    Args:
        title: of the publication.
        issue_line: e.g. 第1234期; empty for none.
        date: of the edition.
        handset: gives width and type size.
        style: of the design.
    """
    return flat(PLATES[style.nameplate](Heading(title, issue_line, date), handset, style))
