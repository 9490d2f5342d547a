"""Senders at a throttle under a clock of their own, and a model that any throttle must agree with."""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from delivery.lanes import LANES
from delivery.throttle import Throttle

EDGE_S = 1e-5
"""Rounding to microseconds, there and back."""


class Clock:
    """Seconds that move only when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Sender:
    """Somebody who always has another group to send, and wakes up late.

    Attributes:
        gap_s: pause between a grant and the next question.
        late_s: by how much he oversleeps at most.
    """

    lane: str
    tokens: int
    gap_s: float = 0.0
    late_s: float = 0.0
    asked_at: float | None = None
    waits: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Grant:
    """What was granted when."""

    at: float
    lane: str
    tokens: int


def simulate(throttle: Throttle, clock: Clock, senders: Sequence[Sender], *, rate: float, burst: int, for_s: float, key: str = "p", seed: int = 0) -> list[Grant]:
    """Let senders ask for so many seconds; what was granted."""
    chance = random.Random(seed)
    order = itertools.count()
    queue = [(clock.now + chance.random() * 0.01, next(order), sender) for sender in senders]
    heapq.heapify(queue)
    end = clock.now + for_s
    grants: list[Grant] = []
    while queue[0][0] < end:
        at, _, sender = heapq.heappop(queue)
        clock.now = max(clock.now, at)
        sender.asked_at = clock.now if sender.asked_at is None else sender.asked_at
        wait = throttle.acquire(key, sender.tokens, rate=rate, burst=burst, lane=sender.lane)
        if wait == 0.0:
            grants.append(Grant(clock.now, sender.lane, sender.tokens))
            sender.waits.append(clock.now - sender.asked_at)
            sender.asked_at = None
        pause = (sender.gap_s if wait == 0.0 else wait) + chance.random() * sender.late_s
        heapq.heappush(queue, (clock.now + pause, next(order), sender))
    return grants


def worst_second(grants: Sequence[Grant]) -> int:
    """The most tokens in any window of one second, its end left out."""
    worst = total = 0
    first = 0
    for grant in grants:
        total += grant.tokens
        while grants[first].at <= grant.at - 1.0 + EDGE_S:
            total -= grants[first].tokens
            first += 1
        worst = max(worst, total)
    return worst


@st.composite
def contracts(draw: st.DrawFn) -> tuple[float, int]:
    """A rate and a burst that leaves something of it."""
    rate = draw(st.one_of(st.integers(1, 400).map(float), st.floats(0.2, 400)))
    burst = draw(st.integers(1, max(1, int(rate / 2))))
    return rate, burst


def model(make: Callable[[Clock], Throttle], keys: Iterator[str]) -> type[RuleBasedStateMachine]:
    """A state machine over the throttle that `make` gives: random lanes, sizes, pauses and contracts."""

    class Model(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.clock = Clock()
            self.throttle = make(self.clock)
            self.key = next(keys)
            self.rate, self.burst = 100.0, 3
            self.grants: list[Grant] = []
            self.since = 0

        def ask(self, lane: str, tokens: int) -> float:
            wait = self.throttle.acquire(self.key, tokens, rate=self.rate, burst=self.burst, lane=lane)
            if wait == 0.0:
                self.grants.append(Grant(self.clock.now, lane, tokens))
                last = sum(one.tokens for one in self.grants if one.at > self.clock.now - 1.0 + EDGE_S)
                assert last <= max(1, -(-self.rate // 1)), f"{last} in the second before, {self.rate} allowed"
                mine = self.grants[self.since :]
                took = self.clock.now - mine[0].at
                assert sum(one.tokens for one in mine) <= self.rate * (took + 0.05) + 2 * max(self.burst, *(one.tokens for one in mine), 1)
            return wait

        @rule(lane=st.sampled_from(LANES), share=st.floats(0, 1))
        def ask_once(self, lane: str, share: float) -> None:
            self.ask(lane, 1 + int(share * (self.burst - 1)))

        @rule(lane=st.sampled_from(LANES), part=st.integers(1, 8))
        def ask_for_a_long_text(self, lane: str, part: int) -> None:
            if part <= self.rate:
                self.ask(lane, part)

        @rule(lane=st.sampled_from(LANES), share=st.floats(0, 1))
        def wait_for_it(self, lane: str, share: float) -> None:
            """Whoever comes when he was told to is served in the end, whatever the others left behind."""
            tokens = 1 + int(share * (self.burst - 1))
            began = self.clock.now
            for _ in range(400):
                wait = self.ask(lane, tokens)
                if wait == 0.0:
                    return
                self.clock.now += wait
            raise AssertionError(f"lane {lane} waited for {self.clock.now - began:g} s, in vain")

        @rule(seconds=st.one_of(st.floats(0, 0.05), st.floats(0, 3)))
        def time_passes(self, seconds: float) -> None:
            self.clock.now += seconds

        @rule(contract=contracts())
        def the_contract_changes(self, contract: tuple[float, int]) -> None:
            self.rate, self.burst = contract
            self.since = len(self.grants)

        @precondition(lambda self: self.grants)
        @rule()
        def give_the_last_one_back(self) -> None:
            last = self.grants[-1]
            if last.tokens <= max(self.burst, int(self.rate)) and len(self.grants) > self.since and last.at > self.clock.now - 0.005:
                self.throttle.give_back(self.key, last.tokens, rate=self.rate, burst=self.burst)
                self.grants.pop()

    return Model
