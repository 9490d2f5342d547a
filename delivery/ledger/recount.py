"""The recount behind `ledger verify`: batches, the journal of submissions, deliveries and reports, each read whole.

Ids and outcomes are kept in numpy arrays (8 bytes a value) and compared as such.
Readers of whom the rows say the same are one case, and the rule (`cases`) is asked
once for each case: 1.5 million readers cost some dozen questions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import ColumnElement, Table, and_, func, select
from sqlalchemy.orm import Session

from delivery.dispatch.audience import REASONS
from delivery.dispatch.snapshot import digest_of
from delivery.ledger.cases import ELSEWHERE, NOWHERE, SAYINGS, THERE, TIMES_MAX, Case, fault
from delivery.ledger.findings import Findings
from delivery.models import Batch, DeliveryEvent, Dispatch, EventState, Outcome, Submission, Withdrawal, deliveries
from delivery.reports.meanings import Meanings
from delivery.sending.journal import LIVE_STATES
from huabao.columns import Integers, integers, unpack_many
from huabao.ids import unpack_ids

Ids = Integers

ROWS_AT_ONCE = 20_000

NONE = -1
"""In place of the submission of a delivery that has none."""

_BITS = ((16, 1 << 15), (2, 0), (3, 0), (2, 0), (1, 0), (1, 0), (len(SAYINGS), 0))
"""How many bits each field of a `Case` takes in its number, and what is added so that none is negative."""

_submissions: Table = Submission.__table__  # type: ignore[assignment]  # a mapped class has a Table


@dataclass(frozen=True)
class Journal:
    """The live submissions of a dispatch, and its readers in them.

    Attributes:
        ids: of the submissions, ascending.
        states: of each submission, its place in `LIVE_STATES`.
        variants: of each submission.
        readers: every reader of a live submission, ascending; one who stands twice is in two, the older one first.
        places: where in `ids` the submission of each reader stands.
        refused: readers singled out by partial answers, ascending.
        again: of each unknown submission, the readers who were sent to once more by stated policy.
    """

    ids: Ids
    states: Ids
    variants: Ids
    readers: Ids
    places: Ids
    refused: Ids
    again: dict[int, frozenset[int]] = field(default_factory=dict)

    @property
    def sent_again(self) -> Ids:
        """Readers who were sent to once more by stated policy, as often as they were: they may have it twice."""
        return np.sort(np.array([reader for readers in self.again.values() for reader in readers], dtype=np.int64))

    def in_state(self, *states: str) -> Ids:
        """The readers of submissions in these states."""
        wanted = np.isin(self.states, [LIVE_STATES.index(one) for one in states])
        return self.readers[wanted[self.places]]

    def taken(self) -> Ids:
        """Readers whom the peer says it took."""
        return np.setdiff1d(self.in_state("accepted", "partial"), self.refused)


def read_journal(session: Session, dispatch: Dispatch) -> Journal:
    """All live submissions of a dispatch."""
    columns: dict[str, list[Ids]] = {name: [np.empty(0, dtype=np.int64)] for name in ("ids", "states", "variants", "readers", "sizes")}
    refused: set[int] = set()
    again: dict[int, frozenset[int]] = {}
    code = {state: number for number, state in enumerate(LIVE_STATES)}
    wanted = select(*(_submissions.c[name] for name in ("id", "state", "variant_id", "reader_ids", "refused_ids", "again_ids"))).where(
        _submissions.c.dispatch_id == dispatch.id, _submissions.c.state.in_(LIVE_STATES)
    )
    rows = session.connection().execute(wanted.order_by(_submissions.c.id), execution_options={"yield_per": ROWS_AT_ONCE})
    for part in rows.partitions():
        ids, states, variants, packed, packed_refused, packed_again = zip(*part, strict=True)
        readers, sizes = unpack_many(packed)
        found: Iterable[tuple[str, Any]] = (("ids", ids), ("states", [code[one] for one in states]), ("variants", variants), ("readers", readers), ("sizes", sizes))
        for name, values in found:
            columns[name].append(np.asarray(values, dtype=np.int64))
        for one in filter(None, packed_refused):
            refused.update(unpack_ids(one))
        again |= {submission: frozenset(unpack_ids(one)) for submission, one in zip(ids, packed_again, strict=True) if one is not None}
    whole = {name: np.concatenate(parts) for name, parts in columns.items()}
    order = np.argsort(whole["readers"], kind="stable")
    places = np.repeat(np.arange(whole["ids"].size), whole["sizes"])[order]
    return Journal(whole["ids"], whole["states"], whole["variants"], whole["readers"][order], places, np.array(sorted(refused), dtype=np.int64), again)


class Planned(NamedTuple):
    """The deliveries of a dispatch, in the order of the reader.

    Attributes:
        submissions: `NONE` where there is none.
    """

    readers: Ids
    variants: Ids
    outcomes: Ids
    submissions: Ids

    def with_outcome(self, outcome: Outcome) -> Ids:
        """Readers with that outcome."""
        found: Ids = self.readers[self.outcomes == int(outcome)]
        return found


def read_planned(session: Session, dispatch: Dispatch) -> Planned:
    """All deliveries of a dispatch."""
    c = deliveries.c
    rows = integers(session, select(c.reader_id, c.variant_id, c.outcome, func.coalesce(c.submission_id, NONE)).where(*_mine(dispatch)))
    return Planned(*rows[np.argsort(rows[:, 0], kind="stable")].T)


def _mine(dispatch: Dispatch) -> tuple[ColumnElement[bool], ...]:
    return deliveries.c.day == dispatch.day, deliveries.c.dispatch_id == dispatch.id


def check_batches(session: Session, dispatch: Dispatch, planned: Planned, findings: Findings) -> None:
    """The planned readers are those of the snapshot, and each of them is in exactly one batch."""
    digest = digest_of(planned.readers)
    if digest != dispatch.planned_digest:
        findings.say("the planned readers are not those of the snapshot: their digest differs")
    rows = session.execute(select(Batch.size, Batch.reader_ids).where(Batch.dispatch_id == dispatch.id)).all()
    ids, sizes = unpack_many([packed for _, packed in rows])
    for (size, _), held in zip(rows, sizes.tolist(), strict=True):
        if held != size:
            findings.say(f"a batch of {size:,} readers holds {held:,}")
    ids = np.sort(ids)
    findings.add_all("in more than one batch", np.unique(ids[1:][ids[1:] == ids[:-1]]))
    if (digest if np.array_equal(ids, planned.readers) else digest_of(ids)) != dispatch.planned_digest:
        findings.say("the readers of its batches are not the planned ones: their digest differs")


def check_journal(journal: Journal, findings: Findings) -> None:
    """No reader is in two live submissions, but for those who were sent to once more by stated policy, as often as they were."""
    findings.add_all("in more than one submission", more_than(journal.readers, journal.sent_again))


def more_than(readers: Ids, excused: Ids) -> Ids:
    """Readers who stand in an ascending list more often than once and each time that they are excused."""
    ids, times = np.unique(readers, return_counts=True)
    known, excuses = np.unique(excused, return_counts=True)
    allowed = np.ones(ids.size, dtype=np.int64)
    at = np.searchsorted(ids, known)
    there = (at < ids.size) & (ids[np.minimum(at, max(ids.size - 1, 0))] == known) if ids.size else np.zeros(known.size, dtype=bool)
    allowed[at[there]] += excuses[there]
    return ids[times > allowed]


def check_withdrawals(session: Session, dispatch: Dispatch, findings: Findings) -> None:
    """Whoever was withdrawn was planned, got nothing after it, and the reason exists."""
    mine = and_(deliveries.c.day == dispatch.day, deliveries.c.dispatch_id == dispatch.id, deliveries.c.reader_id == Withdrawal.reader_id)
    wanted = select(Withdrawal.reader_id, Withdrawal.reason, deliveries.c.outcome).outerjoin(deliveries, mine).where(Withdrawal.dispatch_id == dispatch.id)
    for reader_id, reason, outcome in session.execute(wanted.order_by(Withdrawal.reader_id), execution_options={"yield_per": ROWS_AT_ONCE}):
        if reason not in REASONS:
            findings.add(f"withdrawn for the reason {reason!r}, which does not exist", reader_id)
        if outcome is None:
            findings.add("withdrawn, but not planned", reader_id)
        elif Outcome(outcome) in (Outcome.PENDING, Outcome.SUBMITTED):
            findings.add(f"withdrawn, but called {Outcome(outcome).name.lower()}", reader_id)


def check_deliveries(session: Session, dispatch: Dispatch, planned: Planned, journal: Journal, findings: Findings) -> None:
    """Every delivery says what its submission and its reports say."""
    findings.add_all("in a submission, but not planned", np.setdiff1d(journal.readers, planned.readers))
    _check_variants(planned, journal, findings)
    said = _said(session, dispatch, planned.readers, findings)
    for case, readers in _cases(planned, journal, said):
        wrong = fault(case)
        if wrong:
            findings.add_all(wrong, readers)


def _check_variants(planned: Planned, journal: Journal, findings: Findings) -> None:
    at, known = find(planned.readers, journal.readers)
    other = planned.variants[at[known]] != journal.variants[journal.places[known]]
    findings.add_all("planned for another variant than was submitted", np.unique(journal.readers[known][other]))


def find(ordered: Ids, wanted: Ids) -> tuple[Ids, Any]:
    """Where each of `wanted` stands in an ascending list, and which of them do."""
    at = np.searchsorted(ordered, wanted)
    if not ordered.size:
        return at, np.zeros(wanted.size, dtype=bool)
    return at, ordered[np.minimum(at, ordered.size - 1)] == wanted


def _cases(planned: Planned, journal: Journal, said: Ids) -> Iterable[tuple[Case, Ids]]:
    """The readers, case by case."""
    first, behind = np.searchsorted(journal.readers, planned.readers), np.searchsorted(journal.readers, planned.readers, side="right")
    times = behind - first
    sent = times > 0
    last = np.zeros(times.size, dtype=np.int64)
    last[sent] = journal.places[behind[sent] - 1]
    owner = np.full(times.size, NONE, dtype=np.int64)
    owner[sent] = journal.ids[last[sent]]
    state = np.zeros(times.size, dtype=np.int64)
    state[sent] = journal.states[last[sent]]
    bound = np.where(planned.submissions == NONE, NOWHERE, np.where(planned.submissions == owner, THERE, ELSEWHERE))
    for at in np.flatnonzero(times > 1).tolist():  # sent to once more: few
        if planned.submissions[at] in journal.ids[journal.places[first[at] : behind[at]]]:
            bound[at] = THERE
    awaits = np.zeros(times.size, dtype=bool)
    for submission, readers in journal.again.items():
        at_, known = find(planned.readers, np.array(sorted(readers), dtype=np.int64))
        awaits[at_[known]] |= owner[at_[known]] == submission
    refused = find(journal.refused, planned.readers)[1]
    fields = (planned.outcomes, np.minimum(times, TIMES_MAX), state, bound, refused, awaits, said)
    number = np.zeros(times.size, dtype=np.int64)
    for (bits, more), values in zip(_BITS, fields, strict=True):
        number = number << bits | values + more
    for one in np.unique(number).tolist():
        yield _case(one), planned.readers[number == one]


def _case(number: int) -> Case:
    values = []
    for bits, more in reversed(_BITS):
        values.append((number & (1 << bits) - 1) - more)
        number >>= bits
    outcome, times, state, bound, refused, awaits, said = reversed(values)
    return Case(outcome, times, LIVE_STATES[state], bound, bool(refused), bool(awaits), said)


def _said(session: Session, dispatch: Dispatch, readers: Ids, findings: Findings) -> Ids:
    """What the folded reports of each reader said, as bits of `SAYINGS`.

    A report means what it meant when it was folded: the tables may have been edited since.
    """
    c = DeliveryEvent
    mine = (Submission.dispatch_id == dispatch.id, c.reader_id.is_not(None), c.state == int(EventState.FOLDED))
    joined = select(c.reader_id, c.outcome).join(Submission, Submission.id == c.submission_id).where(*mine)
    rows = integers(session, joined.where(c.outcome.is_not(None)))
    bare = joined.with_only_columns(c.reader_id, c.port_id, c.status).where(c.outcome.is_(None))  # folded before reports kept what they meant
    rows = np.concatenate([rows, _meant(session, session.execute(bare).all())])
    codes = np.where((rows[:, 1] >= -1) & (rows[:, 1] < len(Outcome)), rows[:, 1], int(Outcome.UNKNOWN))
    at, known = find(readers, rows[:, 0])
    findings.add_all("with a report, but not planned", np.unique(rows[:, 0][~known]))
    said = np.zeros(readers.size, dtype=np.int64)
    np.bitwise_or.at(said, at[known], np.int64(1) << (codes[known] + 1))
    return said


def _meant(session: Session, rows: Sequence[Any]) -> Ids:
    meanings = Meanings(session) if rows else None
    found = [(reader, -1 if (one := meanings.outcome(port, status)) is None else int(one)) for reader, port, status in rows] if meanings else []
    return np.array(found, dtype=np.int64).reshape(-1, 2)
