"""Why and by which way orders began and ended."""

from __future__ import annotations

import pytest

from care.overview.rules import BOSS, CAUSES, CHANNELS, CLOSED, DESK, ELSE, HANDED, JOINED, LEFT, MISC, OPERATOR, OTHER, READER, RECONCILED, REPAIR, SMS, UNPAID, moved, why


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        (None, "active", JOINED), ("cancelled", "active", JOINED), ("cancelled", "paused", JOINED), ("active", "cancelled", LEFT), ("paused", "cancelled", LEFT),
        ("paused", "active", None), ("active", "active", None), (None, "cancelled", None), ("cancelled", "cancelled", None),
    ],
)  # fmt: skip
def test_an_order_begins_or_ends_only_where_it_did_not_hold_or_holds_no_more(before: str | None, after: str, what: str | None) -> None:
    assert moved(before, after) == what


@pytest.mark.parametrize(
    ("event", "source", "reason", "asked_by", "told"),
    [
        ("cancel", "misc", "user", None, (READER, MISC)),
        ("cancel", "misc", "admin", None, (OPERATOR, MISC)),
        ("cancel", "misc", "charge_failed", None, (UNPAID, MISC)),
        ("cancel", "misc", "MISC answered 0 and did not call", "desk", (READER, DESK)),
        ("cancel", "misc", "user", "sms", (READER, SMS)),
        ("cancel", "sms", "by the reader", None, (READER, SMS)),
        ("cancel", "boss", "欠费销号", None, (OPERATOR, BOSS)),
        ("cancel", "repair", "run 3, xxa", "desk", (REPAIR, RECONCILED)),
        ("closed", "boss", "", "desk", (CLOSED, BOSS)),
        ("transfer", "misc", "", None, (HANDED, MISC)),
        ("released", "nobody knows", "", None, (HANDED, ELSE)),
        ("order", "platform", "ordered by sms", "sms", (READER, SMS)),
        ("order", "misc", "other", None, (OTHER, MISC)),
    ],
)  # fmt: skip
def test_cause_and_channel(event: str, source: str, reason: str, asked_by: str | None, told: tuple[str, str]) -> None:
    assert why(event, source, reason, asked_by) == told
    assert told[0] in CAUSES and told[1] in CHANNELS
