"""A dispatch broken down adds up to the dispatch, in every way it is broken down."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import insert, select, update

from care.reports.sends import added
from console.month.clock import MonthClock
from delivery import lifecycle
from delivery.models import DeliveryEvent, Dispatch, Exclusion, Outcome, Port, deliveries
from huabao.runtime import Runtime
from monitoring.cities import city_tally
from monitoring.measures import count_progress
from monitoring.tallies import CITY, CODE, HANDSET_CLASS, PORT, VARIANT, DispatchTally, due, tally_due, tally_of
from subscribers.models import Reader
from tests.integration.console.dispatch_rows import add_dispatch, add_report, add_submission, settle


def add_cities(runtime: Runtime, number: int) -> None:
    """Readers of two cities by turns; the last one's city nobody knows."""
    now = runtime.now()
    common = {"account_state": "normal", "account_at": now, "account_source": "boss", "topics": [], "attributes": {}, "created_at": now, "updated_at": now}
    cities = ("合肥", "蚌埠")
    rows = [{"id": one, "msisdn": f"138055{one:05d}", "city": None if one == number else cities[one % 2], **common} for one in range(1, number + 1)]
    with runtime.transaction() as session:
        session.execute(insert(Reader), rows)


def test_every_breakdown_adds_up(runtime: Runtime) -> None:
    dispatch_id = add_dispatch(runtime, planned=40)
    add_cities(runtime, 40)
    settle(runtime, dispatch_id, Outcome.RETRIEVED, range(1, 31), ago_s=120)
    settle(runtime, dispatch_id, Outcome.EXPIRED, range(31, 36), ago_s=60)
    with runtime.transaction() as session:
        second = Port(name="mm-2", kind="mm7", url="http://127.0.0.1:9/", rate=10.0, burst=1, created_at=runtime.now())
        session.add(second)
        session.flush()
        session.execute(update(deliveries).where(deliveries.c.reader_id > 20).values(port_id=second.id))
    add_submission(runtime, dispatch_id)
    add_report(runtime, 1, "Expired", "4446")
    with runtime.transaction() as session:
        session.execute(update(DeliveryEvent).values(outcome=int(Outcome.EXPIRED)))
    assert tally_due(runtime) == 1
    with runtime.transaction(read_only=True) as session:
        found = tally_of(session, dispatch_id)
        whole = count_progress(session, dispatch_id, runtime.now()).outcomes
        assert due(session, runtime.now()) == [], "it rests"
    assert found is not None
    for scope in (PORT, HANDSET_CLASS, CITY, VARIANT):
        sums: dict[str, int] = {}
        for cell in found.cells[scope].values():
            for outcome, readers in cell.items():
                sums[outcome] = sums.get(outcome, 0) + readers
        assert sums == {name: count for name, count in whole.items() if count}, scope
    assert found.cells[PORT]["mm-2"] == {"retrieved": 10, "expired": 5, "pending": 5}
    assert set(found.cells[CITY]) == {"合肥", "蚌埠", ""}
    assert found.cells[CODE] == {"Expired 4446": {"expired": 1}}
    assert found.late == {0: 30}, "the deadline lies ahead"


def test_a_dispatch_in_which_nothing_came_is_not_counted_again_but_holds_as_of_now(sqlite_runtime: Runtime) -> None:
    clock = MonthClock(sqlite_runtime.now())
    runtime = replace(sqlite_runtime, clock=clock)
    dispatch_id = add_dispatch(runtime, planned=10)
    add_cities(runtime, 10)
    settle(runtime, dispatch_id, Outcome.RETRIEVED, range(1, 9), ago_s=120)
    with runtime.transaction() as session:
        session.get_one(Dispatch, dispatch_id).state = lifecycle.DRAINING

    def counted() -> tuple[int, bool]:
        """Readers who have it by the tally, and whether it and a city's are as of now."""
        clock.move_to(clock() + timedelta(minutes=20))
        tally_due(runtime)
        with runtime.transaction(read_only=True) as session:
            found, city = tally_of(session, dispatch_id), city_tally(session, dispatch_id, "合肥")
            assert found is not None and city is not None
            return found.cells[PORT]["mm-1"].get("retrieved", 0), found.at == city.at == clock()

    assert counted() == (8, True)
    with runtime.transaction() as session:  # what no count would find
        session.execute(update(DispatchTally).where(DispatchTally.scope == VARIANT).values(key="kept"))
    assert counted() == (8, True)
    with runtime.transaction(read_only=True) as session:
        assert session.scalars(select(DispatchTally.key).where(DispatchTally.scope == VARIANT).distinct()).all() == ["kept"]
    settle(runtime, dispatch_id, Outcome.RETRIEVED, range(9, 10), ago_s=1)
    assert counted() == (9, True)


