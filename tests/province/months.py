"""The monthly loop: full files together with the bill, or the bill by itself two days later; bills that cannot be used come first."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from huabao.db import bulk_insert
from reconciliation.runs import running
from reconciliation.runs.models import MONTHLY, ReconcileRun
from reconciliation.runs.running import GivenFile, Order
from subscribers.models import Reader, ReaderServiceMonth
from subscribers.orders.as_of import reader_at
from subscribers.orders.models import ReaderNumber
from tests.province import bills
from tests.province.bills import Book
from tests.province.faults import Fault, Scene
from tests.province.feeds import cut, miscounted
from tests.province.life import Message
from tests.province.world import BOSS, MISC, Key

if TYPE_CHECKING:
    from tests.province.days import Province

BILL_LATE_DAYS: Final = 2


@dataclass
class BadBill:
    """A bill that cannot be used."""

    name: str
    reason: str
    month: date
    told: str = ""


@dataclass
class Months:
    """The months of a province.

    Attributes:
        of_key: the bill faults of the month; `billed` those of the bill that is awaited, which may come within the next month.
        lists: lines and fen of each list of each month; `left_out` by reason.
        problems: where figures do not equal their recount.
        aftermath: lines about orders with a fault of another kind.
    """

    province: Province
    book: Book = field(init=False)
    of_key: dict[Key, Fault] = field(default_factory=dict)
    bad: list[BadBill] = field(default_factory=list)
    lists: dict[date, dict[str, tuple[int, int]]] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    aftermath: dict[str, int] = field(default_factory=dict)
    bill: tuple[int, Path, date] | None = None
    billed: dict[Key, Fault] = field(default_factory=dict)
    before: Path | None = None

    def __post_init__(self) -> None:
        self.book = Book(self.province.world)

    def begin(self, day: int) -> list[Message]:
        """What happens at a day's beginning: a month begins with its faults, or readers leave at its end."""
        province = self.province
        at = province.date(day)
        if at.day == 1 or not day:
            self.book.open()
            self.of_key = {}
            for spoil in bills.KINDS:
                for _ in range(province.each):
                    self._spoil(spoil, day)
        if (at + timedelta(days=2)).day != 1:
            return []
        return [one for key in self.book.leaving for one in province.life.leave(key, province.life.moment(province.midnight(day)))]

    def _spoil(self, spoil: bills.Spoil, day: int) -> None:
        fault = spoil(self.book, Scene(self.province.life, self.province.midnight(day)))
        fault.day = day
        self.province.faults.append(fault)
        self.of_key |= dict.fromkeys(fault.keys, fault)
        self.province.of_key |= dict.fromkeys(fault.keys, fault)

    def end(self, day: int) -> None:
        """A day is over, before its files are written."""
        at = self.province.date(day)
        if (at + timedelta(days=1)).day != 1:
            self.book.midnight()
            return
        self.book.rename()
        path = self.book.write(self.province.folder / f"bill-{at:%Y-%m}.csv", self.province.midnight(day + 1))
        due = day + BILL_LATE_DAYS if day + BILL_LATE_DAYS < self.province.days else day
        self.bill, self.billed = (due, path, at), self.of_key
        for fault in self.of_key.values():
            fault.due = due
        self._serve(at.replace(day=1), self.province.midnight(day + 1))

    def _serve(self, month: date, ends: datetime) -> None:
        """What the deliveries of the month came to; there are none in this simulation."""
        arrived = self.book.arrived()
        rows: dict[tuple[int, str], dict[str, object]] = {}
        with self.province.runtime.transaction() as session:
            readers = {row.msisdn: row.id for row in session.execute(select(Reader.msisdn, Reader.id))}
            passed_on = set(session.scalars(select(ReaderNumber.msisdn)))
            for ((number, service), begun), (retrieved, failed) in arrived.items():
                last = self.book.world.ended.get(((number, service), begun), ends) - timedelta(seconds=1)
                reader = reader_at(session, number, last) if number in passed_on else readers.get(number)
                if reader is not None:
                    counts = {"month": month, "reader_id": reader, "service_id": service, "retrieved": retrieved, "failed": failed}
                    rows[reader, service] = {**counts, "last_success_at": None}
            columns = ("month", "reader_id", "service_id", "retrieved", "failed", "last_success_at")
            bulk_insert(session, ReaderServiceMonth, rows.values(), columns=columns)

    def reconcile(self, day: int, files: Mapping[str, Path]) -> None:
        """Month-end with its full files, and the bill once it is there."""
        at = self.province.date(day)
        ends = (at + timedelta(days=1)).day == 1
        bill, said = (self.bill[1], self.bill[2]) if self.bill is not None and self.bill[0] == day else (None, at)
        if not ends and bill is None:
            return
        whole = {side: GivenFile(path, self.province.dialect) for side, path in files.items()} if ends else {}
        if bill is not None:
            self._bad_bills(bill, said)
        run_id = running.reconcile(self.province.runtime, Order(said, whole, "province", kind=MONTHLY, bill=bill))
        if ends:
            self.province.look_at(day, run_id)
            self.province.repair(run_id)
        if bill is not None:
            self._look(day, run_id, said)
            self.bill, self.before = None, bill

    def _bad_bills(self, bill: Path, at: date) -> None:
        def copy(name: str) -> Path:
            path = bill.with_name(f"{name}-{bill.name}")
            path.write_bytes(bill.read_bytes())
            return path

        if self.before is None:
            given = [("cut", "truncated", cut(copy("cut"), 0.5)), ("count", "count", miscounted(copy("count")))]
        else:
            given = [("of another month", "repeated", self.before)]
        for name, reason, path in given:
            run_id = running.reconcile(self.province.runtime, Order(at, {}, "province", kind=MONTHLY, bill=path))
            with self.province.runtime.transaction(read_only=True) as session:
                run = session.get_one(ReconcileRun, run_id)
                self.bad.append(BadBill(name, reason, at.replace(day=1), run.refused[0]["reason"] if run.refused and "lists" not in run.figures else ""))

    # --- what the lists say ---

    def _look(self, day: int, run_id: int, at: date) -> None:
        with self.province.runtime.transaction(read_only=True) as session:
            figures = session.get_one(ReconcileRun, run_id).figures
        related = self._related()
        made = self.lists[at.replace(day=1)] = {}
        for name, one in figures["lists"].items():
            lines = fen = 0
            with Path(one["file"]).open(encoding="utf-8", newline="") as file:
                for row in csv.DictReader(file):
                    lines, fen = lines + 1, fen + int(row["owed_fen"])
                    self._line(day, (row["msisdn"], row["service_id"]), name, row["owed_fen"], related)
            made[name] = (lines, fen)
            if (one["count"], one["money_fen"]) != (lines, fen):
                self.problems.append(f"{at:%Y-%m}: {name} says {one['count']} and {one['money_fen']} fen, its file {lines} and {fen}")
        for reason, count in figures["left_out"].items():
            self.left_out[reason] = self.left_out.get(reason, 0) + count

    def _line(self, day: int, key: Key, name: str, owed: str, related: set[str]) -> None:
        fault = self.billed.get(key)
        if fault is not None and key not in fault.found:
            fault.found[key], fault.found_day = f"{name} {owed}", day
        elif fault is None and (key in self.province.of_key or key[0] in related):
            self.aftermath[name] = self.aftermath.get(name, 0) + 1
        else:
            self.province.invented.append((day, key, name))

    def _related(self) -> set[str]:
        """Who pays for orders with a fault, as any side has it."""
        world, found = self.province.world, set[str]()
        for key in self.province.of_key:
            rows = [world.sides[BOSS].get(key), world.sides[MISC].get(key), world.row(key)]
            found |= {row.payer for row in rows if row is not None and row.payer}
        return found
