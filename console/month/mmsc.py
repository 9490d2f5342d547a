"""An MMSC of the invented province: it takes real SubmitReqs over HTTP and says in time what became of them."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from console.month.clock import MonthClock
from console.month.handsets import Fate, Handsets
from console.month.listeners import Listener
from huabao.errors import CodecError
from sandbox.mmsc import wire

OK, PARTLY, NO_RECIPIENT, UNKNOWN_MESSAGE, TOO_LATE = 1000, 1100, 2002, 2005, 3001
TEXTS = {OK: "Success", PARTLY: "Partial success", NO_RECIPIENT: "Address error", UNKNOWN_MESSAGE: "Message ID not found", TOO_LATE: "Not possible"}


@dataclass(order=True)
class _Due:
    """A report that waits for its time; of one instant they come in the order of numbers."""

    at: datetime
    number: str
    message_id: str
    fate: Fate = field(compare=False)
    submit: wire.Submit = field(compare=False, repr=False)


@dataclass
class MMSC:
    """One of them.

    Attributes:
        port: what Huabao calls the way to it.
        taken: recipients since `count` was asked.
    """

    port: str
    clock: MonthClock
    handsets: Handsets
    tcp_port: int = 0
    taken: int = 0
    listener: Listener = field(init=False)
    _messages: int = 0
    _due: list[_Due] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.listener = Listener(self.answer, tcp_port=self.tcp_port)

    @property
    def url(self) -> str:
        """Where it takes SubmitReqs."""
        return f"http://127.0.0.1:{self.listener.tcp_port}/mm7"

    def count(self) -> int:
        """How many recipients it took since it was asked last."""
        with self._lock:
            taken, self.taken = self.taken, 0
            return taken

    def answer(self, headers: Mapping[str, str], body: bytes) -> bytes:
        """The answer to a SubmitReq or CancelReq."""
        try:
            found = wire.read_request(headers.get("Content-Type", ""), body)
        except CodecError as error:
            found = wire.Refusal(error.status_code, str(error))
        if isinstance(found, wire.Refusal):
            return wire.write_fault(found)
        with self._lock:
            return self._recall(found) if isinstance(found, wire.Recall) else self._take(found)

    def _take(self, submit: wire.Submit) -> bytes:
        if not submit.recipients:
            return wire.write_answer(submit, NO_RECIPIENT, TEXTS[NO_RECIPIENT], None)
        self._messages += 1
        self.taken += len(submit.recipients)
        message_id, now = f"{self.port}{self._messages:08d}", self.clock()
        kept = wire.Submit(**{**vars(submit), "content": b""})  # thousands of messages wait at a time
        for number in submit.recipients:
            fate = self.handsets.fate(number, submit.content_sha256, now)
            if fate is not None:
                heapq.heappush(self._due, _Due(fate.told_at, number, message_id, fate, kept))
        return wire.write_answer(submit, OK, TEXTS[OK], message_id)

    def _recall(self, asked: wire.Recall) -> bytes:
        """Call a message back from whoever has not fetched it; they are reported as Cancelled."""
        now = self.clock()
        mine = [one for one in self._due if one.message_id == asked.message_id]
        waiting = [one for one in mine if one.fate.at > now]
        for one in waiting:
            one.at, one.fate = now, Fate("Cancelled", now, now)
        heapq.heapify(self._due)
        code = UNKNOWN_MESSAGE if not mine else TOO_LATE if not waiting else OK
        return wire.write_recall_answer(asked, code, TEXTS[code])

    def reports(self, until: datetime, most: int) -> list[bytes]:
        """What it has to say by that instant, the earliest first."""
        with self._lock:
            found: list[_Due] = []
            while self._due and self._due[0].at <= until and len(found) < most:
                found.append(heapq.heappop(self._due))
        return [self._written(one) for one in found]

    def next_at(self) -> datetime | None:
        """When it has something to say next."""
        with self._lock:
            return self._due[0].at if self._due else None

    def _written(self, one: _Due) -> bytes:
        submit = one.submit
        return wire.write_report(
            transaction_id=one.message_id, namespace=submit.namespace, version=submit.version, message_id=one.message_id, recipients=(one.number,),
            sender=submit.vasp_id or "10658000", at=one.fate.at, status=one.fate.status, swapped=False,
        )  # fmt: skip
