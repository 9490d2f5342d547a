"""The life of a dispatch, as one table of transitions.

```
draft ─▶ planned ─▶ seeding ─▶ released ─▶ sending ─▶ draining ─▶ verified ─▶ closed
             │         │  ▲    ▲   ▲  │      │ ▲
             └─────────┴▶ held ┘   └──┘    paused        cancelled, killed: from any state in which something is left to send
```

`draft`: its audience is being taken down. `seeding`: the seeds get it, nobody else.
`released`: it may go, and waits for its start and its window; a window that shuts
brings it back there. `draining`: all has left, reports are awaited. A dispatch is
`verified` when its ledger balances and no outcome is open any more; what was
cancelled or killed keeps that name and is closed (`closed_at`) likewise. Each change
is written down with who and why, and into the audit trail.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import select
from sqlalchemy.orm import Session

from content.workflow import lifecycle as desk
from content.workflow import standing
from delivery import kinds
from delivery.models import Dispatch, DispatchTransition
from huabao import audit
from huabao.errors import StoreError, UsageError

SYSTEM = "huabao"
"""Who acts where no person did."""

DRAFT, PLANNED, SEEDING, HELD, RELEASED = "draft", "planned", "seeding", "held", "released"
SENDING, PAUSED, DRAINING = "sending", "paused", "draining"
VERIFIED, CLOSED, CANCELLED, KILLED = "verified", "closed", "cancelled", "killed"

STATES = (DRAFT, PLANNED, SEEDING, HELD, RELEASED, SENDING, PAUSED, DRAINING, VERIFIED, CLOSED, CANCELLED, KILLED)

_STOP = {"cancel": CANCELLED, "kill": KILLED}

TRANSITIONS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        DRAFT: {"plan": PLANNED, **_STOP},
        PLANNED: {"seed": SEEDING, "release": RELEASED, "hold": HELD, "expire": DRAINING, **_STOP},
        SEEDING: {"release": RELEASED, "hold": HELD, **_STOP},
        HELD: {"release": RELEASED, "expire": DRAINING, **_STOP},
        RELEASED: {"open": SENDING, "hold": HELD, "expire": DRAINING, **_STOP},
        SENDING: {"pause": PAUSED, "shut": RELEASED, "sent": DRAINING, **_STOP},
        PAUSED: {"resume": SENDING, "wait": RELEASED, "expire": DRAINING, **_STOP},
        DRAINING: {"again": SENDING, "verify": VERIFIED},
        VERIFIED: {"close": CLOSED},
        CLOSED: {},
        CANCELLED: {},
        KILLED: {},
    }
)
"""What may happen in each state, and what it leads to; `open` and `shut` are the window's, `wait` a resume while it is shut;
`again` sends to readers whose answers were lost, `expire` ends what grew too old before it was sent."""

ENDED = (CANCELLED, KILLED)
"""States in which nothing leaves any more and what is pending becomes cancelled."""

UNSENT = (DRAFT, PLANNED, SEEDING, HELD, RELEASED, SENDING, PAUSED)
"""States in which something may still leave."""

AHEAD = (PLANNED, SEEDING, RELEASED, SENDING)
"""States that lead on by themselves: nobody need act for it to be sent."""

PEOPLE_ACT = ("release", "hold", "pause", "resume", "cancel", "kill")
"""What a person may ask for; the rest happens by itself."""


def find_dispatch(session: Session, dispatch_id: int) -> Dispatch:
    """The dispatch of that number.

    Raises:
        UsageError: there is none.
    """
    found = session.get(Dispatch, dispatch_id)
    if found is None:
        raise UsageError(f"there is no dispatch {dispatch_id}; `huabao dispatch list` shows them all")
    return found


def lock_dispatch(session: Session, dispatch_id: int) -> Dispatch:
    """The same, its row locked until the transaction ends.

    Not against references (`FOR NO KEY UPDATE`): a transaction that touched a batch
    twice holds one, and two of those would wait for each other.
    """
    find_dispatch(session, dispatch_id)
    locked = select(Dispatch).where(Dispatch.id == dispatch_id).with_for_update(key_share=True)
    return session.scalars(locked, execution_options={"populate_existing": True}).one()


def last_transition(session: Session, dispatch_id: int) -> DispatchTransition | None:
    """The change that brought the dispatch to its state, or None where none was written down."""
    changes = select(DispatchTransition).where(DispatchTransition.dispatch_id == dispatch_id, DispatchTransition.before != DispatchTransition.after)
    return session.scalar(changes.order_by(DispatchTransition.id.desc()).limit(1))


def act(session: Session, dispatch: Dispatch, verb: str, *, by: str, at: datetime, reason: str = "") -> None:
    """Let `verb` happen to a locked dispatch.

    Raises:
        StoreError: it cannot happen in that state; the message says what can.
    """
    before = dispatch.state
    after = TRANSITIONS[before].get(verb)
    if after is None:
        possible = [one for one in TRANSITIONS[before] if one in PEOPLE_ACT]
        raise StoreError(f"dispatch {dispatch.id} is {before}: {verb} is not possible" + (f"; possible: {', '.join(possible)}" if possible else ""))
    dispatch.state = after
    if after == SENDING:
        dispatch.started_at = dispatch.started_at or at
        dispatch.sent_at = None  # lost answers are sent to once more: not all has left
    if after in (DRAINING, *ENDED) and dispatch.sent_at is None:
        dispatch.sent_at = at
    if after == CLOSED:
        dispatch.closed_at = at
    session.add(DispatchTransition(dispatch_id=dispatch.id, before=before, after=after, at=at, by=by, reason=reason))
    audit.record(session, actor=by, action=f"dispatch.{verb}", object_kind="dispatch", object_id=dispatch.id, at=at, before=before, after=after, reason=reason)
    session.flush()
    _tell_desk(session, dispatch, by=by, at=at, reason=reason)


def _tell_desk(session: Session, dispatch: Dispatch, *, by: str, at: datetime, reason: str) -> None:
    """Let the edition's life follow that of the dispatch that brings it out."""
    verb = {kinds.EDITION: desk.SEND, kinds.CORRECTION: desk.CORRECT}.get(dispatch.kind)
    if verb is None:
        return
    if dispatch.state == SENDING:
        desk.note_leaving(session, dispatch.edition_id, dispatch.edition_version_id, verb, desk.Act(by, at, f"dispatch {dispatch.id}"))
    elif dispatch.state in ENDED and dispatch.started_at is None:
        others = (Dispatch.edition_id == dispatch.edition_id, Dispatch.id != dispatch.id, Dispatch.kind == kinds.EDITION, Dispatch.state.in_(UNSENT))
        if session.scalar(select(Dispatch.id).where(*others).limit(1)) is None:
            standing.note_not_sent(session, dispatch.edition_id, dispatch.edition_version_id, f"dispatch {dispatch.id} was stopped: {reason}", by=by, at=at)


