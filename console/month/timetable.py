"""When which paper leaves, and which are the last so many."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final

from huabao.clock import SHANGHAI
from sandbox.demo.month.papers import EVENING, MORNING

START: Final = {MORNING: time(6, 30), EVENING: time(17, 30)}
SLOTS: Final = tuple(START)


def midnight(day: date) -> datetime:
    """The instant at which a day begins."""
    return datetime.combine(day, time(), SHANGHAI)


def start_of(day: date, slug: str) -> datetime:
    """When a paper leaves on a day."""
    return datetime.combine(day, START[slug], SHANGHAI)


def slots_before(ends: datetime, editions: int) -> list[tuple[date, str]]:
    """The last so many editions that are on their way an hour before the end."""
    day = ends.astimezone(SHANGHAI).date()
    found: list[tuple[date, str]] = []
    while len(found) < editions:
        found += [(day, slug) for slug in reversed(SLOTS) if start_of(day, slug) + timedelta(hours=1) <= ends]
        day -= timedelta(days=1)
    return found[editions - 1 :: -1] if len(found) > editions else found[::-1]


def next_slot(day: date, slug: str) -> tuple[date, str]:
    """The edition after that one."""
    later = SLOTS.index(slug) + 1
    return (day, SLOTS[later]) if later < len(SLOTS) else (day + timedelta(days=1), SLOTS[0])
