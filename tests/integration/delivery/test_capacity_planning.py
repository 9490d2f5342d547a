"""Capacity before the day: what the command says, what the watch warns of, what campaigns add."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from content.models import Publication
from delivery.dispatch import foresight, planning
from delivery.dispatch.planning import Request
from delivery.models import Dispatch, Port, Submission
from delivery.ports import changes
from huabao.alarms import Alarm
from huabao.clock import SHANGHAI
from huabao.runtime import Runtime
from tests.command_line import CLI
from tests.services.clocks import moved
from tests.services.delivering import add_port, add_readers, build_world

URL = "http://127.0.0.1:9/mm7"
EVENING = {"HUABAO_NOW": "2026-11-21T20:00"}


def window(runtime: Runtime, text: str, slug: str = "paper") -> None:
    with runtime.transaction() as session:
        session.execute(update(Publication).where(Publication.slug == slug).values(send_window=text))


def open_alarms(runtime: Runtime, kind: str) -> dict[str, str]:
    with runtime.transaction(read_only=True) as session:
        return {one.key: one.text for one in session.scalars(select(Alarm).where(Alarm.kind == kind, Alarm.closed_at.is_(None)))}


def soon(runtime: Runtime, *, hours: float, long_m: int = 1) -> str:
    """A window that opens in so many hours and is open for some minutes."""
    begin = (runtime.now() + timedelta(hours=hours)).astimezone(SHANGHAI).replace(second=0)
    return f"{begin:%H:%M}-{begin + timedelta(minutes=long_m):%H:%M}"


def test_the_whole_province_on_two_slow_ports(cli: CLI, sqlite_runtime: Runtime) -> None:
    build_world(sqlite_runtime)
    for name in ("north", "south"):
        cli("port", "add", name, "--url", URL, "--rate", "50")
    window(sqlite_runtime, "06:30-08:30")
    said = cli("capacity", "plan", "paper", "--readers", "1576000", "--json", env=EVENING, code=1).json
    assert (said["forecast_text"], said["need_rate_whole"], said["fits"]) == ("4 h 22 m 40 s", 219, False)
    assert (said["begin_at"], said["deadline_at"]) == ("2026-11-21T22:30:00+00:00", "2026-11-22T00:30:00+00:00")
    assert said["loads"] == {"north": 788_000, "south": 788_000}
    assert said["short"] == 1_576_000 - 720_000
    text = cli("capacity", "plan", "paper", "--readers", "1576000", env=EVENING, code=1).out
    assert "4 h 22 m 40 s" in text
    assert "219 a second are needed" in text


def test_an_agreed_speed_up_makes_it_fit(cli: CLI, sqlite_runtime: Runtime) -> None:
    build_world(sqlite_runtime)
    cli("port", "add", "north", "--url", URL, "--rate", "50")
    window(sqlite_runtime, "06:30-08:30")
    begin = datetime(2099, 11, 22, 6, 30, tzinfo=SHANGHAI)
    day = ("--date", "2099-11-22", "--readers", "1576000")
    cli("capacity", "plan", "paper", *day, code=1)
    cli("port", "schedule", "north", "--at", begin - timedelta(minutes=5), "--rate", "220", "--burst", "1", "--reason", "speed-up")
    said = cli("capacity", "plan", "paper", *day, "--json").json
    assert (said["fits"], said["rate_per_s"]) == (True, 220)
    with sqlite_runtime.transaction(read_only=True) as session:
        assert len(changes.list_changes(session, "north")) == 1


def test_campaigns_count_until_their_day_comes(cli: CLI, runtime: Runtime) -> None:
    build_world(runtime, readers=120)
    add_readers(runtime, 5, service_id=None, first=1000)
    cli("port", "add", "north", "--url", URL, "--rate", "50")
    window(runtime, "06:30-08:30")
    cli("capacity", "gain", "add", "paper", "--readers", "80000", "--on", "2026-11-25", "--reason", "campus campaign", env=EVENING)
    cli("capacity", "gain", "add", "paper", "--readers", "-20", "--on", "2026-11-23", env=EVENING)
    assert [one["readers"] for one in cli("capacity", "gain", "list", "--json").json] == [-20, 80_000]

    def readers(day: str, now: str = "2026-11-21T20:00") -> int:
        return int(cli("capacity", "plan", "paper", "--date", day, "--json", env={"HUABAO_NOW": now}).json["readers"])

    assert readers("2026-11-22") == 120
    assert readers("2026-11-23") == 100
    assert readers("2026-11-26") == 80_100
    assert readers("2026-11-26", "2026-11-25T12:00") == 120, "they are present readers by then, or did not come"
    assert cli("capacity", "plan", "paper", "--date", "2026-11-26", "--gain", "7", "--json", env=EVENING).json["readers"] == 127
    first = cli("capacity", "gain", "list", "--json").json[1]["id"]
    cli("capacity", "gain", "cancel", first)
    assert readers("2026-11-26") == 100
    assert "no expected gain" in cli("capacity", "gain", "cancel", first, code=2).err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("plan", "paper"), "has no window"),
        (("plan", "other"), "there is no publication 'other'"),
        (("plan", "paper", "--start", "2099-01-01T06:00"), "belong together"),
        (("plan", "paper", "--start", "2099-01-01T06:00", "--deadline", "2099-01-01T05:00"), "before the start"),
        (("plan", "paper", "--start", "2099-01-01T06:00", "--deadline", "2099-01-01T07:00", "--ports", "east"), "there is no port 'east'"),
        (("plan", "paper", "--date", "tomorrow"), "is no day"),
        (("gain", "add", "paper", "--readers", "5", "--on", "2020-01-01"), "has not come"),
        (("gain", "add", "paper", "--readers", "0", "--on", "2099-01-01"), "--readers 0"),
    ],
)
def test_what_cannot_be_asked(cli: CLI, sqlite_runtime: Runtime, arguments: tuple[str, ...], message: str) -> None:
    build_world(sqlite_runtime)
    assert message in cli("capacity", *arguments, code=2).err


def test_the_shortfall_is_an_alarm_before_the_day_and_goes_when_it_is_mended(runtime: Runtime) -> None:
    build_world(runtime, readers=500)
    port_id = add_port(runtime, URL, rate=5, burst=1)
    window(runtime, soon(runtime, hours=3))
    assert foresight.watch(runtime) == 1
    [text] = open_alarms(runtime, foresight.SHORT).values()
    assert "500 readers take 1 m 40 s at 5 a second; 9 a second are needed" in text
    assert foresight.watch(moved(runtime, minutes=5)) == 1
    with runtime.transaction() as session:
        assert [one.count for one in session.scalars(select(Alarm))] == [2], "one incident, one alarm"
        session.execute(update(Port).where(Port.id == port_id).values(rate=50))
    assert foresight.watch(runtime) == 0
    assert open_alarms(runtime, foresight.SHORT) == {}


def test_titles_that_share_the_hours_share_the_ports(runtime: Runtime) -> None:
    build_world(runtime, readers=500)
    build_world(runtime, slug="evening")
    add_readers(runtime, 500, service_id="evening", first=2001)
    add_port(runtime, URL, rate=10, burst=1)
    for slug in ("paper", "evening"):
        window(runtime, soon(runtime, hours=3), slug)
    assert foresight.watch(runtime) == 2
    assert "1,000 readers (with evening)" in open_alarms(runtime, foresight.SHORT)["paper"]
    window(runtime, soon(runtime, hours=6), "evening")
    assert foresight.watch(runtime) == 0


def test_planned_dispatches_and_running_ones_are_watched(runtime: Runtime) -> None:
    world = build_world(runtime, readers=500)
    add_port(runtime, URL, rate=5, burst=1)
    start = runtime.now() + timedelta(hours=2)
    dispatch_id = planning.create(runtime, Request(world.edition, start_at=start, deadline_at=start + timedelta(seconds=30)), actor="ops")
    assert foresight.watch(runtime) == 1
    assert "500 readers take 1 m 40 s" in open_alarms(runtime, foresight.SHORT)[f"dispatch {dispatch_id}"]

    running = moved(runtime, hours=2, seconds=10)
    with runtime.transaction() as session:
        now = running.now()
        session.execute(update(Dispatch).values(state="sending", started_at=start))
        common = {"dispatch_id": dispatch_id, "day": now.date(), "batch_id": 1, "port_id": 1, "variant_id": 1, "fence": 1, "reader_ids": b"", "state": "accepted"}
        session.add(Submission(**common, transaction_id="t", recipients=50, written_at=now, answered_at=now))
    assert foresight.watch(running) == 1
    assert open_alarms(runtime, foresight.SHORT) == {}
    assert "500 readers are left; at " in open_alarms(runtime, foresight.LATE)[str(dispatch_id)]
    with runtime.transaction() as session:
        session.execute(update(Dispatch).values(deadline_at=start + timedelta(hours=1)))
    assert foresight.watch(running) == 0
    assert open_alarms(runtime, foresight.LATE) == {}
