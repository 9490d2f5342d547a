"""Mobile numbers: every accepted form, none beside, masked where they print."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huabao.errors import UsageError
from huabao.msisdn import MSISDN, find_msisdn, parse_msisdn

NUMBERS = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)


@given(NUMBERS, st.sampled_from(["", "86", "+86", "0086"]), st.sampled_from(["", "/TYPE=PLMN", " "]))
def test_accepted_forms(number: str, before: str, after: str) -> None:
    assert parse_msisdn(before + number + after) == number


@given(st.text(max_size=20))
def test_anything_is_a_number_or_none(text: str) -> None:
    found = find_msisdn(text)
    assert found is None or (len(found) == 11 and found.isdecimal())


@pytest.mark.parametrize("text", ["", "12345678901", "1380000000", "138000000000", "8513800000000", "1380000000a"])
def test_refused(text: str) -> None:
    with pytest.raises(UsageError, match="11 digits"):
        parse_msisdn(text)


def test_repr_and_error_never_show_a_number() -> None:
    assert repr(MSISDN("13800001234")) == "MSISDN(138****1234)"
    with pytest.raises(UsageError) as caught:
        parse_msisdn("1380000123")
    assert "1380000123" not in str(caught.value)
