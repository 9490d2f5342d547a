"""A newspaper's nameplate."""

from __future__ import annotations

from datetime import date

from PIL import Image, ImageDraw

from content.draw.fonts import font
from content.draw.ink import ACCENT, INK, PAPER
from content.draw.typeset import width_px
from subscribers.handset_classes import HandsetClass

WEEKDAYS = "一二三四五六日"


def masthead(title: str, issue_line: str, date: date, handset: HandsetClass) -> Image.Image:
    """The nameplate: title, rule, date with weekday, issue line."""
    size = handset.type_px
    title_px = min(size * 3, max(size, (handset.width_px - size) // max(1, len(title))))
    image = Image.new("RGB", (handset.width_px, title_px + 4 * size), PAPER)
    draw = ImageDraw.Draw(image)
    width = width_px(title, title_px, weight="black")
    draw.text(((handset.width_px - width) // 2, size // 4), title, font=font(title_px, "black"), fill=ACCENT)
    line = f"{date.year}年{date.month}月{date.day}日 星期{WEEKDAYS[date.weekday()]}"
    top = title_px + size
    draw.line((0, top, handset.width_px, top), fill=INK, width=2)
    draw.text((size // 2, top + 4), line, font=font(size), fill=INK)
    draw.text((size // 2, top + 4 + size * 4 // 3), issue_line, font=font(size), fill=INK)
    return image
