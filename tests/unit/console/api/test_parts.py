"""The parts of the API that need no database: buckets, fingerprints, keys, the document."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openapi_spec_validator import validate

from console.api.answers import checked_key, fingerprint
from console.api.openapi import document
from console.api.operations import OPERATIONS
from console.api.problems import PROBLEMS, Problem
from console.api.scopes import SCOPES, parse_scopes
from console.request_limits import HOLDS_S, RequestLimits
from huabao.errors import UsageError


@given(rate=st.integers(1, 6000), gaps=st.lists(st.floats(0, 5), max_size=200))
def test_no_client_makes_more_than_its_rate(rate: int, gaps: list[float]) -> None:
    limits, at, granted = RequestLimits(), 0.0, []
    for gap in gaps:
        at += gap
        wait_s = limits.wait_s(1, rate, at)
        if wait_s == 0:
            granted.append(at)
        else:
            assert limits.wait_s(1, rate, at + wait_s + 1e-6) == 0
            at += wait_s + 1e-6
            granted.append(at)
    holds = max(1.0, HOLDS_S * rate / 60)
    for begin in range(0, len(granted), 20):
        span = granted[-1] - granted[begin]
        assert len(granted) - begin <= holds + span * rate / 60 + 1.001


def test_clients_have_a_bucket_each() -> None:
    limits = RequestLimits()
    assert limits.wait_s(1, 1, 0.0) == 0
    assert limits.wait_s(1, 1, 0.0) > 0
    assert limits.wait_s(2, 1, 0.0) == 0


bodies = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda one: st.lists(one, max_size=3) | st.dictionaries(st.text(max_size=3), one, max_size=3)
)


@given(bodies, bodies)
def test_fingerprints_are_of_the_meaning(one: object, other: object) -> None:
    again = json.loads(json.dumps(one, indent=3))
    assert fingerprint("POST", "/a", one) == fingerprint("POST", "/a", again)
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (fingerprint("POST", "/a", one) == fingerprint("POST", "/a", other)) == same
    assert fingerprint("POST", "/a", one) != fingerprint("POST", "/b", one)


@pytest.mark.parametrize("key", [None, "", "a b", "é", "x" * 81, "a\n"])
def test_a_key_is_visible_text(key: str | None) -> None:
    with pytest.raises(Problem):
        checked_key(key)
    assert checked_key("x" * 80) == "x" * 80


def test_the_document_is_valid_and_says_every_scope() -> None:
    validate(document())
    said = document()["components"]["securitySchemes"]["token"]["description"]
    assert all(f"`{one}`" in said for one in SCOPES)


def test_every_operation_has_scopes_that_exist_and_a_sentence() -> None:
    assert len({one.name for one in OPERATIONS}) == len(OPERATIONS)
    for one in OPERATIONS:
        assert one.scopes
        assert set(one.scopes) <= set(SCOPES)
        assert len(one.summary) > 15
        assert set(one.problems) <= set(PROBLEMS)
        assert (one.method == "POST") == (one.body is not None or bool(one.media_types))


def test_scopes_are_named() -> None:
    assert parse_scopes("read, resend,read") == ("read", "resend")
    with pytest.raises(UsageError, match="is no scope"):
        parse_scopes("everything")
    with pytest.raises(UsageError, match="at least one"):
        parse_scopes(" , ")
