"""What a sender tells its throttle of what left, under a clock of its own."""

from __future__ import annotations

import heapq
import itertools
import math
import random
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from delivery.throttle import Departures, LocalThrottle, fitting, own_limit
from delivery.throttle.departures import ANSWER_S, QUICKEST_OF, QUICKEST_S, UNEVEN_S, UNKNOWN_OF, UNSURE_S, Path
from delivery.throttle.terms import WINDOW_S
from tests.services.throttling import Clock, Grant, most_of, worst_second

keys = (f"way-{at}" for at in itertools.count())


class Way:
    """A way to a peer: what leaves at an instant is counted there a little later, and its answer comes later still."""

    def __init__(self, stalls: tuple[tuple[float, float], ...], jitter_s: float, answer_s: float) -> None:
        self.stalls, self.jitter_s, self.answer_s = stalls, jitter_s, answer_s
        self.chance = random.Random(7)
        self.happened: list[tuple[int, float, bool]] = []
        self.coming: list[tuple[float, int]] = []
        self.counted: list[Grant] = []

    def send(self, number: int, tokens: int, at: float) -> None:
        self.happened.append((number, at, False))
        arrives = max([begin + length for begin, length in self.stalls if begin <= at < begin + length], default=at) + self.chance.random() * self.jitter_s
        self.counted.append(Grant(arrives, "bulk", tokens))
        heapq.heappush(self.coming, (arrives + self.answer_s, number))

    def moments_until(self, now: float) -> list[tuple[int, float, bool]]:
        while self.coming and self.coming[0][0] <= now:
            at, number = heapq.heappop(self.coming)
            self.happened.append((number, at, True))
        happened, self.happened = self.happened, []
        return happened


def send_for(seconds: float, way: Way, *, rate: float, burst: int) -> list[Grant]:
    """What the peer counted, in its order, of a sender that always has something to send."""
    clock = Clock()
    departures = Departures(LocalThrottle(clock), next(keys), lambda: way.moments_until(clock.now), clock)
    group, end = fitting(rate, burst), clock.now + seconds
    for number in itertools.count(1):
        while (wait := departures.acquire(number, group, rate=rate, burst=burst, lane="bulk")) > 0:
            clock.now += wait
        if clock.now >= end:
            return sorted(way.counted, key=lambda one: one.at)
        way.send(number, group, clock.now)
    raise AssertionError


def per_second(counted: list[Grant], begin: float, seconds: float) -> float:
    return sum(one.tokens for one in counted if begin <= one.at < begin + seconds) / seconds


@pytest.mark.parametrize(("rate", "burst"), [(50.0, 1), (292.0, 8), (1000.0, 30)])
@pytest.mark.parametrize("answer_s", [0.001, 0.2])
def test_a_peer_that_stalls_now_and_then_counts_no_more_than_the_rate(rate: float, burst: int, answer_s: float) -> None:
    """Its stalls of 40 ms, and the jitter of the way, are seen in the answers."""
    way = Way(tuple((1001.5 + 2 * at, 0.04) for at in range(6)), 0.004, answer_s)
    counted = send_for(12.0, way, rate=rate, burst=burst)
    assert worst_second(counted) <= most_of(rate)
    assert per_second(counted, 1001.0, 10.0) >= 0.97 * rate


@pytest.mark.parametrize("answer_s", [0.9, 3.0])
def test_slow_answers_cost_no_rate(answer_s: float) -> None:
    counted = send_for(12.0, Way((), 0.001, answer_s), rate=292.0, burst=8)
    assert worst_second(counted) <= 292
    assert per_second(counted, 1001.0, 10.0) >= 0.985 * 292
    assert answer_s > ANSWER_S


def test_uneven_answers_cost_no_more_than_their_share() -> None:
    """A peer that counts at once and answers after 0 to 0.4 s."""
    way = Way((), 0.4, 0.0)
    send_for(12.0, way, rate=292.0, burst=8)
    assert sum(one.tokens for one in way.counted) >= 0.97 * 292 * 11.5


@given(st.lists(st.tuples(st.floats(0, 2), st.integers(1, 50)), min_size=1, max_size=80), st.floats(50, 1000))
def test_a_delay_is_part_of_the_round_trip_and_all_of_them_keep_to_the_share(answers: list[tuple[float, int]], rate: float) -> None:
    path, spent, sent = Path(), 0.0, 0
    for round_trip_s, tokens in answers:
        delay_s = path.delay_s(5.0, 5.0 + round_trip_s, tokens, rate)
        assert 0 <= delay_s <= round_trip_s + 1e-9
        spent, sent = spent + delay_s * tokens, sent + tokens
        assert spent <= UNEVEN_S * (max(rate, 50) + sent) + 1e-9


