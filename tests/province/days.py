"""Day after day: readers live, faults are injected, messages arrive, at three in the morning the sides are compared and repaired."""

from __future__ import annotations

import random
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Final

from pydantic import SecretStr
from sqlalchemy import select

from huabao.clock import SHANGHAI
from huabao.runtime import Runtime
from reconciliation.codecs.feeds import find_dialect
from reconciliation.codecs.misc import decode_envelope
from reconciliation.dialects import dialects_in
from reconciliation.diff import read_differences
from reconciliation.intake import boss as boss_intake
from reconciliation.intake import misc as misc_intake
from reconciliation.journal.models import ExchangeMessage
from reconciliation.outbox.sending import work
from reconciliation.peers.services import set_peer
from reconciliation.runs import guard, running
from reconciliation.runs.models import ReconcileDifference, ReconcileRepair, ReconcileRun
from reconciliation.runs.running import GivenFile, Order
from subscribers.orders.as_of import Stated, state_at
from subscribers.orders.change import Change
from subscribers.orders.services import apply
from tests.province import faults
from tests.province.faults import DAILY, LISTED, REAL_TIME, REPAIRED, UNHARMED, Fault, Inject, Scene
from tests.province.feeds import cut, miscounted, shrunk, write_full
from tests.province.life import Life, Message
from tests.province.money import naive_money
from tests.province.peers import URLS, Peers, deliver
from tests.province.world import BOSS, MISC, PEERS, SERVICES, Key, World
from tests.province.world import Order as Held

FIRST_DAY: Final = date(2026, 9, 1)
BATCH: Final = 2000
QUIET_DAYS: Final = 6
"""At the end nothing is injected, so that every repair is looked at once more."""


@dataclass
class Spoiled:
    """A check file that cannot be used."""

    name: str
    side: str
    reason: str
    day: int
    told: str = ""


@dataclass
class DayResult:
    """What one run said."""

    day: int
    compared: int
    matched: int
    differences: dict[str, int]
    money_fen: dict[str, int]
    invented: list[tuple[Key, str]]
    naive_fen: dict[str, int]
    messages: int = 0


