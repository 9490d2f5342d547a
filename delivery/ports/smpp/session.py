"""One SMPP session: the state of a bind, its window, its sequence numbers and its patience. Fed octets and instants; no socket, no clock.

What may happen in which state stands in `TRANSITIONS`. A submit_sm takes a place in
the window until its response comes or its time is over; a response that comes later
still says whose it is. `enquire_link` goes out when the peer was silent for a while,
and at once after a submit_sm without response; a peer that does not answer it is gone.

Spec: SMPP 3.4, 2.2 (states), 2.7 (asynchronous windows), 2.9 (timers), 4 (PDUs).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final, Generic, NamedTuple, TypeVar

from delivery.codecs.smpp.frames import SEQUENCE_MAX, PDUError, Splitter, pack_header, read_header, write_header_only
from delivery.codecs.smpp.names import RESPONSE, Command, Status

K = TypeVar("K")

LATE_MAX: Final = 10_000
"""Timed-out submit_sm whose late response would still be recognised; the oldest are forgotten first."""


class State(Enum):
    """Where a session stands."""

    OPEN = "open"
    """Connected; the bind was not asked for yet."""
    BINDING = "binding"
    BOUND = "bound"
    UNBINDING = "unbinding"
    CLOSED = "closed"


class Cause(Enum):
    """What moves a session."""

    ASK = "bind sent"
    WELCOME = "bind accepted"
    REFUSAL = "bind refused"
    LEAVE = "unbind sent"
    LEFT = "unbind answered"
    TURNED_OUT = "unbind received"
    LOSS = "connection lost"


TRANSITIONS: Final[dict[tuple[State, Cause], State]] = {
    (State.OPEN, Cause.ASK): State.BINDING,
    (State.BINDING, Cause.WELCOME): State.BOUND,
    (State.BINDING, Cause.REFUSAL): State.CLOSED,
    (State.BINDING, Cause.TURNED_OUT): State.CLOSED,
    (State.BOUND, Cause.LEAVE): State.UNBINDING,
    (State.BOUND, Cause.TURNED_OUT): State.CLOSED,
    (State.UNBINDING, Cause.LEFT): State.CLOSED,
    (State.UNBINDING, Cause.TURNED_OUT): State.CLOSED,
    **{(state, Cause.LOSS): State.CLOSED for state in State},
}
"""What is not here does not happen: it is our mistake."""


@dataclass(frozen=True)
class Patience:
    """How long a session waits, seconds.

    Attributes:
        answer_s: for the response to any request of ours.
        silence_s: without a PDU from the peer until we ask whether it is there.
    """

    answer_s: float = 30.0
    silence_s: float = 30.0


class Bound(NamedTuple):
    """The peer let us in."""


class BindRefused(NamedTuple):
    """The peer did not."""

    status: int


class Answered(NamedTuple, Generic[K]):
    """A response to a submit_sm.

    Attributes:
        key: what `submit` was given.
        frame: the submit_sm_resp as it came, or a generic_nack.
        late: its time was over before.
    """

    key: K
    status: int
    frame: bytes
    late: bool


class TimedOut(NamedTuple, Generic[K]):
    """No response came in time; the peer may have the message."""

    key: K


class Received(NamedTuple):
    """A deliver_sm or data_sm, to be answered by `respond`."""

    command: int
    sequence: int
    frame: bytes


class Ended(NamedTuple):
    """The session is over; the connection is to be closed once what waits to be written was written."""

    reason: str


Event = Bound | BindRefused | Answered[K] | TimedOut[K] | Received | Ended


class Session(Generic[K]):
    """The state of one connection.

    Args:
        window: submit_sm without response at most.
        now: the instant of its beginning, in seconds that never run backwards.
    """

    def __init__(self, window: int, patience: Patience, *, now: float) -> None:
        self.state = State.OPEN
        self.window = window
        self._patience = patience
        self._splitter = Splitter()
        self._out = bytearray()
        self._sequence = 0
        self._flying: dict[int, tuple[K, float]] = {}
        self._late: dict[int, K] = {}
        self._asked: tuple[int, float] | None = None
        self._moved_at = now
        self._heard_at = now

    @property
    def room(self) -> int:
        """How many submit_sm may leave now."""
        return self.window - len(self._flying) if self.state is State.BOUND else 0

    @property
    def flying(self) -> int:
        """submit_sm whose response is awaited."""
        return len(self._flying)

    def take_output(self) -> bytes:
        """Octets to write, in order."""
        data = bytes(self._out)
        self._out.clear()
        return data

    def bind(self, render: Callable[[int], bytes], *, now: float) -> None:
        """Ask to be let in; `render` makes the PDU of a sequence number."""
        self._move(Cause.ASK, now)
        self._out += render(self._next())

    def submit(self, render: Callable[[int], bytes], key: K, now: float) -> None:
        """Send a submit_sm; there must be room.

        Args:
            render: makes the PDU of a sequence number.
            key: comes back with its answer.
        """
        assert self.state is State.BOUND, "nobody is bound"
        assert len(self._flying) < self.window, "the window is full"
        sequence = self._next()
        self._out += render(sequence)
        self._flying[sequence] = (key, now)

    def respond(self, command: int, sequence: int, status: int) -> None:
        """Answer a deliver_sm or data_sm."""
        if self.state in (State.BOUND, State.UNBINDING):
            self._out += pack_header(17, command | RESPONSE, status, sequence) + b"\0"  # their message_id is unused and empty

    def unbind(self, *, now: float) -> None:
        """Say good-bye; whoever calls waits for `Ended`. Only a bound session can."""
        self._move(Cause.LEAVE, now)
        self._out += write_header_only(Command.UNBIND, Status.ESME_ROK, self._next())

    def receive(self, data: bytes, *, now: float) -> list[Event[K]]:
        """What these octets tell; half a PDU waits for its rest."""
        self._heard_at = now
        events: list[Event[K]] = []
        flying = self._flying
        for frame in self._splitter.feed(data):
            _, command, status, sequence = read_header(frame)
            if command == Command.SUBMIT_SM_RESP and (found := flying.pop(sequence, None)) is not None:
                events.append(Answered(found[0], status, frame, False))
            elif self.state is not State.CLOSED:
                self._take(command, status, sequence, frame, events, now)
        try:
            self._splitter.check()
        except PDUError as error:
            if self.state is not State.CLOSED:
                self._out += write_header_only(Command.GENERIC_NACK, error.status_code, 0)
                self._end(Cause.LOSS, str(error), events, now)
        return events

    def _take(self, command: int, status: int, sequence: int, frame: bytes, events: list[Event[K]], now: float) -> None:
        """Anything but an expected submit_sm_resp."""
        if command in (Command.SUBMIT_SM_RESP, Command.GENERIC_NACK):
            self._take_answer(command, status, sequence, frame, events)
        elif command == Command.ENQUIRE_LINK:
            self._out += write_header_only(Command.ENQUIRE_LINK_RESP, Status.ESME_ROK, sequence & SEQUENCE_MAX)
        elif command in (Command.DELIVER_SM, Command.DATA_SM):
            self._take_message(command, sequence, frame, events)
        elif command == Command.BIND_TRANSCEIVER_RESP and self.state is State.BINDING:
            if status == Status.ESME_ROK:
                self._move(Cause.WELCOME, now)
                events.append(Bound())
            else:
                self._move(Cause.REFUSAL, now)
                events.append(BindRefused(status))
        elif command == Command.UNBIND:
            self._out += write_header_only(Command.UNBIND_RESP, Status.ESME_ROK, sequence & SEQUENCE_MAX)
            self._end(Cause.TURNED_OUT if self.state is not State.OPEN else Cause.LOSS, "the peer said good-bye (unbind)", events, now)
        elif command == Command.UNBIND_RESP and self.state is State.UNBINDING:
            self._end(Cause.LEFT, "good-bye was said (unbind)", events, now)
        elif command == Command.ENQUIRE_LINK_RESP:
            self._asked = None
        elif not command & RESPONSE:
            self._out += write_header_only(Command.GENERIC_NACK, Status.ESME_RINVCMDID, sequence & SEQUENCE_MAX)

    def _take_answer(self, command: int, status: int, sequence: int, frame: bytes, events: list[Event[K]]) -> None:
        """A late submit_sm_resp, or a generic_nack: the peer could not read what we sent."""
        nack = command == Command.GENERIC_NACK
        said = status or Status.ESME_RUNKNOWNERR if nack else status
        if nack and sequence in self._flying:
            events.append(Answered(self._flying.pop(sequence)[0], said, frame, False))
        elif sequence in self._late:
            events.append(Answered(self._late.pop(sequence), said, frame, True))
        elif nack and self._asked is not None and self._asked[0] == sequence:
            self._asked = None  # it does not know enquire_link, but it is there

    def _take_message(self, command: int, sequence: int, frame: bytes, events: list[Event[K]]) -> None:
        if self.state in (State.BOUND, State.UNBINDING):
            events.append(Received(command, sequence, frame))
        else:
            self._out += pack_header(17, command | RESPONSE, Status.ESME_RINVBNDSTS, sequence) + b"\0"

    def tick(self, *, now: float) -> list[Event[K]]:
        """What the time that has passed means: submit_sm without response, a silent peer, a bind that nobody answers."""
        events: list[Event[K]] = []
        before = now - self._patience.answer_s
        over = []
        for sequence, (key, at) in self._flying.items():
            if at > before:
                break
            over.append(sequence)
            events.append(TimedOut(key))
        for sequence in over:
            self._late[sequence] = self._flying.pop(sequence)[0]
        while len(self._late) > LATE_MAX:
            del self._late[next(iter(self._late))]
        if self.state in (State.OPEN, State.BINDING, State.UNBINDING) and self._moved_at <= before:
            self._end(Cause.LOSS, f"no answer while {self.state.value} for {self._patience.answer_s:g} s", events, now)
        elif self.state is State.BOUND:
            self._ask(events, now, at_once=bool(over))
        return events

    def _ask(self, events: list[Event[K]], now: float, *, at_once: bool) -> None:
        if self._asked is not None and self._heard_at >= self._asked[1]:
            self._asked = None  # whatever it sent since, it is there
        if self._asked is not None:
            if self._asked[1] <= now - self._patience.answer_s:
                self._end(Cause.LOSS, f"the peer did not answer enquire_link for {self._patience.answer_s:g} s", events, now)
        elif at_once or self._heard_at <= now - self._patience.silence_s:
            sequence = self._next()
            self._out += write_header_only(Command.ENQUIRE_LINK, Status.ESME_ROK, sequence)
            self._asked = (sequence, now)

    def lose(self, *, now: float) -> list[K]:
        """The connection is gone: the keys of every submit_sm whose fate nobody knows now, in the order of sending."""
        self._move(Cause.LOSS, now)
        lost = [key for key, _ in self._flying.values()]
        self._flying.clear()
        self._late.clear()
        return lost

    def _end(self, cause: Cause, reason: str, events: list[Event[K]], now: float) -> None:
        self._move(cause, now)
        events.append(Ended(reason))

    def _move(self, cause: Cause, now: float) -> None:
        self.state = TRANSITIONS[self.state, cause]
        self._moved_at = now

    def _next(self) -> int:
        """A sequence number that nobody waits for; they begin anew after the largest."""
        sequence = self._sequence
        while True:
            sequence = sequence % SEQUENCE_MAX + 1
            if sequence not in self._flying and sequence not in self._late:
                self._sequence = sequence
                return sequence
