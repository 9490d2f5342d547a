"""What comes in on the binds of a port: stored with group commit, answered after the commit.

The event loop of a link puts messages here and goes on; one thread takes all that is
there, writes it in one transaction and lets each be answered. A database that is
away answers "try again" and keeps nothing, and so does a queue that is full, so
that memory is bounded however long the database is slow.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from delivery.codecs.smpp import DataSM, DeliverSM, PDUError, Status, Tag, decode, find_tlv
from delivery.links.late import learn
from delivery.ports.smpp.options import ZONES, SMPPOptions
from delivery.ports.smpp.receivers import LateAnswer
from delivery.ports.smpp.session import Received
from delivery.reports.folding import append
from delivery.reports.receipts import is_receipt, receipt_row
from delivery.reports.texts import store_odd_receipt, store_text
from huabao.errors import CodecError
from huabao.log import get_logger
from huabao.outages import DATABASE_ERRORS, is_away
from huabao.runtime import Runtime

log = get_logger("link")

WAITING_MAX: Final = 20_000
"""More messages than this at once are turned away."""

GROUP_MAX: Final = 500
"""Messages of one transaction."""

LINGER_S: Final = 0.01
"""How long the first message waits for company."""

LATE_AGAIN_S: Final = 0.5
LATE_FOR_S: Final = 60.0
"""How soon, and how long, a late answer is tried again whose submission was not called unknown yet."""


@dataclass
class _Item:
    """A message to be stored, and what is called with the status to answer."""

    message: DeliverSM | DataSM
    received_at: datetime
    done: Callable[[int], None]


@dataclass
class _Late:
    answer: LateAnswer
    until: float
    due: float = field(default=0.0)


class Intake:
    """Takes what comes in on one port; a `Receiver` of its links."""

    def __init__(self, runtime: Runtime, port_id: int, options: SMPPOptions) -> None:
        self.port_id = port_id
        self.options = options
        self._runtime = runtime
        self._items: deque[_Item] = deque()
        self._late: deque[_Late] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name=f"intake-{port_id}", daemon=True)
        self._thread.start()

    def take(self, message: Received, done: Callable[[int], None]) -> None:
        """See `Receiver.take`."""
        try:
            body = decode(message.frame).body
        except PDUError as error:
            log.warning("a message of the smsc cannot be read", port=self.port_id, reason=str(error))
            done(error.status_code)
            return
        assert isinstance(body, DeliverSM | DataSM)
        with self._changed:
            full = self._closing or len(self._items) >= WAITING_MAX
            if not full:
                self._items.append(_Item(body, self._runtime.now(), done))
                self._changed.notify()
        if full:
            done(Status.ESME_RX_T_APPN)

    def late(self, answer: LateAnswer) -> None:
        """See `Receiver.late`."""
        with self._changed:
            if len(self._late) < WAITING_MAX:
                self._late.append(_Late(answer, time.monotonic() + LATE_FOR_S))
                self._changed.notify()

    def close(self) -> None:
        """Store what is there, then end the thread; what comes afterwards is turned away."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._items and not self._closing and not self._late_due():
                    self._changed.wait(LATE_AGAIN_S if self._late else None)
                closing = self._closing
                if not closing and self._items and len(self._items) < GROUP_MAX:
                    self._changed.wait_for(lambda: self._closing or len(self._items) >= GROUP_MAX, LINGER_S)
                group = [self._items.popleft() for _ in range(min(len(self._items), GROUP_MAX))]
            self._store(group)
            self._learn()
            if closing and not group:
                return

    def _store(self, group: Sequence[_Item]) -> None:
        """Store messages together; where one spoils the transaction, each by itself."""
        if not group:
            return
        try:
            with self._runtime.transaction() as session:
                self._write(session, group)
        except DATABASE_ERRORS as error:
            if is_away(error):
                self._turn_away(group, error)
            elif len(group) > 1:
                for one in group:
                    self._store([one])
            else:
                log.error("a message of the smsc cannot be stored", port=self.port_id, error=type(error).__name__)
                group[0].done(Status.ESME_RX_P_APPN)
        else:
            for one in group:
                one.done(Status.ESME_ROK)

    def _turn_away(self, group: Sequence[_Item], error: Exception) -> None:
        log.error("nothing can be stored", port=self.port_id, error=type(error).__name__)
        for one in group:
            one.done(Status.ESME_RX_T_APPN)

    def _write(self, session: Session, group: Sequence[_Item]) -> None:
        rows: list[dict[str, Any]] = []
        for one in group:
            if is_receipt(one.message):
                try:
                    rows.append(receipt_row(self.port_id, one.message, one.received_at, self.options.receipt_id_of, ZONES[self.options.receipt_zone]))
                except CodecError:
                    store_odd_receipt(session, self.port_id, one.message.source_addr, one.message.destination_addr, _payload(one.message), one.received_at)
            else:
                store_text(session, self.port_id, _as_deliver(one.message), one.received_at, alphabet=self.options.alphabet)
        append(rows, session)

    def _late_due(self) -> bool:
        return bool(self._late) and self._late[0].due <= time.monotonic()

    def _learn(self) -> None:
        """Write down late answers; those whose submission is not called unknown yet come again."""
        with self._changed:
            waiting = [self._late.popleft() for _ in range(len(self._late))]
        now, again = time.monotonic(), []
        for one in waiting:
            if one.due > now or not (self._learn_one(one.answer) or one.until <= now):
                again.append(one if one.due > now else _Late(one.answer, one.until, now + LATE_AGAIN_S))
        with self._changed:
            self._late.extendleft(reversed(again))

    def _learn_one(self, answer: LateAnswer) -> bool:
        try:
            with self._runtime.transaction() as session:
                return learn(session, self.port_id, answer, self.options.tables(), now=self._runtime.now())
        except SQLAlchemyError as error:
            log.warning("a late answer is not written down yet", submission=answer.submission_id, error=type(error).__name__)
            return False


def _payload(message: DeliverSM | DataSM) -> bytes:
    return message.payload if isinstance(message, DeliverSM) else find_tlv(message.tlvs, Tag.MESSAGE_PAYLOAD) or b""


def _as_deliver(message: DeliverSM | DataSM) -> DeliverSM:
    """A reader's message in a data_sm as the deliver_sm that it stands for."""
    if isinstance(message, DeliverSM):
        return message
    return DeliverSM(
        source_addr=message.source_addr, destination_addr=message.destination_addr, esm_class=message.esm_class, data_coding=message.data_coding, tlvs=message.tlvs
    )
