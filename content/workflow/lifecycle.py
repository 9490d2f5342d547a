"""The life of an edition, as one table of transitions.

```
draft ─▶ in_review ─▶ approved ─▶ scheduled ─▶ sent ─▶ corrected        killed: from any state
  ▲          │  ▲         │           │          │         │
  └──reject──┘  └─────────┴──a change─┴──────────┴─────────┘
```

A new version is a change: what was approved, scheduled or sent is in review again,
what was a draft stays one. Each change is written down with who, in which role,
when and why, and into the audit trail. Whether a verb may happen *now* (hits,
locks, whose edition it is) is decided in `content.workflow.approvals`; here stands
what can follow what.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import select
from sqlalchemy.orm import Session

from content.models import Edition
from content.quiz.opening import open_quizzes
from content.workflow.models import EditionTransition
from huabao import audit
from huabao.errors import StoreError

DRAFT, IN_REVIEW, APPROVED, SCHEDULED, SENT, CORRECTED, KILLED = "draft", "in_review", "approved", "scheduled", "sent", "corrected", "killed"
STATES = (DRAFT, IN_REVIEW, APPROVED, SCHEDULED, SENT, CORRECTED, KILLED)

SUBMIT, APPROVE, REAPPROVE, REJECT, SCHEDULE, SEND, CORRECT, KILL, CHANGE = "submit", "approve", "reapprove", "reject", "schedule", "send", "correct", "kill", "change"
VOID, UNSCHEDULE, LAPSE = "void", "unschedule", "lapse"

_OUT = {SCHEDULE: SCHEDULED, SEND: SENT, CORRECT: CORRECTED}

TRANSITIONS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        DRAFT: {SUBMIT: IN_REVIEW, CHANGE: DRAFT, KILL: KILLED, **_OUT},
        IN_REVIEW: {APPROVE: APPROVED, REAPPROVE: APPROVED, REJECT: DRAFT, CHANGE: IN_REVIEW, KILL: KILLED, **_OUT},
        APPROVED: {REJECT: DRAFT, CHANGE: IN_REVIEW, VOID: IN_REVIEW, KILL: KILLED, **_OUT},
        SCHEDULED: {CHANGE: IN_REVIEW, VOID: IN_REVIEW, UNSCHEDULE: APPROVED, LAPSE: DRAFT, KILL: KILLED, **_OUT},
        SENT: {CHANGE: IN_REVIEW, SCHEDULE: SENT, SEND: SENT, CORRECT: CORRECTED, KILL: KILLED},
        CORRECTED: {CHANGE: IN_REVIEW, SCHEDULE: CORRECTED, SEND: CORRECTED, CORRECT: CORRECTED, KILL: KILLED},
        KILLED: {CHANGE: DRAFT, KILL: KILLED},
    }
)
"""What may happen in each state, and what it leads to. `change` is a new version, `void` finds other bytes than were approved;
`unschedule` and `lapse` say that what was scheduled will not leave, with an approval and without one.
Without an approval only what needs none is sent from `draft` and `in_review`, see `standing.require`."""

OPENS_QUIZZES = (APPROVED, SCHEDULED, SENT, CORRECTED)
"""States in which readers have the edition, or will: its quizzes may be answered."""

PEOPLE_ACT = (SUBMIT, APPROVE, REAPPROVE, REJECT, SCHEDULE, CORRECT, KILL)
"""What a person may ask for; the rest happens by itself."""


@dataclass(frozen=True)
class Act:
    """Who does something, when and why.

    Attributes:
        role: of the account; empty for a system account or Huabao itself.
    """

    by: str
    at: datetime
    reason: str = ""
    role: str = ""


def possible(state: str) -> tuple[str, ...]:
    """What a person may ask for in that state."""
    return tuple(verb for verb in PEOPLE_ACT if verb in TRANSITIONS[state])


def check(edition: Edition, verb: str) -> str:
    """The state to which `verb` would lead.

    Raises:
        StoreError: it cannot happen in the present state; the message says what can.
    """
    after = TRANSITIONS[edition.state].get(verb)
    if after is None:
        back = "; `huabao dispatch cancel ID` takes a schedule back" if edition.state == SCHEDULED else ""
        raise StoreError(f"edition {edition.id} is {edition.state}: {verb} is not possible; possible: {', '.join(possible(edition.state))}{back}")
    return after


def act(session: Session, edition: Edition, verb: str, done: Act) -> str:
    """Let `verb` happen to an edition that its caller has locked; the state before.

    Raises:
        StoreError: it cannot happen in that state.
    """
    before, after = edition.state, check(edition, verb)
    edition.state = after
    session.add(
        EditionTransition(
            edition_id=edition.id, edition_version_id=edition.current_version_id, verb=verb, before=before, after=after, at=done.at, by=done.by[:80], role=done.role,
            reason=done.reason,
        )
    )  # fmt: skip
    if before != after or verb != CHANGE:  # an import that changes nothing else has its own line
        audit.record(
            session, actor=done.by, action=f"edition.{verb}", object_kind="edition", object_id=edition.id, at=done.at, before=before, after=after, reason=done.reason
        )
    if after in OPENS_QUIZZES and before != after:
        open_quizzes(session, edition, by=done.by, at=done.at)
    session.flush()
    return before


def note_leaving(session: Session, edition_id: int, version_id: int, verb: str, done: Act) -> None:
    """Write down that an edition leaves, or is going to: `send`, `schedule` or `correct`; once, however often it is said.

    Takes the edition's row only where its state changes. What becomes of an older version changes nothing.
    """
    found = session.get(Edition, edition_id)
    if found is None or found.current_version_id != version_id or TRANSITIONS[found.state].get(verb, found.state) == found.state:
        return
    locked = session.scalars(select(Edition).where(Edition.id == edition_id).with_for_update(key_share=True), execution_options={"populate_existing": True}).one()
    if locked.current_version_id == version_id and TRANSITIONS[locked.state].get(verb, locked.state) != locked.state:
        act(session, locked, verb, done)


def history(session: Session, edition_id: int) -> Sequence[EditionTransition]:
    """All changes of an edition, the oldest first."""
    return session.scalars(select(EditionTransition).where(EditionTransition.edition_id == edition_id).order_by(EditionTransition.id)).all()
