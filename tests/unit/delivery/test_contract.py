"""A plan against an operator's contract."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.dispatch.contract import Part, Sends, check, within
from delivery.ports import PortSettings
from delivery.ports.contracts import Contract
from huabao.errors import UsageError
from huabao.hours import Hours

MORNING = datetime(2026, 11, 21, 22, 30, tzinfo=UTC)  # 06:30 in Shanghai
CODE = "10658000"
CONTRACT: dict[str, Any] = {
    "rate": 100,
    "recipients_per_day": 1000,
    "validity_h_max": 72,
    "services": {CODE: {"hours": "06:00-22:00", "rate": 60, "per_reader_day": 2, "per_reader_month": 31}, "*": {}},
}


def port(**given: Any) -> PortSettings:
    return PortSettings(**{"port_id": 1, "name": "p", "kind": "mm7", "url": "http://m/", "rate": 60.0, "burst": 1, "contract": CONTRACT, **given})


def part(**given: Any) -> Part:
    return Part(**{"service_code": CODE, "load": 900, "begin": MORNING, "finish_at": MORNING + timedelta(minutes=1), "validity_s": 43_200.0, **given})


def broken(one: PortSettings, planned: Part, sends: Sends) -> list[str]:
    found = check(one, planned, sends)
    assert all(finding.advice or finding.kept for finding in found)
    return [finding.rule for finding in found if not finding.kept]


def test_a_plan_that_keeps_everything_names_every_rule() -> None:
    found = check(port(), part(), Sends())
    assert [one.rule for one in found] == ["service_code", "hours", "rate", "per_reader_day", "per_reader_month", "recipients_per_day", "validity"]
    assert all(one.kept for one in found)


@pytest.mark.parametrize(
    ("of_port", "of_part", "sends", "rules"),
    [
        ({"rate": 80.0}, {}, Sends(), ["rate"]),
        ({"rate": 80.0}, {"rate": 50.0}, Sends(), []),
        ({}, {"finish_at": MORNING + timedelta(hours=16)}, Sends(), ["hours"]),
        ({}, {"finish_at": None}, Sends(), ["hours"]),
        ({"hours": Hours.parse("07:00-21:00")}, {"finish_at": MORNING + timedelta(days=2)}, Sends(), []),
        ({}, {"begin": MORNING - timedelta(hours=2)}, Sends(), ["hours"]),
        ({}, {}, Sends(of_code_day=1), []),
        ({}, {}, Sends(of_code_day=2), ["per_reader_day"]),
        ({}, {}, Sends(of_code_month=31), ["per_reader_month"]),
        ({}, {"load": 1001}, Sends(), ["recipients_per_day"]),
        ({}, {"load": 500}, Sends(by_port_day={1: 501}), ["recipients_per_day"]),
        ({}, {"load": 500}, Sends(by_port_day={2: 501}), []),
        ({}, {"validity_s": 80 * 3600.0}, Sends(), ["validity"]),
        ({}, {"validity_s": None}, Sends(), []),
        ({"service_codes": ("other",)}, {}, Sends(), ["service_code"]),
        ({"contract": {"services": {"other": {}}}}, {}, Sends(), ["service_code"]),
        ({"contract": {}, "rate": 1e6}, {"load": 10**9}, Sends(99, 99), []),
        ({}, {"service_code": "unlisted"}, Sends(of_code_day=9), []),
        ({}, {"service_code": None}, Sends(), []),
    ],
)
def test_what_is_broken_is_named(of_port: dict[str, Any], of_part: dict[str, Any], sends: Sends, rules: list[str]) -> None:
    assert broken(port(**of_port), part(**of_part), sends) == rules


def test_a_breach_says_what_is_allowed_what_is_planned_and_what_to_do() -> None:
    [found] = [one for one in check(port(rate=80.0), part(), Sends()) if not one.kept]
    assert str(found) == "contract of port p, rate: allowed 60/s, planned 80/s; `huabao port set p --rate 60` for this code, or have the contract raised"


def test_terms_of_a_code_go_before_those_of_the_whole() -> None:
    contract = Contract.of(CONTRACT)
    mine, other = contract.terms(CODE), contract.terms("x")
    assert mine is not None and other is not None
    assert (mine.rate, other.rate, other.hours.always) == (60, 100, True)
    assert Contract.of({}).terms("anything") is not None


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"speed": 1}, "has no 'speed'"),
        ({"rate": "fast"}, "above 0"),
        ({"rate": True}, "above 0"),
        ({"rate": -1}, "above 0"),
        ({"hours": 600}, "in quotes"),
        ({"hours": "all day"}, "is no hours"),
        ({"services": ["a"]}, "one entry for each"),
        ({"services": {"a": 5}}, "by name"),
        ({"services": {"a": {"validity_h_max": 5}}}, "has no 'validity_h_max'"),
    ],
)
def test_a_contract_that_cannot_be(document: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Contract.of(document)


SPANS = st.lists(st.tuples(st.integers(0, 23), st.integers(0, 23)).filter(lambda span: span[0] != span[1]), max_size=3)


@given(SPANS, SPANS, st.integers(0, 1439))
def test_within_is_about_every_minute(inner: list[tuple[int, int]], outer: list[tuple[int, int]], minute: int) -> None:
    one, other = (Hours.parse(",".join(f"{begin:02}:00-{end:02}:00" for begin, end in spans)) for spans in (inner, outer))
    minutes = [datetime(2026, 11, 22, tzinfo=UTC) + timedelta(minutes=at) for at in range(0, 1440, 30)]
    assert within(one, other) == all(other.is_open(at) for at in minutes if one.is_open(at))
