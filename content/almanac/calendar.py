"""A day in the lunar calendar: its date there, and the solar term that begins on it.

The calendar itself is the library lunar-python's. It gives the dates of the Purple
Mountain Observatory's tables (2057-09-29 begins a month), where others compute a day beside it.

Spec: GB/T 33661-2017.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from lunar_python import Solar

FIRST, LAST = date(1900, 2, 1), date(2100, 12, 31)
"""Days whose lunar date was compared with another library's."""


@dataclass(frozen=True)
class LunarDay:
    """A day as the lunar calendar names it.

    Attributes:
        year: by stems and branches, with its animal: 丙午马年.
        text: month and day: 十月十四, 闰六月初一.
        term: the solar term that begins on it, or "".
    """

    year: str
    text: str
    term: str

    def to_almanac(self) -> dict[str, str]:
        """As an edition's `almanac` holds it."""
        return {"lunar": self.text} | ({"term": self.term} if self.term else {})


def lunar_day(day: date) -> LunarDay | None:
    """The day in the lunar calendar; None outside of 1900 to 2100."""
    if not FIRST <= day <= LAST:
        return None
    lunar = Solar.fromYmd(day.year, day.month, day.day).getLunar()
    year = f"{lunar.getYearInGanZhi()}{lunar.getYearShengXiao()}年"
    return LunarDay(year, f"{lunar.getMonthInChinese()}月{lunar.getDayInChinese()}", lunar.getJieQi())
