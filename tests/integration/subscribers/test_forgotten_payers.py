"""A payer who is no reader is forgotten: his number stands nowhere any more, and those for whom he paid keep all else."""

from __future__ import annotations

import json
from datetime import timedelta

from sqlalchemy import Table, select

from huabao.db import Base
from huabao.runtime import Runtime
from reconciliation.codecs.misc import decode_envelope
from reconciliation.dialects import dialects_in
from reconciliation.intake import boss, misc
from reconciliation.intake.misc import Arrival
from reconciliation.journal import read_all
from reconciliation.outbox import Request, enqueue
from reconciliation.outbox.models import UNKNOWN, OutboundRequest
from reconciliation.runs.models import ReconcileDifference
from subscribers.models import Subscription
from tests.command_line import CLI
from tests.integration.misc.ground import ANNA, BEN, message

GIVER = "13700137000"


def _told(runtime: Runtime) -> None:
    """Told by MISC and by BOSS, now and for later, taken back, on its way to BOSS, and listed as a difference."""
    now, dialect = runtime.now(), dialects_in(runtime.config.dialects_folder).get("misc-1.5.0")
    with runtime.transaction() as session:
        bodies = [message("t1", msisdn=ANNA, payer=GIVER), message("t2", msisdn=BEN, payer=GIVER)]
        misc.take(session, [Arrival("misc", dialect, body, decode_envelope(body), "x") for body in bodies], now=now - timedelta(hours=1))
        said = {"event": "order", "msisdn": ANNA, "service_id": "later", "fee_msisdn": GIVER, "effective_at": (now + timedelta(days=9)).isoformat()}
        own = {"event": "terms", "msisdn": BEN, "service_id": "TJSJB", "fee_msisdn": BEN, "effective_at": now.isoformat()}
        answers = boss.take(session, [boss.read(json.dumps({"event_id": str(at), **one}).encode()) for at, one in enumerate((said, own))], now=now)
        assert [one.result for one in answers] == ["applied", "applied"], answers
        subscription = session.scalars(select(Subscription).where(Subscription.fee_msisdn == GIVER)).one()
        row = session.get_one(OutboundRequest, enqueue(session, Request("boss", "order", "k", subscription.reader_id, service_id="TJSJB", payload={"fee_msisdn": GIVER}), now=now))
        row.state = UNKNOWN
        session.add(
            ReconcileDifference(
                msisdn=ANNA, service_id="TJSJB", name="payer", boss="active", misc="active", platform="active", direction="", said={"boss": {"fee_msisdn": GIVER}, "misc": {}},
                run_id=1, first_day=now.date(), last_day=now.date(), opened_at=now,
            )
        )  # fmt: skip


def _stands_in(runtime: Runtime, number: str) -> list[str]:
    """Where a number stands in the database, the journal's sealed content included."""
    with runtime.transaction(read_only=True) as session:
        tables: list[Table] = [one for one in Base.metadata.sorted_tables if one.name != "deliveries"]
        found = [table.name for table in tables for row in session.execute(select(table)) if number in str(tuple(row))]
        return found + [f"message {one.row.id}" for one in read_all(session) if number.encode() in (one.content or b"")]


def test_a_payer_who_is_no_reader_stands_nowhere_any_more(runtime: Runtime, cli: CLI) -> None:
    _told(runtime)
    assert set(_stands_in(runtime, GIVER)) >= {"subscriptions", "subscription_events", "awaited_changes", "outbound_requests", "reconcile_differences", "applied_transactions"}
    removed = cli("subscribers", "forget", GIVER, "--json").json["removed"]
    assert removed["readers"] == 0 and removed["paid_for"] > 0
    assert _stands_in(runtime, GIVER) == []
    with runtime.transaction(read_only=True) as session:
        assert [(one.state, one.fee_msisdn) for one in session.scalars(select(Subscription))] == [("active", None)] * 2
        assert session.scalars(select(OutboundRequest.kind)).all() == ["order"], "what he paid for goes on"
    assert cli("subscribers", "forget", GIVER, code=2).err
