"""What the peer got, compared with what we say: the outer proof of the ledger.

The sandbox MMSC keeps `submissions.jsonl`, a line for each SubmitReq it took. A
line is ours by its TransactionID, which no other submission of ours has. Whoever was sent
to once more after a lost answer, by stated policy, may have got it so often. A
planned reader counts under the number that he had while it was sent. One who was forgotten
since has none: as many numbers as there are such readers in the journal may be nobody's.

A peer of 1.5 million readers wrote as many numbers down: they are read line by line
into arrays, and texts that are only compared stand there as their hashes (64 bits, of
this process).
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.ledger.findings import EXAMPLES_MAX, Findings
from delivery.ledger.lines import read_lines
from delivery.ledger.numbers import numbers_then
from delivery.ledger.recalled import PeerRecall, compare_recalls, read_recalls
from delivery.ledger.recount import ROWS_AT_ONCE, Ids, Journal, Planned, find, more_than
from delivery.ledger.smsc_peer import SMSCLine, ascribe
from delivery.models import Dispatch, Outcome, Port, Submission
from delivery.ports.message_ids import normalise_message_id
from huabao.errors import UsageError
from huabao.msisdn import find_msisdn

TAKEN_CODES = (1000, 1001, 1100, 0)
"""Status codes with which the peer took the message, for some recipients at least."""

_is_bare = re.compile("1[3-9][0-9]{9}").fullmatch


class PeerLine(NamedTuple):
    """One SubmitReq at the peer.

    Attributes:
        recipients: whom it took; none where it refused.
        message_id: the MessageID that it gave, None where it kept none.
        part: of a text in parts; 0 where it is no text of an SMSC.
    """

    transaction_id: str
    recipients: list[int]
    message_id: str | None
    part: int = 0


@dataclass(frozen=True)
class PeerRecord:
    """The folder that a peer kept.

    Attributes:
        keys: of each SubmitReq, the hash of its TransactionID.
        sizes: how many recipients each has.
        recipients: of the first SubmitReq, of the second and so on.
        message_ids: that the peer gave to each, or None.
        texts: lines of an SMSC, which know no TransactionID until they are `ascribed`.
        recalls: of each CancelReq and ReplaceReq.
    """

    folder: Path
    keys: Ids
    sizes: Ids
    recipients: Ids
    message_ids: Sequence[str | None]
    texts: Sequence[SMSCLine] = ()
    recalls: Sequence[PeerRecall] = ()

    @classmethod
    def of(cls, folder: Path, lines: Iterator[PeerLine], recalls: Sequence[PeerRecall] = ()) -> PeerRecord:
        """A record of these lines; none is kept as it is but an SMSC's."""
        keys, sizes, recipients = array("q"), array("q"), array("q")
        message_ids: list[str | None] = []
        texts: list[SMSCLine] = []
        for line in lines:
            if line.part:
                texts.append(SMSCLine(line.message_id or "", line.recipients[0] if line.recipients else 0, line.part))
                continue
            keys.append(hash(line.transaction_id))
            sizes.append(len(line.recipients))
            recipients.extend(line.recipients)
            message_ids.append(line.message_id)
        columns = [np.array(one, dtype=np.int64) for one in (keys, sizes, recipients)]
        return cls(folder, columns[0], columns[1], columns[2], message_ids, texts, recalls)

    def ascribed(self, session: Session) -> PeerRecord:
        """The same with the TransactionIDs of our submissions, where the peer is an SMSC, which knows none."""
        if not self.texts:
            return self
        owners = ascribe(session, self.texts)
        lines = (PeerLine(owner, [one.number] if one.number else [], one.message_id) for owner, one in zip(owners, self.texts, strict=True) if owner is not None)
        return PeerRecord.of(self.folder, lines, self.recalls)

    @cached_property
    def _order(self) -> Ids:
        return np.argsort(self.keys, kind="stable")

    def lines_of(self, keys: Ids) -> Ids:
        """Places of the SubmitReqs that have one of these keys, in no order."""
        ordered, wanted = self.keys[self._order], np.unique(keys)
        first, behind = np.searchsorted(ordered, wanted), np.searchsorted(ordered, wanted, side="right")
        times = behind - first
        found: Ids = self._order[np.repeat(first, times) + np.arange(times.sum()) - np.repeat(np.cumsum(times) - times, times)]
        return found

    def numbers_of(self, lines: Ids) -> Ids:
        """The recipients of the SubmitReqs at these places."""
        begins, sizes = (np.cumsum(self.sizes) - self.sizes)[lines], self.sizes[lines]
        found: Ids = self.recipients[np.repeat(begins, sizes) + np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)]
        return found

    def strangers(self, session: Session) -> list[str]:
        """A sentence where the peer took what our journal does not know."""
        known = np.fromiter(map(hash, session.scalars(select(Submission.transaction_id), execution_options={"yield_per": ROWS_AT_ONCE})), dtype=np.int64)
        number = int((~np.isin(self.keys, known) & (self.sizes > 0)).sum())
        return [f"the peer in {self.folder} took {number:,} submissions that the journal does not know"] if number else []


