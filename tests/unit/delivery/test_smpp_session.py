"""An SMPP session against any peer: every submit_sm has one fate, nothing is read twice or lost, the table of states holds."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from delivery.codecs.smpp import Bind, BindResp, Command, DeliverSM, EnquireLink, EnquireLinkResp, GenericNack, Status, SubmitSM, SubmitSMResp, Unbind, UnbindResp, decode, encode
from delivery.codecs.smpp.frames import SEQUENCE_MAX, Splitter, pack_header
from delivery.ports.smpp.session import TRANSITIONS, Answered, BindRefused, Bound, Cause, Ended, Patience, Received, Session, State, TimedOut

PATIENCE = Patience(answer_s=10.0, silence_s=30.0)


def a_submit(sequence: int) -> bytes:
    return encode(SubmitSM(destination_addr="8613800138000", short_message=b"hi"), sequence)


def said(session: Session[Any]) -> list[tuple[type, int, int]]:
    """What the session writes, as (kind, sequence, status)."""
    splitter = Splitter()
    found = [decode(frame) for frame in splitter.feed(session.take_output())]
    assert splitter.waiting == 0
    return [(type(pdu.body), pdu.sequence, pdu.status) for pdu in found]


def bound_session(window: int = 3) -> Session[str]:
    session: Session[str] = Session(window, PATIENCE, now=0.0)
    session.bind(lambda sequence: encode(Bind("huabao"), sequence), now=0.0)
    ((kind, sequence, _),) = said(session)
    assert kind is Bind
    assert session.receive(encode(BindResp("smsc"), sequence), now=0.0) == [Bound()]
    return session


def fly(session: Session[str], key: str, now: float = 0.0) -> int:
    """Submit, and the sequence number that it has."""
    session.submit(a_submit, key, now)
    return said(session)[-1][1]


# --- the table -------------------------------------------------------------------------------------------------------


def test_the_table_ends_every_state_with_a_loss_and_leaves_a_closed_session_closed() -> None:
    for state in State:
        assert TRANSITIONS[state, Cause.LOSS] is State.CLOSED
    assert {cause for state, cause in TRANSITIONS if state is State.CLOSED} == {Cause.LOSS}


def test_a_refused_bind_says_why() -> None:
    session: Session[str] = Session(1, PATIENCE, now=0.0)
    session.bind(lambda sequence: encode(Bind("huabao"), sequence), now=0.0)
    sequence = said(session)[0][1]
    assert session.receive(pack_header(16, Command.BIND_TRANSCEIVER_RESP, Status.ESME_RINVPASWD, sequence), now=1.0) == [BindRefused(Status.ESME_RINVPASWD)]
    assert session.state is State.CLOSED


def test_nothing_leaves_before_the_bind_stands_or_beyond_the_window() -> None:
    session: Session[str] = Session(2, PATIENCE, now=0.0)
    assert session.room == 0
    with pytest.raises(AssertionError):
        session.submit(a_submit, "a", 0.0)
    session = bound_session(2)
    fly(session, "a")
    fly(session, "b")
    assert session.room == 0
    with pytest.raises(AssertionError):
        session.submit(a_submit, "c", 0.0)


def test_a_bind_that_nobody_answers_ends() -> None:
    session: Session[str] = Session(1, PATIENCE, now=0.0)
    session.bind(lambda sequence: encode(Bind("huabao"), sequence), now=0.0)
    assert session.tick(now=9.9) == []
    assert [type(one) for one in session.tick(now=10.0)] == [Ended]


# --- answers ---------------------------------------------------------------------------------------------------------


def test_answers_come_in_any_order_and_free_the_window() -> None:
    session = bound_session()
    first, second = fly(session, "a"), fly(session, "b")
    events = session.receive(encode(SubmitSMResp("2"), second) + encode(SubmitSMResp("1"), first), now=1.0)
    assert [(one.key, one.status, one.late) for one in events if isinstance(one, Answered)] == [("b", 0, False), ("a", 0, False)]
    assert session.room == 3


def test_a_late_answer_still_says_whose_it_is_once() -> None:
    session = bound_session()
    sequence = fly(session, "a")
    assert session.tick(now=10.0) == [TimedOut("a")]
    assert said(session)[0][0] is EnquireLink, "a peer that owes an answer is asked whether it is there"
    (late,) = session.receive(encode(SubmitSMResp("7"), sequence), now=11.0)
    assert isinstance(late, Answered)
    assert (late.key, late.late) == ("a", True)
    assert session.receive(encode(SubmitSMResp("7"), sequence), now=11.0) == []


def test_a_generic_nack_answers_what_it_names() -> None:
    session = bound_session()
    sequence = fly(session, "a")
    (answer,) = session.receive(encode(GenericNack(), sequence, Status.ESME_RINVCMDLEN), now=1.0)
    assert isinstance(answer, Answered)
    assert answer.status == Status.ESME_RINVCMDLEN


def test_an_answer_nobody_waits_for_is_passed_over() -> None:
    session = bound_session()
    assert session.receive(encode(SubmitSMResp("1"), 4711), now=1.0) == []
    assert said(session) == []


# --- the peer's requests ---------------------------------------------------------------------------------------------


def test_enquire_link_is_answered_and_an_unknown_request_is_named() -> None:
    session = bound_session()
    session.receive(encode(EnquireLink(), 9) + pack_header(16, 0x0000F00D, 0, 10), now=1.0)
    assert said(session) == [(EnquireLinkResp, 9, 0), (GenericNack, 10, Status.ESME_RINVCMDID)]


def test_a_message_is_answered_when_somebody_says_so() -> None:
    session = bound_session()
    (message,) = session.receive(encode(DeliverSM(source_addr="8613800138000", short_message=b"TD"), 5), now=1.0)
    assert isinstance(message, Received)
    assert said(session) == []
    session.respond(message.command, message.sequence, Status.ESME_ROK)
    ((_, sequence, status),) = said(session)
    assert (sequence, status) == (5, 0)


def test_an_unbind_of_the_peer_ends_it_and_what_was_on_its_way_is_named() -> None:
    session = bound_session()
    fly(session, "a")
    fly(session, "b")
    assert [type(one) for one in session.receive(encode(Unbind(), 3), now=1.0)] == [Ended]
    assert said(session) == [(UnbindResp, 3, 0)]
    assert session.lose(now=1.0) == ["a", "b"]


def test_our_unbind_ends_with_its_answer() -> None:
    session = bound_session()
    session.unbind(now=1.0)
    sequence = said(session)[0][1]
    assert session.state is State.UNBINDING
    assert [type(one) for one in session.receive(encode(UnbindResp(), sequence), now=2.0)] == [Ended]


def test_a_length_that_cannot_be_ends_the_session_after_what_came_before() -> None:
    session = bound_session()
    sequence = fly(session, "a")
    events = session.receive(encode(SubmitSMResp("1"), sequence) + b"\0\0\0\x05garbage", now=1.0)
    assert [type(one) for one in events] == [Answered, Ended]
    assert said(session)[0][0] is GenericNack


# --- silence ---------------------------------------------------------------------------------------------------------


def test_a_silent_peer_is_asked_and_given_up_when_it_stays_silent() -> None:
    session = bound_session()
    assert session.tick(now=29.9) == []
    assert session.tick(now=30.0) == []
    assert [kind for kind, _, _ in said(session)] == [EnquireLink]
    assert session.tick(now=39.9) == []
    assert [type(one) for one in session.tick(now=40.0)] == [Ended]


def test_whatever_it_says_shows_that_it_is_there() -> None:
    session = bound_session()
    session.tick(now=30.0)
    session.receive(encode(EnquireLink(), 77), now=31.0)
    assert session.tick(now=45.0) == []
    assert session.state is State.BOUND


def test_sequence_numbers_begin_anew_after_the_largest() -> None:
    session = bound_session()
    held = fly(session, "a")
    session._sequence = SEQUENCE_MAX - 1
    assert fly(session, "b") == SEQUENCE_MAX
    assert fly(session, "c") == (1 if held != 1 else 2)


# --- any peer --------------------------------------------------------------------------------------------------------


class AnyPeer(RuleBasedStateMachine):
    """Submits, answers, losses, silence in any order, octets in any pieces."""

    def __init__(self) -> None:
        super().__init__()
        self.session: Session[int] = Session(4, PATIENCE, now=0.0)
        self.now = 0.0
        self.number = 0
        self.flying: dict[int, int] = {}
        self.timed_out: dict[int, int] = {}
        self.fates: dict[int, str] = {}
        self.ended = False

    @initialize()
    def let_in(self) -> None:
        self.session.bind(lambda sequence: encode(Bind("huabao"), sequence), now=self.now)
        sequence = said(self.session)[0][1]
        self.feed(encode(BindResp("smsc"), sequence), [])

    def feed(self, octets: bytes, cuts: list[int]) -> None:
        """The peer says something, in pieces."""
        edges = sorted({0, len(octets), *(cut % (len(octets) + 1) for cut in cuts)})
        for begin, end in pairwise(edges):
            self.take(self.session.receive(octets[begin:end], now=self.now))

    def take(self, events: list[Any]) -> None:
        for event in events:
            match event:
                case Answered(key, _, _, late):
                    if late:
                        assert self.timed_out.pop(key)
                    else:
                        assert self.flying.pop(key)
                        self.settle(key, "answered")
                case TimedOut(key):
                    self.timed_out[key] = self.flying.pop(key)
                    self.settle(key, "timed out")
                case Ended():
                    self.ended = True

    def settle(self, key: int, fate: str) -> None:
        assert key not in self.fates, "one submit_sm had two fates"
        self.fates[key] = fate

    @precondition(lambda self: self.session.room > 0)
    @rule()
    def submit(self) -> None:
        self.number += 1
        self.session.submit(a_submit, self.number, self.now)
        self.flying[self.number] = said(self.session)[-1][1]

    @precondition(lambda self: self.flying)
    @rule(data=st.data(), cuts=st.lists(st.integers(0, 100), max_size=3), status=st.sampled_from([0, 0x58, 0x0B]))
    def answer(self, data: st.DataObject, cuts: list[int], status: int) -> None:
        key = data.draw(st.sampled_from(sorted(self.flying)))
        self.feed(encode(SubmitSMResp("1" if not status else ""), self.flying[key], status), cuts)
        assert self.fates[key] == "answered"

    @precondition(lambda self: self.timed_out and not self.ended)
    @rule(data=st.data())
    def answer_late(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.timed_out)))
        self.feed(encode(SubmitSMResp("1"), self.timed_out[key]), [])
        assert key not in self.timed_out

    @precondition(lambda self: not self.ended)
    @rule(seconds=st.floats(0.1, 25.0))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.take(self.session.tick(now=self.now))

    @precondition(lambda self: not self.ended)
    @rule(cuts=st.lists(st.integers(0, 100), max_size=3))
    def hear(self, cuts: list[int]) -> None:
        self.feed(encode(EnquireLink(), 5), cuts)

    @rule()
    def lose(self) -> None:
        for key in self.session.lose(now=self.now):
            assert self.flying.pop(key)
            self.settle(key, "lost")
        assert not self.flying
        self.timed_out.clear()
        self.ended = True

    @invariant()
    def every_submit_is_on_its_way_or_has_its_fate(self) -> None:
        assert self.session.flying == len(self.flying)
        assert len(self.fates) + len(self.flying) == self.number
        self.session.take_output()


AnyPeer.TestCase.settings = settings(max_examples=60, stateful_step_count=40)
TestAnyPeer = AnyPeer.TestCase


@given(st.lists(st.integers(1, 40), max_size=30))
def test_answers_cut_anywhere_are_the_same_answers(cuts: list[int]) -> None:
    session = bound_session(8)
    sequences = [fly(session, key) for key in "abcdefgh"]
    stream = b"".join(encode(SubmitSMResp(f"{at:x}" * 3), sequence) for at, sequence in enumerate(sequences))
    keys: list[str] = []
    collect: Callable[[bytes], None] = lambda piece: keys.extend(one.key for one in session.receive(piece, now=1.0) if isinstance(one, Answered))  # noqa: E731
    at = 0
    for cut in cuts:
        collect(stream[at : at + cut])
        at += cut
    collect(stream[at:])
    assert keys == list("abcdefgh")
