"""The breaker of a port against every course of events."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from delivery.ports.breaker import CLOSED, OPEN, PROBING, TRANSITIONS, Breaker, Event, probe_due, step

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
EVENTS: tuple[Event, ...] = get_args(Event)
LIMIT = 3


def run(*events: Event, limit: int = LIMIT) -> Breaker:
    found = Breaker()
    for at, event in enumerate(events):
        found = step(found, event, NOW + timedelta(seconds=at), failures_max=limit)
    return found


def test_the_table_is_whole() -> None:
    assert set(TRANSITIONS) == {(state, event) for state in (CLOSED, OPEN, PROBING) for event in EVENTS}
    assert set(TRANSITIONS.values()) == {CLOSED, OPEN, PROBING}


@pytest.mark.parametrize(
    ("events", "state", "failures"),
    [
        ((), CLOSED, 0),
        (("failed", "failed"), CLOSED, 2),
        (("failed", "failed", "answered", "failed", "failed"), CLOSED, 2),
        (("failed",) * 3, OPEN, 3),
        ((*("failed",) * 3, "answered"), OPEN, 3),
        ((*("failed",) * 3, "probe_failed", "probe_failed"), OPEN, 5),
        ((*("failed",) * 3, "probe_answered"), PROBING, 0),
        ((*("failed",) * 3, "probe_answered", "failed"), OPEN, 1),
        ((*("failed",) * 3, "probe_answered", "answered"), CLOSED, 0),
        ((*("failed",) * 3, "probe_answered", "probe_answered"), CLOSED, 0),
        (("probe_failed",) * 9, CLOSED, 0),
    ],
)
def test_courses(events: tuple[Event, ...], state: str, failures: int) -> None:
    found = run(*events)
    assert (found.state, found.failures) == (state, failures)


def test_many_lost_at_once_count_for_as_many() -> None:
    assert step(Breaker(), "failed", NOW, failures_max=5, weight=5).state == OPEN
    assert step(Breaker(), "failed", NOW, failures_max=5, weight=4) == Breaker(CLOSED, 4, None)


def test_when_the_peer_is_asked() -> None:
    opened = Breaker(OPEN, 3, NOW)
    assert not probe_due(opened, NOW + timedelta(seconds=4), every_s=5, trickle_s=40)
    assert probe_due(opened, NOW + timedelta(seconds=5), every_s=5, trickle_s=40)
    again = step(opened, "probe_failed", NOW + timedelta(seconds=5), failures_max=LIMIT)
    assert not probe_due(again, NOW + timedelta(seconds=9), every_s=5, trickle_s=40), "a failed probe is not repeated at once"
    probing = Breaker(PROBING, 0, NOW)
    assert not probe_due(probing, NOW + timedelta(seconds=39), every_s=5, trickle_s=40), "the trickle has its time first"
    assert probe_due(probing, NOW + timedelta(seconds=40), every_s=5, trickle_s=40)
    assert not probe_due(Breaker(), NOW, every_s=5, trickle_s=40)


class Model(RuleBasedStateMachine):
    """What a person would say of it: it counts failures in a row, opens at the limit, and only a probe lets it out."""

    def __init__(self) -> None:
        super().__init__()
        self.breaker = Breaker()
        self.now = NOW
        self.in_a_row = 0
        self.probed_well = False

    def _happen(self, event: Event) -> None:
        self.now += timedelta(seconds=1)
        self.breaker = step(self.breaker, event, self.now, failures_max=LIMIT)

    @rule()
    def an_attempt_fails(self) -> None:
        before = self.breaker.state
        self.in_a_row += 1
        self._happen("failed")
        if before == CLOSED:
            assert (self.breaker.state == OPEN) == (self.in_a_row >= LIMIT)
        else:
            assert self.breaker.state == OPEN

    @rule()
    def a_message_is_answered(self) -> None:
        before = self.breaker.state
        self._happen("answered")
        assert self.breaker.state == (OPEN if before == OPEN else CLOSED)
        if before != OPEN:
            self.in_a_row = 0

    @precondition(lambda self: self.breaker.state != CLOSED)
    @rule(well=st.booleans())
    def a_probe(self, well: bool) -> None:
        before = self.breaker.state
        self._happen("probe_answered" if well else "probe_failed")
        assert self.breaker.state == ({OPEN: PROBING, PROBING: CLOSED}[before] if well else OPEN)
        if self.breaker.state != OPEN:
            self.in_a_row = 0

    @invariant()
    def an_answer_or_a_probe_forgets_the_failures(self) -> None:
        if self.breaker.state == PROBING:
            assert self.breaker.failures == 0
        if self.breaker.state == CLOSED:
            assert self.breaker.failures < LIMIT

    @invariant()
    def since_never_lies_ahead(self) -> None:
        assert self.breaker.since is None or self.breaker.since <= self.now


TestModel = Model.TestCase


@given(st.lists(st.sampled_from(EVENTS), max_size=30), st.integers(1, 6))
def test_nothing_but_a_probe_leaves_open(events: list[Event], limit: int) -> None:
    found = Breaker()
    for at, event in enumerate(events):
        before, found = found, step(found, event, NOW + timedelta(seconds=at), failures_max=limit)
        if before.state == OPEN and found.state != OPEN:
            assert event == "probe_answered"
