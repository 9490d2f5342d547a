"""Whether an approval stands, and whether what it bound is still there, to the byte.

A send asks `require`. An approval ends when a version is imported, when it is taken
back, when the edition is killed, or when `look_again` finds other bytes than it bound.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from content.models import Edition, EditionVersion, Publication
from content.workflow import lifecycle
from content.workflow.binding import Binding, Drift, bind, drift
from content.workflow.lifecycle import Act
from content.workflow.models import Approval
from content.workflow.settings import APPROVAL_LATE_VARIANTS, APPROVAL_REQUIRED, switched_on
from huabao import audit
from huabao.errors import UsageError

SYSTEM = "huabao"
"""Who acts where no person did."""

CHANGED_SHOWN = 3


def standing(session: Session, edition_id: int) -> Approval | None:
    """The approval in force, or None."""
    mine = select(Approval).where(Approval.edition_id == edition_id, Approval.withdrawn_at.is_(None))
    return session.scalar(mine.order_by(Approval.id.desc()).limit(1))


def last_approval(session: Session, edition_id: int) -> Approval | None:
    """The last approval, whether it still stands or not."""
    return session.scalar(select(Approval).where(Approval.edition_id == edition_id).order_by(Approval.id.desc()).limit(1))


def withdraw(session: Session, edition_id: int, why: str, *, by: str, at: datetime) -> bool:
    """End the approval in force; whether there was one."""
    found = standing(session, edition_id)
    if found is None:
        return False
    found.withdrawn_at, found.withdrawn_why = at, why
    audit.record(session, actor=by, action="edition.approval_ends", object_kind="edition", object_id=edition_id, at=at, approval=found.id, reason=why)
    session.flush()
    return True


def changed(session: Session, edition: Edition, why: str, *, by: str, at: datetime) -> bool:
    """A new version came, and the edition's row is locked: its approval ends and its life goes back; whether an approval ended."""
    ended = withdraw(session, edition.id, why, by=by, at=at)
    lifecycle.act(session, edition, lifecycle.CHANGE, Act(by, at, why))
    return ended


def drift_of(session: Session, approval: Approval) -> Drift:
    """How what lies there differs from what was approved."""
    version = session.get_one(EditionVersion, approval.edition_version_id)
    return drift(Binding.from_document(approval.bound), bind(session, version))


def look_again(session: Session, edition: Edition, at: datetime) -> Drift:
    """Hold what lies there against the approval; other bytes end it. The caller has locked the edition's row."""
    approval = standing(session, edition.id)
    if approval is None:
        return Drift()
    found = drift_of(session, approval)
    if found.changed:
        shown = ", ".join(found.changed[:CHANGED_SHOWN]) + (f" and {len(found.changed) - CHANGED_SHOWN} more" if len(found.changed) > CHANGED_SHOWN else "")
        why = f"other bytes than were approved: {shown}"
        withdraw(session, edition.id, why, by=SYSTEM, at=at)
        if lifecycle.VOID in lifecycle.TRANSITIONS[edition.state]:
            lifecycle.act(session, edition, lifecycle.VOID, Act(SYSTEM, at, why))
    return found


def is_required(session: Session, *, production: bool) -> bool:
    """Whether only what is approved may be sent."""
    return switched_on(APPROVAL_REQUIRED.get(session), production=production)


def require(session: Session, edition: Edition, version_id: int, *, production: bool) -> None:
    """Refuse to send a version that is not approved as it lies there.

    Raises:
        UsageError: an approval is required and none stands for these bytes; the message says why and what to do.
    """
    if not is_required(session, production=production):
        return
    name = f"{session.get_one(Publication, edition.publication_id).slug}/{edition.number}"
    version = session.get_one(EditionVersion, version_id).version
    approval = standing(session, edition.id)
    if approval is None or approval.edition_version_id != version_id:
        last = last_approval(session, edition.id)
        ended = f"; the approval of {last.by} ended: {last.withdrawn_why}" if last is not None and last.withdrawn_why else ""
        raise UsageError(f"version {version} of {name} is {edition.state} and not approved{ended}. `huabao edition submit {edition.id}`, then `edition approve {edition.id}`")
    found = drift_of(session, approval)
    if found.changed:
        raise UsageError(f"{name} is not what was approved: {', '.join(found.changed[:CHANGED_SHOWN])}. `huabao edition show {edition.id}`, then `edition approve {edition.id}`")
    if found.late and not APPROVAL_LATE_VARIANTS.get(session):
        raise UsageError(
            f"{len(found.late)} variants of {name} were built after its approval ({found.late[0]} …): `huabao edition approve {edition.id}`, "
            f"or `huabao settings set {APPROVAL_LATE_VARIANTS.name} yes`"
        )


def note_not_sent(session: Session, edition_id: int, version_id: int, why: str, *, by: str, at: datetime) -> None:
    """What was scheduled was stopped before it began: the edition is approved again, or a draft where nobody had approved it."""
    verb = lifecycle.LAPSE if standing(session, edition_id) is None else lifecycle.UNSCHEDULE
    lifecycle.note_leaving(session, edition_id, version_id, verb, Act(by, at, why))
