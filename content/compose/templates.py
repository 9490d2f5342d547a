"""The Jinja2 templates of slides and WAP pages; no wording stands in code."""

from __future__ import annotations

import importlib.resources
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from huabao.clock import SHANGHAI

WEEKDAYS = "一二三四五六日"


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The environment of all templates; `.xhtml` ones escape what they are given."""
    found = Environment(
        loader=FileSystemLoader(str(importlib.resources.files("templates"))),
        autoescape=select_autoescape(("xhtml.j2",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
    found.filters["day"] = day_text
    found.filters["closing"] = closing_text
    return found


def render(name: str, **values: Any) -> str:
    """The template `name` filled in, without line breaks at its ends."""
    return environment().get_template(name).render(values).strip("\n")


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
