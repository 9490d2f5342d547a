"""Day after day: readers live, faults are injected, messages arrive, at three in the morning the sides are compared and repaired."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Final

from pydantic import SecretStr
from sqlalchemy import select

from content.models import Publication
from huabao.clock import SHANGHAI
from huabao.runtime import Runtime
from huabao.settings import set_value
from reconciliation.codecs.feeds import FeedDialect, find_dialect
from reconciliation.codecs.misc import decode_envelope
from reconciliation.dialects import dialects_in
from reconciliation.diff import ATTRIBUTES, read_differences
from reconciliation.intake import boss as boss_intake
from reconciliation.intake import misc as misc_intake
from reconciliation.outbox.sending import work
from reconciliation.peers.services import set_peer
from reconciliation.reports.gathering import gather
from reconciliation.runs import guard, running
from reconciliation.runs.models import ReconcileDifference, ReconcileRepair, ReconcileRun
from reconciliation.runs.running import GivenFile, Order
from reconciliation.runs.settings import SETTINGS
from subscribers.orders.as_of import state_at
from subscribers.orders.services import apply
from tests.province import faults, terms
from tests.province.checking import differ, fingerprint
from tests.province.ending import End
from tests.province.faults import DAILY, EXPLAINED, MONTHLY, Fault, Inject, Scene
from tests.province.feeds import cut, miscounted, shrunk, write_full, write_increment
from tests.province.life import Life, Message
from tests.province.months import Months
from tests.province.peers import URLS, Peers, deliver
from tests.province.population import settle_in
from tests.province.recount import platform_rows, recount
from tests.province.world import BOSS, BUNDLED, FREE, MISC, PAID, PEERS, SERVICES, Key, World
from tests.province.world import Order as Held

LAST_DAY: Final = date(2026, 10, 31)
QUIET_DAYS: Final = 6
"""At the end nothing is injected, so that every repair is looked at once more."""

INCREMENT_EVERY, SAMPLED_EVERY = 3, 4
"""On every third day the peers say only what changed; every fourth is counted once more and run twice."""

SMALL: Final = 15
"""So few days are small."""

HOURS_AT_ONCE: Final = 2

FORMERS: Final = 3
"""For each number of injected faults so many whose order ended long ago: two or three months have some."""

KINDS: Final[tuple[Inject, ...]] = (*faults.KINDS, *terms.KINDS)


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
    in_flight: int = 0


@dataclass
class Province:
    """One simulated province.

    Attributes:
        clock: replaced as time goes on.
        of_key: the fault that a key differs by.
        run_s: how long each daily run took.
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
    increments: set[int] = field(default_factory=set)
    dialect: FeedDialect = field(default_factory=lambda: find_dialect("csv"))
    recounted: int = 0
    twice: int = 0
    run_s: list[float] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
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
        self.months = Months(self)

    def date(self, day: int) -> date:
        """The business day of a number."""
        return LAST_DAY - timedelta(days=self.days - 1 - day)

    def midnight(self, day: int) -> datetime:
        """The instant at which a day begins."""
        at = self.date(day)
        return datetime(at.year, at.month, at.day, tzinfo=SHANGHAI)

    # --- the whole of it ---

    def run(self, tell: Callable[[str], None] = lambda _: None) -> None:
        """All days."""
        self.populate()
        plan = self._plan()
        with self.peers.listening():
            for day in range(self.days):
                leaving = self.months.begin(day)
                told = leaving + self.life.day(day, self.midnight(day)) + self._inject(plan.get(day, ()), day)
                self._arrive(told, self.midnight(day + 1))
                self.months.end(day)
                self._reconcile(day)
                tell(f"day {day + 1} of {self.days}: {self.messages:,} messages, {sum(self.results[-1].differences.values()) if self.results else 0} differences")
        End(self).look()

    def populate(self) -> None:
        """Readers as they were before, known to all sides, and numbers whose order ended long ago."""
        with self.runtime.transaction() as session:
            set_peer(session, "misc", {"url": URLS[MISC], "sp_id": "600001"}, new=True, by="province", at=self.now)
            set_value(session, SETTINGS, "reconcile_bundle_services", BUNDLED, by="province", at=self.now)
            session.add(Publication(slug=FREE, title=FREE, kind="newspaper", service_id=FREE, klass="free", created_at=self.now))
        began = self.midnight(0) - timedelta(days=100)
        numbers = [self.life.new_number() for _ in range(self.readers + self.each * FORMERS)]
        self.life.readers += numbers[: self.readers]
        self.months.book.formers += numbers[self.readers :]
        for place, number in enumerate(self.life.readers):
            at = began + timedelta(minutes=place % 2000)
            for service in PAID if place % 4 == 0 else PAID[:1]:
                self.world.put((number, service), Held("active", at, SERVICES[service]))
        with self.runtime.transaction() as session:
            settle_in(session, numbers, [(key, order.at, None) for key, order in self.world.orders.items()], now=began)
            ended = began + timedelta(days=40)
            settle_in(session, (), [((number, PAID[0]), began, ended) for number in self.months.book.formers], now=ended)
        self.world.settle()

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
        self.increments = {day for day in good if day % INCREMENT_EVERY == 2}
        for inject in KINDS:
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
        """Everything that arrives before `until`, some hours at a time."""
        self.waiting = sorted([*self.waiting, *told], key=lambda one: one.due)
        due = [one for one in self.waiting if one.due < until]
        self.waiting = self.waiting[len(due) :]
        for _, some in groupby(due, key=lambda one: int(one.due.timestamp()) // (3600 * HOURS_AT_ONCE)):
            batch = list(some)
            self.now = batch[-1].due
            self._take(batch)
        self.messages += len(due)

    def _take(self, batch: Sequence[Message]) -> None:
        """BOSS's, MISC's and its like, and what somebody entered: each in the order in which it came."""
        parts: dict[str, list[Message]] = {"boss": [], "misc": [], "handmade": []}
        for one in batch:
            parts.get(one.peer, parts["misc"]).append(one)
        if parts["boss"]:
            with self.runtime.transaction() as session:
                boss_intake.take(session, [boss_intake.read(one.body) for one in parts["boss"]], now=self.now)
        if parts["misc"]:
            deliver(self.runtime, parts["misc"])
        if parts["handmade"]:
            self._by_hand(parts["handmade"])

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
        whole = day not in self.increments
        files = self._files(day, as_of, spoiled)
        self._due(day, spoiled)
        self.now = as_of + timedelta(hours=3)
        order = Order(self.date(day), {side: GivenFile(path, self.dialect, whole) for side, path in files.items()}, "province")
        began = time.perf_counter()
        run_id = running.reconcile(self.runtime, order)
        self.run_s.append(time.perf_counter() - began)
        names = self.look_at(day, run_id)
        self._keep(day, run_id, spoiled, names if whole and spoiled is None and self._is_sampled(day) else None)
        self.world.settle()
        self.repair(run_id)
        if self._is_sampled(day):
            self._again(order, run_id)
        self.months.reconcile(day, files if whole else {})

    def _is_sampled(self, day: int) -> bool:
        """Whether a day is counted once more and run twice: of a small province every other."""
        return day % (2 if self.days <= SMALL else SAMPLED_EVERY) == 0 or day == self.days - 1

    def _due(self, day: int, spoiled: Spoiled | None) -> None:
        """Which faults this day's run must find: with full files all, with increments those that both peers tell of."""
        if spoiled is not None:
            return
        for fault in self.faults:
            if fault.due is None and fault.loop == DAILY and (day not in self.increments or self._is_told(fault)):
                fault.due = day

    def _is_told(self, fault: Fault) -> bool:
        boss, misc = (self.world.touched[peer] for peer in PEERS)
        of_boss = any(name in ("price", "payer") for name in fault.expected.values())
        return all(key in boss and (of_boss or key in misc) for key in fault.keys)

    def _again(self, order: Order, run_id: int) -> None:
        """The same day once more: it is the same run, and nothing changes."""
        with self.runtime.transaction(read_only=True) as session:
            before = fingerprint(session)
        again = running.reconcile(self.runtime, order)
        running.apply_repairs(self.runtime, again, by="province")
        with self.runtime.transaction(read_only=True) as session:
            after = fingerprint(session)
        self.twice += 1
        if again != run_id or before != after:
            self.problems.append(f"{order.day} was run twice: run {run_id}, then {again}; {before} became {after}")

    def _files(self, day: int, as_of: datetime, spoiled: Spoiled | None) -> dict[str, Path]:
        found = {}
        for side in PEERS:
            path = self.folder / f"{side}-{day}.csv"
            if day in self.increments:
                found[side] = write_increment(path, self.world.sides[side], self.world.touched[side], as_of)
                continue
            write_full(path, self.world.sides[side], as_of)
            if spoiled is not None and spoiled.side == side:
                if spoiled.name == "missing":
                    continue
                if spoiled.name == "repeated":
                    before = next(one for one in range(day - 1, -1, -1) if one not in self.increments)
                    path.write_bytes((self.folder / f"{side}-{before}.csv").read_bytes())
                elif spoiled.name == "wrong_day":
                    write_full(path, self.world.sides[side], as_of - timedelta(days=2))
                else:
                    {"cut": lambda p: cut(p, 0.5), "count": miscounted, "too_small": shrunk}[spoiled.name](path)
            found[side] = path
            (self.folder / f"{side}-{day - 4}.csv").unlink(missing_ok=True)
        return found

    def repair(self, run_id: int) -> None:
        """What the run would do, agreed to by two people where the guard holds it, and what the peers are asked."""
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

    def look_at(self, day: int, run_id: int) -> dict[Key, tuple[str, int]]:
        """Hold the differences of a run against what was injected; class and fen of each."""
        with self.runtime.transaction(read_only=True) as session:
            file = session.get_one(ReconcileRun, run_id).differences_file
            c = ReconcileDifference
            marks = {(row.msisdn, row.service_id): row.mark for row in session.execute(select(c.msisdn, c.service_id, c.mark).where(c.run_id == run_id))}
        assert file is not None
        found: dict[Key, tuple[str, int]] = {}
        for one in read_differences(Path(file)):
            key = (one.msisdn, one.service_id)
            found[key] = (one.name, one.money_fen)
            self._found(day, key, f"{one.name} {marks.get(key, '')}".strip(), decided="unknown" not in one.states or one.name in ATTRIBUTES)
        return found

    def _found(self, day: int, key: Key, name: str, *, decided: bool) -> None:
        fault = self.of_key.get(key)
        if fault is None or fault.loop == MONTHLY:
            self.invented.append((day, key, name))
        elif not decided:
            return  # of a side that is unknown nothing is decided
        elif key not in fault.found and fault.loop == DAILY:
            fault.found[key] = name
            fault.found_day = day if fault.found_day is None else fault.found_day
        elif fault.expected.get(key) != name and fault.end != EXPLAINED and key[1] not in (FREE, BUNDLED):
            self.aftermath[name] = self.aftermath.get(name, 0) + 1

    def _keep(self, day: int, run_id: int, spoiled: Spoiled | None, names: Mapping[Key, tuple[str, int]] | None) -> None:
        """Keep a run's figures, and where all three sides are known hold them and the report against a recount."""
        with self.runtime.transaction(read_only=True, still=True) as session:
            run = session.get_one(ReconcileRun, run_id)
            figures = run.figures
            result = DayResult(day, run.compared, run.matched, figures["differences"], figures["money_fen"], figures["in_flight"])
            self.results.append(result)
            if spoiled is not None:
                spoiled.told = run.refused[0]["reason"] if run.refused else "unknown" if getattr(run, f"{spoiled.side}_as_of") is None else ""
            if names is None:
                return
            counted = recount(self.world.sides[BOSS], self.world.sides[MISC], platform_rows(session))
            report = gather(session, run.day, run.day, kind="daily", made_at=self.now, masked=True, listed_max=0)
        self.recounted += 1
        self.problems += [f"{run.day}: {one}" for one in differ(result, names, counted, report)]
