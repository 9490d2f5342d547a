"""A batch on its way out, against any peer: nobody is lost, nobody leaves twice, order is kept.

The database is left out; what the journal would write is kept in lists. The peer
answers as hypothesis says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.ports import Answer, OutboundGroup, PortSettings, health
from delivery.sending import claims, journal, sender, stages
from delivery.sending.claims import ClaimedBatch, Standing
from delivery.sending.sender import BatchSender
from huabao.config import Config
from huabao.msisdn import MSISDN

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)

# (state, status code) of an answer; 3501 and 3003 mean "too many recipients"
ANSWERS = [("accepted", 1000), ("partial", 1100), ("refused", 2004), ("refused", 3501), ("refused", 3003), ("refused", 3002), ("deferred", 4006), ("unknown", None)]


class NoDatabase:
    """A runtime whose transactions write nothing."""

    config = Config(database_url="sqlite://")

    def now(self) -> datetime:
        return NOW

    @contextmanager
    def transaction(self, **_: Any) -> Iterator[Any]:
        yield self


def note(_session: Any, _settings: PortSettings, answers: Sequence[Answer], **_: Any) -> bool:
    """Whether the peer said "not now"; the port's row is left out."""
    return any(answer.state == "deferred" for answer in answers)


class Always:
    """A throttle that is never full."""

    shares: dict[str, float] = {}

    def acquire(self, *_: Any, **__: Any) -> float:
        return 0.0

    def settle(self, _key: str) -> None:
        """Nothing is kept back."""


@dataclass
class World:
    """The peer, and what was written down."""

    script: list[tuple[str, int | None]]
    pause_after: int
    flying: list[OutboundGroup] = field(default_factory=list)
    left: list[tuple[int, ...]] = field(default_factory=list)
    written: dict[int, tuple[int, ...]] = field(default_factory=dict)
    settled: dict[int, str] = field(default_factory=dict)
    waiting: list[int] | None = None
    deferred: bool = False
    turns: int = 0
    sent: set[int] = field(default_factory=set)
    numbered: int = 0
    rates: list[float | None] = field(default_factory=list)
    rate: float | None = None
    landed: Callable[[int], None] = lambda _number: None

    @property
    def in_flight(self) -> int:
        return len(self.flying)

    def tokens(self, recipients: int) -> int:
        return recipients

    def put(self, groups: Iterable[OutboundGroup]) -> None:
        for group in groups:
            assert group.submission_id in self.written, "it left before it was written down"
            assert self.rate is None or len(group.recipients) <= max(1, int(self.rate)), "more than a second of the dispatch's rate at once"
            self.sent.add(group.submission_id)
            self.flying.append(group)

    def take(self, _timeout_s: float) -> list[Answer]:
        if not self.flying:
            return []
        group = self.flying.pop(0)
        self.landed(1)
        state, code = self.script.pop(0) if self.script else ("accepted", 1000)
        refused = group.recipients[:1] if state == "partial" else ()
        return [Answer(group.submission_id, state, "m", code, "", refused)]  # type: ignore[arg-type]

    def moments(self) -> list[tuple[int, float, bool]]:
        return []

    def renew(self, *_: Any, **__: Any) -> Standing:
        self.turns += 1
        self.rate = self.rates.pop(0) if self.rates else self.rate
        return Standing("paused" if self.turns > self.pause_after else "sending", "up", None, rate=self.rate)

    def unwrite(self, _session: Any, _batch: Any, *, keep: Iterable[int]) -> None:
        kept = set(keep)
        for number in [one for one in self.written if one not in kept and one not in self.settled]:
            assert number not in self.sent, "what left was forgotten"
            del self.written[number]

    def write(self, _session: Any, batch: ClaimedBatch, groups: Sequence[tuple[int, ...]], *, first: int, at: datetime) -> list[OutboundGroup]:
        outbound = []
        for group in groups:
            self.numbered += 1
            number = self.numbered
            self.written[number] = group
            outbound.append(OutboundGroup(number, f"t{number}", tuple(batch.numbers[one] for one in group)))
        return outbound

    def record(self, _session: Any, _batch: Any, answers: Sequence[Answer], readers: dict[int, tuple[int, ...]], *, at: datetime) -> None:
        for answer in answers:
            assert readers[answer.submission_id] == self.written[answer.submission_id]
            self.settled[answer.submission_id] = answer.state

    def leave(self, _session: Any, _batch: Any, waiting: Sequence[int], _standing: Any, *, now: datetime, deferred: bool = False) -> None:
        self.waiting, self.deferred = list(waiting), deferred


