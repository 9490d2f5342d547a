"""What the peer got, compared with what we say: the outer proof of the ledger.

The sandbox MMSC keeps `submissions.jsonl`, a line for each SubmitReq it took. A
line is ours by its TransactionID, which no other submission of ours has. Whoever was sent
to once more after a lost answer, by stated policy, may have got it so often. A
planned reader who was forgotten since has no number any more: as many numbers as
there are such readers in the journal may be nobody's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.ledger.findings import EXAMPLES_MAX, Findings
from delivery.ledger.lines import read_lines
from delivery.ledger.recalled import PeerRecall, compare_recalls, read_recalls
from delivery.ledger.recount import ROWS_AT_ONCE, Ids, Journal, more_than
from delivery.ledger.smsc_peer import SMSCLine, ascribe
from delivery.models import Dispatch, Outcome, Port, Submission, deliveries
from delivery.ports.message_ids import normalise_message_id
from huabao.errors import UsageError
from huabao.msisdn import find_msisdn
from subscribers.models import Reader

_FORGOTTEN = -1
"""In place of the number of a reader who is gone."""

TAKEN_CODES = (1000, 1001, 1100, 0)
"""Status codes with which the peer took the message, for some recipients at least."""


class PeerLine(NamedTuple):
    """One SubmitReq at the peer.

    Attributes:
        recipients: whom it took; none where it refused.
        message_id: the MessageID that it gave, None where it kept none.
        part: of a text in parts; 0 where it is no text of an SMSC.
    """

    transaction_id: str
    recipients: tuple[int, ...]
    message_id: str | None
    part: int = 0


@dataclass(frozen=True)
class PeerRecord:
    """The folder that a peer kept.

    Attributes:
        lines: of each SubmitReq.
        recalls: of each CancelReq and ReplaceReq.
    """

    folder: Path
    lines: tuple[PeerLine, ...]
    recalls: tuple[PeerRecall, ...] = ()

    def ascribed(self, session: Session) -> PeerRecord:
        """The same with the TransactionIDs of our submissions, where the peer is an SMSC, which knows none."""
        if not any(line.part for line in self.lines):
            return self
        found = ascribe(session, (SMSCLine(line.message_id or "", line.recipients[0] if line.recipients else 0, line.part) for line in self.lines))
        return PeerRecord(self.folder, tuple(line._replace(transaction_id=owner) for line, owner in zip(self.lines, found, strict=True) if owner is not None))

    def strangers(self, session: Session) -> list[str]:
        """A sentence where the peer took what our journal does not know."""
        known = set(session.scalars(select(Submission.transaction_id), execution_options={"yield_per": ROWS_AT_ONCE}))
        number = sum(line.transaction_id not in known for line in self.lines if line.recipients)
        return [f"the peer in {self.folder} took {number:,} submissions that the journal does not know"] if number else []


def read_peer(folder: Path) -> PeerRecord:
    """The record in `folder`.

    Raises:
        UsageError: there is none, or a line of it cannot be read.
    """
    path = folder / "submissions.jsonl"
    if not path.is_file():
        raise UsageError(f"{path} does not exist; give the folder that `huabao sandbox mmsc --keep DIR` wrote")
    return PeerRecord(folder, tuple(read_lines(path, _line, "a submission")), read_recalls(folder))


def _line(document: dict[str, Any]) -> PeerLine:
    taken = document.get("status_code", TAKEN_CODES[0]) in TAKEN_CODES
    recipients = tuple(_as_int(one) for one in document["recipients"]) if taken else ()
    return PeerLine(document["transaction_id"] or "", recipients, document.get("message_id"), document.get("part", 0))


def _as_int(number: str) -> int:
    return int(find_msisdn(number) or "x")


def compare(session: Session, dispatch: Dispatch, journal: Journal, peers: Sequence[PeerRecord], findings: Findings) -> None:
    """Who got it twice, who never though we say submitted, who got it though we say pending or cancelled; MessageIDs that differ."""
    ids, numbers, forgotten = _planned(session, dispatch)
    lines = _lines_of(session, dispatch, peers)
    got = np.concatenate([np.empty(0, dtype=np.int64), *(np.array(line.recipients, dtype=np.int64) for line in lines)])
    order = np.argsort(numbers)
    at = np.searchsorted(numbers[order], got)
    at[at == len(ids)] = 0
    known = (numbers[order][at] == got) if len(ids) else np.zeros(got.size, dtype=bool)
    _check_unknown(got[~known], np.intersect1d(forgotten, journal.readers).size, findings)
    readers = np.sort(ids[order][at[known]]) if len(ids) else np.empty(0, dtype=np.int64)
    findings.add_all("who got it twice, says the peer", more_than(readers, journal.sent_again))
    findings.add_all("submitted, we say, but the peer never got it", np.setdiff1d(np.intersect1d(journal.taken(), ids), readers))
    for outcome in (Outcome.PENDING, Outcome.CANCELLED):
        leaving = np.array([one for one, owner in zip(journal.readers.tolist(), journal.submissions.tolist(), strict=True) if journal.states[owner] == "leaving"], dtype=np.int64)
        sent = leaving if outcome is Outcome.PENDING else journal.readers  # what was submitted may have been called back since
        untouched = np.setdiff1d(np.setdiff1d(_with(session, dispatch, outcome), sent), journal.sent_again)
        findings.add_all(f"{outcome.name.lower()}, we say, but the peer got it", np.intersect1d(untouched, readers))
    _check_message_ids(session, dispatch, lines, findings)
    compare_recalls(session, dispatch, [one for peer in peers for one in peer.recalls], findings)


def _check_unknown(numbers: Ids, forgotten: int, findings: Findings) -> None:
    """Numbers at the peer that no planned reader has: at most one for each of the `forgotten` who were sent to, and each once."""
    distinct, times = np.unique(numbers, return_counts=True)
    twice = int((times > 1).sum())
    if distinct.size > forgotten:
        since = f" ({forgotten:,} more may be those of readers forgotten since)" if forgotten else ""
        findings.say(f"the peer got it for {distinct.size - forgotten:,} numbers that belong to no planned reader{since}")
    if twice:
        findings.say(f"{twice:,} {'number' if twice == 1 else 'numbers'} without a planned reader got it twice, says the peer")


def _check_message_ids(session: Session, dispatch: Dispatch, lines: Sequence[PeerLine], findings: Findings) -> None:
    """The MessageID of each submission is one that the peer gave to it."""
    options = {port.id: port.options for port in session.scalars(select(Port))}
    given: dict[str, set[str]] = {}
    for line in lines:
        if line.recipients and line.message_id is not None:
            given.setdefault(line.transaction_id, set()).add(line.message_id)
    rows = session.execute(
        select(Submission.id, Submission.transaction_id, Submission.port_id, Submission.message_id)
        .where(Submission.dispatch_id == dispatch.id, Submission.message_id.is_not(None))
        .order_by(Submission.id),
        execution_options={"yield_per": ROWS_AT_ONCE},
    )
    wrong = [
        submission_id
        for submission_id, transaction_id, port_id, message_id in rows
        if transaction_id in given and message_id not in {normalise_message_id(one, options.get(port_id, {})) for one in given[transaction_id]}
    ]
    if wrong:
        some = ", ".join(str(one) for one in wrong[:EXAMPLES_MAX])
        findings.say(f"{len(wrong):,} {'submission has' if len(wrong) == 1 else 'submissions have'} another MessageID than the peer gave (e.g. submission {some})")


def _planned(session: Session, dispatch: Dispatch) -> tuple[Ids, Ids, Ids]:
    """Planned readers and their numbers, and planned readers who were forgotten since."""
    rows = session.execute(
        select(deliveries.c.reader_id, Reader.msisdn)
        .outerjoin(Reader, Reader.id == deliveries.c.reader_id)
        .where(deliveries.c.day == dispatch.day, deliveries.c.dispatch_id == dispatch.id),
        execution_options={"yield_per": ROWS_AT_ONCE},
    )
    pairs: Ids = np.fromiter(((reader_id, int(number or _FORGOTTEN)) for reader_id, number in rows), dtype=np.dtype((np.int64, 2)))
    there = pairs[:, 1] != _FORGOTTEN
    return pairs[there, 0], pairs[there, 1], pairs[~there, 0]


def _lines_of(session: Session, dispatch: Dispatch, peers: Sequence[PeerRecord]) -> list[PeerLine]:
    mine = set(session.scalars(select(Submission.transaction_id).where(Submission.dispatch_id == dispatch.id), execution_options={"yield_per": ROWS_AT_ONCE}))
    return [line for peer in peers for line in peer.lines if line.transaction_id in mine]


def _with(session: Session, dispatch: Dispatch, outcome: Outcome) -> Ids:
    mine = (deliveries.c.day == dispatch.day, deliveries.c.dispatch_id == dispatch.id, deliveries.c.outcome == int(outcome))
    return np.array(session.scalars(select(deliveries.c.reader_id).where(*mine)).all(), dtype=np.int64)
