"""A peer that is away holds what waits, costs nothing, and is tried by one request at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from reconciliation.outbox import breaker
from reconciliation.outbox.breaker import ANSWERED, AWAY, LOST, Health, Limits

AT = datetime(2026, 11, 22, tzinfo=UTC)
LIMITS = Limits(down_after=3, probe_s=30.0)
TRIES = st.lists(st.tuples(st.sampled_from((ANSWERED, AWAY, LOST)), st.floats(0, 4000)), max_size=40)


@given(TRIES)
def test_it_is_away_after_so_many_tries_in_a_row_and_back_with_one_answer(tries: list[tuple[str, float]]) -> None:
    health, now, in_a_row = Health(), AT, 0
    for met, pause_s in tries:
        now += timedelta(seconds=pause_s)
        health = breaker.after(health, met, now, LIMITS, why=met)
        in_a_row = 0 if met == ANSWERED else in_a_row + 1
        assert health.is_down == (in_a_row >= LIMITS.down_after)
        assert breaker.counts(health, AWAY) is False
        assert breaker.counts(health, LOST) is not health.is_down
        assert breaker.room(health, now, 8) == (0 if health.is_down else 8)
        if health.probe_at is not None:
            assert LIMITS.probe_s <= (health.probe_at - now).total_seconds() <= LIMITS.probe_s * breaker.PROBE_FACTOR
            assert breaker.room(health, health.probe_at, 8) == 1


@given(TRIES.filter(len))
def test_tries_that_ended_together_say_that_it_is_there_if_one_was_answered(tries: list[tuple[str, float]]) -> None:
    found = breaker.after_all(Health(), [(met, "", None) for met, _ in tries], AT, LIMITS)
    assert found.is_down == (all(met != ANSWERED for met, _ in tries) and len(tries) >= LIMITS.down_after)


def test_while_one_request_tries_it_no_other_does() -> None:
    down = Health(3, AT, AT, "no connection")
    assert breaker.room(down, AT, 8) == 1
    assert breaker.room(breaker.probing(down, AT, LIMITS), AT, 8) == 0
    assert breaker.probing(Health(), AT, LIMITS) == Health()


def test_a_peer_may_say_when_but_not_for_ever() -> None:
    found = breaker.after(Health(2), AWAY, AT, LIMITS, retry_after_s=1e9)
    assert found.probe_at == AT + timedelta(seconds=300)
