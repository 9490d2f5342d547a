"""One run from its files to what was done: files looked at, sides compared, differences kept, repairs carried out.

Steps of their own transactions, each of which may be the last before a machine stops: the run
begins again where it ended, and the same files for the same day are the same run.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from huabao import alarms, audit
from huabao.errors import UsageError
from huabao.log import get_logger
from huabao.runtime import Runtime
from reconciliation.charges.bills import keep as keep_bill
from reconciliation.charges.settings import BILLS_KEEP_MONTHS
from reconciliation.codecs.feeds import FeedDialect, FeedError
from reconciliation.diff import MISSING, SIDES, Rules, Side, compare
from reconciliation.feeds.checking import Checked, Feed, day_span, digest_of, gap_of, refusals, refuse_cut, take, take_bill
from reconciliation.feeds.models import FULL
from reconciliation.intake.own import take_effect
from reconciliation.runs import guard
from reconciliation.runs.facts import offering
from reconciliation.runs.flight import in_flight_keys
from reconciliation.runs.ledger import open_keys
from reconciliation.runs.models import APPLIED, APPLYING, COMPARED, DAILY, FAILED, PLANNING, SKIPPED, ReconcileRepair, ReconcileRun
from reconciliation.runs.monthly import LISTS, Lists, make_lists
from reconciliation.runs.planning import Found, keep
from reconciliation.runs.repairing import repair_some
from reconciliation.runs.settings import EFFECTIVE_TOLERANCE_S, PRICE_TOLERANCE_FEN, SETTLE_S
from reconciliation.runs.standing import columns_of_platform

FOLDER = "reconcile"
DIFFERENCES = "differences.csv"
REFUSED_ALARM = "reconcile.feed-refused"
log = get_logger("reconciliation.runs")


@dataclass(frozen=True, slots=True)
class GivenFile:
    """A file that somebody gives for one side.

    Attributes:
        whole: a key that is not in it is absent there.
    """

    path: Path
    dialect: FeedDialect
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Order:
    """What is wanted of a run.

    Attributes:
        day: of a month, its first.
        files: by side, boss and misc.
        by: who asks.
        bill: the month's, or None.
        masked: numbers of the month's lists with their middle hidden.
    """

    day: date
    files: Mapping[str, GivenFile]
    by: str
    kind: str = DAILY
    bill: Path | None = None
    masked: bool = False


@dataclass(frozen=True, slots=True)
class Summary:
    """A run as it stands.

    Attributes:
        repairs: how many by action, without those that no longer fit or failed.
        states: how many repairs by state.
        held: repairs by class that wait for two people.
    """

    run: ReconcileRun
    repairs: Mapping[str, int] = field(default_factory=dict)
    states: Mapping[str, int] = field(default_factory=dict)
    held: Mapping[str, int] = field(default_factory=dict)


def reconcile(runtime: Runtime, order: Order) -> int:
    """Look at the files and compare; the run's id. Nothing is repaired.

    A run of which something was done already stays as it was compared.

    Raises:
        UsageError: a file is not there.
    """
    if not order.files and order.bill is None:
        raise UsageError("no file was given; name at least one of --boss and --misc")
    now = _settle(runtime)
    checked: list[Checked] = []
    with _timed("files", f"{order.kind} {order.day}"):
        for side, given in order.files.items():
            with runtime.transaction() as session:
                checked.append(_take(session, order, side, given, now))
    with runtime.transaction() as session:
        run = _run_of(session, order, checked, now)
        run.refused = []
        _refuse(session, run, refusals(checked), now)
        for one in checked:
            if not one.reason:
                alarms.close_alarm(session, REFUSED_ALARM, one.feed.peer, at=now)
        gaps = {one.feed.peer: gap for one in checked if (gap := gap_of(session, one.feed))}
        run.figures = {**{name: value for name, value in run.figures.items() if name != "gaps"}, **({"gaps": gaps} if gaps else {})}
        run_id, state = run.id, run.state
    if state in (COMPARED, PLANNING) and checked:
        _compare(runtime, order, run_id, checked)
    if order.bill is not None:
        _bill(runtime, order, run_id)
    return run_id


@contextmanager
def _timed(step: str, run: str) -> Iterator[None]:
    """Say in the log how long a step took."""
    began = time.monotonic()
    yield
    log.info("a step of a reconciliation is through", run=run, step=step, seconds=round(time.monotonic() - began, 2))


def _refuse(session: Session, run: ReconcileRun, refused: Sequence[dict[str, str]], now: datetime) -> None:
    """Write down which files do not count, and call a person."""
    run.refused = [*run.refused, *refused]
    for entry in refused:
        alarms.raise_alarm(session, REFUSED_ALARM, entry["side"], f"{entry['detail']} ({entry['file']}, {run.day}); that side counts as unknown", at=now)


def _settle(runtime: Runtime) -> datetime:
    """Let what is due take effect first; the present instant."""
    while True:
        now = runtime.now()
        with runtime.transaction() as session:
            if not take_effect(session, now=now):
                return now


def _take(session: Session, order: Order, side: str, given: GivenFile, now: datetime) -> Checked:
    return take(session, Feed(side, given.path, given.dialect, order.day, FULL if given.whole else "increment"), now=now)


def _run_of(session: Session, order: Order, checked: Sequence[Checked], now: datetime) -> ReconcileRun:
    told = sorted(f"{one.feed.peer} {one.feed.kind} {one.sha256}" for one in checked)
    if order.bill is not None and not checked:
        told = ["bill " + digest_of(order.bill)]  # a bill that comes days later; with full files it joins their run
    feeds = sha256("\n".join(told).encode()).hexdigest()
    c = ReconcileRun
    run = session.scalar(select(c).where(c.kind == order.kind, c.day == order.day, c.feeds == feeds).with_for_update())
    if run is None:
        run = ReconcileRun(kind=order.kind, day=order.day, feeds=feeds, started_by=order.by, created_at=now, state=COMPARED, figures={}, refused=[], approvals=[], plan="")
        session.add(run)
        session.flush()
        audit.record(session, actor=order.by, action="reconcile.run", object_kind="reconcile_run", object_id=run.id, at=now, day=str(order.day), kind=order.kind)
    return run


def folder_of(runtime: Runtime, order: Order, run_id: int) -> Path:
    """Where the files of a run lie."""
    return runtime.config.data_dir / FOLDER / f"{order.kind}-{order.day}-run-{run_id}"


def _bill(runtime: Runtime, order: Order, run_id: int) -> None:
    """Hold the month's bill against what was delivered."""
    assert order.bill is not None
    folder, month = folder_of(runtime, order, run_id), order.day.replace(day=1)
    lists = Lists()
    with runtime.transaction() as session:
        refused = take_bill(session, order.bill, month, now=runtime.now())
    try:
        if refused is None:
            lists = make_lists(runtime, month, order.bill, folder, masked=order.masked)
    except FeedError as error:
        refused = {"side": "bill", "file": order.bill.name, "reason": error.code, "detail": error.words[0], "detail_zh": error.words[1]}
    with runtime.transaction() as session:
        run = session.get_one(ReconcileRun, run_id, with_for_update=True)
        run.refused = [one for one in run.refused if one["side"] != "bill"] + ([refused] if refused else [])
        if refused is None:
            keep_bill(session, month, lists.charges, run_id=run_id, keep_months=BILLS_KEEP_MONTHS.get(session))
            made = {name: {"count": lists.counts[name], "money_fen": lists.money_fen[name], "file": str(folder / f"{name}.csv")} for name in LISTS}
            run.figures = {**run.figures, "lists": made, "left_out": dict(lists.left_out), "bill": {"records": lists.records, "faults": lists.faults}}


