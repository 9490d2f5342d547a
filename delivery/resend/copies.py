"""What a reader got of an edition before: each copy with its dispatch, time and outcome, and why he did not get it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from content.models import Edition, Publication
from delivery import kinds
from delivery.dialects import CodeMeaning
from delivery.models import DeliveryEvent, Dispatch, EventState, Outcome, Submission, deliveries
from delivery.reports.meanings import Meanings
from huabao.db import in_ids

ON_ITS_WAY = (Outcome.PENDING, Outcome.SUBMITTED, Outcome.RETRIEVED, Outcome.UNKNOWN, Outcome.NO_REPORT)
"""Outcomes of a copy that the reader has or may still get."""

NEEDS_A_WORD = (Outcome.REJECTED, Outcome.EXPIRED, Outcome.FAILED, Outcome.UNKNOWN)
"""Outcomes of which a support agent wants to know why."""


@dataclass(frozen=True)
class Copy:
    """One copy of an edition that was planned for a reader.

    Attributes:
        kind: edition, correction or resend.
        by: who started the dispatch.
        asked_at: when it was made.
        sent_at: when the copy left, or None.
        outcome_at: when it came to its outcome, or None.
        submission_id: that carried it, or None.
        meaning: what the report or the answer that decided says, by the tables in force now; None where there is nothing to explain.
    """

    dispatch_id: int
    kind: str
    edition_version_id: int
    variant_id: int
    outcome: Outcome
    by: str
    asked_at: datetime
    sent_at: datetime | None
    outcome_at: datetime | None
    submission_id: int | None = None
    meaning: CodeMeaning | None = None

    def to_document(self) -> dict[str, Any]:
        """The copy as JSON shows it."""
        return {
            "dispatch_id": self.dispatch_id,
            "kind": self.kind,
            "outcome": self.outcome.name.lower(),
            "by": self.by,
            "asked_at": self.asked_at.isoformat(),
            "sent_at": None if self.sent_at is None else self.sent_at.isoformat(),
            "outcome_at": None if self.outcome_at is None else self.outcome_at.isoformat(),
            "cause": None if self.meaning is None else self.meaning.cause,
            "advice": None if self.meaning is None else {"en": self.meaning.en, "zh": self.meaning.zh},
        }


def days_of(session: Session, edition_id: int) -> list[date]:
    """The business days on which the edition was sent: the partitions that hold its deliveries."""
    return list(session.scalars(select(Dispatch.day).where(Dispatch.edition_id == edition_id).distinct().order_by(Dispatch.day)))


def copies_of(session: Session, edition_id: int, reader_id: int) -> list[Copy]:
    """The reader's copies of the edition, the newest first."""
    days = days_of(session, edition_id)
    if not days:
        return []
    rows = session.execute(
        select(
            Dispatch.id, Dispatch.kind, Dispatch.edition_version_id, deliveries.c.variant_id, deliveries.c.outcome,
            Dispatch.created_by, Dispatch.created_at, deliveries.c.submitted_at, deliveries.c.outcome_at, deliveries.c.submission_id,
        )
        .join(Dispatch, (Dispatch.id == deliveries.c.dispatch_id) & (Dispatch.day == deliveries.c.day))
        .where(deliveries.c.reader_id == reader_id, deliveries.c.day.in_(days), Dispatch.edition_id == edition_id, Dispatch.kind.in_(kinds.BRINGS_OUT))
        .order_by(Dispatch.id.desc())
    )  # fmt: skip
    found = [Copy(one, kind, version, variant, Outcome(outcome), *rest) for one, kind, version, variant, outcome, *rest in rows]
    wanted = [one.submission_id for one in found if one.submission_id is not None and one.outcome in NEEDS_A_WORD]
    if not wanted:
        return found
    said = _said(session, wanted, [reader_id])
    return [replace(one, meaning=said.of(one.submission_id, reader_id, one.outcome)) for one in found]


@dataclass(frozen=True)
class _Said:
    """What was said in some submissions: by the answer to each, and in reports by submission, reader and outcome."""

    answers: dict[int, CodeMeaning]
    reports: dict[tuple[int, int, Outcome], CodeMeaning]

    def of(self, submission_id: int | None, reader_id: int, outcome: Outcome) -> CodeMeaning | None:
        """What explains that outcome: a report's word goes before an answer's."""
        if submission_id is None or outcome not in NEEDS_A_WORD:
            return None
        return self.reports.get((submission_id, reader_id, outcome)) or self.answers.get(submission_id)


