"""Our own check file: written by itself for both peers, each day once, at its hour."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from huabao.alarms import Alarm
from huabao.runtime import Runtime
from reconciliation.codecs.feeds import find_dialect
from reconciliation.diff import Side, compare
from reconciliation.runs.handing_out import hand_out
from subscribers.orders.change import Change
from subscribers.orders.services import apply
from tests.integration.reconciliation.installing import set_values
from tests.integration.reconciliation.runs.filing import ENDS, NOW, number, ready, subscribe


def _alarms(runtime: Runtime) -> list[str]:
    with runtime.transaction(read_only=True) as session:
        return list(session.scalars(select(Alarm.key).where(Alarm.kind == "feed.export", Alarm.closed_at.is_(None))))


def test_both_get_theirs_once_a_day_at_its_hour(runtime: Runtime, tmp_path: Path) -> None:
    subscribe(runtime, {1: "a", 2: "p"})
    set_values(runtime, feed_dialect_boss="boss-text", feed_fields_boss="sender=JL01", feed_export_hour=9)
    assert hand_out(ready(runtime, tmp_path, NOW - timedelta(minutes=1))) == [], "not before nine"
    here = ready(runtime, tmp_path)
    written = hand_out(here)
    assert [str(one.relative_to(tmp_path)) for one in written] == ["outbox/boss/huabao-20261121.boss-text", "outbox/misc/huabao-20261121.csv"]
    boss, misc = written
    assert boss.read_text("gbk").startswith("HDR|JL01|20261122000000\n") and number(1) in boss.read_text("gbk"), "a peer gets whole numbers"
    found = compare(Side(boss, find_dialect("boss-text")), Side(misc, find_dialect("csv")), Side(misc, find_dialect("csv")))
    assert (found.compared, found.matched, found.sides["misc"].as_of, found.sides["misc"].count) == (2, 2, ENDS, 2)
    misc.unlink()
    assert hand_out(here) == [], "whoever took it away does not get it again"
    assert [one.name for one in hand_out(ready(runtime, tmp_path, NOW + timedelta(days=1)))] == ["huabao-20261122.boss-text", "huabao-20261122.csv"]
    hand_out(ready(runtime, tmp_path, NOW + timedelta(days=90)))
    assert sorted(one.name for one in (tmp_path / "outbox/boss").glob("huabao*")) == ["huabao-20270219.boss-text"], "old ones go"


def test_a_service_that_the_dialect_cannot_write_is_said_and_holds_nobody_up(runtime: Runtime, tmp_path: Path) -> None:
    with runtime.transaction() as session:
        apply(session, [Change(number(1), "order", "misc", "o1", ENDS - timedelta(days=9), "a|b")], now=NOW)
    set_values(runtime, feed_dialect_boss="boss-text")
    assert [one.parent.name for one in hand_out(ready(runtime, tmp_path))] == ["misc"] and _alarms(runtime) == ["boss"]


def test_a_field_that_is_missing_calls_a_person_and_the_other_peer_gets_his(runtime: Runtime, tmp_path: Path) -> None:
    set_values(runtime, feed_dialect_boss="vac")
    here = ready(runtime, tmp_path)
    assert [one.parent.name for one in hand_out(here)] == ["misc"] and _alarms(here) == ["boss"]
    set_values(runtime, feed_fields_boss="sp_id=912345;province=551")
    assert [one.name for one in hand_out(here)] == ["SubscribeInfo0091234520261121235955100" + "01.req"] and _alarms(here) == []