def _compare(runtime: Runtime, order: Order, run_id: int, checked: Sequence[Checked]) -> None:
    """Compare the sides and keep the outcome."""
    now = runtime.now()
    sound = {one.feed.peer: one for one in checked if not one.reason}
    instants = [one.as_of for one in sound.values() if one.as_of is not None]
    as_of = min([*instants, now]) if instants else min(day_span(order.day)[1], now)
    folder = folder_of(runtime, order, run_id)
    folder.mkdir(parents=True, exist_ok=True)
    out = folder / DIFFERENCES
    with _timed("difference", f"{order.kind} {order.day}"), runtime.transaction(read_only=True, still=True) as session:
        flight = in_flight_keys(session, as_of, now=now)
        rules = Rules(
            effective_tolerance_s=EFFECTIVE_TOLERANCE_S.get(session),
            price_tolerance_fen=PRICE_TOLERANCE_FEN.get(session),
            settled_before=as_of - timedelta(seconds=SETTLE_S.get(session)),
            in_flight=flight,
            prices=offering(session).prices,
            watched=open_keys(session),
        )
        platform = Side(columns=partial(columns_of_platform, session, as_of), as_of=as_of)
        sides = [sound[name].side if name in sound else MISSING for name in SIDES[:2]]
        outcome = compare(sides[0], sides[1], platform, rules, out=out, scratch=folder)
    with runtime.transaction() as session:
        cut = refuse_cut(session, [*sound.values()], outcome.sides)
        _refuse(session, session.get_one(ReconcileRun, run_id, with_for_update=True), cut, now)
    if cut:
        gone = {entry["side"] for entry in cut}
        _compare(runtime, order, run_id, [one for one in checked if one.feed.peer not in gone])
        return
    with _timed("plan", f"{order.kind} {order.day}"):
        keep(runtime, run_id, Found(outcome, out, flight))


def apply_repairs(runtime: Runtime, run_id: int, *, by: str) -> int:
    """Carry out what is planned and not held, batch by batch; how many differences were worked on.

    Raises:
        UsageError: its plan was cut short, or is being made.
    """
    with _timed("repairs", str(run_id)):
        return _apply_all(runtime, run_id, by)


def _apply_all(runtime: Runtime, run_id: int, by: str) -> int:
    worked = 0
    while True:
        with runtime.transaction() as session:
            run = session.get_one(ReconcileRun, run_id, with_for_update=True)
            guard.check_planned(run)
            now = runtime.now()
            held = guard.held(session, run)
            done = repair_some(session, run, held=held, config=runtime.config, now=now)
            worked += done
            if done and run.state == COMPARED:
                run.state = APPLYING
                audit.record(session, actor=by, action="reconcile.apply", object_kind="reconcile_run", object_id=run.id, at=now)
            if not done:
                if run.state == APPLYING and not held:
                    run.state, run.applied_at = APPLIED, now
                return worked


def summary(session: Session, run_id: int) -> Summary:
    """How a run stands.

    Raises:
        UsageError: there is none.
    """
    run = session.get(ReconcileRun, run_id)
    if run is None:
        raise UsageError(f"there is no run {run_id}; `huabao reconcile runs` shows them all")
    r = ReconcileRepair
    rows = session.execute(select(r.action, r.state, func.count()).where(r.run_id == run_id).group_by(r.action, r.state)).all()
    actions: dict[str, int] = {}
    states: dict[str, int] = {}
    for action, state, count in rows:
        states[state] = states.get(state, 0) + count
        if state not in (SKIPPED, FAILED):
            actions[action] = actions.get(action, 0) + count
    return Summary(run, actions, states, guard.held(session, run))
