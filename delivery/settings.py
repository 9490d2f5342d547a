"""Settings of this package."""

from __future__ import annotations

from typing import Any

from delivery import lanes
from delivery.dispatch import capacity, policies, thresholds
from delivery.ports import health, minutes, moving, pace
from delivery.reports import folding, offering, texts
from delivery.resend import settings as resend
from delivery.sending import replies
from delivery.serials import thresholds as serials
from huabao.settings import Setting

REPORT_WAIT_S = Setting("report_wait_s", 172_800.0, "s", "a submitted delivery without a report becomes no_report after this long", minimum=0)
START_QUIET_S = Setting("start_quiet_s", 10.0, "s", "`dispatch start` ends when nothing new came for this long", minimum=0)
BATCH_READERS_MAX = Setting("batch_readers_max", 1000, "readers", "most readers of one batch, the unit that a worker claims", minimum=1, maximum=10_000)
PARTITIONS_AHEAD_DAYS = Setting("partitions_ahead_days", 3, "days", "how many days ahead the partitions of deliveries are made", minimum=0, maximum=60)
DELIVERIES_KEEP_DAYS = Setting("deliveries_keep_days", 400, "days", "delivery rows of closed dispatches are dropped after this long", minimum=1)
LINK_DOWN_S = Setting("link_down_s", 60.0, "s", "an smpp port none of whose binds has stood for so long raises an alarm", minimum=1)
BATCH_LOSSES_MAX = Setting(
    "batch_losses_max",
    5,
    "workers",
    "a batch with which so many workers in a row fell silent, none of them with an answer, is held with an alarm; less than 3 blames bystanders",
    minimum=1,
)
RECALL_SETTLE_S = Setting(
    "recall_settle_s", 30.0, "s", "after the last message was called back for a correction, so long its reports are waited for before the new one goes", minimum=0, maximum=86_400
)

SETTINGS: tuple[Setting[Any], ...] = (
    REPORT_WAIT_S,
    RECALL_SETTLE_S,
    START_QUIET_S,
    BATCH_READERS_MAX,
    PARTITIONS_AHEAD_DAYS,
    DELIVERIES_KEEP_DAYS,
    LINK_DOWN_S,
    BATCH_LOSSES_MAX,
    *lanes.SETTINGS,
    *health.SETTINGS,
    *pace.SETTINGS,
    *moving.SETTINGS,
    *minutes.SETTINGS,
    *capacity.SETTINGS,
    *folding.SETTINGS,
    *texts.SETTINGS,
    *offering.SETTINGS,
    *policies.SETTINGS,
    *thresholds.SETTINGS,
    *resend.SETTINGS,
    *serials.SETTINGS,
    *replies.SETTINGS,
)