def close_ended(session: Session, dispatch: Dispatch, *, by: str, at: datetime) -> None:
    """Close a dispatch that was cancelled or killed and now verifies; it keeps the name of its end."""
    dispatch.closed_at = at
    audit.record(session, actor=by, action="dispatch.close", object_kind="dispatch", object_id=dispatch.id, at=at, state=dispatch.state)
    session.flush()


def note(session: Session, dispatch: Dispatch, *, by: str, at: datetime, reason: str, action: str = "dispatch.note", **detail: object) -> None:
    """Write down what happened to a dispatch without changing its state, e.g. a step of its ramp; `action` and `detail` are for the audit trail."""
    session.add(DispatchTransition(dispatch_id=dispatch.id, before=dispatch.state, after=dispatch.state, at=at, by=by, reason=reason))
    audit.record(session, actor=by, action=action, object_kind="dispatch", object_id=dispatch.id, at=at, state=dispatch.state, reason=reason, **detail)


def note_created(session: Session, dispatch: Dispatch, *, by: str, at: datetime) -> None:
    """Write down that a dispatch came to be."""
    session.add(DispatchTransition(dispatch_id=dispatch.id, before="", after=dispatch.state, at=at, by=by, reason="drawn up"))
    audit.record(
        session, actor=by, action="dispatch.create", object_kind="dispatch", object_id=dispatch.id, at=at, audience=dispatch.audience, planned=dispatch.planned
    )
    session.flush()
