"""The table of a dispatch's life: what can happen, what cannot, and that every life can end."""

from __future__ import annotations

import pytest

from delivery.lifecycle import CLOSED, ENDED, PEOPLE_ACT, PLANNED, STATES, TRANSITIONS, UNSENT


def reachable(state: str) -> set[str]:
    found = {state}
    while True:
        more = {after for one in found for after in TRANSITIONS[one].values()} | found
        if more == found:
            return found
        found = more


def test_every_state_is_in_the_table_and_can_be_reached() -> None:
    assert set(TRANSITIONS) == set(STATES)
    assert reachable(PLANNED) == set(STATES)


@pytest.mark.parametrize("state", STATES)
def test_every_life_can_end(state: str) -> None:
    assert reachable(state) & {CLOSED, *ENDED}


@pytest.mark.parametrize("state", STATES)
def test_whatever_may_still_leave_can_be_stopped(state: str) -> None:
    stoppable = {"cancel", "kill"} <= TRANSITIONS[state].keys()
    assert stoppable == (state in UNSENT)


def test_nothing_leaves_after_the_end() -> None:
    for state in (CLOSED, *ENDED):
        assert TRANSITIONS[state] == {}


def test_people_do_not_verify_or_close() -> None:
    verbs = {verb for after in TRANSITIONS.values() for verb in after}
    assert verbs - set(PEOPLE_ACT) == {"sent", "verify", "close"}
    assert set(PEOPLE_ACT) <= verbs
