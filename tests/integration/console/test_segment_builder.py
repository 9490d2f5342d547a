"""The segment builder: counted, sampled and kept; a bad rule says where; nobody waits for long; a city sees its own."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select, update
from starlette.testclient import TestClient

from console.models import User
from huabao.runtime import Runtime
from subscribers.models import Segment
from subscribers.segments import bounded, parse_rule
from subscribers.segments.bounded import Size, size_of, some_of
from tests.integration.console.conftest import csrf_of
from tests.services.delivering import add_readers, number_of

SignedIn = Callable[[str], TestClient]
HEFEI = '{"field": "city", "op": "eq", "value": "合肥"}'


def test_a_rule_is_counted_shown_and_kept(runtime: Runtime, signed_in: SignedIn) -> None:
    add_readers(runtime, 7, service_id="paper", city="合肥")
    add_readers(runtime, 5, service_id="paper", first=101, city="芜湖")
    client = signed_in("li")
    form = {"csrf": csrf_of(client.get("/segments").text), "rule": HEFEI}
    found = client.post("/segments/count", data=form, headers={"hx-request": "true"}).text
    for said in ("7 readers", "field: city", "value: 合肥", "138****0001"):
        assert said in found, said
    assert number_of(1) not in found, "numbers are masked"
    wrong = client.post("/segments/count", data=form | {"rule": "all:\n- {field: town, op: eq, value: x}"}).text
    assert "rule.all[1]: there is no field" in wrong
    assert "rule:2: is no YAML" in client.post("/segments/count", data=form | {"rule": "all:\n\t- x"}).text
    assert client.post("/segments", data=form | {"name": "合肥"}).headers["location"] == "/segments?done=1"
    other = form | {"name": "合肥", "rule": '{"field": "city", "op": "ne", "value": "合肥"}'}
    assert "already" in client.post("/segments", data=other).text
    assert client.post("/segments", data=other | {"replace": "合肥"}).status_code == 303
    with runtime.transaction(read_only=True) as session:
        assert session.scalars(select(Segment)).one().rule["op"] == "ne"
    assert "5 readers" in client.get("/segments?name=合肥").text


def test_an_account_of_one_city_counts_its_own(runtime: Runtime, signed_in: SignedIn) -> None:
    add_readers(runtime, 7, service_id="paper", city="合肥", drive="emotion")
    add_readers(runtime, 5, service_id="paper", first=101, city="芜湖", drive="emotion")
    with runtime.transaction() as session:
        session.execute(update(User).where(User.name == "li").values(city="芜湖"))
    client = signed_in("li")
    form = {"csrf": csrf_of(client.get("/segments").text), "rule": '{"field": "preferences.drive", "op": "eq", "value": "emotion"}'}
    found = client.post("/segments/count", data=form, headers={"hx-request": "true"}).text
    assert "5 readers" in found
    assert "合肥" not in re.sub(r"<pre.*?</pre>", "", found)
    assert client.post("/segments", data=form | {"name": "x"}).status_code == 403


def test_what_takes_too_long_is_projected_or_left_open(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    add_readers(runtime, 3000, service_id=None, city="合肥")
    rule = parse_rule({"field": "city", "op": "eq", "value": "合肥"}, "rule")
    with runtime.transaction(read_only=True) as session:
        assert size_of(session, rule, within_s=60) == Size(3000, exact=True)
        assert [reader.id for reader in some_of(session, rule, 3, 2999, within_s=60)] == [2999, 3000, 1]
        if session.get_bind().dialect.name == "sqlite":  # its clock can be stopped at nothing
            assert size_of(session, rule, within_s=-1) == Size(3000, exact=False), "one in a hundred is soon looked at"
            monkeypatch.setattr(bounded, "STEPS", 10)
            assert size_of(session, rule, within_s=-1) == Size(None, exact=False)
            assert some_of(session, rule, 3, 1, within_s=-1) == []
            assert size_of(session, rule, within_s=60) == Size(3000, exact=True), "the next question is asked anew"
