"""The people of the invented house: accounts of their own, whose passwords nobody knows."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import select

from console.auth.accounts import add_user
from console.auth.passwords import hash_password, made_password
from console.models import User
from console.month.house import House
from monitoring.recipients import add_shift

EDITOR, CHIEF, CITY_EDITOR = "linyue", "zhoumin", "hefei-desk"
DUTY, NIGHT = "chenhao", "wujing"
AGENT, SECOND_AGENT = "sunli", "hexin"
STAFF: Final = ((EDITOR, "editor"), (CHIEF, "editor"), (CITY_EDITOR, "editor"), (DUTY, "ops"), (NIGHT, "ops"), (AGENT, "support"), (SECOND_AGENT, "support"))
CITIES: Final = {CITY_EDITOR: "合肥"}
HOUSE: Final = "month"
"""In whose name the installation is set up."""

SHIFT: Final = timedelta(hours=12)
WEEK: Final = 14
"""Shifts that are set down at a time."""


def hire(house: House) -> None:
    """Make the accounts that are not there yet."""
    unknown = hash_password(made_password())
    with house.runtime.transaction() as session:
        there = set(session.scalars(select(User.name)))
        for name, role in STAFF:
            if name not in there:
                add_user(session, name, unknown, role, city=CITIES.get(name), by=HOUSE, now=house.now)


def set_down_shifts(house: House) -> None:
    """Who is on duty in the week that begins, day and night in turn."""
    with house.runtime.transaction() as session:
        for at in range(WEEK):
            begins = house.now + at * SHIFT
            add_shift(session, (DUTY, NIGHT)[at % 2], begins, begins + SHIFT, "", by=DUTY, now=house.now)
