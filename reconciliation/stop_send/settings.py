"""Settings of stop-send and recovery."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from huabao.settings import Setting
from reconciliation.stop_send.causes import CAUSES, HANDSET_CAUSES, NAMES

RECEIVED = "received"

_DAYS, _EDITIONS = (7, 15), 10

STOP_DAYS: Mapping[str, Setting[int]] = MappingProxyType(
    {
        cause: Setting(
            f"stop_days_{cause}", _DAYS[cause not in HANDSET_CAUSES], "days", f"deliveries failed for so long ({NAMES[cause][0]}) before sending stops", minimum=1, maximum=366
        )
        for cause in CAUSES
    }
)
STOP_EDITIONS: Mapping[str, Setting[int]] = MappingProxyType(
    {cause: Setting(f"stop_editions_{cause}", _EDITIONS, "editions", f"and so many editions in a row failed ({NAMES[cause][0]})", minimum=1, maximum=1000) for cause in CAUSES}
)
STOP_GUARD_COUNT = Setting("stop_guard_count", 2000, "subscriptions", "more stops than this in a day are held until two people agree", minimum=1)
STOP_GUARD_SHARE = Setting("stop_guard_share", 0.01, "", "more than this share of all active subscriptions, and more than 10, is held likewise", minimum=0.0001, maximum=1)
STOP_INCIDENT_SHARE = Setting("stop_incident_share", 0.5, "", "where more than this share of a variant or port failed, the fault is not its readers'", minimum=0.01, maximum=1)
STOP_LISTED_MONTHS = Setting("stop_listed_months", 2, "months", "who is stopped through so many billed months is listed for a person: refund or cancel", minimum=1, maximum=24)

RECOVERY_DAYS: Mapping[str, Setting[int]] = MappingProxyType(
    {
        cause: Setting(f"recovery_days_{cause}", 14 if cause in ("no_mms", "system") else 7, "days", f"between attempts by schedule ({NAMES[cause][0]})", minimum=1, maximum=366)
        for cause in CAUSES
    }
)
RECOVERY_ATTEMPTS = Setting("recovery_attempts_max", 6, "attempts", "of one stop by the schedule; a sign of life always starts one more", minimum=1, maximum=100)
RECOVERY_HOURS = Setting("recovery_hours", "09:00-21:00", "", "when tips and probes may be sent")
RECOVERY_TIP_WAIT_H = Setting("recovery_tip_wait_h", 24.0, "h", "between the tip and the probe: time to do what it says", minimum=0, maximum=720)
RECOVERY_TIP_DAYS = Setting("recovery_tip_days", 30, "days", "a reader gets no second tip, and no settings again, before", minimum=1, maximum=366)
RECOVERY_TIP_PAST = Setting(
    "recovery_tip_past", RECEIVED, "", "a tip goes to whoever fetched a message before (received), to whoever did not (never), or to both (all)", choices=(RECEIVED, "never", "all")
)
RECOVERY_TIP_PAST_MONTHS = Setting("recovery_tip_past_months", 6, "months", "how far back `recovery_tip_past` looks", minimum=1, maximum=60)
RECOVERY_SETTINGS = Setting("recovery_settings", "cmcc", "", "whose MMS settings are sent over the air, a name in `mms_settings.toml`; empty: none are")
RECOVERY_SETTINGS_WAIT_H = Setting("recovery_settings_wait_h", 24.0, "h", "between settings and the probe: time to save them", minimum=0, maximum=720)
RECOVERY_PROBE_WAIT_H = Setting("recovery_probe_wait_h", 8.0, "h", "so long a probe's report is waited for; it lies in the MMSC for six", minimum=1, maximum=168)
RECOVERY_PAPER_WAIT_H = Setting("recovery_paper_wait_h", 72.0, "h", "so long the paper after a probe may take", minimum=1, maximum=720)
RECOVERY_RATE_SHARE = Setting("recovery_rate_share", 0.1, "", "share of its ports' rate that probes, papers and replays take at most", minimum=0.001, maximum=1)
RECOVERY_AT_ONCE = Setting("recovery_at_once", 2000, "attempts", "begun or carried on in one pass", minimum=1, maximum=50_000)
RECOVERY_HALF_LIFE_DAYS = Setting("recovery_half_life_days", 30.0, "days", "after so long an attempt counts half for the schedule", minimum=1, maximum=3660)
RECOVERY_KEEP_DAYS = Setting(
    "recovery_keep_days",
    1100,
    "days",
    "stops that ended are removed after this long, with their attempts, replays and credits",
    minimum=400,
)

SETTINGS: tuple[Setting[Any], ...] = (
    *STOP_DAYS.values(), *STOP_EDITIONS.values(), STOP_GUARD_COUNT, STOP_GUARD_SHARE, STOP_INCIDENT_SHARE, STOP_LISTED_MONTHS, *RECOVERY_DAYS.values(),
    RECOVERY_ATTEMPTS, RECOVERY_HOURS, RECOVERY_TIP_WAIT_H, RECOVERY_TIP_DAYS, RECOVERY_PROBE_WAIT_H, RECOVERY_PAPER_WAIT_H, RECOVERY_RATE_SHARE, RECOVERY_AT_ONCE,
    RECOVERY_HALF_LIFE_DAYS, RECOVERY_TIP_PAST, RECOVERY_TIP_PAST_MONTHS, RECOVERY_SETTINGS, RECOVERY_SETTINGS_WAIT_H, RECOVERY_KEEP_DAYS,
)  # fmt: skip
