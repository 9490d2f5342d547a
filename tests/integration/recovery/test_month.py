"""The month's report against a month counted by hand, and each sentence of it on the command line."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from huabao.runtime import Runtime
from reconciliation.stop_send import report
from reconciliation.stop_send.models import DeliveryStop, RecoveryAttempt
from tests.command_line import CLI

OCTOBER, NOVEMBER = datetime.fromisoformat("2026-10-01T00:00:00+08:00"), datetime.fromisoformat("2026-11-01T00:00:00+08:00")


def stop(runtime: Runtime, reader: int, at: datetime, tries: list[tuple[float, str, str]], *, cause: str = "unreachable", by: str = "stop_send") -> None:
    """A stop and its attempts: (days after the stop, method, state); what recovered did so an hour later."""
    with runtime.transaction() as session:
        row = DeliveryStop(reader_id=reader, service_id="paper", cause=cause, failing_since=at, stopped_at=at, by=by, looked_at=at, tried=len(tries))
        session.add(row)
        session.flush()
        for number, (days, method, state) in enumerate(tries, 1):
            begun = at + timedelta(days=days)
            ended = None if state in ("waiting", "probe") else begun + timedelta(hours=1)
            session.add(
                RecoveryAttempt(
                    stop_id=row.id, reader_id=reader, service_id="paper", cause=cause, stopped_at=at, number=number, sign="schedule", method=method, state=state,
                    due_at=begun, begun_at=begun, entered_at=begun, ended_at=ended, steps=[],
                )
            )  # fmt: skip


def a_november(runtime: Runtime) -> None:
    """Ten attempted, three recovered: 30 %; beside them who was not tried, was tried without anything sent, or is no case of recovery."""
    for reader in range(1, 4):
        stop(runtime, reader, NOVEMBER, [(reader, "probe", "failed"), (reader + 3, "tip", "recovered")])
    for reader in range(4, 8):
        stop(runtime, reader, NOVEMBER + timedelta(days=20), [(1, "settings", "failed")], cause="handset_settings")
    stop(runtime, 8, OCTOBER, [(3, "probe", "recovered")])
    stop(runtime, 9, OCTOBER, [(29, "probe", "failed"), (31.5, "probe", "failed")])
    stop(runtime, 10, NOVEMBER + timedelta(days=29, hours=23), [(0, "paper", "failed"), (0.03, "probe", "probe"), (1, "probe", "recovered")])
    stop(runtime, 11, NOVEMBER, [(2, "probe", "given_up")])
    stop(runtime, 12, NOVEMBER, [])
    stop(runtime, 13, NOVEMBER, [(2, "", "given_up")])
    stop(runtime, 14, NOVEMBER, [], cause="barred", by="account")


def test_a_month_counted_by_hand(runtime: Runtime) -> None:
    a_november(runtime)
    with runtime.transaction(read_only=True) as session:
        found = report.document(report.monthly(session, report.month_of("2026-11")), report.monthly(session, report.month_of("2026-10")))
    assert (found["stopped"], found["attempted"], found["recovered"], found["rate"], found["barred_accounts"]) == (11, 10, 3, 0.3, 1)
    assert found["by_cause"] == {
        "handset_settings": {"stopped": 4, "attempted": 4, "recovered": 0, "rate": 0.0},
        "unreachable": {"stopped": 7, "attempted": 6, "recovered": 3, "rate": 0.5},
    }
    assert {name: (one["attempted"], one["recovered"]) for name, one in found["by_method"].items()} == {"paper": (1, 0), "probe": (6, 0), "settings": (4, 0), "tip": (3, 3)}
    assert found["hours_to_recovery"] == {"first_quartile": 109.0, "median": 121.0, "third_quartile": 133.0}
    assert found["reference"] == {"usual": 0.3, "best": 0.6}
    assert found["base"] == {"month": "2026-10", "recovered": 1, "times": 3.0, "up_by": 2.0}, "an attempt counts where it began, wherever it ended"


def test_what_the_command_line_says_of_it(runtime: Runtime, cli: CLI) -> None:
    a_november(runtime)
    for reader in range(20, 29):
        stop(runtime, reader, NOVEMBER, [(5, "tip", "recovered")])
    said = cli("recovery", "report", "--month", "2026-11", "--base", "2026-10").out
    assert "2026-11: 20 stopped (and 1 by their account's bar, in no rate)" in said
    assert "recovered: 12 of 19 attempted = 63.2% (reference months: 30% as a rule, 60% at best)" in said
    assert "from stop to recovery: median 5.0 days, half of all between 5.0 and 5.0" in said
    assert "against 2026-10 with 1: 12.0 times the base, +11.0" in said
    assert "关机或不在服务区" in said
    empty = cli("recovery", "report", "--month", "2027-01", "--base", "2026-09").out
    assert "recovered: no data, nothing was attempted / 没有数据" in empty
    assert "against 2026-09 with 0: no data / 没有数据" in empty
    assert cli("recovery", "report", "--month", "2026-09", "--json").json["rate"] is None


@pytest.mark.parametrize("month", ["2026-13", "2026", "11-2026", ""])
def test_a_month_is_written_as_one(sqlite_runtime: Runtime, cli: CLI, month: str) -> None:
    assert "write it as 2026-11" in cli("recovery", "report", "--month", month, code=2).err
