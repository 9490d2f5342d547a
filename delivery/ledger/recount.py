"""The recount behind `ledger verify`: batches, the journal of submissions, deliveries and reports, each read whole.

Ids are kept in numpy arrays (8 bytes a reader); rows are streamed in the order of
the reader, so that 1.5 million readers take tens of megabytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from delivery.dispatch.audience import REASONS
from delivery.ledger.findings import Findings
from delivery.models import Batch, DeliveryEvent, Dispatch, EventState, Outcome, Submission, Withdrawal, deliveries
from delivery.reports.meanings import Meanings, kept
from delivery.reports.outcomes import Evidence, fold_outcome
from delivery.sending.journal import LIVE_STATES
from huabao.ids import unpack_ids

Ids = NDArray[np.int64]

ROWS_AT_ONCE = 5_000

_SOME_TIME = datetime(2000, 1, 1, tzinfo=UTC)

_BASE = {"accepted": Outcome.SUBMITTED, "partial": Outcome.SUBMITTED, "refused": Outcome.REJECTED, "unknown": Outcome.UNKNOWN}


@dataclass(frozen=True)
class Journal:
    """The live submissions of a dispatch, reader by reader.

    Attributes:
        readers: every reader of a live submission, ascending; one who stands twice is in two.
        submissions: the submission of each of them.
        states: of each submission.
        variants: of each submission.
        refused: readers singled out by partial answers.
        again: of each unknown submission, the readers who were sent to once more by stated policy.
    """

    readers: Ids
    submissions: Ids
    states: dict[int, str]
    variants: dict[int, int]
    refused: frozenset[int]
    again: dict[int, frozenset[int]] = field(default_factory=dict)

    @property
    def sent_again(self) -> Ids:
        """Readers who were sent to once more by stated policy, as often as they were: they may have it twice."""
        return np.sort(np.array([reader for readers in self.again.values() for reader in readers], dtype=np.int64))

    def awaits_another(self, reader_id: int, submission_id: int) -> bool:
        """Whether the reader was in that submission, and is to be sent to once more."""
        return reader_id in self.again.get(submission_id, ())

    def taken(self) -> Ids:
        """Readers whom the peer says it took."""
        known = np.array([self.states[one] in ("accepted", "partial") for one in self.submissions.tolist()], dtype=bool)
        return np.setdiff1d(self.readers[known] if known.size else self.readers, np.array(sorted(self.refused), dtype=np.int64))

    def of(self, reader_id: int) -> list[int]:
        """The live submissions in which the reader is."""
        low, high = np.searchsorted(self.readers, [reader_id, reader_id + 1])
        return [int(one) for one in self.submissions[low:high]]


def read_journal(session: Session, dispatch: Dispatch) -> Journal:
    """All live submissions of a dispatch."""
    readers: list[Ids] = []
    owners: list[Ids] = []
    states: dict[int, str] = {}
    variants: dict[int, int] = {}
    refused: set[int] = set()
    again: dict[int, frozenset[int]] = {}
    rows = session.execute(
        select(Submission.id, Submission.state, Submission.variant_id, Submission.reader_ids, Submission.refused_ids, Submission.again_ids)
        .where(Submission.dispatch_id == dispatch.id, Submission.state.in_(LIVE_STATES))
        .order_by(Submission.id),
        execution_options={"yield_per": ROWS_AT_ONCE},
    )
    for submission_id, state, variant_id, packed, packed_refused, packed_again in rows:
        ids = np.array(unpack_ids(packed), dtype=np.int64)
        readers.append(ids)
        owners.append(np.full(ids.size, submission_id, dtype=np.int64))
        states[submission_id], variants[submission_id] = state, variant_id
        if packed_refused is not None:
            refused.update(unpack_ids(packed_refused))
        if packed_again is not None:
            again[submission_id] = frozenset(unpack_ids(packed_again))
    empty = np.empty(0, dtype=np.int64)
    all_readers = np.concatenate([empty, *readers])
    order = np.argsort(all_readers, kind="stable")
    return Journal(all_readers[order], np.concatenate([empty, *owners])[order], states, variants, frozenset(refused), again)


def check_batches(session: Session, dispatch: Dispatch, findings: Findings) -> None:
    """Every planned reader is in exactly one batch."""
    parts = [np.empty(0, dtype=np.int64)]
    for size, packed in session.execute(select(Batch.size, Batch.reader_ids).where(Batch.dispatch_id == dispatch.id), execution_options={"yield_per": ROWS_AT_ONCE}):
        parts.append(np.array(unpack_ids(packed), dtype=np.int64))
        if parts[-1].size != size:
            findings.say(f"a batch of {size:,} readers holds {parts[-1].size:,}")
    ids = np.sort(np.concatenate(parts))
    findings.add_all("in more than one batch", np.unique(ids[1:][ids[1:] == ids[:-1]]))
    found = hashlib.sha256("".join(f"{one}\n" for one in ids.tolist()).encode()).hexdigest()
    if found != dispatch.planned_digest:
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


def check_deliveries(session: Session, dispatch: Dispatch, journal: Journal, findings: Findings) -> None:
    """Every delivery says what its submission and its reports say."""
    reports = _Reports(session, dispatch)
    rows = session.execute(
        select(deliveries.c.reader_id, deliveries.c.variant_id, deliveries.c.outcome, deliveries.c.submission_id)
        .where(deliveries.c.day == dispatch.day, deliveries.c.dispatch_id == dispatch.id)
        .order_by(deliveries.c.reader_id),
        execution_options={"yield_per": ROWS_AT_ONCE},
    )
    readers, owners = journal.readers.tolist(), journal.submissions.tolist()
    at = 0
    for reader_id, variant_id, outcome, submission_id in rows:
        while at < len(readers) and readers[at] < reader_id:
            findings.add("in a submission, but not planned", readers[at])
            at += 1
        mine: list[int] = []
        while at < len(readers) and readers[at] == reader_id:
            mine.append(owners[at])
            at += 1
        if any(journal.variants[one] != variant_id for one in mine):
            findings.add("planned for another variant than was submitted", reader_id)
        wrong = _fault(reader_id, outcome, submission_id, mine, journal, reports.of(reader_id))
        if wrong:
            findings.add(wrong, reader_id)
    findings.add_all("in a submission, but not planned", readers[at:])
    findings.add_all("with a report, but not planned", reports.left())


def _fault(reader_id: int, number: int, submission_id: int | None, mine: list[int], journal: Journal, said: list[Outcome | None]) -> str | None:
    """What is wrong with one delivery, or None."""
    if not Outcome.is_known(number):
        return f"with the outcome {number}, which does not exist"
    outcome = Outcome(number)
    if not mine:
        if outcome in (Outcome.PENDING, Outcome.CANCELLED) and submission_id is None and not said:
            return None
        return f"called {outcome.name.lower()}, though in no submission"
    state = journal.states[mine[-1]]
    if state == "leaving" and not (said and len(mine) > 1):  # a report of an earlier one may be there, where he was sent to once more
        return None if outcome is Outcome.PENDING else f"called {outcome.name.lower()}, though the answer is awaited"
    if submission_id not in mine:
        return "bound to another submission than the journal's"
    if journal.awaits_another(reader_id, mine[-1]) and outcome is Outcome.PENDING and not said:
        return None
    base = Outcome.REJECTED if reader_id in journal.refused else _BASE.get(state, Outcome.PENDING)
    expected = fold_outcome(Evidence(base, _SOME_TIME), [(one, _SOME_TIME) for one in said]).outcome
    if outcome is expected or (outcome is Outcome.NO_REPORT and expected is Outcome.SUBMITTED):
        return None
    return f"called {outcome.name.lower()}, though answer and reports say {expected.name.lower()}"


class _Reports:
    """The stored reports of a dispatch, streamed in the order of the reader.

    A report means what it meant when it was folded: the tables may have been edited since.
    """

    def __init__(self, session: Session, dispatch: Dispatch) -> None:
        self._meanings = Meanings(session)
        self._rows: Iterator[tuple[int, int, str, int | None]] = iter(
            session.execute(
                select(DeliveryEvent.reader_id, DeliveryEvent.port_id, DeliveryEvent.status, DeliveryEvent.outcome)
                .join(Submission, Submission.id == DeliveryEvent.submission_id)
                .where(Submission.dispatch_id == dispatch.id, DeliveryEvent.reader_id.is_not(None), DeliveryEvent.state == EventState.FOLDED)
                .distinct()
                .order_by(DeliveryEvent.reader_id),
                execution_options={"yield_per": ROWS_AT_ONCE},
            )
        )
        self._next = next(self._rows, None)
        self._passed: list[int] = []

    def of(self, reader_id: int) -> list[Outcome | None]:
        """What the reports of a reader made of his delivery; to be asked in ascending order."""
        found: list[Outcome | None] = []
        while self._next is not None and self._next[0] <= reader_id:
            if self._next[0] == reader_id:
                found.append(self._meaning(*self._next[1:]))
            else:
                self._passed.append(self._next[0])
            self._next = next(self._rows, None)
        return found

    def _meaning(self, port_id: int, status: str, outcome: int | None) -> Outcome | None:
        return self._meanings.outcome(port_id, status) if outcome is None else kept(outcome)

    def left(self) -> list[int]:
        """Readers who were never asked for, once all were."""
        while self._next is not None:
            self._passed.append(self._next[0])
            self._next = next(self._rows, None)
        return self._passed
