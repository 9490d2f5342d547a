"""The binds of a link inside its event loop: one queue for all of them, their pauses, their answers.

Messages go to whichever bind has the most room, so that one that breaks leaves the
others their work. "Not now" (ESME_RTHROTTLED, ESME_RMSGQFUL) pauses all of them: what
had not left is given back in its order, and whoever comes during the pause is told
so at once. Nobody bound and nobody about to be: what had not left is given back
too. Nothing is ever sent twice from here.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from delivery.codecs.smpp import PDUError, References, Status, read_message_id, status_name
from delivery.dialects import CodeMeaning
from delivery.ports import Answer, PortSettings
from delivery.ports.smpp.bind import Bind, Key, Peer
from delivery.ports.smpp.options import SMPPOptions
from delivery.ports.smpp.outgoing import Outgoing, Part
from delivery.ports.smpp.receivers import receiver_of
from delivery.ports.smpp.session import Received
from huabao.log import get_logger

log = get_logger("smpp")

SLOW_DOWN: Final = frozenset({int(Status.ESME_RTHROTTLED), int(Status.ESME_RMSGQFUL)})
"""The SMSC wants us to pause."""

PAUSE_S: Final = 1.0
PAUSE_S_MAX: Final = 30.0
"""Pause after a first "slow down", doubled with each that follows before anything was taken again."""

CLOSE_S: Final = 5.0
"""How long good-byes may take, after what was on its way was answered or given up."""

SLOWER: Final = "the SMSC asked us to slow down"


class Binds:
    """All binds of one link; every method is called in its event loop.

    Args:
        first_reference: where the references of long texts begin; another one in each run.
    """

    def __init__(self, settings: PortSettings, options: SMPPOptions, peer: Peer, first_reference: int) -> None:
        self.settings = settings
        self.options = options
        self._tables = options.tables()
        self._references = References(first_reference)
        self._loop = asyncio.get_running_loop()
        self._queue: deque[Outgoing] = deque()
        self._unfinished: deque[Outgoing] = deque()
        self._in_flight = 0
        self._paused_until = 0.0
        self._pause_s = PAUSE_S
        self._closing = False
        self._told: dict[Callable[[list[Answer]], None], list[Answer]] = {}
        self._idle = asyncio.Event()
        self._binds = [Bind(number, peer, self) for number in range(1, options.binds + 1)]
        self._tasks = [asyncio.create_task(bind.run()) for bind in self._binds]

    def __len__(self) -> int:
        return len(self._binds)

    @property
    def standing(self) -> int:
        """How many binds the SMSC let in."""
        return sum(bind.is_bound for bind in self._binds)

    def put(self, messages: Iterable[Outgoing]) -> None:
        """Send these, after all that came before."""
        now = self._loop.time()
        for one in messages:
            if one.many:
                one.reference = self._references.next(one.destination, now)
            self._queue.append(one)
        if not any(bind.is_bound or bind.is_trying for bind in self._binds):
            self._give_back("no bind to the SMSC stands", unreached=True)
        self.moved()

    def moved(self) -> None:
        """Send as much as the windows hold."""
        if not self._queue and not self._unfinished:
            return
        now = self._loop.time()
        if now < self._paused_until:
            self._give_back(SLOWER, code=Status.ESME_RTHROTTLED, retry_after_s=self._paused_until - now)
            return
        rooms = [bind.room for bind in self._binds]
        free = rooms[:]
        while self._unfinished or self._queue:
            at = 0 if len(rooms) == 1 else max(range(len(rooms)), key=rooms.__getitem__)
            if rooms[at] <= 0:
                break
            rooms[at] -= self._send(self._binds[at], self._unfinished.popleft() if self._unfinished else self._queue.popleft(), now, rooms[at])
        for bind, before, after in zip(self._binds, free, rooms, strict=True):
            if after < before:
                bind.flush()

    def _send(self, bind: Bind, message: Outgoing, now: float, room: int) -> int:
        """Send the parts of a message as far as the window holds, and say how many; the rest goes first once there is room again."""
        message.started_at = message.started_at or now
        sent = 0
        while sent < room and (number := message.next_part()) is not None:
            try:
                bind.submit(partial(message.render, number), (message, number), now)
            except PDUError as error:
                message.answered(number, Part.REFUSED, text=f"cannot be written as a submit_sm: {error}")
            else:
                sent += 1
        self._in_flight += sent
        if sent and not (message.many and message.waits):
            message.left(message.submission_id)
        if message.many or not sent:
            self._settle(message)
        return sent

    def _settle(self, message: Outgoing) -> None:
        """Tell the answer once it stands; a message with parts to be sent waits before all others."""
        answer = message.settled()
        if answer is not None:
            self._tell(message, answer)
        elif message.many and message.waits and message not in self._unfinished:
            self._unfinished.append(message)
            self._loop.call_at(message.started_at + self.settings.timeout_s, self._expire, message)

    def _tell(self, message: Outgoing, answer: Answer) -> None:
        """Answer a message; what is answered in one turn of the loop is told together, for each telling wakes a sender."""
        if not self._told:
            self._loop.call_soon(self._tell_all)
        self._told.setdefault(message.tell, []).append(answer)

    def _tell_all(self) -> None:
        told, self._told = self._told, {}
        for tell, answers in told.items():
            tell(answers)

    def _expire(self, message: Outgoing) -> None:
        """A message whose last parts found no bind in time."""
        if message in self._unfinished and not message.flies:
            self._unfinished.remove(message)
            self._tell(message, message.give_up("the other parts could not be sent in time"))

    def answered(self, key: Key, status: int, frame: bytes, *, late: bool) -> None:
        """A submit_sm_resp came."""
        message, number = key
        message_id = (self.options.message_id_of(read_message_id(frame)) or None) if status == 0 else None
        if late:
            self._tell_late(message, number, status, message_id)
            return
        self._came_back()
        if status == 0:
            self._pause_s = PAUSE_S
            message.answered(number, Part.TAKEN, message_id=message_id)
        else:
            self._turned_away(message, number, status)
        self._settle(message)

    def _came_back(self) -> None:
        self._in_flight -= 1
        if self._closing and not self._in_flight:
            self._idle.set()

    def _turned_away(self, message: Outgoing, number: int, status: int) -> None:
        meaning = self._tables.command_status(status)
        if status in SLOW_DOWN:
            self._pause()
        part = Part.DEFERRED if meaning.verdict == "deferred" else Part.REFUSED
        message.answered(number, part, code=status, text=_words(status, meaning))

    def _tell_late(self, message: Outgoing, number: int, status: int, message_id: str | None) -> None:
        """What was called unknown meanwhile is known after all; whoever keeps the journal writes it down."""
        receiver = receiver_of(self.settings.port_id)
        if receiver is not None:
            receiver.late(message.late(number, status, message_id))

    def unanswered(self, key: Key, reason: str) -> None:
        """Nobody knows what became of a submit_sm."""
        message, number = key
        self._came_back()
        message.answered(number, Part.UNKNOWN, text=f"the SMSC may have the message: {reason}")
        self._settle(message)

    def received(self, bind: Bind, message: Received) -> None:
        """A deliver_sm or data_sm: it is answered once it is stored."""
        receiver = receiver_of(self.settings.port_id)
        if receiver is None:
            bind.respond(message, Status.ESME_RX_T_APPN)
            return
        receiver.take(message, partial(self._respond, bind, message))

    def _respond(self, bind: Bind, message: Received, status: int) -> None:
        """From any thread: answer a message; where the link was closed meanwhile the SMSC will send it again."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(bind.respond, message, status)

    def bound(self, bind: Bind) -> None:
        """A bind stands."""
        log.info("bound", port=self.settings.name, bind=bind.number, standing=self.standing)

    def failed(self, bind: Bind, reason: str) -> None:
        """A bind is lost or did not come to stand; without any, nobody waits for one."""
        log.warning("a bind does not stand", port=self.settings.name, bind=bind.number, standing=self.standing, reason=reason)
        if not any(one.is_bound or one.is_trying for one in self._binds):
            self._give_back(f"no bind to the SMSC stands: {reason}", unreached=True)
        self.moved()

    def _pause(self) -> None:
        """All binds pause; the pause grows while nothing is taken in between."""
        now = self._loop.time()
        if now < self._paused_until:
            return
        self._paused_until = now + self._pause_s
        self._give_back(SLOWER, code=Status.ESME_RTHROTTLED, retry_after_s=self._pause_s)
        self._pause_s = min(2 * self._pause_s, PAUSE_S_MAX)
        self._loop.call_at(self._paused_until, self.moved)

    def _give_back(self, reason: str, *, code: int | None = None, unreached: bool = False, retry_after_s: float | None = None) -> None:
        """Answer what has not left: deferred, in its order. A message of which a part was taken stays, to be finished."""
        waiting, self._queue = self._queue, deque()
        for message in waiting:
            self._tell(message, message.give_up(reason, code=code, retry_after_s=retry_after_s, unreached=unreached))
        for message in [one for one in self._unfinished if not one.begun or (self._closing and not one.flies)]:
            self._unfinished.remove(message)
            self._tell(message, message.give_up(reason, code=code, retry_after_s=retry_after_s, unreached=unreached))

    def hurry(self) -> None:
        """The SMSC is known to be there: binds that wait for their next attempt make it now."""
        for bind in self._binds:
            bind.hurry()

    async def close(self) -> None:
        """Give back what has not left, wait for what has, unbind."""
        self._closing = True
        self._give_back("the link was closed before the message left")
        if self._in_flight:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.settings.timeout_s + CLOSE_S):
                    await self._idle.wait()
        for bind in self._binds:
            bind.start_closing()
        await asyncio.wait(self._tasks, timeout=CLOSE_S)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tell_all()


def _words(status: int, meaning: CodeMeaning) -> str:
    return f"{meaning.code if meaning.documented else status_name(status)} — {meaning.en}"
