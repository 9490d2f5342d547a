"""The ledger of differences: each one that lasts is one row, with its age, and what is planned about it."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import islice
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from sqlalchemy import select, tuple_, update
from sqlalchemy.orm import Session

from huabao.db import bulk_insert, in_ids
from reconciliation.diff import CLASSES, SIDES, Difference
from reconciliation.runs.facts import Offering, facts_of, know
from reconciliation.runs.models import ASKED, CAME_BACK, DONE, FIXED, GIVEN_UP, GONE, PLANNED, SKIPPED, TOLD, ReconcileDifference, ReconcileRepair, ReconcileRun
from reconciliation.runs.policy import ASK, NONE, Policy, Rule, mark_of, rule_of
from reconciliation.runs.steps import ASK_A_PERSON, WAIT, Step, action_of, steps_of
from subscribers.orders.store import in_texts

AT_ONCE: Final = 500
"""Differences of one transaction."""

_LETTER_OF: Final = {"active": "a", "paused": "p", "cancelled": "x", "absent": "x"}
_QUIET: Final[dict[str, Any]] = {"synchronize_session": False}
_REPAIR: Final = ("run_id", "difference_id", "name", "side", "action", "event", "stops", "state", "before", "after", "why", "created_at", "outcome")


@dataclass(slots=True)
class Planned:
    """What a run makes of its differences.

    Attributes:
        marks: how many of each case of its own.
        actions: how many differences by what is to be done.
        seen: ids of the differences that are kept, eight bytes each.
        digest: of everything planned, in the file's order.
    """

    marks: Counter[str] = field(default_factory=Counter)
    actions: Counter[str] = field(default_factory=Counter)
    seen: array[int] = field(default_factory=lambda: array("q"))
    digest: Any = field(default_factory=sha256)

    def ids(self) -> npt.NDArray[np.int64]:
        """Of the differences that are kept, in order."""
        return np.sort(np.frombuffer(self.seen, np.int64))


@dataclass(frozen=True, slots=True)
class Context:
    """What holds for a whole run."""

    run: ReconcileRun
    policy: Policy
    services: Offering
    tries_max: int
    now: datetime

    @property
    def as_of(self) -> datetime:
        """The earliest instant that a side speaks of."""
        return min(at for at in (self.run.boss_as_of, self.run.misc_as_of, self.run.platform_as_of) if at is not None)


def open_keys(session: Session) -> Sequence[tuple[str, str]]:
    """(number, service) of the differences that are open."""
    c = ReconcileDifference
    return [(row.msisdn, row.service_id) for row in session.execute(select(c.msisdn, c.service_id).where(c.closed_at.is_(None)))]


def chunks(differences: Iterable[Difference]) -> Iterator[list[Difference]]:
    """Some at a time."""
    rows = iter(differences)
    while some := list(islice(rows, AT_ONCE)):
        yield some


def enter(session: Session, context: Context, some: Sequence[Difference], planned: Planned) -> None:
    """Keep some differences, judge the repairs that were to end them, and plan what is done now."""
    keys = [(one.msisdn, one.service_id) for one in some]
    known = know(session, keys)
    judged = [(one, rule, facts) for one in some for facts in [facts_of(one, known, context.services)] if (rule := rule_of(context.policy, one.name, facts)) is not None]
    for _one, rule, facts in judged:
        planned.marks[mark_of(facts)] += 1
        if rule.to == NONE:
            planned.actions[NONE] += 1
    kept = [(one, rule, facts) for one, rule, facts in judged if rule.to != NONE]
    rows = _rows(session, context, [one for one, _, _ in kept])
    there = [row for row in rows.values() if row.id is not None]
    _judge_repairs(session, context, there)
    ids = sorted(row.id for row in there)
    _take_over(session, context, ids)
    asked = _asked(session, ids)
    decided = [(one, rule, rows[one.msisdn, one.service_id], facts) for one, rule, facts in kept]
    steps_by_key = {}
    for one, rule, row, facts in decided:
        steps_by_key[one.msisdn, one.service_id] = _decide(context, row, one, rule, facts)
        row.mark, row.why = mark_of(facts), rule.en[:200]
    session.add_all(rows.values())
    session.flush()
    answered, repairs = set[int](), []
    for one, rule, row, _ in decided:
        steps = steps_by_key[one.msisdn, one.service_id]
        planned.seen.append(row.id)
        planned.actions[row.action] += 1
        planned.digest.update(f"{row.id} {one.name} {','.join(f'{step.side}:{step.action}:{step.event}' for step in steps)}\n".encode())
        if row.id in asked and steps == ASK_A_PERSON:
            continue  # he was asked when it began, and his answer is awaited
        answered |= asked & {row.id}
        repairs += [_repair(context, row, step, rule) for step in steps]
    _close_questions(session, context, answered)
    if repairs:
        bulk_insert(session, ReconcileRepair, repairs, columns=_REPAIR)


def _rows(session: Session, context: Context, some: Sequence[Difference]) -> dict[tuple[str, str], ReconcileDifference]:
    """The open row of each, a new one, which is not added yet, where it is new."""
    c = ReconcileDifference
    found = {
        (row.msisdn, row.service_id): row for row in session.scalars(select(c).where(c.closed_at.is_(None), in_texts(session, c.msisdn, sorted({one.msisdn for one in some}))))
    }
    rows = {}
    for one in some:
        row = found.get((one.msisdn, one.service_id))
        if row is None:
            row = ReconcileDifference(msisdn=one.msisdn, service_id=one.service_id, first_day=context.run.day, opened_at=context.now, tries=0, owner="", outcome="")
        row.name, (row.boss, row.misc, row.platform) = one.name, one.states
        row.direction, row.money_fen, row.said = CLASSES[one.name].direction, one.money_fen, _said(one)
        row.run_id, row.last_day = context.run.id, context.run.day
        rows[one.msisdn, one.service_id] = row
    return rows


def _said(one: Difference) -> dict[str, Any]:
    """What the sides say beside their states."""
    return {
        side: {
            "effective_at": None if one.effective_at[at] is None else str(one.effective_at[at]),
            "price_fen": one.price_fen[at],
            "fee_msisdn": one.fee_msisdn[at],
        }
        for at, side in enumerate(SIDES)
        if one.states[at] != "absent"
    }


def _judge_repairs(session: Session, context: Context, rows: Sequence[ReconcileDifference]) -> None:
    """A repair that was done before the sides were looked at, and its difference is still here: it came back."""
    by_id = {row.id: row for row in rows}
    r = ReconcileRepair
    states = (DONE, ASKED, TOLD)
    mine = (in_ids(session, r.difference_id, sorted(by_id)), r.run_id != context.run.id, r.action != ASK)
    unchecked = select(r).where(*mine, r.outcome == "", r.state.in_(states), r.done_at <= context.as_of)
    back: set[int] = set()
    for repair in session.scalars(unchecked):
        repair.outcome, repair.checked_at = CAME_BACK, context.now
        back.add(repair.difference_id)
    for one in back:
        by_id[one].tries += 1


def _take_over(session: Session, context: Context, ids: Sequence[int]) -> None:
    """What an earlier run planned for these and did not do is not done any more: this one plans anew."""
    r = ReconcileRepair
    planned = update(r).where(in_ids(session, r.difference_id, ids), r.run_id != context.run.id, r.state == PLANNED)
    session.execute(planned.values(state=SKIPPED, done_at=context.now, why=f"run {context.run.id} looked at it again"))


def _asked(session: Session, ids: Sequence[int]) -> set[int]:
    """Those of which a person was asked, without an end yet."""
    r = ReconcileRepair
    return set(session.scalars(select(r.difference_id).where(in_ids(session, r.difference_id, ids), r.action == ASK, r.state == TOLD, r.outcome == "")))


def _close_questions(session: Session, context: Context, ids: Iterable[int]) -> None:
    """A person need not answer any more."""
    r = ReconcileRepair
    open_ = update(r).where(in_ids(session, r.difference_id, sorted(ids)), r.action == ASK, r.state == TOLD, r.outcome == "")
    session.execute(open_.values(outcome=GONE, checked_at=context.now))


def _decide(context: Context, row: ReconcileDifference, one: Difference, rule: Rule, facts: frozenset[str]) -> tuple[Step, ...]:
    steps = steps_of(rule, one.name, facts)
    if row.tries >= context.tries_max:
        steps = ASK_A_PERSON
    waits = context.as_of - _since(row, one, context.as_of) < timedelta(days=rule.after_days)
    row.action = action_of(steps, waits=waits)
    return () if row.action == WAIT else steps


def _since(row: ReconcileDifference, one: Difference, as_of: datetime) -> datetime:
    """Since when it is so: the last instant at which a side says that something changed, else since it was first seen."""
    known = [at for at in one.effective_at if at is not None]
    return max(known) if known else as_of - timedelta(days=(row.last_day - row.first_day).days)


def _repair(context: Context, row: ReconcileDifference, step: Step, rule: Rule) -> dict[str, Any]:
    before = {"boss": row.boss, "misc": row.misc, "platform": row.platform}[step.side]
    why = f"given up after {row.tries} repairs: {rule.en}" if step.action == ASK and row.tries >= context.tries_max else rule.en
    values = (context.run.id, row.id, row.name, step.side, step.action, step.event, step.stops, PLANNED, before, "", why[:300], context.now, "")
    return dict(zip(_REPAIR, values, strict=True))


def close_unseen(
    session: Session, context: Context, seen: npt.NDArray[np.int64], undecided: Collection[tuple[str, str]], *, after: tuple[str, str] | None
) -> tuple[Counter[str], tuple[str, str] | None]:
    """Close some of the differences that are there no more; how many were fixed and how many went by themselves, and the key after which the next ones stand.

    Args:
        seen: ids of those that are there, in order.
        undecided: keys that are in flight, or of which a side is unknown: they stay open, and keep their age.
        after: of the call before; None to begin.
    """
    c, r = ReconcileDifference, ReconcileRepair
    wanted = select(c.id, c.msisdn, c.service_id).where(c.closed_at.is_(None), c.last_day <= context.run.day)
    if after is not None:
        wanted = wanted.where(tuple_(c.msisdn, c.service_id) > tuple_(*after))
    rows = session.execute(wanted.order_by(c.msisdn, c.service_id).limit(AT_ONCE)).all()
    places = np.searchsorted(seen, [row.id for row in rows])
    gone = [row.id for row, at in zip(rows, places.tolist(), strict=True) if not (at < len(seen) and seen[at] == row.id) and (row.msisdn, row.service_id) not in undecided]
    counts = Counter[str]()
    if gone:
        done = (in_ids(session, r.difference_id, gone), r.outcome == "", r.state.in_((DONE, ASKED, TOLD)), r.action != ASK)
        session.execute(update(r).where(*done).values(outcome=FIXED, checked_at=context.now), execution_options=_QUIET)
        _close_questions(session, context, gone)
        fixed = set(session.scalars(select(r.difference_id).where(in_ids(session, r.difference_id, gone), r.outcome == FIXED)))
        for outcome, ids in ((FIXED, sorted(fixed)), (GONE, sorted(set(gone) - fixed))):
            if ids:
                session.execute(update(c).where(in_ids(session, c.id, ids)).values(closed_at=context.now, outcome=outcome), execution_options=_QUIET)
                counts[outcome] = len(ids)
    return counts, (rows[-1].msisdn, rows[-1].service_id) if len(rows) == AT_ONCE else None


def give_up(session: Session, context: Context) -> int:
    """Mark the last repairs of differences that came back too often; how many differences."""
    c, r = ReconcileDifference, ReconcileRepair
    given = session.scalars(select(c.id).where(c.run_id == context.run.id, c.tries >= context.tries_max, c.closed_at.is_(None))).all()
    session.execute(update(r).where(in_ids(session, r.difference_id, sorted(given)), r.outcome == CAME_BACK).values(outcome=GIVEN_UP))
    return len(given)


def letters_of(row: ReconcileDifference) -> str:
    """The three letters of a kept difference."""
    return "".join(_LETTER_OF.get(state, "u") for state in (row.boss, row.misc, row.platform))
