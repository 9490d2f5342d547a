"""The settings about whom a dispatch reaches, by what and at which hour; and what becomes of lost answers."""

from __future__ import annotations

from typing import Any

from delivery.dispatch.quiet import Quiet
from huabao.hours import Hours
from huabao.settings import Setting

QUIET_HOURS = Setting(
    "quiet_hours", '{"default": "21:00-08:00"}', "", 'when activities leave a city in peace, Asia/Shanghai: JSON, city to hours, `""` for never; `default` is every other city',
    check=Quiet.parse,
)  # fmt: skip
ROUTE_TEXT_AFTER_DAYS = Setting("route_text_after_days", 180, "days", "an activity reaches a reader by SMS text who gave no sign of life for so long", minimum=1, maximum=3660)
APPROVED_BY = Setting(
    "approved_by", "05:45", "", "a title with a send window and without an edition for the day raises an alarm at this time, and its reserve edition stands by",
    check=lambda text: Hours.parse(f"{text}-24:00"),
)  # fmt: skip
APPROVED_BEFORE_MIN = Setting(
    "approved_before_min", 120, "min", "a title whose window opens later in the day is expected only so long before it opens, not by `approved_by`", minimum=0, maximum=1440
)
UNKNOWN_WAIT_S = Setting("unknown_wait_s", 1800.0, "s", "a lost answer is waited for so long before its readers are sent to once more (policy wait-then-once)", minimum=0)
UNKNOWN_LAST_S = Setting("unknown_last_s", 600.0, "s", "so long before its deadline a dispatch waits no longer for lost answers (policy wait-then-once)", minimum=0)
UNKNOWN_RETRY_S = Setting("unknown_retry_s", 60.0, "s", "a lost answer is waited for so long before the next try (policy retry)", minimum=0)
UNKNOWN_TRIES_MAX = Setting("unknown_tries_max", 3, "tries", "so often a reader is sent to once more after lost answers (policy retry)", minimum=1, maximum=20)

SETTINGS: tuple[Setting[Any], ...] = (QUIET_HOURS, ROUTE_TEXT_AFTER_DAYS, APPROVED_BY, APPROVED_BEFORE_MIN, UNKNOWN_WAIT_S, UNKNOWN_LAST_S, UNKNOWN_RETRY_S, UNKNOWN_TRIES_MAX)