def test_a_longer_way_is_the_usual_one_after_a_while() -> None:
    path = Path()
    for number in range(QUICKEST_OF):
        path.delay_s(number / 100, number / 100 + 0.01, 1, 292.0)
    assert path.delay_s(1.0, 1.01, 1, 292.0) < 1e-9
    assert path.delay_s(1.0, 1.11, 1, 292.0) == pytest.approx(0.1)
    at = 2.0
    while at < 2 * QUICKEST_S + 3:
        path.delay_s(at, at + 0.11, 1, 292.0)
        at += 0.05
    assert path.delay_s(at, at + 0.11, 1, 292.0) < 1e-9


def test_of_a_way_that_is_hardly_known_the_quickest_answer_may_have_been_late() -> None:
    path = Path()
    assert path.delay_s(1.0, 1.05, 1, 292.0) == pytest.approx(0.05), "all answers of a process that starts may be late"
    for _ in range(UNKNOWN_OF):
        path.delay_s(1.0, 1.01, 1, 292.0)
    assert path.delay_s(1.0, 1.01, 1, 292.0) == pytest.approx(UNSURE_S)


class Told:
    """One sender of a port of one a second, and what is to happen to its submissions."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.throttle = LocalThrottle(self.clock)
        self.happened: list[tuple[int, float, bool]] = []
        self.departures = Departures(self.throttle, next(keys), self.moments, self.clock)
        self.ask(0)
        self.clock.now += 10

    def moments(self) -> list[tuple[int, float, bool]]:
        happened, self.happened = self.happened, []
        return happened

    def ask(self, number: int) -> float:
        return self.departures.acquire(number, 1, rate=1, burst=1, lane="bulk")


def test_what_never_left_is_told_when_that_is_known() -> None:
    told = Told()
    assert told.ask(1) == 0.0
    told.happened.append((1, told.clock.now, True))
    told.clock.now += 1.01
    assert told.ask(2) == 0.0


def test_what_left_and_is_not_answered_is_told_after_a_while() -> None:
    told = Told()
    assert told.ask(1) == 0.0
    told.happened.append((1, told.clock.now, False))
    told.clock.now += ANSWER_S + 0.01
    assert told.ask(2) == pytest.approx(WINDOW_S - ANSWER_S - 0.01)
    told.clock.now += 0.5
    assert told.ask(2) == 0.0


def test_a_sender_that_ends_tells_what_left() -> None:
    told = Told()
    assert told.ask(1) == 0.0
    told.happened.append((1, told.clock.now, False))
    told.departures.close()
    told.clock.now += 1.01
    assert told.ask(2) == 0.0


@settings(max_examples=25)
@given(
    st.lists(st.tuples(st.floats(0.5, 3.0), st.sampled_from([0.5, 1.0, 2.5, 7.0, 40.0, 300.0])), min_size=1, max_size=5),
    st.lists(st.sampled_from([3.0, 20.0, 1000.0]), min_size=1, max_size=3),
)
def test_a_dispatch_has_no_more_than_its_rate_over_all_its_ports_whatever_it_is_changed_to(changes: list[tuple[float, float]], ports: list[float]) -> None:
    """Several senders share one bucket of the dispatch; each port has its own. What leaves in a second is within the fastest rate of that second."""
    clock, number = Clock(), itertools.count(1)
    throttle = LocalThrottle(clock)
    ways = [Way((), 0.0, 0.05) for _ in ports]
    senders = [Departures(throttle, next(keys), partial(lambda way: way.moments_until(clock.now), way), clock) for way in ways]
    held, in_force = [(0, 0)] * len(ports), []
    for seconds, rate in changes:
        in_force.append((clock.now, rate))
        end = clock.now + seconds
        while clock.now < end:
            for at, port_rate in enumerate(ports):
                submission, size = held[at]
                most = max(1, int(rate))
                if not submission or size > most:
                    held[at] = submission, size = next(number), fitting(rate, min(most, 20, max(1, int(port_rate))))
                if senders[at].acquire(submission, size, rate=port_rate, burst=1, lane="bulk", own=own_limit(7, rate, size)) == 0.0:
                    ways[at].send(submission, size, clock.now)
                    held[at] = 0, 0
            clock.now += 0.01
    counted = sorted((one for way in ways for one in way.counted), key=lambda one: one.at)
    for last in counted:
        second = sum(one.tokens for one in counted if last.at - 1.0 < one.at <= last.at)
        before = [rate for begin, rate in in_force if begin <= last.at - 1.0][-1:]
        assert second <= math.ceil(max(before + [rate for begin, rate in in_force if last.at - 1.0 < begin <= last.at]))
    begin, rate = in_force[-1]
    assert sum(one.tokens for one in counted if one.at >= begin) <= math.ceil(rate * (clock.now - begin)) + math.ceil(rate)
