"""The life of a dispatch, as one table of transitions.

```
planned ─▶ sending ─▶ draining ─▶ verified ─▶ closed
   │ ▲        │ ▲
  held      paused            cancelled, killed: from any state in which something is left to send
```

`draining`: all has left, reports are awaited. A dispatch is `verified` when its
ledger balances and no outcome is open any more; what was cancelled or killed
keeps that name and is closed (`closed_at`) likewise. Each change is written down
with who and why, and into the audit trail.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.models import Dispatch, DispatchTransition
from huabao import audit
from huabao.errors import StoreError, UsageError

PLANNED, HELD, SENDING, PAUSED, DRAINING = "planned", "held", "sending", "paused", "draining"
VERIFIED, CLOSED, CANCELLED, KILLED = "verified", "closed", "cancelled", "killed"

STATES = (PLANNED, HELD, SENDING, PAUSED, DRAINING, VERIFIED, CLOSED, CANCELLED, KILLED)

TRANSITIONS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        PLANNED: {"release": SENDING, "hold": HELD, "cancel": CANCELLED, "kill": KILLED},
        HELD: {"release": SENDING, "cancel": CANCELLED, "kill": KILLED},
        SENDING: {"pause": PAUSED, "sent": DRAINING, "cancel": CANCELLED, "kill": KILLED},
        PAUSED: {"resume": SENDING, "cancel": CANCELLED, "kill": KILLED},
        DRAINING: {"verify": VERIFIED},
        VERIFIED: {"close": CLOSED},
        CLOSED: {},
        CANCELLED: {},
        KILLED: {},
    }
)
"""What may happen in each state, and what it leads to."""

ENDED = (CANCELLED, KILLED)
"""States in which nothing leaves any more and what is pending becomes cancelled."""

UNSENT = (PLANNED, HELD, SENDING, PAUSED)
"""States in which something may still leave."""

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
    return session.scalar(select(DispatchTransition).where(DispatchTransition.dispatch_id == dispatch_id).order_by(DispatchTransition.id.desc()).limit(1))


def act(session: Session, dispatch: Dispatch, verb: str, *, by: str, at: datetime, reason: str = "") -> None:
    """Let `verb` happen to a locked dispatch.

    Raises:
        StoreError: it cannot happen in that state; the message says what can.
    """
    before = dispatch.state
    after = TRANSITIONS[before].get(verb)
    if after is None:
        possible = [one for one in TRANSITIONS[before] if one in PEOPLE_ACT]
        raise StoreError(f"dispatch {dispatch.id} is {before}: {verb} is not possible" + (f", {', '.join(possible)} is" if possible else ""))
    dispatch.state = after
    if after == SENDING and dispatch.started_at is None:
        dispatch.started_at = at
    if after in (DRAINING, *ENDED) and dispatch.sent_at is None:
        dispatch.sent_at = at
    if after == CLOSED:
        dispatch.closed_at = at
    session.add(DispatchTransition(dispatch_id=dispatch.id, before=before, after=after, at=at, by=by, reason=reason))
    audit.record(session, actor=by, action=f"dispatch.{verb}", object_kind="dispatch", object_id=dispatch.id, at=at, before=before, after=after, reason=reason)
    session.flush()


def close_ended(session: Session, dispatch: Dispatch, *, by: str, at: datetime) -> None:
    """Close a dispatch that was cancelled or killed and now verifies; it keeps the name of its end."""
    dispatch.closed_at = at
    audit.record(session, actor=by, action="dispatch.close", object_kind="dispatch", object_id=dispatch.id, at=at, state=dispatch.state)
    session.flush()


def note_created(session: Session, dispatch: Dispatch, *, by: str, at: datetime) -> None:
    """Write down that a dispatch came to be."""
    session.add(DispatchTransition(dispatch_id=dispatch.id, before="", after=dispatch.state, at=at, by=by, reason="snapshot"))
    audit.record(
        session, actor=by, action="dispatch.create", object_kind="dispatch", object_id=dispatch.id, at=at, audience=dispatch.audience, planned=dispatch.planned
    )
    session.flush()
