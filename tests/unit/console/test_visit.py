"""Where a person may be sent after signing in, and what counts as a number typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.confirmed import VERBS, number_of
from console.pages.steering import verbs_for
from console.visit import local_path
from delivery.lifecycle import PEOPLE_ACT, STATES, TRANSITIONS


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "", None, "/a\r\nSet-Cookie: x", "/sign-in", "relative"])
def test_nobody_is_sent_elsewhere(target: str | None) -> None:
    assert local_path(target) == "/"


@pytest.mark.parametrize("target", ["/", "/dispatches/7", "/?before=12"])
def test_a_path_of_ours_is_kept(target: str) -> None:
    assert local_path(target) == target


@given(st.text(max_size=60))
def test_a_target_is_always_a_path_here(target: str) -> None:
    found = local_path(target)
    assert found.startswith("/")
    assert not found.startswith(("//", "/\\"))


@pytest.mark.parametrize(("text", "number"), [("1,576,212", 1_576_212), ("1 576 212", 1_576_212), ("0", 0), ("", None), ("-1", None), ("１２", None), ("9" * 20, None)])
def test_numbers_as_people_type_them(text: str, number: int | None) -> None:
    assert number_of(text) == number


@pytest.mark.parametrize("state", STATES)
def test_the_buttons_are_what_the_state_allows_to_people(state: str) -> None:
    assert {verb.name for verb in verbs_for(state)} == set(TRANSITIONS[state]) & set(PEOPLE_ACT)


def test_what_cannot_be_undone_wants_the_count_typed() -> None:
    assert {verb.name for verb in VERBS.values() if verb.typed} == {"cancel", "kill"}
    assert set(VERBS) == set(PEOPLE_ACT)
