"""The installation in its invented month: time moves, what is due is done, what peers say arrives.

Jobs are worked one at a time, each in no time; what a batch sent moves the clock by what its
ports take for so many recipients. Periodic work runs at its intervals, seldom while nothing happens.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from time import process_time
from types import MappingProxyType
from typing import Any, Final

from pydantic import SecretStr

from console.boss import BossApp
from console.misc import MISCApp
from console.mm7 import MM7App
from console.month.clock import MonthClock
from console.month.mmsc import MMSC
from console.month.pacing import MonthThrottle
from delivery import throttle
from huabao.errors import HuabaoError
from huabao.queues import QUEUES, Registry
from huabao.runtime import Runtime
from huabao.working import work_once

BOSS_SECRET: Final = b"month"
"""Signs BOSS's events and our requests to it; both ends are this process."""

App = MM7App | BossApp | MISCApp
CLIENT: Final = "127.0.0.1"

OWNER = "month"
OK = 200
TOLD_AT_ONCE = 500
"""Requests that share a commit; none may wait so long for the others that it is turned away."""

REPORTS_AT_ONCE = 1000
JOBS_MAX = 5_000
"""So many jobs of one instant never end by themselves."""

FOLD: Final = "delivery.fold_reports"

SENDING: Final = frozenset(
    {
        "delivery.start_due", "delivery.climb", "delivery.watch_vitals", "delivery.requeue_silent", "delivery.advance", FOLD, "delivery.count_minutes",
        "delivery.probe_due", "delivery.recalls", "delivery.move_waiting",
    }
)  # fmt: skip
"""What is looked at closely while a dispatch is on its way."""

_HOUR: Final = 3600.0
SELDOM_S: Final[Mapping[str, float]] = MappingProxyType(
    {
        "delivery.foresee": 11 * _HOUR, "reconciliation.judge_often": 11 * _HOUR, "reconciliation.recover_often": 5 * _HOUR, "reconciliation.hand_out": 20 * _HOUR,
        "reconciliation.tidy_runs": 24 * _HOUR, "reconciliation.tidy_stops": 24 * _HOUR, "reconciliation.tidy_outbox": 24 * _HOUR, "reconciliation.tidy_journal": 24 * _HOUR,
        "delivery.follow_serials": 24 * _HOUR, "delivery.keep_partitions": 24 * _HOUR, "delivery.check_dialects": 24 * _HOUR, "subscribers.tidy_transactions": 24 * _HOUR,
        "content.drop_works": 24 * _HOUR, "content.ask_feeds": 24 * _HOUR, "content.watch_feeds": 24 * _HOUR, "monitoring.heartbeat": 24 * _HOUR,
        "delivery.advance": 420.0, "delivery.count_minutes": 1200.0, "delivery.move_waiting": 600.0, "delivery.recalls": 60.0, "delivery.watch_vitals": 60.0,
        "delivery.probe_due": 600.0, "delivery.requeue_silent": 1800.0, "monitoring.tally": 10 * _HOUR, "care.keep_moves": 5 * _HOUR, "care.mark_new": 11 * _HOUR,
    }
)  # fmt: skip
"""What reads much and finds little new within hours runs no more often than this, in seconds."""


