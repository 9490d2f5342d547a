"""The settings of slots."""

from __future__ import annotations

from typing import Any

from huabao.errors import UsageError
from huabao.settings import Setting


def _has_name(form: str) -> None:
    if form.count("{name}") != 1:
        raise UsageError(f"slot_greeting says where the name stands, once: {form!r} has {form.count('{name}')} times {{name}}")


GREETING = Setting("slot_greeting", "尊敬的{name}", "", "what slot greeting says; {name} is the reader's name", check=_has_name)
NAME_COLUMN = Setting("slot_name_column", "name", "", "column of the readers' file that holds a reader's name, as slot greeting says it")
POINTS_COLUMN = Setting("slot_points_column", "points", "", "column of the readers' file that holds a reader's points, a whole number")
RANK_COLUMN = Setting("slot_rank_column", "rank", "", "column of the readers' file that holds a reader's rank, as slot rank says it")
SETTINGS: tuple[Setting[Any], ...] = (GREETING, NAME_COLUMN, POINTS_COLUMN, RANK_COLUMN)
