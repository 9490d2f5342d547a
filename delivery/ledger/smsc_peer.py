"""What an SMSC took, ascribed to our submissions: its lines carry no TransactionID, but the ids that it gave, and to whom.

A line is the submission's whose message id (or whose part's) it names, to that
number. One that nobody knows belongs to a submission whose answer was lost or named no id, to
that number; where there is none, it is a stranger's. A text that answered a reader stands
in no ledger and is passed over. Of a text in parts the first
counts as the copy that the reader got.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.ledger.numbers import NumberThen
from delivery.models import Port, ReaderReply, Submission, SubmissionPart
from delivery.ports.message_ids import normalise_message_id
from huabao.ids import unpack_ids

ROWS_AT_ONCE = 5_000


class SMSCLine(NamedTuple):
    """One submit_sm at the SMSC.

    Attributes:
        part: 1 for the first, or only, part of a text.
        number: whom it goes to, as a number.
    """

    message_id: str
    number: int
    part: int


def ascribe(session: Session, lines: Iterable[SMSCLine]) -> list[str | None]:
    """The TransactionID of each line's submission, None for the further parts of a text and for answers to readers, a name of its own for a stranger."""
    ports = {port.id: port for port in session.scalars(select(Port).where(Port.kind == "smpp"))}
    given, lost = _submissions(session, ports)
    replies, lost_replies = _replies(session, ports)
    forms = {port.options.get("message_id", "exact") for port in ports.values()}
    found: list[str | None] = []
    for line in lines:
        if line.part != 1:
            found.append(None)
            continue
        ids = {normalise_message_id(line.message_id, {"message_id": form}) for form in forms}
        owner = next((given[one, line.number] for one in ids if (one, line.number) in given), None)
        if owner is None and not ids.isdisjoint(replies):
            found.append(None)
            continue
        if owner is None and lost_replies[line.number] and not lost[line.number]:
            lost_replies[line.number] -= 1
            found.append(None)
            continue
        if owner is None and lost[line.number]:
            owner = lost[line.number].pop(0)
        found.append(owner or f"smsc:{line.message_id}")
    return found


def _replies(session: Session, ports: Iterable[int]) -> tuple[set[str], Counter[int]]:
    """Message ids of texts that answered readers, and how many went to a number whose answer was lost."""
    mine = ReaderReply.port_id.in_(list(ports))
    rows = session.execute(select(ReaderReply.message_id, ReaderReply.number, ReaderReply.state).where(mine, ReaderReply.left_at.is_not(None))).all()
    lost = (int(row.number) for row in rows if not row.message_id and row.number and row.state in ("leaving", "unknown", "sent"))
    return {row.message_id for row in rows if row.message_id}, Counter(lost)


def _submissions(session: Session, ports: Iterable[int]) -> tuple[dict[tuple[str, int], str], dict[int, list[str]]]:
    """TransactionIDs by (message id, number), and by number those whose answer was lost."""
    mine = Submission.port_id.in_(list(ports))
    of_first = select(SubmissionPart.submission_id, SubmissionPart.message_id).where(SubmissionPart.port_id.in_(list(ports)), SubmissionPart.number == 1)
    firsts = {row.submission_id: row.message_id for row in session.execute(of_first)}
    rows = session.execute(
        select(Submission.id, Submission.transaction_id, Submission.message_id, Submission.state, Submission.reader_ids, Submission.written_at).where(mine).order_by(Submission.id),
        execution_options={"yield_per": ROWS_AT_ONCE},
    ).all()
    numbers = NumberThen(session) if rows else None
    given: dict[tuple[str, int], str] = {}
    lost: dict[int, list[str]] = defaultdict(list)
    for row in rows:
        message_id = row.message_id or firsts.get(row.id)
        for reader in unpack_ids(row.reader_ids):
            number = None if numbers is None else numbers.of(reader, row.written_at)
            if number is None:
                continue
            if message_id:
                given[message_id, number] = row.transaction_id
            elif row.state in ("leaving", "unknown", "accepted"):  # an SMSC may say yes and give no id
                lost[number].append(row.transaction_id)
    return given, lost