@dataclass
class Province:
    """One simulated province.

    Attributes:
        clock: replaced as time goes on.
        of_key: the fault that a key differs by.
    """

    runtime: Runtime
    folder: Path
    readers: int
    days: int
    each: int
    seed: int = 1
    now: datetime = field(init=False)
    world: World = field(default_factory=World)
    faults: list[Fault] = field(default_factory=list)
    spoiled: list[Spoiled] = field(default_factory=list)
    of_key: dict[Key, Fault] = field(default_factory=dict)
    results: list[DayResult] = field(default_factory=list)
    waiting: list[Message] = field(default_factory=list)
    messages: int = 0
    repairs: dict[str, int] = field(default_factory=dict)
    invented: list[tuple[int, Key, str]] = field(default_factory=list)
    aftermath: dict[str, int] = field(default_factory=dict)
    unequal: list[Key] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.now = self.midnight(0)
        config = self.runtime.config.model_copy(update={"boss_url": URLS[BOSS], "boss_secrets": SecretStr("province"), "data_dir": self.folder})
        self.runtime = replace(self.runtime, clock=lambda: self.now, config=config)
        self.chance = random.Random(self.seed)
        self.life = Life(self.world, self.chance)
        self.peers = Peers(self.world, self.runtime)

    def midnight(self, day: int) -> datetime:
        """The instant at which a day begins."""
        at = FIRST_DAY + timedelta(days=day)
        return datetime(at.year, at.month, at.day, tzinfo=SHANGHAI)

    # --- the whole of it ---

    def run(self, tell: Callable[[str], None] = lambda _: None) -> None:
        """All days."""
        self.populate()
        plan = self._plan()
        with self.peers.listening():
            for day in range(self.days):
                told = self.life.day(day, self.midnight(day)) + self._inject(plan.get(day, ()), day)
                self._arrive(told, self.midnight(day + 1))
                self._reconcile(day)
                tell(f"day {day + 1} of {self.days}: {self.messages:,} messages, {sum(self.results[-1].differences.values()) if self.results else 0} differences")
        self._end()

    def populate(self) -> None:
        """Readers as they were before: known to all sides."""
        with self.runtime.transaction() as session:
            set_peer(session, "misc", {"url": URLS[MISC], "sp_id": "600001"}, new=True, by="province", at=self.now)
        began = self.midnight(0) - timedelta(days=100)
        changes = []
        for number in range(self.readers):
            msisdn = self.life.new_number()
            for service in SERVICES if number % 4 == 0 else list(SERVICES)[:1]:
                at = began + timedelta(minutes=number % 100_000)
                self.world.put((msisdn, service), Held("active", at, SERVICES[service]))
                changes.append(Change(msisdn, "order", "misc", f"p{number}.{service}", at, service, price_fen=SERVICES[service]))
            self.life.readers.append(msisdn)
        for start in range(0, len(changes), BATCH):
            with self.runtime.transaction() as session:
                apply(session, changes[start : start + BATCH], now=self.now)

    def _plan(self) -> dict[int, list[Inject]]:
        """Which faults happen on which day."""
        found: dict[int, list[Inject]] = {}
        kinds = ("cut", "count", "too_small", "repeated", "missing", "wrong_day")
        for at, name in enumerate(kinds):
            day = 3 + at * max(1, (self.days - QUIET_DAYS - 3) // len(kinds))
            if day < self.days - QUIET_DAYS and all(one.day != day for one in self.spoiled):
                reason = {"cut": "truncated", "missing": "unknown"}.get(name, name)
                self.spoiled.append(Spoiled(name, PEERS[at % 2], reason, day))
        usual = range(1, self.days - QUIET_DAYS)
        good = [day for day in usual if day not in {one.day for one in self.spoiled}]
        for inject in faults.KINDS:
            for _ in range(self.each):
                # What is delayed by a day is there before a run that is late by a day.
                found.setdefault(self.chance.choice(good if inject is faults.delayed else usual), []).append(inject)
        return found

    def _inject(self, kinds: Sequence[Inject], day: int) -> list[Message]:
        messages: list[Message] = []
        for inject in kinds:
            scene = Scene(self.life, self.life.moment(self.midnight(day)))
            fault = inject(scene)
            fault.day = day
            self.faults.append(fault)
            self.of_key |= dict.fromkeys(fault.keys, fault)
            messages += scene.messages
        return messages

    # --- messages ---

    def _arrive(self, told: Sequence[Message], until: datetime) -> None:
        """Everything that arrives before `until`, an hour at a time."""
        self.waiting = sorted([*self.waiting, *told], key=lambda one: one.due)
        due = [one for one in self.waiting if one.due < until]
        self.waiting = self.waiting[len(due) :]
        for _, some in groupby(due, key=lambda one: int(one.due.timestamp()) // 3600):
            batch = list(some)
            self.now = batch[-1].due
            self._take(batch)
        self.messages += len(due)

    def _take(self, batch: Sequence[Message]) -> None:
        for is_boss, some in groupby(batch, key=lambda one: one.peer if one.peer in ("boss", "handmade") else "misc"):
            part = list(some)
            if is_boss == "boss":
                with self.runtime.transaction() as session:
                    boss_intake.take(session, [boss_intake.read(one.body) for one in part], now=self.now)
            elif is_boss == "misc":
                deliver(self.runtime, part)
            else:
                self._by_hand(part)

    def _by_hand(self, part: Sequence[Message]) -> None:
        """Somebody entered it here, and told nobody."""
        dialect = dialects_in(self.runtime.config.dialects_folder).get("misc-1.5.0")
        with self.runtime.transaction() as session:
            for one in part:
                change = misc_intake.change_of(decode_envelope(one.body), "hand", dialect, at=self.now, message_id=0)
                assert change is not None
                apply(session, [replace(change, source="import", message_id=None)], now=self.now)

    # --- the run of a day ---

    def _reconcile(self, day: int) -> None:
        as_of = self.midnight(day + 1)
        spoiled = next((one for one in self.spoiled if one.day == day), None)
        files = self._files(day, as_of, spoiled)
        self.now = as_of + timedelta(hours=3)
        order = Order(FIRST_DAY + timedelta(days=day), {side: GivenFile(path, find_dialect("csv")) for side, path in files.items()}, "province")
        run_id = running.reconcile(self.runtime, order)
        self._look(day, run_id, spoiled)
        self._repair(run_id)

    def _files(self, day: int, as_of: datetime, spoiled: Spoiled | None) -> dict[str, Path]:
        found = {}
        for side in PEERS:
            path = write_full(self.folder / f"{side}-{day}.csv", self.world.sides[side], as_of)
            if spoiled is not None and spoiled.side == side:
                if spoiled.name == "missing":
                    continue
                if spoiled.name == "repeated":
                    path.write_bytes((self.folder / f"{side}-{day - 1}.csv").read_bytes())
                elif spoiled.name == "wrong_day":
                    write_full(path, self.world.sides[side], as_of - timedelta(days=2))
                else:
                    {"cut": lambda p: cut(p, 0.5), "count": miscounted, "too_small": shrunk}[spoiled.name](path)
            found[side] = path
            (self.folder / f"{side}-{day - 2}.csv").unlink(missing_ok=True)
        return found

    def _repair(self, run_id: int) -> None:
        running.apply_repairs(self.runtime, run_id, by="province")
        with self.runtime.transaction(read_only=True) as session:
            held = guard.held(session, session.get_one(ReconcileRun, run_id))
        if held:
            for person in ("li", "wang"):
                with self.runtime.transaction() as session:
                    guard.approve(session, run_id, by=person, at=self.now)
            running.apply_repairs(self.runtime, run_id, by="wang")
        self.now += timedelta(minutes=10)
        for peer in PEERS:
            work(self.runtime, peer)
        with self.runtime.transaction(read_only=True) as session:
            c, r = ReconcileDifference, ReconcileRepair
            told = select(c.msisdn, c.service_id).join(r, r.difference_id == c.id).where(r.run_id == run_id, r.action == "tell_misc", r.state == "told")
            keys = [(row.msisdn, row.service_id) for row in session.execute(told)]
            states = [((one.msisdn, one.service_id), one.state) for one in state_at(session, self.now, keys)] if keys else []
            for action, count in running.summary(session, run_id).repairs.items():
                self.repairs[action] = self.repairs.get(action, 0) + count
        self.peers.obey_check_file(states)

    # --- what was found ---

    def _look(self, day: int, run_id: int, spoiled: Spoiled | None) -> None:
        with self.runtime.transaction(read_only=True) as session:
            run = session.get_one(ReconcileRun, run_id)
            marks = {(row.msisdn, row.service_id): row.mark for row in session.execute(
                select(ReconcileDifference.msisdn, ReconcileDifference.service_id, ReconcileDifference.mark).where(ReconcileDifference.run_id == run_id))}  # fmt: skip
        if spoiled is not None:
            spoiled.told = run.refused[0]["reason"] if run.refused else "unknown" if getattr(run, f"{spoiled.side}_as_of") is None else ""
        assert run.differences_file is not None
        naive: dict[str, int] = {}
        invented: list[tuple[Key, str]] = []
        for one in read_differences(Path(run.differences_file)):
            naive[one.name] = naive.get(one.name, 0) + naive_money(one)
            key = (one.msisdn, one.service_id)
            self._found(day, key, f"{one.name} {marks.get(key, '')}".strip(), invented)
        figures = run.figures
        self.invented += [(day, key, name) for key, name in invented]
        self.results.append(DayResult(day, run.compared, run.matched, figures["differences"], figures["money_fen"], invented, naive))

    def _found(self, day: int, key: Key, name: str, invented: list[tuple[Key, str]]) -> None:
        if "u" in name.split()[0] and len(name.split()[0]) == 3:
            return  # of a side that is unknown nothing is decided
        fault = self.of_key.get(key)
        if fault is None:
            invented.append((key, name))
        elif key not in fault.found and fault.loop == DAILY:
            fault.found[key] = name
            fault.found_day = day if fault.found_day is None else fault.found_day
        elif fault.expected.get(key) != name:
            self.aftermath[name] = self.aftermath.get(name, 0) + 1

    def _end(self) -> None:
        """How every fault ended, and which other orders the sides still hold otherwise."""
        with self.runtime.transaction(read_only=True, still=True) as session:
            platform = {(one.msisdn, one.service_id): one for one in state_at(session, self.now) if one.state != "cancelled"}
            c, e = ReconcileDifference, ExchangeMessage
            asked = {(row.msisdn, row.service_id) for row in session.execute(select(c.msisdn, c.service_id).where(c.closed_at.is_(None), c.action == "ask"))}
            odd = session.execute(select(e.transaction_id, e.verdict).where(e.verdict.in_(("repeated", "late", "quarantined", "malformed"))))
            verdicts = {row.transaction_id: row.verdict for row in odd}
        for fault in self.faults:
            self._ended(fault, platform, asked, verdicts)
        keys = {*self.world.orders, *self.world.sides[BOSS], *self.world.sides[MISC], *platform}
        self.unequal = [key for key in sorted(keys) if not self._equal(key, platform.get(key)) and key not in self.of_key]

    def _ended(self, fault: Fault, platform: Mapping[Key, Stated], asked: Container[Key], verdicts: Mapping[str, str]) -> None:
        told = next((verdicts[one] for one in fault.transactions if one in verdicts), None)
        if told is not None:
            fault.found, fault.found_day = dict.fromkeys(fault.keys, told), fault.day
        equal = all(self._equal(key, platform.get(key)) for key in fault.keys)
        listed = told == "quarantined" or any(key in asked for key in fault.keys) or any(name == "effective" for name in fault.found.values())
        good = UNHARMED if fault.loop == REAL_TIME else REPAIRED
        fault.ended = LISTED if listed else good if equal else "open"

    def _equal(self, key: Key, platform: Stated | None) -> bool:
        should = self.world.row(key)
        wanted = (should.state, should.payer) if should else None
        sides = [None if (row := self.world.sides[peer].get(key)) is None else (row.state, row.payer) for peer in PEERS]
        return all(one == wanted for one in (*sides, None if platform is None else (platform.state, platform.fee_msisdn)))