@dataclass
class House:
    """One installation.

    Attributes:
        mmscs: by port.
        rate: recipients a second of all ports together, by which sending moves the clock.
        ran: when each piece of periodic work ran last.
    """

    runtime: Runtime
    clock: MonthClock
    registry: Registry
    mmscs: dict[str, MMSC] = field(default_factory=dict)
    rate: float = 100.0
    ran: dict[str, datetime] = field(default_factory=dict)
    spent: dict[str, float] = field(default_factory=dict)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    @classmethod
    def of(cls, runtime: Runtime, begins: datetime, registry: Registry) -> House:
        """The house of a month that begins at that instant."""
        clock = MonthClock(begins)
        throttle.use(runtime, MonthThrottle())
        config = runtime.config.model_copy(update={"boss_secrets": SecretStr(BOSS_SECRET.decode())})
        return cls(replace(runtime, clock=clock, config=config), clock, registry)

    def __post_init__(self) -> None:
        self._mm7, self._misc = MM7App(self.runtime, linger_s=0.0), MISCApp(self.runtime, linger_s=0.0)  # all who share a commit are there already
        self._boss = BossApp(self.runtime, wall=lambda: self.clock().timestamp(), linger_s=0.0)

    @property
    def now(self) -> datetime:
        """The present instant of the month."""
        return self.clock()

    def close(self) -> None:
        """Let the peers go."""
        for one in self.mmscs.values():
            one.listener.close()
        self._loop.close()

    # --- time ----------------------------------------------------------------------------------------------------

    def move(self, at: datetime, *, closely: bool) -> None:
        """Let time pass up to that instant and look around.

        Args:
            closely: only at what moves a dispatch; otherwise at everything.
        """
        self.clock.move_to(at)
        self.hear()
        self.work()
        self.run_periodics(closely=closely)
        self.work()

    def run_periodics(self, *, closely: bool) -> None:
        """Each piece of periodic work whose interval has passed; some of it needs to run seldom in a month that is quick."""
        for one in sorted(self.registry.periodics, key=lambda one: one.name != FOLD):  # what was heard is known before anybody judges, as it is within a second elsewhere
            if closely and one.name not in SENDING:
                continue
            last, every_s = self.ran.get(one.name), max(one.every_s, SELDOM_S.get(one.name, 0.0))
            if last is None or (self.now - last).total_seconds() >= every_s:
                self.ran[one.name] = self.now
                with self._spending(one.name):
                    one.run(self.runtime)

    @contextmanager
    def _spending(self, what: str) -> Iterator[None]:
        began = process_time()
        yield
        self.spent[what] = self.spent.get(what, 0.0) + process_time() - began

    def work(self) -> None:
        """Every job that is due."""
        with self._spending("jobs"):
            for turn in range(JOBS_MAX):
                if not work_once(self.runtime, self.registry.tasks, queues=QUEUES, owner=OWNER, look_first=turn == 0):
                    return
                sent = sum(one.count() for one in self.mmscs.values())
                if sent:
                    self.clock.move_to(self.now + timedelta(seconds=sent / self.rate))
        raise HuabaoError(f"the jobs of {self.now} do not end")

    # --- what arrives --------------------------------------------------------------------------------------------

    def hear(self) -> None:
        """Reports of every MMSC that are due by now."""
        with self._spending("reports"):
            for one in self.mmscs.values():
                while told := one.reports(self.now, REPORTS_AT_ONCE):
                    self.post(self._mm7, f"/mm7/{one.port}", told)

    def tell_boss(self, bodies: Sequence[tuple[bytes, dict[str, str]]]) -> None:
        """Events of BOSS, each with the headers that sign it."""
        self._all(self._boss, "/boss/events", bodies)

    def tell_misc(self, bodies: Sequence[bytes]) -> None:
        """Messages of MISC."""
        self.post(self._misc, "/misc", bodies)

    def post(self, app: App, path: str, bodies: Sequence[bytes]) -> None:
        """Requests that come at the same time; each must be taken."""
        self._all(app, path, [(body, {"Content-Type": "text/xml; charset=utf-8"}) for body in bodies])

    def _all(self, app: App, path: str, told: Sequence[tuple[bytes, dict[str, str]]]) -> None:
        async def together(some: Sequence[tuple[bytes, dict[str, str]]]) -> list[int]:
            return await asyncio.gather(*(_heard(app, path, body, headers) for body, headers in some))

        for at in range(0, len(told), TOLD_AT_ONCE):
            statuses = self._loop.run_until_complete(together(told[at : at + TOLD_AT_ONCE]))
            bad = [status for status in statuses if status != OK]
            if bad:
                raise HuabaoError(f"{len(bad)} of {len(statuses)} requests to {path} were answered {bad[0]}")


def _heard(app: App, path: str, body: bytes, headers: dict[str, str]) -> Awaitable[int]:
    """POST to an application as its server would, by the short way where it lets this enter; the status of the answer."""
    raw = {name.lower().encode(): value.encode() for name, value in {**headers, "Content-Length": str(len(body))}.items()}
    hear = app.entry(path, raw, CLIENT)
    if hear is None:
        return _posted(app, path, body, raw)
    status: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    hear(body, lambda reply: status.set_result(reply.status))
    return status


async def _posted(app: App, path: str, body: bytes, headers: Mapping[bytes, bytes]) -> int:
    """The long way."""
    statuses: list[int] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"", "headers": list(headers.items()), "client": (CLIENT, 1)}
    await app(scope, receive, send)
    return statuses[0]


Say = Callable[[str], None]
"""Told one line of what happens."""
