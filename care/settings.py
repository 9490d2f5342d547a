"""Settings of complaints and of reports."""

from __future__ import annotations

import json
import re
from datetime import time
from typing import Any

from huabao.errors import UsageError
from huabao.settings import Setting


def clock_time(text: str) -> time:
    """`20:00` as a time of the day.

    Raises:
        UsageError: it is none.
    """
    found = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", text.strip())
    if found is None:
        raise UsageError(f"{text!r} is no time of the day; write it as 20:00")
    return time(int(found[1]), int(found[2]))


def recipients(text: str) -> tuple[str, ...]:
    """Mail addresses, and names of those who are told of alarms by e-mail, each once.

    Raises:
        UsageError: an address is none.
    """
    from huabao.mail import check_address

    found = [one.strip() for one in re.split(r"[,;，；\s]+", text) if one.strip()]
    return tuple(dict.fromkeys(check_address(one) if "@" in one else one for one in found))


def cities_told(text: str) -> dict[str, tuple[str, ...]]:
    """Who gets the report of each city.

    Raises:
        UsageError: no JSON object of cities and addresses, or an address is none.
    """
    wrong = 'recipients by city are a JSON object, e.g. {"蚌埠": "wang@example.cn, zhou"}'
    try:
        found = json.loads(text or "{}")
    except ValueError as error:
        raise UsageError(wrong) from error
    if not isinstance(found, dict) or not all(isinstance(one, str) and 0 < len(city) <= 40 and city.isprintable() for city, one in found.items()):
        raise UsageError(wrong)
    return {city: recipients(one) for city, one in found.items()}


REPEAT_DAYS = Setting("complaint_repeat_days", 30, "days", "who complains again within so many days has complained repeatedly", minimum=1, maximum=366)
DUE_H = Setting("complaint_due_h", 48, "h", "so long after it came a complaint is to be answered", minimum=1, maximum=8760)
REGULATOR_DUE_H = Setting("complaint_regulator_due_h", 240, "h", "the same for one that came through the regulator", minimum=1, maximum=8760)
BURST_MIN = Setting("complaint_burst_min", 20, "complaints", "fewer within an hour are no burst", minimum=1)
BURST_TIMES = Setting("complaint_burst_times", 3.0, "times", "so many times the usual hour of the last fourteen days are a burst", minimum=1.0, maximum=1000.0)

DAILY_AT = Setting("report_daily_at", "20:00", "", "time of the day (Shanghai) at which the report of that day is mailed", check=clock_time)
DAILY_TO = Setting(
    "report_daily_to", "", "", "who gets the report of each day: mail addresses, or names of those who are told of alarms by e-mail, by comma; empty for nobody", check=recipients
)
DAILY_CITY_TO = Setting(
    "report_daily_city_to", "", "", 'who gets the report of each day in the version of a city: JSON, city to recipients, e.g. `{"蚌埠": "wang@example.cn"}`', check=cities_told
)
DAILY_AFTER_MIN = Setting(
    "report_daily_after_min", 0, "min",
    "the report of a day waits till so long after the last reader of its last dispatch was sent to, at most ten hours beyond its time; 0: it leaves at its time",
    minimum=0, maximum=360,
)  # fmt: skip
MONTH_AT = Setting("report_month_at", "09:00", "", "time of the 1st (Shanghai) at which the report of the month before is mailed", check=clock_time)
MONTH_TO = Setting("report_month_to", "", "", "who gets the report of each month, likewise; empty for nobody", check=recipients)
MONTH_CITY_TO = Setting("report_month_city_to", "", "", "who gets the report of each month in the version of a city, likewise", check=cities_told)
REPORT_LANGUAGE = Setting("report_language", "zh", "", "language of reports that are mailed", choices=("zh", "en"))
REPORT_ATTEMPTS_MAX = Setting("report_attempts_max", 8, "tries", "a report that could not be mailed is given up after so many tries, with an alarm", minimum=1, maximum=30)

SETTINGS: tuple[Setting[Any], ...] = (
    REPEAT_DAYS, DUE_H, REGULATOR_DUE_H, BURST_MIN, BURST_TIMES, DAILY_AT, DAILY_TO, DAILY_CITY_TO, DAILY_AFTER_MIN, MONTH_AT, MONTH_TO, MONTH_CITY_TO,
    REPORT_LANGUAGE, REPORT_ATTEMPTS_MAX,
)  # fmt: skip
