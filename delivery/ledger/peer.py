"""What the peer got, compared with what we say: the outer proof of the ledger.

The sandbox MMSC keeps `submissions.jsonl`, a line for each SubmitReq it took. A
line is ours by its TransactionID, which no other submission of ours has.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.ledger.findings import Findings
from delivery.ledger.recount import ROWS_AT_ONCE, Ids, Journal
from delivery.models import Dispatch, Outcome, Submission, deliveries
from huabao.errors import UsageError
from huabao.msisdn import find_msisdn
from subscribers.models import Reader

TAKEN_CODES = (1000, 1001, 1100)
"""Status codes with which the peer took the message, for some recipients at least."""


@dataclass(frozen=True)
class PeerRecord:
    """The folder that a peer kept.

    Attributes:
        lines: (transaction id, recipients that it took) of each SubmitReq.
    """

    folder: Path
    lines: tuple[tuple[str, tuple[int, ...]], ...]

    def strangers(self, session: Session) -> list[str]:
        """A sentence where the peer took what our journal does not know."""
        known = set(session.scalars(select(Submission.transaction_id), execution_options={"yield_per": ROWS_AT_ONCE}))
        number = sum(transaction_id not in known for transaction_id, recipients in self.lines if recipients)
        return [f"the peer in {self.folder} took {number:,} submissions that the journal does not know"] if number else []


def read_peer(folder: Path) -> PeerRecord:
    """The record in `folder`.

    Raises:
        UsageError: there is none, or a line of it cannot be read.
    """
    path = folder / "submissions.jsonl"
    if not path.is_file():
        raise UsageError(f"{path} does not exist; give the folder that `huabao sandbox mmsc --keep DIR` wrote")
    return PeerRecord(folder, tuple(_lines(path)))


def _lines(path: Path) -> Iterator[tuple[str, tuple[int, ...]]]:
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.endswith("\n"):
                return  # the peer is still writing its last line, or was killed at it
            try:
                document: dict[str, Any] = json.loads(line)
                taken = document.get("status_code", TAKEN_CODES[0]) in TAKEN_CODES
                yield document["transaction_id"], tuple(_as_int(one) for one in document["recipients"]) if taken else ()
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise UsageError(f"{path}:{number}: no record of a submission ({type(error).__name__}); is this a sandbox's folder?") from error


def _as_int(number: str) -> int:
    return int(find_msisdn(number) or "x")


def compare(session: Session, dispatch: Dispatch, journal: Journal, peers: Sequence[PeerRecord], findings: Findings) -> None:
    """Who got it twice, who never though we say submitted, who got it though we say pending or cancelled."""
    ids, numbers = _planned(session, dispatch)
    got = _got(session, dispatch, peers)
    order = np.argsort(numbers)
    at = np.searchsorted(numbers[order], got)
    at[at == len(ids)] = 0
    known = (numbers[order][at] == got) if len(ids) else np.zeros(got.size, dtype=bool)
    if not known.all():
        findings.say(f"the peer got it for {int((~known).sum()):,} numbers that belong to no planned reader")
    readers = np.sort(ids[order][at[known]]) if len(ids) else np.empty(0, dtype=np.int64)
    findings.add_all("who got it twice, says the peer", np.unique(readers[1:][readers[1:] == readers[:-1]]))
    findings.add_all("submitted, we say, but the peer never got it", np.setdiff1d(np.intersect1d(journal.taken(), ids), readers))
    for outcome in (Outcome.PENDING, Outcome.CANCELLED):
        leaving = np.array([one for one, owner in zip(journal.readers.tolist(), journal.submissions.tolist(), strict=True) if journal.states[owner] == "leaving"], dtype=np.int64)
        untouched = np.setdiff1d(_with(session, dispatch, outcome), leaving)
        findings.add_all(f"{outcome.name.lower()}, we say, but the peer got it", np.intersect1d(untouched, readers))


def _planned(session: Session, dispatch: Dispatch) -> tuple[Ids, Ids]:
    rows = session.execute(
        select(deliveries.c.reader_id, Reader.msisdn)
        .join(Reader, Reader.id == deliveries.c.reader_id)
        .where(deliveries.c.day == dispatch.day, deliveries.c.dispatch_id == dispatch.id),
        execution_options={"yield_per": ROWS_AT_ONCE},
    )
    pairs: Ids = np.fromiter(((reader_id, int(number)) for reader_id, number in rows), dtype=np.dtype((np.int64, 2)))
    return pairs[:, 0], pairs[:, 1]


def _got(session: Session, dispatch: Dispatch, peers: Sequence[PeerRecord]) -> Ids:
    mine = set(session.scalars(select(Submission.transaction_id).where(Submission.dispatch_id == dispatch.id), execution_options={"yield_per": ROWS_AT_ONCE}))
    found = [np.array(numbers, dtype=np.int64) for peer in peers for transaction_id, numbers in peer.lines if transaction_id in mine]
    return np.concatenate([np.empty(0, dtype=np.int64), *found])


def _with(session: Session, dispatch: Dispatch, outcome: Outcome) -> Ids:
    mine = (deliveries.c.day == dispatch.day, deliveries.c.dispatch_id == dispatch.id, deliveries.c.outcome == int(outcome))
    return np.array(session.scalars(select(deliveries.c.reader_id).where(*mine)).all(), dtype=np.int64)
