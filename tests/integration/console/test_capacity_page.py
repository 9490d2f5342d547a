"""The capacity planner: in time or not, what brings it in time, the days ahead; odd input, roles."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from starlette.testclient import TestClient

from console.web import make_app
from content.models import Publication
from delivery.dispatch.capacity import Supply, forecast
from delivery.models import Port
from huabao.clock import parse_time
from huabao.hours import ALWAYS
from huabao.queues import Registry
from huabao.runtime import Runtime
from monitoring.capacity import Question, _remedies, answer
from tests.integration.console.conftest import browser, sign_in
from tests.integration.console.dispatch_rows import add_users
from tests.integration.console.ops_rows import add_ports

SignedIn = Callable[[str], TestClient]
BEGIN = parse_time("2030-01-05 06:00")
ASKED = "/capacity?title=&readers={}&start=2030-01-05T06%3A00&deadline=2030-01-05T08%3A00"


def test_what_is_not_in_time_is_said_with_what_brings_it_there(runtime: Runtime, signed_in: SignedIn) -> None:
    add_ports(runtime)
    client = signed_in("王敏")
    assert "In time" in client.get(ASKED.format("100,000")).text
    page = client.get(ASKED.format(4_000_000)).text
    assert "Not in time: 1,840,000 readers late" in page
    assert all(said in page for said in ("What would bring it in time", "256 more readers a second", "start at", "send to 2,160,000 readers only"))
    said = client.get(ASKED.format(4_000_000).replace("/capacity?", "/capacity/charts/course.json?")).json()
    assert said["series"][0]["values"][-1] == 4_000_000
    with runtime.transaction() as session:
        session.scalars(select(Port).where(Port.name == "mm-1")).one().state = "paused"
    assert "No port can carry it" in client.get(ASKED.format(10)).text
    assert [rule["x"] for rule in said["rules"]] == [(BEGIN + timedelta(hours=2)).timestamp()]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("readers=5&start=x&deadline=y", "give start and deadline"),
        ("readers=5&start=2030-01-05T08:00&deadline=2030-01-05T06:00", "lies behind the start"),
        ("readers=5&start=2030-01-05T08:00&deadline=2031-01-05T06:00", "30 days at most"),
        ("readers=&start=2030-01-05T06:00&deadline=2030-01-05T08:00", "say how many readers"),
        ("readers=99999999999&start=2030-01-05T06:00&deadline=2030-01-05T08:00", "say how many readers"),
    ],
)
def test_odd_questions_are_answered_plainly(sqlite_runtime: Runtime, query: str, said: str) -> None:
    add_users(sqlite_runtime)
    client = browser(make_app(sqlite_runtime, Registry({}, ())))
    sign_in(client, "王敏")
    assert said in client.get(f"/capacity?{query}").text


def test_a_title_has_the_readers_of_its_last_dispatch_and_its_days(runtime: Runtime, signed_in: SignedIn) -> None:
    add_ports(runtime)
    with runtime.transaction() as session:
        title = session.scalars(select(Publication)).one()
        title.send_window = "06:30-08:00"
        session.scalars(select(Port).where(Port.name == "mm-1")).one().rate = 0.5
    client = signed_in("root")
    page = client.get("/capacity").text
    assert page.count('class="load load-failed"') == 7, "3,000 readers where 2,700 are carried"
    page = client.get(ASKED.format("").replace("title=", f"title={title.slug}")).text
    assert "3,000" in page
    assert signed_in("li").get("/capacity").status_code == signed_in("zhou").get("/capacity/charts/course.json").status_code == 403


def test_nothing_to_send_through(sqlite_runtime: Runtime) -> None:
    with sqlite_runtime.transaction(read_only=True) as session:
        found = answer(session, Question(10, BEGIN, BEGIN + timedelta(hours=1)), sqlite_runtime.now())
    assert (found.supplies, found.carries, found.remedies) == ([], 0, None)


@given(readers=st.integers(1, 5_000_000), rates=st.lists(st.floats(0.5, 500), min_size=1, max_size=4), hours=st.integers(1, 12))
@settings(max_examples=60, deadline=None)
def test_each_remedy_does_what_it_says(readers: int, rates: list[float], hours: int) -> None:
    supplies = [Supply(str(at), 0, ALWAYS, ((None, rate, rate),)) for at, rate in enumerate(rates)]
    question = Question(readers, BEGIN, BEGIN + timedelta(hours=hours))
    found = forecast(readers, supplies, BEGIN, question.deadline)
    carries = int(sum(one.carries(BEGIN, question.deadline) for one in supplies))
    if found.deadline_met is not False:
        return
    how = _remedies(question, found, supplies, carries, BEGIN - timedelta(days=400))
    assert how.more_per_s * hours * 3600 + carries >= readers - 1
    if how.begin_at is not None:
        end = forecast(readers, supplies, how.begin_at, question.deadline).finish_at
        assert end is not None
        assert end <= question.deadline
    assert how.readers <= readers
