"""What comes in on a port's binds: stored before it is answered, joined, handed to keywords; a database that is away answers "try again"."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from delivery.codecs.smpp import Command, DataSM, DeliverSM, EsmClass, Status, Tag, decode, encode
from delivery.links import intake as intakes
from delivery.links.intake import Intake
from delivery.models import DeliveryEvent, InboundMessage
from delivery.ports.smpp.options import SMPPOptions
from delivery.ports.smpp.session import Received
from delivery.reports.folding import append
from delivery.reports.keywords import STOP_ASKED
from huabao.runtime import Runtime
from tests.services.texting import add_smpp_port

READER = "8613800138000"


class Port:
    """A port whose messages come one after the other."""

    def __init__(self, runtime: Runtime, **options: Any) -> None:
        self.runtime = runtime
        self.port_id = add_smpp_port(runtime, "smpp://127.0.0.1:9", **options)
        self.intake = Intake(runtime, self.port_id, SMPPOptions.of("smpp://127.0.0.1:9", {"system_id": "huabao", **options}))
        self.answers: dict[int, int] = {}
        self._answered = threading.Condition()
        self._sequence = 0

    def send(self, *messages: DeliverSM | DataSM) -> list[int]:
        """Put messages at once; the statuses that they are answered with."""
        first = self._sequence + 1
        for message in messages:
            self._sequence += 1
            command = Command.DATA_SM if isinstance(message, DataSM) else Command.DELIVER_SM
            self.intake.take(Received(command, self._sequence, encode(message, self._sequence)), self._done(self._sequence))
        with self._answered:
            assert self._answered.wait_for(lambda: len(self.answers) >= self._sequence, 20)
        return [self.answers[one] for one in range(first, self._sequence + 1)]

    def _done(self, sequence: int) -> Any:
        def done(status: int) -> None:
            with self._answered:
                assert sequence not in self.answers, "one message was answered twice"
                self.answers[sequence] = status
                self._answered.notify()

        return done

    def events(self) -> list[DeliveryEvent]:
        with self.runtime.transaction(read_only=True) as session:
            return list(session.scalars(select(DeliveryEvent).order_by(DeliveryEvent.id)))

    def inbound(self, *kinds: str) -> list[InboundMessage]:
        with self.runtime.transaction(read_only=True) as session:
            found = select(InboundMessage).order_by(InboundMessage.id)
            return list(session.scalars(found.where(InboundMessage.kind.in_(kinds)) if kinds else found))


@contextmanager
def port(runtime: Runtime, **options: Any) -> Iterator[Port]:
    found = Port(runtime, **options)
    try:
        yield found
    finally:
        found.intake.close()


def text(said: str, **fields: Any) -> DeliverSM:
    return DeliverSM(source_addr=READER, destination_addr="10658", data_coding=8, short_message=said.encode("utf-16-be"), **fields)


def parts(said: str, reference: int = 7, size: int = 134) -> list[DeliverSM]:
    """As a simple handset cuts it, pairs and all."""
    octets = said.encode("utf-16-be")
    cut = [octets[at : at + size] for at in range(0, len(octets), size)]
    return [
        DeliverSM(source_addr=READER, destination_addr="10658", data_coding=8, esm_class=EsmClass.UDHI, short_message=bytes((5, 0, 3, reference, len(cut), number)) + piece)
        for number, piece in enumerate(cut, 1)
    ]


def receipt(message_id: str = "a1", stat: str = "DELIVRD", **fields: Any) -> DeliverSM:
    line = f"id:{message_id} sub:001 dlvrd:001 submit date:2611221200 done date:2611221201 stat:{stat} err:000 text:hi"
    return DeliverSM(source_addr=READER, destination_addr="10658", esm_class=EsmClass.RECEIPT, short_message=line.encode(), **fields)


# --- receipts --------------------------------------------------------------------------------------------------------


def test_receipts_are_stored_with_the_ids_of_their_answers(runtime: Runtime) -> None:
    with port(runtime, message_id="nocase-nozeros", receipt_id="decimal") as one:
        assert one.send(receipt("2748"), receipt("10", "UNDELIV"), receipt("11", "EXPIRED")) == [0, 0, 0]
        assert [(event.message_id, event.number, event.sender, event.status) for event in one.events()] == [
            ("abc", "13800138000", None, "DELIVRD"),
            ("a", "13800138000", None, "UNDELIV"),
            ("b", "13800138000", None, "EXPIRED"),
        ]
        at = one.events()[0].reported_at
        assert at is not None
        assert at.isoformat() == "2026-11-22T04:01:00+00:00"


def test_a_receipt_in_a_data_sm_and_one_by_parameters_alone(sqlite_runtime: Runtime) -> None:
    with port(sqlite_runtime) as one:
        tlvs = ((Tag.RECEIPTED_MESSAGE_ID, b"ff\0"), (Tag.MESSAGE_STATE, b"\x02"))
        data = DataSM(source_addr=READER, destination_addr="10658", esm_class=EsmClass.RECEIPT, tlvs=tlvs)
        deliver = DeliverSM(source_addr=READER, destination_addr="10658", esm_class=EsmClass.RECEIPT, tlvs=tlvs)
        note = replace(receipt("ee"), esm_class=EsmClass.INTERMEDIATE)
        assert one.send(data, deliver, note) == [0, 0, 0]
        assert [(event.message_id, event.status) for event in one.events()] == [("ff", "DELIVRD"), ("ff", "DELIVRD"), ("ee", "ENROUTE")]


def test_a_receipt_about_nothing_is_kept_for_a_person_and_not_sent_again(sqlite_runtime: Runtime) -> None:
    with port(sqlite_runtime) as one:
        odd = DeliverSM(source_addr=READER, destination_addr="10658", esm_class=EsmClass.RECEIPT, short_message=b"all is well")
        assert one.send(odd, receipt("a\0b")) == [0, 0]
        assert [(row.kind, row.content) for row in one.inbound()] == [("bad-receipt", b"all is well")]
        assert len(one.events()) == 1


# --- readers' texts --------------------------------------------------------------------------------------------------


def test_a_keyword_is_handed_to_its_handler(runtime: Runtime) -> None:
    with port(runtime) as one:
        assert one.send(text("退订"), text("你好")) == [0, 0]
        assert [(row.sender, row.recipient, (row.content or b"").decode(), row.status) for row in one.inbound("sms")] == [
            ("13800138000", "10658", "退订", STOP_ASKED),
            ("13800138000", "10658", "你好", None),
        ]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
def test_a_long_text_is_joined_in_whatever_order_its_parts_come(sqlite_runtime: Runtime, order: tuple[int, ...]) -> None:
    said = "退订" + "报" * 64 + "😀" + "纸" * 70  # the smiley lies across the edge of two parts
    with port(sqlite_runtime) as one:
        pieces = parts(said)
        assert len(pieces) == 3
        assert set(one.send(*(pieces[at] for at in order))) == {0}
        assert [((row.content or b"").decode(), row.status) for row in one.inbound("sms")] == [(said, STOP_ASKED)]
        assert len(one.inbound("sms-part")) == 3


def test_a_long_text_that_comes_twice_is_one_and_a_new_one_with_its_reference_is_another(runtime: Runtime) -> None:
    with port(runtime) as one:
        first, other = "报" * 100, "纸" * 100
        one.send(*parts(first), parts(first)[1], *parts(first))
        assert [(row.content or b"").decode() for row in one.inbound("sms")] == [first]
        one.send(*parts(other))
        assert [(row.content or b"").decode() for row in one.inbound("sms")] == [first, other]


def test_octets_that_are_no_text_are_kept(sqlite_runtime: Runtime) -> None:
    with port(sqlite_runtime) as one:
        binary = DeliverSM(source_addr=READER, destination_addr="10658", data_coding=4, short_message=b"\x00\x01")
        cut_off = DeliverSM(source_addr=READER, destination_addr="10658", esm_class=EsmClass.UDHI, short_message=b"\x50\x00")
        assert one.send(binary, cut_off) == [0, 0]
        assert [(row.kind, row.content) for row in one.inbound()] == [("sms-data", b"\x00\x01"), ("sms-data", b"\x50\x00")]


def test_a_message_that_cannot_be_read_is_answered_with_its_fault(sqlite_runtime: Runtime) -> None:
    with port(sqlite_runtime) as one:
        frame = encode(text("hi"), 1)[:-3]
        said: list[int] = []
        one.intake.take(Received(Command.DELIVER_SM, 1, len(frame).to_bytes(4, "big") + frame[4:]), said.append)
        assert said
        assert said[0] != Status.ESME_ROK
        with pytest.raises(Exception):  # noqa: B017  the codec's own fault, whichever
            decode(frame)


# --- a database that is away -----------------------------------------------------------------------------------------


def test_a_database_that_is_away_keeps_nothing_and_says_so(sqlite_runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    with port(sqlite_runtime) as one:
        with monkeypatch.context() as patch:
            patch.setattr(intakes, "append", lambda *_: (_ for _ in ()).throw(OperationalError("", {}, Exception("gone"))))
            assert one.send(receipt("a1"), text("TD")) == [Status.ESME_RX_T_APPN] * 2
        assert one.events() == []
        assert one.inbound() == []
        assert one.send(receipt("a1"), text("TD")) == [0, 0]
        assert len(one.events()) == len(one.inbound()) == 1


def test_more_than_memory_holds_is_turned_away(sqlite_runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intakes, "WAITING_MAX", 5)
    monkeypatch.setattr(intakes, "LINGER_S", 0.3)
    with port(sqlite_runtime) as one:
        statuses = one.send(*(receipt(str(at)) for at in range(20)))
        assert statuses.count(0) == len(one.events())
        assert set(statuses) == {Status.ESME_ROK, Status.ESME_RX_T_APPN}


def test_hundreds_share_a_transaction(sqlite_runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    groups: list[int] = []

    def count(rows: Sequence[Mapping[str, Any]], session: Session) -> int:
        groups.append(len(rows))
        return append(rows, session)

    monkeypatch.setattr(intakes, "append", count)
    with port(sqlite_runtime) as one:
        assert set(one.send(*(receipt(f"{at:x}") for at in range(1500)))) == {0}
        assert sum(groups) == 1500
        assert max(groups) <= intakes.GROUP_MAX
        assert len(groups) < 300
        began = time.monotonic()
        assert one.send(receipt("last")) == [0]
        assert time.monotonic() - began < 10