def test_who_is_late_is_late_for_a_reason(runtime: Runtime) -> None:
    dispatch_id = add_dispatch(runtime, planned=10)
    settle(runtime, dispatch_id, Outcome.RETRIEVED, range(1, 5), ago_s=3600)
    settle(runtime, dispatch_id, Outcome.RETRIEVED, range(5, 11), ago_s=600)
    with runtime.transaction() as session:
        one = session.get_one(Dispatch, dispatch_id)
        one.start_at = one.started_at = runtime.now() - timedelta(hours=2)
        one.deadline_at = runtime.now() - timedelta(minutes=40)
    tally_due(runtime)
    with runtime.transaction(read_only=True) as session:
        found = tally_of(session, dispatch_id)
    assert found is not None and found.late[0] == 4
    ((minutes, readers),) = ((late, readers) for late, readers in found.late.items() if late)
    assert readers == 6 and 29 <= minutes <= 31
    assert found.causes == {"editorial": 0, "queue": 6 * minutes, "mmsc": 0, "handset": 0}, "they were sent to late"


def test_a_closed_dispatch_is_counted_once_more_and_then_seldom(runtime: Runtime) -> None:
    dispatch_id = add_dispatch(runtime, planned=2)
    tally_due(runtime)
    with runtime.transaction() as session:
        one = session.get_one(Dispatch, dispatch_id)
        one.state, one.closed_at = "closed", runtime.now() + timedelta(minutes=1)
    with runtime.transaction(read_only=True) as session:
        assert due(session, runtime.now() + timedelta(minutes=2)) == [dispatch_id]
        assert due(session, runtime.now() + timedelta(hours=27, minutes=2)) == [], "nothing comes any more"


def test_each_city_adds_up_by_itself_and_together_they_are_the_dispatch(runtime: Runtime) -> None:
    dispatch_id = add_dispatch(runtime, planned=40, excluded={"stopped": 3})
    add_cities(runtime, 40)
    settle(runtime, dispatch_id, Outcome.RETRIEVED, range(1, 21), ago_s=3600)
    settle(runtime, dispatch_id, Outcome.RETRIEVED, range(21, 31), ago_s=600)
    settle(runtime, dispatch_id, Outcome.EXPIRED, range(31, 36), ago_s=60)
    with runtime.transaction() as session:
        dispatch = session.get_one(Dispatch, dispatch_id)
        dispatch.start_at = dispatch.started_at = runtime.now() - timedelta(hours=2)
        dispatch.deadline_at = runtime.now() - timedelta(minutes=40)
        dispatch.state, dispatch.closed_at = "closed", runtime.now()
        session.execute(update(Exclusion).where(Exclusion.dispatch_id == dispatch_id).values(reader_id=Exclusion.reader_id - 1_000_000 + 37))
    add_submission(runtime, dispatch_id)
    add_report(runtime, 1, "Expired", "4446")
    with runtime.transaction() as session:
        session.execute(update(DeliveryEvent).values(outcome=int(Outcome.EXPIRED)))
    tally_due(runtime)
    with runtime.transaction(read_only=True) as session:
        whole = tally_of(session, dispatch_id)
        found = {city: city_tally(session, dispatch_id, city) for city in ("合肥", "蚌埠")}
        assert city_tally(session, dispatch_id, "芜湖") is None and city_tally(session, dispatch_id, "") is None
    assert whole is not None
    one, other = found["合肥"], found["蚌埠"]
    assert one is not None and other is not None
    for mine in (one, other):
        assert mine.outcomes == whole.cells[CITY][mine.city]
        for scope in (PORT, HANDSET_CLASS, VARIANT):
            assert added(mine.cells[scope].values()) == mine.outcomes, scope
        assert added(mine.minutes.values()) == {name: count for name, count in mine.outcomes.items() if name != "pending"}
        assert mine.planned == sum(mine.outcomes.values())
        assert sum(mine.late.values()) == mine.outcomes["retrieved"]
    assert (one.planned, other.planned) == (19, 20), "the fortieth reader's city nobody knows"
    assert (one.reasons, other.reasons) == ({"stopped": 1}, {"stopped": 2}), "three excluded, 37 to 39"
    assert {minutes: one.late.get(minutes, 0) + other.late.get(minutes, 0) for minutes in one.late.keys() | other.late.keys()} == whole.late
    assert added([one.causes, other.causes]) == whole.causes
    assert (one.cells.get(CODE), other.cells.get(CODE)) == (None, {"Expired 4446": {"expired": 1}}), "the first reader is in the second city"


def test_a_city_without_a_reader_in_time_says_so(runtime: Runtime) -> None:
    dispatch_id = add_dispatch(runtime, planned=4)
    add_cities(runtime, 4)
    settle(runtime, dispatch_id, Outcome.RETRIEVED, range(1, 5), ago_s=60)
    with runtime.transaction() as session:
        session.get_one(Dispatch, dispatch_id).deadline_at = runtime.now() - timedelta(minutes=5)
    tally_due(runtime)
    with runtime.transaction(read_only=True) as session:
        found = city_tally(session, dispatch_id, "蚌埠")
    assert found is not None and sum(found.late.values()) == 2 and 0 not in found.late
    assert not any(found.causes.values()), "why is asked once it is closed"
