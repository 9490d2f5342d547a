"""The people of the invented house: accounts of their own, whose passwords nobody knows."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import select

from console.auth.accounts import add_user
from console.auth.passwords import hash_password, made_password
from console.models import User
from console.month.house import House
from monitoring import handover
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


NOTES: Final = (
    "夜班平稳，早报六点半准时放行。",
    "MMSC-B 凌晨有两次慢应答，白天请多看一眼。",
    "对账文件比平时晚到，已催。",
    "种子机换了一台，编号没变。",
    "合肥站反映一名用户重复来电，已转客服。",
)


def hand_over(house: House, number: int) -> None:
    """The night's note for the day, which the day takes over."""
    with house.runtime.transaction() as session:
        for one in handover.notes(session, house.now):
            if one.taken_by is None:
                handover.take(session, one.id, by=DUTY, now=house.now)
        if number % 2 == 0:
            handover.write(session, NOTES[number // 2 % len(NOTES)], by=NIGHT, now=house.now)
