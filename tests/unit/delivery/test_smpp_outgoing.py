"""A text of several parts: whatever the SMSC says of each, in whatever order, the whole has one answer and no taken part goes twice."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from delivery.codecs.smpp import SubmitSM, prepare_submits, write_text
from delivery.ports import Answer, PartAnswer
from delivery.ports.smpp.outgoing import Outgoing, Part

PDUS = prepare_submits(SubmitSM(), write_text("报" * 150))
ANSWERS = {"taken": Part.TAKEN, "throttled": Part.DEFERRED, "refused": Part.REFUSED, "lost": Part.UNKNOWN}


def outgoing(parts: int = 3) -> tuple[Outgoing, list[list[Answer]]]:
    told: list[list[Answer]] = []
    assert len(PDUS) == 3
    return Outgoing(7, PDUS[:parts], "8613800138000", told.append, lambda _: None), told


def send_all(message: Outgoing) -> list[int]:
    found = []
    while (number := message.next_part()) is not None:
        found.append(number)
    return found


def answer(message: Outgoing, number: int, kind: str) -> Answer | None:
    part = ANSWERS[kind]
    message.answered(number, part, message_id=f"id{number}" if kind == "taken" else None, code=None if kind == "lost" else 0x58, text=kind)
    return message.settled()


def test_a_message_is_accepted_when_every_part_is() -> None:
    message, _ = outgoing()
    assert send_all(message) == [0, 1, 2]
    assert answer(message, 1, "taken") is None
    assert answer(message, 0, "taken") is None
    found = answer(message, 2, "taken")
    assert found == Answer(7, "accepted", message_id="id0", status_code=0, parts=(PartAnswer(1, "id0"), PartAnswer(2, "id1"), PartAnswer(3, "id2")))


def test_a_message_of_one_part_has_no_parts() -> None:
    message, _ = outgoing(1)
    send_all(message)
    assert answer(message, 0, "taken") == Answer(7, "accepted", message_id="id0", status_code=0)


def test_nothing_taken_is_given_back_whole() -> None:
    message, _ = outgoing()
    send_all(message)
    for number in (0, 1):
        assert answer(message, number, "throttled") is None
    found = answer(message, 2, "throttled")
    assert found is not None
    assert (found.state, found.status_code, found.parts) == ("deferred", 0x58, ())


def test_what_was_throttled_beside_taken_parts_goes_again_alone() -> None:
    message, _ = outgoing()
    send_all(message)
    answer(message, 0, "taken")
    answer(message, 1, "throttled")
    assert answer(message, 2, "taken") is None
    assert send_all(message) == [1]
    found = answer(message, 1, "taken")
    assert found is not None
    assert (found.state, found.status_text) == ("accepted", "")


def test_a_refused_part_refuses_the_whole_and_no_further_part_leaves() -> None:
    message, _ = outgoing()
    assert message.next_part() == 0
    answer(message, 0, "taken")
    assert message.next_part() == 1
    found = answer(message, 1, "refused")
    assert found is not None
    assert found.state == "refused"
    assert found.status_text.startswith("1 of 3 parts were taken")
    assert message.next_part() is None


def test_what_was_begun_and_cannot_be_finished_is_unknown() -> None:
    message, _ = outgoing()
    message.next_part()
    answer(message, 0, "taken")
    assert message.give_up("the link is gone").state == "unknown"
    fresh, _ = outgoing()
    assert fresh.give_up("the link is gone", unreached=True) == Answer(7, "deferred", status_text="the link is gone", unreached=True)


@given(st.lists(st.sampled_from(sorted(ANSWERS)), max_size=40), st.randoms(use_true_random=False), st.integers(1, 3))
def test_any_answers_in_any_order(script: list[str], shuffle: object, parts: int) -> None:
    message, _ = outgoing(parts)
    taken: set[int] = set()
    final: Answer | None = None
    flying: list[int] = []
    for kind in script:
        sent = send_all(message)
        assert not taken & set(sent), "a part that was taken left again"
        flying += sent
        if not flying:
            break
        shuffle.shuffle(flying)  # type: ignore[attr-defined]
        number = flying.pop()
        if kind == "taken":
            taken.add(number)
        final = answer(message, number, kind)
        if final is not None:
            break
    if final is None:
        return
    assert not flying, "it was settled while a part was on its way"
    if final.state == "accepted":
        assert len(taken) == parts
    if final.state == "deferred":
        assert not taken, "a deferred message is sent again whole"
    assert message.next_part() is None or final.state == "deferred"
