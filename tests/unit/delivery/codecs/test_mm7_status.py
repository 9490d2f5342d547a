"""The table of status codes and the fallback to the class."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.codecs.mm7 import STATUS, meaning


def test_retryable_codes_are_these_and_no_others() -> None:
    assert {code for code, row in STATUS.items() if row.retryable} == {3000, 4006}


def test_accepted_and_partial_codes() -> None:
    assert {code: row.verdict for code, row in STATUS.items() if row.verdict in ("accepted", "partial")} == {1000: "accepted", 1001: "partial", 1100: "partial"}


@pytest.mark.parametrize(("code", "like"), [(1999, 1000), (2999, 2000), (3501, 3501), (3600, 3000), (4999, 4000), (0, 3000), (9000, 3000), (99999, 3000), (500, 3000)])
def test_unknown_code_takes_its_class(code: int, like: int) -> None:
    found = meaning(code)
    assert (found.code, found.name, found.verdict) == (code, STATUS[like].name, STATUS[like].verdict)
    assert found.documented is (code == like)


@given(st.integers(0, 10**9))
def test_every_code_has_a_meaning(code: int) -> None:
    found = meaning(code)
    assert found.code == code
    assert found.wording
    assert found.documented is (code in STATUS)
