"""A dispatch's charts say what its page says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from delivery.models import Dispatch, Outcome
from huabao.runtime import Runtime
from tests.integration.console.dispatch_rows import add_dispatch, add_submission, settle

SignedIn = Callable[[str], TestClient]


@pytest.fixture
def dispatch_id(runtime: Runtime) -> int:
    """Half way through, at a hundred readers a minute."""
    made = add_dispatch(runtime, planned=1000)
    settle(runtime, made, Outcome.RETRIEVED, range(1, 301), ago_s=400)
    settle(runtime, made, Outcome.EXPIRED, range(301, 311), ago_s=200)
    settle(runtime, made, Outcome.SUBMITTED, range(311, 501), ago_s=100)
    for ago_s in (400, 300, 200, 100):
        add_submission(runtime, made, recipients=125, ago_s=ago_s)
    return made


def test_outcomes_by_minute_add_up_to_the_tiles(signed_in: SignedIn, dispatch_id: int) -> None:
    client = signed_in("li")
    document = client.get(f"/dispatches/{dispatch_id}/charts/outcomes.json").json()
    sums = {one["tone"]: sum(one["values"]) for one in document["series"]}
    assert sums == {"delivered": 300, "pending": 190, "unknown": 0, "failed": 10, "neutral": 0}
    assert document["unit"] == "readers/min"
    lines = client.get(f"/dispatches/{dispatch_id}/charts/outcomes.csv").text.splitlines()
    assert len(lines) == 1 + len(document["x"])


def test_the_course_ends_at_what_the_page_calls_sent_and_goes_on_from_there(signed_in: SignedIn, dispatch_id: int) -> None:
    document = signed_in("王敏").get(f"/dispatches/{dispatch_id}/charts/pace.json").json()
    sent, low, high, middle, needed = (one["values"] for one in document["series"])
    assert max(value for value in sent if value is not None) == 500
    assert max(value for value in middle if value is not None) == 1000
    assert all(down <= up for down, up in zip(low, high, strict=True) if down is not None)
    known = [value for value in needed if value is not None]
    assert known[0] == 500 and known[-1] == 1000, "in time by the deadline"
    assert {rule["name"] for rule in document["rules"]} == {"planned", "deadline", "now"}


def test_today_stands_beside_earlier_same_weekdays(runtime: Runtime, signed_in: SignedIn, dispatch_id: int) -> None:
    with runtime.transaction() as session:
        mine = session.get_one(Dispatch, dispatch_id)
        for week in (1, 2, 3, 4, 5):
            earlier = {"start_at": mine.start_at, "created_at": mine.created_at, "created_by": "li", "closed_at": mine.start_at, "planned": 9, "audience": 9, "service_id": "jh"}
            curve = {"all": [0.1 * week] * 5, "handset_class": {}, "port": {}}
            session.add(
                Dispatch(
                    edition_id=mine.edition_id, edition_version_id=mine.edition_version_id, day=mine.day - timedelta(weeks=week), state="closed", gate={"curve": curve}, **earlier
                )
            )
    document = signed_in("li").get(f"/dispatches/{dispatch_id}/charts/age.json").json()
    assert len(document["series"]) == 5, "this one and the last four"
    assert document["series"][-2]["values"][1] == 0.1, "the newest of them"
    mine_now = document["series"][-1]["values"]
    assert mine_now[:2] == [0.0, 0.6], "300 of the 500 who were sent to over a minute ago"
    assert mine_now[-1] is None, "nobody was sent to an hour ago"


def test_there_is_no_other_chart(signed_in: SignedIn, dispatch_id: int) -> None:
    client = signed_in("li")
    assert client.get(f"/dispatches/{dispatch_id}/charts/nothing.json").status_code == 404
    assert client.get("/dispatches/999/charts/pace.json").status_code == 404
