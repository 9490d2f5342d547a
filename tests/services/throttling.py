"""Senders at a throttle under a clock of their own, and a model that any throttle must agree with."""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from delivery.lanes import LANES
from delivery.throttle import Departure, Throttle, fitting
from delivery.throttle.terms import SILENCE_S

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


@dataclass
class Flight:
    """A grant on its way.

    Attributes:
        most: what its contract allowed in any second.
        left_at: None while nobody knows.
    """

    ticket: int
    tokens: int
    granted_at: float
    most: int
    left_at: float | None = None


def most_of(rate: float) -> int:
    """The most tokens of any second under a contract of `rate`."""
    return max(1, -int(-rate // 1))


def departures_of(flights: Iterable[Flight]) -> list[Grant]:
    """What left, in its order."""
    return sorted((Grant(one.left_at, "bulk", one.tokens) for one in flights if one.left_at is not None), key=lambda one: one.at)


def fly(
    throttle: Throttle,
    clock: Clock,
    *,
    rate: float,
    burst: int,
    for_s: float,
    late_s: Callable[[float], float],
    word_s: Callable[[], float | None],
    senders: int = 3,
    key: str = "p",
) -> list[Flight]:
    """Let senders ask whenever they may, for so many seconds.

    Args:
        late_s: how long after an instant a grant of that instant leaves.
        word_s: how long after it left the throttle is told; None: never.
    """
    tickets, order = itertools.count(1), itertools.count()
    group = fitting(rate, burst)
    queue: list[tuple[float, int, Flight | None]] = [(clock.now, next(order), None) for _ in range(senders)]
    end = clock.now + for_s
    flights: list[Flight] = []
    while queue[0][0] < end:
        at, _, told = heapq.heappop(queue)
        clock.now = max(clock.now, at)
        if told is not None:
            assert told.left_at is not None
            throttle.left(key, [Departure(told.ticket, told.tokens, told.left_at)])
            continue
        ticket = next(tickets)
        wait = throttle.acquire(key, group, rate=rate, burst=burst, ticket=ticket)
        if wait == 0.0:
            flight = Flight(ticket, group, clock.now, most_of(rate), clock.now + late_s(clock.now))
            flights.append(flight)
            if (word := word_s()) is not None:
                heapq.heappush(queue, ((flight.left_at or 0.0) + word, next(order), flight))
        heapq.heappush(queue, (clock.now + wait, next(order), None))
    return flights


@dataclass(frozen=True)
class Trouble:
    """What makes departures late, and the word of them.

    Attributes:
        stalls: (begin, length) of times in which nothing leaves; what was granted then leaves at their end.
        jitter_s: everything else leaves up to so much late.
        word_s: the throttle is told up to so much later.
        silent: of so many departures, one is never told.
        seed: of the dice.
    """

    stalls: tuple[tuple[float, float], ...] = ()
    jitter_s: float = 0.0
    word_s: float = 0.0
    silent: int | None = None
    seed: int = 0

    def fly(self, throttle: Throttle, clock: Clock, *, rate: float, burst: int, for_s: float, key: str = "p") -> list[Flight]:
        """See `fly`, under this trouble."""
        chance, began = random.Random(self.seed), clock.now

        def late_s(at: float) -> float:
            ends = [began + begin + length for begin, length in self.stalls if began + begin <= at < began + begin + length]
            return max(ends, default=at) - at + chance.random() * self.jitter_s

        def word_s() -> float | None:
            return None if self.silent is not None and not chance.randrange(self.silent) else chance.random() * self.word_s

        return fly(throttle, clock, rate=rate, burst=burst, for_s=for_s, late_s=late_s, word_s=word_s, key=key)


@st.composite
def troubles(draw: st.DrawFn) -> Trouble:
    """Stalls of up to 300 ms, jitter, word that is late or never comes."""
    stalls = draw(st.lists(st.tuples(st.floats(0, 3), st.floats(0.001, 0.3)), max_size=6))
    silent = draw(st.one_of(st.none(), st.integers(1, 5)))
    return Trouble(tuple(stalls), draw(st.floats(0, 0.3)), draw(st.sampled_from([0.0, 0.005, 0.3, 1.5])), silent, draw(st.integers(0, 2**32)))


def model(make: Callable[[Clock], Throttle], keys: Iterator[str]) -> type[RuleBasedStateMachine]:
    """A state machine over the throttle that `make` gives: random lanes, sizes, pauses, contracts and ways to the peer."""

    class Model(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.clock = Clock()
            self.throttle = make(self.clock)
            self.key = next(keys)
            self.rate, self.burst = 100.0, 3
            self.grants: list[Grant] = []
            self.flights: list[Flight] = []
            self.untold: list[Flight] = []
            self.since = 0

        def ask(self, lane: str, tokens: int) -> float:
            ticket = len(self.flights) + 1
            wait = self.throttle.acquire(self.key, tokens, rate=self.rate, burst=self.burst, lane=lane, ticket=ticket)
            if wait == 0.0:
                self.grants.append(Grant(self.clock.now, lane, tokens))
                self.flights.append(Flight(ticket, tokens, self.clock.now, most_of(self.rate)))
                mine = self.grants[self.since :]
                took = self.clock.now - mine[0].at
                assert sum(one.tokens for one in mine) <= self.rate * (took + 0.05) + 2 * max(self.burst, *(one.tokens for one in mine), 1)
            return wait

        def leave(self, flight: Flight, at: float) -> None:
            """It leaves, and no second that ends here has more than the latest grant in it allows."""
            flight.left_at = at
            self.untold.append(flight)
            last = [one for one in self.flights if one.left_at is not None and one.left_at > at - 1.0 + EDGE_S]
            assert sum(one.tokens for one in last) <= max(last, key=lambda one: one.ticket).most

        def pass_time(self, seconds: float) -> None:
            """Whatever waits to leave leaves before it is taken for gone."""
            until = self.clock.now + seconds
            for flight in self.flights:
                if flight.left_at is None and flight.granted_at + SILENCE_S <= until:
                    self.leave(flight, flight.granted_at + SILENCE_S)
            self.clock.now = until

        def tell_all(self) -> None:
            for flight in self.flights:
                if flight.left_at is None:
                    self.leave(flight, self.clock.now)
            told, self.untold = self.untold, []
            self.throttle.left(self.key, [Departure(one.ticket, one.tokens, one.left_at or 0.0) for one in told])

        @rule(lane=st.sampled_from(LANES), share=st.floats(0, 1))
        def ask_once(self, lane: str, share: float) -> None:
            self.ask(lane, 1 + int(share * (self.burst - 1)))

        @rule(lane=st.sampled_from(LANES), many=st.integers(1, 60))
        def many_ask(self, lane: str, many: int) -> None:
            for _ in range(many):
                self.ask(lane, 1)

        @rule(lane=st.sampled_from(LANES), part=st.integers(1, 8))
        def ask_for_a_long_text(self, lane: str, part: int) -> None:
            if part <= self.rate:
                self.ask(lane, part)

        @precondition(lambda self: any(one.left_at is None for one in self.flights))
        @rule(data=st.data())
        def one_leaves(self, data: st.DataObject) -> None:
            self.leave(data.draw(st.sampled_from([one for one in self.flights if one.left_at is None])), self.clock.now)

        @precondition(lambda self: self.untold)
        @rule(data=st.data())
        def word_comes(self, data: st.DataObject) -> None:
            flight = self.untold.pop(data.draw(st.integers(0, len(self.untold) - 1)))
            self.throttle.left(self.key, [Departure(flight.ticket, flight.tokens, flight.left_at or 0.0)])

        @rule(settle=st.booleans())
        def word_of_all_comes(self, settle: bool) -> None:
            self.tell_all()
            if settle:
                self.throttle.settle(self.key)

        @rule(lane=st.sampled_from(LANES), share=st.floats(0, 1))
        def wait_for_it(self, lane: str, share: float) -> None:
            """Whoever comes when he was told to is served in the end, whatever the others left behind."""
            tokens = 1 + int(share * (self.burst - 1))
            began = self.clock.now
            self.tell_all()
            for _ in range(400):
                wait = self.ask(lane, tokens)
                if wait == 0.0:
                    return
                self.pass_time(wait)
            raise AssertionError(f"lane {lane} waited for {self.clock.now - began:g} s, in vain")

        @rule(seconds=st.one_of(st.floats(0, 0.05), st.floats(0, 3)))
        def time_passes(self, seconds: float) -> None:
            self.pass_time(seconds)

        @rule(contract=contracts())
        def the_contract_changes(self, contract: tuple[float, int]) -> None:
            self.rate, self.burst = contract
            self.since = len(self.grants)

    return Model
