"""Days and hours as layouts print them."""

from __future__ import annotations

from datetime import date, datetime

from huabao.clock import SHANGHAI

WEEKDAYS = "一二三四五六日"


def day_text(day: date) -> str:
    """A day below a paper's name: 10月31日 星期一."""
    return f"{day.month}月{day.day}日 星期{WEEKDAYS[day.weekday()]}"


def closing_text(at: datetime) -> str:
    """A closing time in Shanghai; midnight belongs to the day that it ends: 12月31日24:00."""
    local = at.astimezone(SHANGHAI)
    if (local.hour, local.minute) == (0, 0):
        before = date.fromordinal(local.date().toordinal() - 1)
        return f"{before.month}月{before.day}日24:00"
    return f"{local.month}月{local.day}日{local:%H:%M}"
