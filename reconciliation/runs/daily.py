"""The day by itself: files of the inbox are taken, and once both sides are there the day is reconciled."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from sqlalchemy import select

from huabao.clock import business_day
from huabao.queues import enqueue_many
from huabao.runtime import Runtime
from reconciliation.codecs.feeds import find_dialect
from reconciliation.feeds.inbox import PEERS, accepted, kept_path, take_inbox, watch
from reconciliation.feeds.models import FULL
from reconciliation.feeds.settings import AUTO, DIALECTS
from reconciliation.feeds.sftp import exchange
from reconciliation.runs.models import DAILY, ReconcileRun
from reconciliation.runs.running import GivenFile, Order, apply_repairs, reconcile
from reconciliation.runs.tasks import RUN_DAY

BY: Final = "scheduler"
BACK_DAYS: Final = 3
"""So far back a day is still reconciled by itself when its files come late."""


def look(runtime: Runtime) -> None:
    """Take what came, call a person about what did not, and have days reconciled whose files are there."""
    exchange(runtime)
    if take_inbox(runtime):
        exchange(runtime)  # the answers go back
    now = runtime.now()
    with runtime.transaction() as session:
        watch(session, now=now)
        if AUTO.get(session) == "off":
            return
        for back in range(BACK_DAYS):
            day = business_day(now - timedelta(days=1 + back))
            arrivals = accepted(session, day)
            newest = max((one.received_at for one in arrivals.values()), default=now)
            run = select(ReconcileRun.id).where(ReconcileRun.kind == DAILY, ReconcileRun.day == day, ReconcileRun.created_at >= newest).limit(1)
            if set(arrivals) == set(PEERS) and session.scalar(run) is None:
                enqueue_many(session, RUN_DAY, [{"day": str(day)}], now=now, key_of=lambda args: f"reconcile:{args['day']}")


def run_day(runtime: Runtime, day: date) -> int | None:
    """Reconcile a day by its kept files; the run's id, None where a side's file is not there."""
    with runtime.transaction(read_only=True) as session:
        arrivals, repair = accepted(session, day), AUTO.get(session) == "repair"
        dialects = {peer: DIALECTS[peer].get(session) for peer in PEERS}
    files = {
        peer: GivenFile(kept_path(runtime.config, peer, day, row.sha256, row.name), find_dialect(dialects[peer], runtime.config.feed_dialects_folder), row.kind == FULL)
        for peer, row in arrivals.items()
    }
    files = {peer: given for peer, given in files.items() if given.path.is_file()}
    if set(files) != set(PEERS):
        return None
    run_id = reconcile(runtime, Order(day, files, BY))
    if repair:
        apply_repairs(runtime, run_id, by=BY)
    return run_id
