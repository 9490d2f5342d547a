"""One port in this process's hands: its binds stand, its batches are sent, what comes in is stored.

Its batches have queues of their own, which nobody else works: the urgent lanes' one
overtakes, and one thread is for it alone, so that a resend never waits for a
batch of the bulk to end.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Final

from sqlalchemy.exc import OperationalError

from delivery import ports
from delivery.lanes import BULK, RESEND
from delivery.links.intake import Intake
from delivery.ports import PortSettings
from delivery.ports.breaker import PROBING
from delivery.ports.smpp.link import SMPPLink
from delivery.ports.smpp.options import SMPPOptions
from delivery.ports.smpp.receivers import set_receiver
from delivery.sending.waiting import port_queue
from huabao.log import get_logger
from huabao.queues import Task, listeners
from huabao.runtime import Runtime
from huabao.working import work_once

log = get_logger("link")

THREADS: Final = 2
"""Batches of one port at a time, besides an urgent one."""

IDLE_S: Final = (0.1, 0.25)
"""How often an idle thread looks for a job that another process wrote: the urgent one, the others; for what this process wrote at once."""

DATABASE_AWAY_S: Final = 1.0


class PortOwner:
    """Owns one port from `start` to `stop`.

    Args:
        tasks: what its queues may hold, by name.
        holder: who we are in the job table.

    Attributes:
        down_since: when a bind was last seen standing, or when we began.
    """

    def __init__(self, runtime: Runtime, tasks: Mapping[str, Task], settings: PortSettings, holder: str) -> None:
        self.settings = settings
        self._runtime = runtime
        self._tasks = tasks
        self._holder = holder
        self._stopping = threading.Event()
        self._news = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._intake: Intake | None = None
        self.down_since = time.monotonic()

    def start(self) -> None:
        """Bring the binds up and begin to work.

        Raises:
            HuabaoError: options that cannot work, or a password that is not set here.
        """
        port_id = self.settings.port_id
        ports.open_link(self.settings)  # what cannot work shows here, before anything runs
        self._intake = Intake(self._runtime, port_id, SMPPOptions.of(self.settings.url, self.settings.options))
        set_receiver(port_id, self._intake)
        ports.own(port_id)
        self.refresh(self.settings)
        both = (port_queue(port_id, RESEND), port_queue(port_id, BULK))
        working = [(both[:1], IDLE_S[0]), *([(both, IDLE_S[1])] * THREADS)]
        self._threads = [threading.Thread(target=self._work, args=one, name=f"{self.settings.name}-{at}", daemon=True) for at, one in enumerate(working)]
        listeners.append(self._wake)
        for thread in self._threads:
            thread.start()
        log.info("the port is ours", port=self.settings.name)

    def refresh(self, settings: PortSettings) -> None:
        """Take the port's settings as they are now; other binds are made where they want it."""
        self.settings = settings
        link = ports.open_link(settings)
        assert isinstance(link, SMPPLink)
        link.start()
        if link.standing:
            self.down_since = time.monotonic()
        elif settings.breaker == PROBING:
            link.hurry()
        if self._intake is not None:
            self._intake.options = link.options

    def stop(self) -> None:
        """Let what is on its way be answered, give back the rest, unbind."""
        self._stopping.set()
        if self._wake in listeners:
            listeners.remove(self._wake)
        self._wake()
        ports.disown(self.settings.port_id)
        for thread in self._threads:
            thread.join()
        ports.close_link(self.settings.port_id)
        set_receiver(self.settings.port_id, None)
        if self._intake is not None:
            self._intake.close()
        log.info("the port is given up", port=self.settings.name)

    def _wake(self) -> None:
        with self._news:
            self._news.notify_all()

    def _work(self, queues: tuple[str, ...], idle_s: float) -> None:
        busy = False
        while not self._stopping.is_set():
            try:
                busy = work_once(self._runtime, self._tasks, queues=queues, owner=self._holder, look_first=not busy)
            except OperationalError as error:
                log.warning("database unreachable, trying again", error=str(error.orig))
                self._stopping.wait(DATABASE_AWAY_S)
            if not busy and not self._stopping.is_set():
                with self._news:
                    self._news.wait(idle_s)
