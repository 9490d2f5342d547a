"""What a recovered reader is owed: by policy, not too old, once; and a month's report on the command line."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from content.models import Edition, Publication
from delivery.models import Dispatch
from huabao.runtime import Runtime
from reconciliation.stop_send import looking, replaying, report
from reconciliation.stop_send.models import RecoveryCredit, Replay
from subscribers.models import Subscription
from tests.command_line import CLI
from tests.integration.recovery.test_deciding import READERS, T0, send
from tests.services.clocks import at
from tests.services.delivering import add_port, build_world, number_of


def owed(runtime: Runtime, policy: str, *, stale_after_s: float | None = None) -> Runtime:
    """A reader was stopped before the paper's one edition came out, and is let go a day after it; that day."""
    world = build_world(at(runtime, T0), readers=READERS, stale_after_s=stale_after_s)
    add_port(runtime, "http://127.0.0.1:9/")
    with runtime.transaction() as session:
        session.execute(update(Publication).values(replay_policy=policy))
        session.execute(update(Subscription).where(Subscription.reader_id == 2).values(price_fen=301))
        assert looking.stop_one(session, number_of(2), "paper", "system", by="li", reason="asked", now=T0 - timedelta(days=1)) == 1
    send(runtime, world, 0, {2: ("Expired", "")})
    later = at(runtime, T0 + timedelta(days=1))
    with runtime.transaction() as session:
        looking.release(session, number_of(2), None, by="li", reason="well again", now=later.now())
    return later


@pytest.mark.parametrize(
    ("policy", "stale", "state", "sent"), [("latest", None, "sent", 1), ("all", None, "sent", 1), ("none", None, "nothing", 0), ("latest", 3600.0, "nothing", 0)]
)
def test_what_is_owed_goes_by_policy_and_once(sqlite_runtime: Runtime, policy: str, stale: float | None, state: str, sent: int) -> None:
    later = owed(sqlite_runtime, policy, stale_after_s=stale)
    with later.transaction(read_only=True) as session:
        (title,) = replaying.due_titles(session)
        counted = replaying.count(session, title, later.now())
        assert sum(counted["editions"].values()) == sent
        assert counted["by_policy"] == {policy: 1}
        assert counted["stale"] == (stale is not None)
    replaying.replay(later, title, actor="li")
    replaying.replay(later, title, actor="li")
    with later.transaction(read_only=True) as session:
        row = session.scalars(select(Replay)).one()
        assert (row.state, row.editions) == (state, sent)
        found = session.scalars(select(Dispatch).where(Dispatch.kind == "resend")).all()
        assert [(one.planned, one.lane) for one in found] == [(1, "bulk")] * sent
        assert all(one.rate for one in found), "its own rate"


def test_a_credit_is_written_for_the_bill(runtime: Runtime) -> None:
    later = owed(runtime, "credit")
    with later.transaction(read_only=True) as session:
        (title,) = replaying.due_titles(session)
    replaying.replay(later, title, actor="li")
    with later.transaction(read_only=True) as session:
        one = session.scalars(select(RecoveryCredit)).one()
        assert (one.reader_id, one.missed, one.published, one.price_fen, one.credit_fen) == (2, 1, 1, 301, 301)
        assert session.scalars(select(Replay.state)).all() == ["credited"]
        assert session.scalar(select(Dispatch.id).where(Dispatch.kind == "resend")) is None


def test_a_killed_edition_is_not_owed(sqlite_runtime: Runtime) -> None:
    later = owed(sqlite_runtime, "all")
    with later.transaction() as session:
        session.execute(update(Edition).values(state="killed"))
        (title,) = replaying.due_titles(session)
    replaying.replay(later, title, actor="li")
    with later.transaction(read_only=True) as session:
        assert session.scalars(select(Replay.state)).all() == ["nothing"]


def test_a_month_without_attempts_says_so(sqlite_runtime: Runtime) -> None:
    later = owed(sqlite_runtime, "none")
    with later.transaction(read_only=True) as session:
        month = report.monthly(session, report.month_of("2026-11"))
        found = report.document(month, month)
    assert (found["stopped"], found["attempted"], found["recovered"], found["rate"]) == (1, 0, 0, None)
    assert found["by_cause"] == {"system": {"stopped": 1, "attempted": 0, "recovered": 0, "rate": None}}
    assert found["base"]["times"] is None


def test_the_command_line(cli: CLI) -> None:
    cli("db", "upgrade")
    assert cli("recovery", "list", "--json").json["stopped"] == 0
    document = cli("recovery", "report", "--month", "2026-11", "--json").json
    assert {name: document[name] for name in ("stopped", "attempted", "recovered", "rate", "by_cause")} == {
        "stopped": 0,
        "attempted": 0,
        "recovered": 0,
        "rate": None,
        "by_cause": {},
    }
    assert "没有数据" in cli("recovery", "report", "--month", "2026-11").out
    assert "2026-13" in cli("recovery", "report", "--month", "2026-13", code=2).err
    assert "unknown" in cli("recovery", "schedule", "--cause", "unknown").out
    assert cli("recovery", "replay", "--dry-run", "--json").json == {"dry_run": True, "titles": []} | {}
