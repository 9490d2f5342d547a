"""Settings of what comes in from MISC."""

from __future__ import annotations

from typing import Any

from huabao.settings import Setting

UNKNOWN_SERVICES = Setting(
    "misc_unknown_services",
    "accept",
    "",
    "an order by MISC of a service that no publication and no offer has: accept takes it and raises an alarm, refuse answers no, so that MISC makes none",
    choices=("accept", "refuse"),
)

SETTINGS: tuple[Setting[Any], ...] = (UNKNOWN_SERVICES,)
