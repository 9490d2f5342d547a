"""A refund that was asked for is approved or refused by another person; what BOSS's people did with it is written down."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from huabao import audit
from huabao.errors import UsageError
from reconciliation.charges.models import APPROVED, BOUNCED, HANDED, PAID, REFUSED, Refund
from reconciliation.refunds.rules import MOVES

NOTE_CHARS_MAX = 300


def require(session: Session, refund_id: int) -> Refund:
    """The refund, locked for a change.

    Raises:
        UsageError: there is none.
    """
    found = session.get(Refund, refund_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise UsageError(f"there is no refund {refund_id}; `huabao care refunds list` shows those that are open")
    return found


def decide(session: Session, refund: Refund, approve: bool, note: str, *, by: str, now: datetime) -> None:
    """Approve or refuse it; what was approved may be refused until it is handed over.

    Raises:
        UsageError: whoever asked decides, it is decided already, or a refusal says no reason.
    """
    if not approve and not note.strip():
        raise UsageError("a refusal says why; the agent tells it to the reader", word="refund.note_missing")
    if approve and person(by) == person(refund.asked_by):
        raise UsageError(f"{refund.asked_by} asked for it; another person approves it", word="refund.own")
    _move(refund, APPROVED if approve else REFUSED)
    refund.decided_by, refund.decided_at, refund.note = by[:80], now, note.strip()[:NOTE_CHARS_MAX]
    _kept(session, refund, by, now, note=refund.note)


def close(session: Session, refund: Refund, paid: bool, note: str, *, by: str, now: datetime) -> None:
    """BOSS's people paid it, or sent it back with a reason.

    Raises:
        UsageError: it was not handed over, or what was sent back says no reason.
    """
    if not paid and not note.strip():
        raise UsageError("what was sent back says why", word="refund.note_missing")
    _move(refund, PAID if paid else BOUNCED)
    refund.closed_by, refund.closed_at = by[:80], now
    if note.strip():
        refund.note = note.strip()[:NOTE_CHARS_MAX]
    _kept(session, refund, by, now, note=note.strip()[:NOTE_CHARS_MAX])


def person(name: str) -> str:
    """Who stands behind a name of the audit trail: of a system that acts for its agents, the system; the case of letters makes no other."""
    return name.partition("/")[0].strip().casefold()


def _move(refund: Refund, to: str) -> None:
    if to not in MOVES[refund.state]:
        name = (refund.closed_by if refund.state in (PAID, BOUNCED) else refund.handed_by if refund.state == HANDED else refund.decided_by) or refund.asked_by
        raise UsageError(f"refund {refund.id} is {refund.state} ({name}); it cannot become {to}", word=f"refund.is_{refund.state}", name=name)
    refund.state = to


def _kept(session: Session, refund: Refund, by: str, now: datetime, *, note: str) -> None:
    session.flush()
    audit.record(session, actor=by, action=f"refund.{refund.state}", object_kind="refund", object_id=refund.id, at=now, fen=refund.amount_fen, note=note)
