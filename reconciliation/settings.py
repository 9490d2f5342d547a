"""Settings of this package."""

from __future__ import annotations

from typing import Any

from huabao.settings import Setting
from reconciliation.charges import settings as charges
from reconciliation.feeds import settings as feeds
from reconciliation.intake import settings as intake
from reconciliation.journal import settings as journal
from reconciliation.ordering import settings as ordering
from reconciliation.outbox import settings as outbox
from reconciliation.refunds import settings as refunds
from reconciliation.runs import settings as runs
from reconciliation.stop_send import settings as stop_send

SETTINGS: tuple[Setting[Any], ...] = (
    *outbox.SETTINGS, *ordering.SETTINGS, *intake.SETTINGS, *journal.SETTINGS, *feeds.SETTINGS, *charges.SETTINGS, *runs.SETTINGS, *stop_send.SETTINGS, *refunds.SETTINGS,
)  # fmt: skip
