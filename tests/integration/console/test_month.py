"""A small invented month: every ledger balances, and every desk has something to look at."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from care.models import Complaint
from console.month.making import make
from content.models import Edition
from delivery.models import Brake, Dispatch
from huabao.alarms import Alarm
from huabao.errors import UsageError
from huabao.runtime import Runtime
from reconciliation.feeds.models import FeedArrival
from reconciliation.runs.models import ReconcileRun
from tests.integration.console.conftest import NOON, SMALL


@pytest.mark.slow
def test_a_small_month_balances_and_fills_the_desks(small_month: Runtime, made_month: dict[str, Any]) -> None:
    runtime, outcomes = small_month, made_month["outcomes"]
    assert (made_month["problems"], made_month["balanced"]) == ([], True)
    assert made_month["dispatches"]["edition"] == SMALL.editions
    assert outcomes["retrieved"] > sum(outcomes.values()) / 2
    with runtime.transaction(read_only=True) as session:
        counts = {one: session.scalar(select(func.count()).select_from(one)) for one in (Alarm, Brake, Complaint, FeedArrival, ReconcileRun)}
        states = session.scalars(select(Edition.state).order_by(Edition.id)).all()
        latest = session.scalar(select(func.max(Dispatch.created_at)))
    assert all(counts.values()), counts
    assert list(states[-2:]) == ["in_review", "draft"], "the desk works at what comes next"
    assert "killed" in states, "an evening paper was called back"
    assert latest is not None
    assert latest < NOON, "nothing happened after the present instant"
    with pytest.raises(UsageError, match="readers already"):
        make(runtime, SMALL, lambda _: None)
