"""What was called back, replaced and corrected, held against rows and against the peer's own record.

A recall's answer proves nothing about a reader; his reports do, and `recount`
weighs those. Here: a correction serves only whom an older version was meant for
and who cannot get that any more, and the peer knows every recall that it is said
to have answered, with the readers and the content that we say.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Table, and_, exists, or_, select
from sqlalchemy.orm import Session

from content.models import Variant
from delivery import kinds, lifecycle
from delivery.ledger.findings import EXAMPLES_MAX, Findings
from delivery.ledger.lines import read_lines
from delivery.models import Dispatch, Outcome, Recall, deliveries
from huabao.db import in_ids
from huabao.msisdn import find_msisdn
from subscribers.models import Reader

SPARED = (Outcome.CANCELLED, Outcome.SUBMITTED, Outcome.NO_REPORT, Outcome.UNKNOWN)
"""What a reader may be called whose message the peer called back: his report may be under way, or was lost."""


class PeerRecall(NamedTuple):
    """One CancelReq or ReplaceReq at the peer.

    Attributes:
        kind: cancel or replace.
        recipients: whom it spared, or gave the other content.
        body_sha256: of that content, or None.
    """

    kind: str
    transaction_id: str
    recipients: tuple[str, ...]
    body_sha256: str | None


def read_recalls(folder: Path) -> tuple[PeerRecall, ...]:
    """What the peer wrote down of recalls; nothing where it got none.

    Raises:
        UsageError: a line of it cannot be read.
    """
    path = folder / "recalls.jsonl"
    return tuple(read_lines(path, _recall, "a recall")) if path.is_file() else ()


def _recall(document: dict[str, Any]) -> PeerRecall:
    recipients = tuple(str(find_msisdn(one)) for one in document["recipients"])
    return PeerRecall(document["kind"], document["transaction_id"], recipients, document.get("body_sha256"))


def check_correction(session: Session, dispatch: Dispatch, findings: Findings) -> None:
    """A correction is for readers of older versions who cannot get those any more."""
    if dispatch.kind != kinds.CORRECTION:
        return
    older = session.scalars(
        select(Dispatch).where(Dispatch.edition_id == dispatch.edition_id, Dispatch.edition_version_id != dispatch.edition_version_id, Dispatch.id < dispatch.id)
    ).all()
    mine, other = deliveries, deliveries.alias("other")
    planned = select(mine.c.reader_id).where(mine.c.day == dispatch.day, mine.c.dispatch_id == dispatch.id)
    was_planned = exists().where(other.c.reader_id == mine.c.reader_id, _of(other, older))
    findings.add_all("corrected, though no older version was for him", session.scalars(planned.where(~was_planned)))
    sending = [one for one in older if one.state not in (*lifecycle.ENDED, lifecycle.CLOSED)]
    still = exists().where(other.c.reader_id == mine.c.reader_id, _of(other, sending), other.c.outcome == int(Outcome.PENDING))
    if sending:
        findings.add_all("corrected, though an older version still waits for him", session.scalars(planned.where(still)))


def _of(table: Table | Any, found: Sequence[Dispatch]) -> Any:
    return or_(*(and_(table.c.day == one.day, table.c.dispatch_id == one.id) for one in found)) if found else exists().where(Reader.id < 0)


def compare_recalls(session: Session, dispatch: Dispatch, recalls: Sequence[PeerRecall], findings: Findings) -> None:
    """The peer's record of recalls beside ours."""
    rows = session.execute(
        select(Recall.id, Recall.transaction_id, Recall.state, Recall.kind, Variant.sha256)
        .outerjoin(Variant, Variant.id == Recall.variant_id)
        .where(Recall.dispatch_id == dispatch.id, Recall.transaction_id.is_not(None))
        .order_by(Recall.id)
    ).all()
    theirs = {one.transaction_id: one for one in recalls}
    missing = [row.id for row in rows if row.state == "done" and row.transaction_id not in theirs]
    if missing:
        some = ", ".join(map(str, missing[:EXAMPLES_MAX]))
        findings.say(f"{len(missing):,} recalls were answered, we say, but the peer got none of them (e.g. recall {some})")
    found = [(row, theirs[row.transaction_id]) for row in rows if row.transaction_id in theirs]
    wrong = [row.id for row, one in found if row.kind == "replace" and one.recipients and one.body_sha256 != row.sha256]
    if wrong:
        findings.say(f"{len(wrong):,} messages were replaced by another content than we say (e.g. recall {wrong[0]})")
    spared = {number for row, one in found if row.kind == "cancel" for number in one.recipients}
    _check_spared(session, dispatch, spared, findings)


def _check_spared(session: Session, dispatch: Dispatch, spared: set[str], findings: Findings) -> None:
    mine = (deliveries.c.day == dispatch.day, deliveries.c.dispatch_id == dispatch.id)
    ids = _ids_of(session, spared)
    rows = session.execute(select(deliveries.c.reader_id, deliveries.c.outcome).where(*mine, in_ids(session, deliveries.c.reader_id, ids))) if ids else ()
    for reader_id, outcome in rows:
        if Outcome(outcome) not in SPARED:
            findings.add(f"called back, says the peer, but we call it {Outcome(outcome).name.lower()}", reader_id)
    ours = session.scalars(select(deliveries.c.reader_id).where(*mine, deliveries.c.outcome == int(Outcome.CANCELLED), deliveries.c.submission_id.is_not(None)))
    findings.add_all("called back by report, we say, but the peer called nothing back", set(ours) - set(ids))


def _ids_of(session: Session, numbers: set[str]) -> list[int]:
    """Ids of many numbers, a thousand at a time."""
    ordered = sorted(numbers)
    return [one for at in range(0, len(ordered), 1000) for one in session.scalars(select(Reader.id).where(Reader.msisdn.in_(ordered[at : at + 1000])))]