def read_peer(folder: Path) -> PeerRecord:
    """The record in `folder`.

    Raises:
        UsageError: there is none, or a line of it cannot be read.
    """
    path = folder / "submissions.jsonl"
    if not path.is_file():
        raise UsageError(f"{path} does not exist; give the folder that `huabao sandbox mmsc --keep DIR` wrote")
    return PeerRecord.of(folder, read_lines(path, _line, "a submission"), read_recalls(folder))


def _line(document: dict[str, Any]) -> PeerLine:
    taken = document.get("status_code", TAKEN_CODES[0]) in TAKEN_CODES
    recipients = [int(one if _is_bare(one) else find_msisdn(one) or "x") for one in document["recipients"]] if taken else []
    return PeerLine(document["transaction_id"] or "", recipients, document.get("message_id"), document.get("part", 0))


def compare(session: Session, dispatch: Dispatch, planned: Planned, journal: Journal, peers: Sequence[PeerRecord], findings: Findings) -> None:
    """Who got it twice, who never though we say submitted, who got it though we say pending or cancelled; MessageIDs that differ."""
    sent = _read_sent(session, dispatch)
    lines = [(peer, peer.lines_of(sent.keys)) for peer in peers]
    got = np.concatenate([np.empty(0, dtype=np.int64), *(peer.numbers_of(places) for peer, places in lines)])
    ids, numbers, forgotten = numbers_then(session, dispatch)
    order = np.argsort(numbers)
    at, known = find(numbers[order], got)
    _check_unknown(got[~known], np.intersect1d(forgotten, journal.readers).size, findings)
    readers = np.sort(ids[order][at[known]])
    findings.add_all("who got it twice, says the peer", more_than(readers, journal.sent_again))
    findings.add_all("submitted, we say, but the peer never got it", np.setdiff1d(np.intersect1d(journal.taken(), ids), readers))
    for outcome in (Outcome.PENDING, Outcome.CANCELLED):
        under_way = journal.in_state("leaving") if outcome is Outcome.PENDING else journal.readers  # what was submitted may have been called back since
        untouched = np.setdiff1d(np.setdiff1d(planned.with_outcome(outcome), under_way), journal.sent_again)
        findings.add_all(f"{outcome.name.lower()}, we say, but the peer got it", np.intersect1d(untouched, readers))
    _check_message_ids(session, sent, lines, findings)
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


class _Sent(NamedTuple):
    """The submissions of a dispatch, as far as the peer is asked.

    Attributes:
        keys: hashes of their TransactionIDs.
        given: hashes of (key, MessageID); 0 where nobody learnt one.
        ports: of each.
    """

    ids: Ids
    keys: Ids
    given: Ids
    ports: Ids


def _read_sent(session: Session, dispatch: Dispatch) -> _Sent:
    ids, keys, given, ports = array("q"), array("q"), array("q"), array("q")
    rows = session.execute(
        select(Submission.id, Submission.transaction_id, Submission.message_id, Submission.port_id).where(Submission.dispatch_id == dispatch.id),
        execution_options={"yield_per": ROWS_AT_ONCE},
    )
    for submission_id, transaction_id, message_id, port_id in rows:
        key = hash(transaction_id)
        ids.append(submission_id)
        keys.append(key)
        given.append(0 if message_id is None else hash((key, message_id)))
        ports.append(port_id)
    return _Sent(*(np.array(one, dtype=np.int64) for one in (ids, keys, given, ports)))


def _check_message_ids(session: Session, sent: _Sent, lines: Sequence[tuple[PeerRecord, Ids]], findings: Findings) -> None:
    """The MessageID of each submission is one that the peer gave to it."""
    wrong: list[int] = []
    options = {port.id: port.options for port in session.scalars(select(Port))}
    for port_id in np.unique(sent.ports).tolist():
        keys, pairs = array("q"), array("q")
        for peer, places in lines:
            for at in places[peer.sizes[places] > 0].tolist():
                message_id, key = peer.message_ids[at], int(peer.keys[at])
                if message_id is not None:
                    keys.append(key)
                    pairs.append(hash((key, normalise_message_id(message_id, options.get(port_id, {})))))
        mine = (sent.ports == port_id) & (sent.given != 0) & np.isin(sent.keys, np.array(keys, dtype=np.int64))
        wrong += sent.ids[mine & ~np.isin(sent.given, np.array(pairs, dtype=np.int64))].tolist()
    if wrong:
        some = ", ".join(str(one) for one in sorted(wrong)[:EXAMPLES_MAX])
        findings.say(f"{len(wrong):,} {'submission has' if len(wrong) == 1 else 'submissions have'} another MessageID than the peer gave (e.g. submission {some})")
