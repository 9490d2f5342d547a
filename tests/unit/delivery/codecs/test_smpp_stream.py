"""The stream: however its octets are cut, the same PDUs come out; a lost place in it is said, once and for all."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from delivery.codecs import smpp
from tests.smpp_strategies import BODIES


@settings(max_examples=150)
@given(st.lists(BODIES, min_size=1, max_size=6), st.lists(st.integers(1, 60), min_size=1, max_size=40))
def test_any_chunks_give_the_same_pdus(bodies: list[smpp.Body], sizes: list[int]) -> None:
    frames = [smpp.encode(body, number) for number, body in enumerate(bodies, 1)]
    stream = b"".join(frames)
    splitter = smpp.Splitter()
    found: list[bytes] = []
    at = turn = 0
    while at < len(stream):
        size = sizes[turn % len(sizes)]
        found += splitter.feed(stream[at : at + size])
        splitter.check()
        at, turn = at + size, turn + 1
    assert found == frames
    assert splitter.waiting == 0
    assert smpp.Splitter().feed(stream) == frames


def test_a_half_pdu_waits_for_its_end() -> None:
    splitter = smpp.Splitter()
    frame = smpp.encode(smpp.SubmitSMResp("0a1b"), 3)
    assert splitter.feed(frame[:2]) == []
    assert splitter.feed(frame[2:-1]) == []
    assert splitter.waiting == len(frame) - 1
    assert splitter.feed(frame[-1:] + frame[:5]) == [frame]
    assert splitter.waiting == 5
    splitter.check()


@pytest.mark.parametrize("length", [0, 1, 15, smpp.PDU_OCTETS_MAX + 1, 0x48545450, 0xFFFFFFFF])
def test_an_impossible_length_loses_the_stream_but_not_what_was_before(length: int) -> None:
    splitter = smpp.Splitter()
    good = smpp.encode(smpp.EnquireLink(), 8)
    bad = length.to_bytes(4, "big") + smpp.encode(smpp.SubmitSMResp("x"), 9)[4:]
    assert splitter.feed(good + bad + good) == [good]
    for _ in range(2):
        with pytest.raises(smpp.PDUError, match="close the connection") as caught:
            splitter.check()
        assert caught.value.fatal
        assert caught.value.theirs
        assert (caught.value.status_code, caught.value.sequence) == (smpp.Status.ESME_RINVCMDLEN, 9)
        assert splitter.feed(good) == []


def test_garbage_of_four_octets_is_a_fault_as_well() -> None:
    splitter = smpp.Splitter()
    assert splitter.feed(b"HTTP") == []
    with pytest.raises(smpp.PDUError) as caught:
        splitter.check()
    assert caught.value.sequence == 0


def test_the_limit_is_the_callers() -> None:
    splitter = smpp.Splitter(octets_max=32)
    assert splitter.feed(smpp.encode(smpp.SubmitSM(short_message=b"0123456789"), 1)) == []
    with pytest.raises(smpp.PDUError):
        splitter.check()


@given(st.binary(max_size=200), st.integers(1, 50))
def test_nonsense_never_makes_more_than_it_is(data: bytes, size: int) -> None:
    splitter = smpp.Splitter()
    found = b"".join(b"".join(splitter.feed(data[at : at + size])) for at in range(0, len(data), size))
    assert data.startswith(found)
    assert splitter.waiting <= len(data)
