"""What a token of one city is told of dispatches and reports: its city's figures alone."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from console.models import ApiToken
from huabao.alarms import Alarm
from huabao.clock import business_day
from huabao.runtime import Runtime
from tests.integration.api.conftest import ClientOf, fits
from tests.integration.console.city_rows import EXCLUDED, MINE, OTHER, PLANNED, RETRIEVED, build, leaks

V1 = "/api/v1"


@pytest.fixture
def dispatch_id(runtime: Runtime) -> int:
    """A dispatch to two cities, and one to the other alone."""
    return build(runtime)


def test_a_dispatch_is_that_of_the_city(runtime: Runtime, client_of: ClientOf, dispatch_id: int) -> None:
    client = client_of("read")
    with runtime.transaction() as session:
        session.execute(update(ApiToken).values(city=MINE))
    listed = client.get(f"{V1}/dispatches")
    assert leaks(listed.text) == []
    (line,) = fits(listed, f"{V1}/dispatches")["dispatches"]
    assert (line["dispatch_id"], line["planned"], line["audience"]) == (dispatch_id, PLANNED[MINE], PLANNED[MINE] + EXCLUDED[MINE])
    one = client.get(f"{V1}/dispatches/{dispatch_id}")
    assert leaks(one.text) == []
    found = fits(one, V1 + "/dispatches/{dispatch_id}")
    assert found["outcomes"]["retrieved"] == RETRIEVED[MINE] and found["excluded"] == {"stopped": EXCLUDED[MINE]}
    assert found["rate_per_s"] is None and found["counted_at"] is not None and found["reason"] == ""
    assert client.get(f"{V1}/dispatches/{dispatch_id + 1}").status_code == 404


def test_reports_are_those_of_the_city_whatever_is_asked_for(runtime: Runtime, client_of: ClientOf, dispatch_id: int) -> None:
    today = business_day(runtime.now())
    client, house = client_of("read"), client_of("read")
    with runtime.transaction() as session:
        session.execute(update(ApiToken).where(ApiToken.name == "client-0").values(city=MINE))
    paths = {"/reports/day": f"?date={today}", "/reports/month": f"?month={today:%Y-%m}", "/reports/editions/1": "?language=en"}
    for path, query in paths.items():
        one, asked = client.get(V1 + path + query), house.get(f"{V1}{path}{query}&city={MINE}")
        found = fits(one, V1 + path.replace("/1", "/{edition_id}"))
        assert leaks(one.text) == [] and found["city"] == MINE and found["figures"][0]["value"] == PLANNED[MINE]
        assert asked.json()["figures"] == found["figures"] and house.get(V1 + path + query).json()["city"] is None
        assert client.get(f"{V1}{path}{query}&city={OTHER}").status_code == 403


def test_alarms_are_those_that_concern_the_city_without_their_words(runtime: Runtime, client_of: ClientOf, dispatch_id: int) -> None:
    client, now = client_of("read"), runtime.now()
    with runtime.transaction() as session:
        session.execute(update(ApiToken).values(city=MINE))
        for number, (kind, key) in enumerate((("dispatch.late", dispatch_id), ("dispatch.late", dispatch_id + 1), ("port.stuck", "mm-1"), ("outbox.person", "x")), 1):
            session.add(Alarm(id=number, kind=kind, key=str(key), text=f"{PLANNED[OTHER]} readers of {OTHER}", detail={}, first_seen_at=now, last_seen_at=now))
    listed = client.get(f"{V1}/alarms?open=true")
    assert [one["alarm_id"] for one in fits(listed, f"{V1}/alarms")["alarms"]] == [3, 1] and leaks(listed.text) == []
    shown = client.get(f"{V1}/alarms/1")
    assert fits(shown, V1 + "/alarms/{alarm_id}")["history"] == [] and leaks(shown.text) == []
    assert [client.get(f"{V1}/alarms/{number}").status_code for number in (2, 4)] == [404, 404]
