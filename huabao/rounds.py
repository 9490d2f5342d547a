"""Periodic work in turns: several threads, so that a long recount keeps nobody from looking whether something is due."""

from __future__ import annotations

import threading
import time

from huabao.queues import Periodic
from huabao.runtime import Runtime
from huabao.working import run_periodic

THREADS = 3
"""Pieces of work at a time; most take milliseconds, few take minutes."""


class Rounds:
    """Runs each piece of periodic work again and again, never twice at the same time.

    Args:
        periodics: what to run, each at once and then every `every_s`.
    """

    def __init__(self, runtime: Runtime, periodics: tuple[Periodic, ...]) -> None:
        self._runtime = runtime
        self._periodics = {one.name: one for one in periodics}
        self._due: dict[str, float] = {}
        self._changed = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._stopping = False

    def start(self) -> None:
        """Begin, unless it has begun."""
        if self._threads or not self._periodics:
            return
        self._stopping = False
        self._due = dict.fromkeys(self._periodics, time.monotonic())
        self._threads = [threading.Thread(target=self._run, name=f"rounds-{at}", daemon=True) for at in range(min(THREADS, len(self._periodics)))]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End, once what runs has run; again does nothing."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()
        self._threads = []

    def _run(self) -> None:
        while (one := self._next()) is not None:
            began = time.monotonic()
            run_periodic(self._runtime, one)
            with self._changed:
                self._due[one.name] = began + one.every_s
                self._changed.notify()

    def _next(self) -> Periodic | None:
        """Wait for what is due and take it from the others; None when it is time to end."""
        with self._changed:
            while not self._stopping:
                name = min(self._due, key=self._due.__getitem__, default=None)
                wait_s = None if name is None else self._due[name] - time.monotonic()
                if name is not None and wait_s is not None and wait_s <= 0:
                    del self._due[name]
                    return self._periodics[name]
                self._changed.wait(wait_s)
            return None