def _said(session: Session, submission_ids: Sequence[int], readers: Sequence[int]) -> _Said:
    meanings, found = Meanings(session), _Said({}, {})
    if not submission_ids:
        return found
    refused = (in_ids(session, Submission.id, submission_ids), Submission.state.in_(("refused", "partial", "unknown")))
    for submission_id, port_id, code in session.execute(select(Submission.id, Submission.port_id, Submission.status_code).where(*refused)):
        meaning = meanings.answer(port_id, code)
        if meaning is not None:
            found.answers[submission_id] = meaning
    columns = (DeliveryEvent.submission_id, DeliveryEvent.reader_id, DeliveryEvent.port_id, DeliveryEvent.status, DeliveryEvent.status_extension, DeliveryEvent.outcome)
    told = (in_ids(session, DeliveryEvent.submission_id, submission_ids), in_ids(session, DeliveryEvent.reader_id, readers), DeliveryEvent.state == int(EventState.FOLDED))
    for carried, reader, port_id, status, extension, outcome in session.execute(select(*columns).where(*told).order_by(DeliveryEvent.id)):
        if outcome is not None and outcome >= 0 and carried is not None and reader is not None:
            found.reports[carried, reader, Outcome(outcome)] = meanings.advice(port_id, status, extension)
    return found


def resent_lately(copies: Sequence[Copy], *, now: datetime, guard_s: float) -> Copy | None:
    """The newest resend that is younger than `guard_s` seconds and that he has or may still get, or None."""
    since = now - timedelta(seconds=guard_s)
    return next((one for one in copies if one.kind == kinds.RESEND and one.asked_at > since and one.outcome in ON_ITS_WAY), None)


@dataclass(frozen=True)
class EditionCopy:
    """A copy, and the edition that it is of.

    Attributes:
        title: of the publication.
        slug: of the publication.
        number: of the edition.
    """

    edition_id: int
    title: str
    slug: str
    number: str
    copy: Copy


def latest_copies(session: Session, reader_id: int, *, since: date, limit: int) -> list[EditionCopy]:
    """The reader's newest copies of whatever edition, the newest first; none of before the day `since`, for each day is a partition."""
    return _latest(session, [reader_id], since=since, limit=limit).get(reader_id, [])


def latest_of_each(session: Session, readers: Sequence[int], *, since: date, limit: int) -> dict[int, list[EditionCopy]]:
    """The same of several readers, at most `limit` of each."""
    found = _latest(session, readers, since=since, limit=None)
    return {reader: some[:limit] for reader, some in found.items()}


def _latest(session: Session, readers: Sequence[int], *, since: date, limit: int | None) -> dict[int, list[EditionCopy]]:
    rows = session.execute(
        select(
            deliveries.c.reader_id, Edition.id, Publication.title, Publication.slug, Edition.number,
            Dispatch.id, Dispatch.kind, Dispatch.edition_version_id, deliveries.c.variant_id, deliveries.c.outcome,
            Dispatch.created_by, Dispatch.created_at, deliveries.c.submitted_at, deliveries.c.outcome_at, deliveries.c.submission_id,
        )
        .join(Dispatch, (Dispatch.id == deliveries.c.dispatch_id) & (Dispatch.day == deliveries.c.day))
        .join(Edition, Edition.id == Dispatch.edition_id)
        .join(Publication, Publication.id == Edition.publication_id)
        .where(in_ids(session, deliveries.c.reader_id, readers), deliveries.c.day >= since, Dispatch.kind.in_(kinds.BRINGS_OUT))
        .order_by(deliveries.c.day.desc(), Dispatch.id.desc())
        .limit(limit)
    )  # fmt: skip
    found = [
        (reader, EditionCopy(edition_id, title, slug, number, Copy(one, kind, version, variant, Outcome(outcome), *rest)))
        for reader, edition_id, title, slug, number, one, kind, version, variant, outcome, *rest in rows
    ]
    wanted = sorted({one.copy.submission_id for _, one in found if one.copy.submission_id is not None and one.copy.outcome in NEEDS_A_WORD})
    said = _said(session, wanted, readers)
    by_reader: dict[int, list[EditionCopy]] = {}
    for reader, one in found:
        meaning = said.of(one.copy.submission_id, reader, one.copy.outcome)
        by_reader.setdefault(reader, []).append(replace(one, copy=replace(one.copy, meaning=meaning)))
    return by_reader
