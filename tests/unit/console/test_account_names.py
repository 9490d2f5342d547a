"""Names of accounts that may be taken for another's, or for no person, are refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.auth.names import NAME_CHARS_MAX, checked_name, name_key
from huabao.audit import person_of
from huabao.errors import UsageError


@pytest.mark.parametrize("name", ["王敏", "li", "Zoë 2", "o'neil", "ирина", "王 Min", "x" * 80])
def test_usual_names_are_taken(name: str) -> None:
    assert checked_name(f" {name} ") == name


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "1 to 80"), ("x" * 81, "1 to 80"), ("ß" * 41, "1 to 80"), ("li\u200b", "1 to 80"), ("li\u202e", "1 to 80"), ("li\x00", "1 to 80"),
        ("ｌｉ", "usual characters: 'li'"), ("ﬁona", "usual characters: 'fiona'"), ("r\u043eot", "Cyrillic and Latin"), ("\u039e-l\u03b1", "Greek and Latin"),
        ("api:crm", "no person"), ("Huabao", "no person"), ("SYSTEM", "no person"),
    ],
)  # fmt: skip
def test_what_may_be_taken_for_another_is_refused(name: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        checked_name(name)


@given(st.text(max_size=90))
def test_a_name_that_is_taken_has_one_form(name: str) -> None:
    try:
        found = checked_name(name)
    except UsageError:
        return
    assert checked_name(found) == found and found.isprintable() and 0 < len(name_key(found)) <= NAME_CHARS_MAX


def test_agents_of_one_client_are_one_person() -> None:
    assert person_of("api:crm/li") == person_of("api:crm/zhou") == person_of("api:CRM") != person_of("api:other/li")
    assert person_of("li/zhou") != person_of("li")
