"""Thresholds of complaints."""

from __future__ import annotations

from typing import Any

from huabao.settings import Setting

REPEAT_DAYS = Setting("complaint_repeat_days", 30, "days", "who complains again within so many days has complained repeatedly", minimum=1, maximum=366)
DUE_H = Setting("complaint_due_h", 48, "h", "so long after it came a complaint is to be answered", minimum=1, maximum=8760)
REGULATOR_DUE_H = Setting("complaint_regulator_due_h", 240, "h", "the same for one that came through the regulator", minimum=1, maximum=8760)
BURST_MIN = Setting("complaint_burst_min", 20, "complaints", "fewer within an hour are no burst", minimum=1)
BURST_TIMES = Setting("complaint_burst_times", 3.0, "times", "so many times the usual hour of the last fourteen days are a burst", minimum=1.0, maximum=1000.0)

SETTINGS: tuple[Setting[Any], ...] = (REPEAT_DAYS, DUE_H, REGULATOR_DUE_H, BURST_MIN, BURST_TIMES)