def send(script: list[tuple[str, int | None]], readers: int, group: int, connections: int, pause_after: int, rates: Sequence[float | None] = ()) -> World:
    world = World(list(script), pause_after, rates=list(rates))
    numbers = {one: MSISDN(f"138{one:08d}") for one in range(1, readers + 1)}
    claimed = ClaimedBatch(1, 1, date(2026, 11, 22), 1, 1, None, "me", 1, 0, numbers, {})
    settings = PortSettings(1, "main", "mm7", "http://peer/", rate=1e6, burst=1000, connections=connections, max_recipients=group)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sender, "_group_sizes", {})
        patch.setattr(sender, "NEWS_S", float("inf"))  # on a slow machine half a second passes, and there is no port to read again
        patch.setattr(claims, "renew", world.renew)
        patch.setattr(journal, "write_submissions", world.write)
        patch.setattr(journal, "record_answers", world.record)
        patch.setattr(journal, "unwrite", world.unwrite)
        patch.setattr(stages, "leave", world.leave)
        patch.setattr(stages, "warn", lambda *_, **__: None)
        patch.setattr(health, "note_answers", note)
        BatchSender(NoDatabase(), claimed, settings, world, Always()).run()  # type: ignore[arg-type]
    return world


@given(
    script=st.lists(st.sampled_from(ANSWERS), max_size=12),
    readers=st.integers(1, 60),
    group=st.integers(1, 20),
    connections=st.integers(1, 5),
    pause_after=st.integers(0, 12),
    rates=st.lists(st.sampled_from([None, 0.5, 3.0, 7.5, 100.0]), max_size=4),
)
def test_nobody_is_lost_and_nobody_leaves_twice(
    script: list[tuple[str, int | None]], readers: int, group: int, connections: int, pause_after: int, rates: list[float | None]
) -> None:
    world = send(script, readers, group, connections, pause_after, rates)
    assert world.waiting is not None, "the batch was never let go"
    assert world.settled.keys() == world.written.keys(), "an answer was not awaited"
    live = [one for number, members in world.written.items() if world.settled[number] != "deferred" for one in members]
    assert sorted(live + world.waiting) == list(range(1, readers + 1))
    assert all(len(members) <= group for members in world.written.values())
    assert world.waiting == sorted(world.waiting) or not world.waiting, "the order was not kept"


@given(readers=st.integers(1, 100), group=st.integers(1, 30), connections=st.integers(1, 8))
def test_a_willing_peer_gets_everybody_in_order(readers: int, group: int, connections: int) -> None:
    world = send([], readers, group, connections, pause_after=10_000)
    assert [one for members in world.written.values() for one in members] == list(range(1, readers + 1))
    assert world.waiting == []
    assert not world.deferred


def test_a_deferral_stops_the_batch_and_is_counted() -> None:
    world = send([("deferred", 4006)], readers=50, group=10, connections=1, pause_after=10_000)
    assert world.deferred
    assert world.waiting == list(range(1, 51))


def test_too_many_recipients_halves_and_goes_on() -> None:
    world = send([("refused", 3501), ("refused", 3501)], readers=40, group=20, connections=1, pause_after=10_000)
    assert not world.deferred
    assert world.waiting == []
    assert [len(members) for members in world.written.values()][:4] == [20, 10, 5, 5]


def test_one_recipient_only() -> None:
    world = send([("refused", 3003)], readers=5, group=4, connections=1, pause_after=10_000)
    assert [len(members) for members in world.written.values()] == [4, 1, 1, 1, 1, 1]


def test_a_lone_reader_who_is_refused_is_refused() -> None:
    world = send([("refused", 3501)], readers=1, group=5, connections=1, pause_after=10_000)
    assert world.settled == {1: "refused"}
