"""Submitting, approving, approving again, rejecting: what stands in the way, and what is bound.

Everything that stands in the way is found at once and listed; nothing is overlooked
by who approves in a hurry. The caller holds the edition's row locked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from content.manuscript import Manuscript
from content.models import Edition, EditionVersion
from content.workflow import lifecycle, locks, notes, readiness
from content.workflow.binding import bind
from content.workflow.difference import Difference, difference
from content.workflow.lifecycle import Act
from content.workflow.models import Approval
from content.workflow.screening import screen
from content.workflow.settings import APPROVAL_BY_ANOTHER, REAPPROVAL_CHARACTERS_MAX, switched_on
from content.workflow.standing import last_approval, standing, withdraw
from huabao import audit
from huabao.clock import shanghai_text
from huabao.errors import UsageError
from huabao.words import counted

APPROVERS = ("editor", "admin", "")
"""Roles that approve anything; the empty one is a system account, which is trusted as the shell is."""


@dataclass(frozen=True)
class Decision:
    """What became of a request to approve.

    Attributes:
        approval: None where something stood in the way.
        hindrances: what did.
    """

    approval: Approval | None
    hindrances: tuple[str, ...] = ()


@dataclass(frozen=True)
class Obstacle:
    """One thing that stands in the way of an approval.

    Attributes:
        kind: lock, author, lack, hits, comments or points.
        said: in words, with the command that helps.
        count, name, about: of how many, of whom, about what; where that says something.
    """

    kind: str
    said: str
    count: int = 0
    name: str = ""
    about: str = ""


def submit(session: Session, edition: Edition, done: Act) -> None:
    """Hand a draft over for review; who does so has finished with it and gives his locks back.

    Raises:
        StoreError: it is no draft.
        UsageError: somebody else still works on it, or it is a magazine that is not ready; the message names what it lacks.
    """
    lifecycle.check(edition, lifecycle.SUBMIT)
    busy = locks.of_others(session, edition.id, done.by, done.at)
    if busy:
        raise UsageError(f"{locks.say(busy[0])}; submit when the locks are given back")
    readiness.require(session, edition, done.at)
    lifecycle.act(session, edition, lifecycle.SUBMIT, done)
    for lock in locks.held(session, edition.id, done.at):
        locks.give_back(session, edition, lock.section, by=done.by, at=done.at)


def hindrances(session: Session, edition: Edition, done: Act, *, production: bool, checklist: bool = True) -> list[str]:
    """What stands in the way of an approval by this person now; each with what to do."""
    return [one.said for one in obstacles(session, edition, done, production=production, checklist=checklist)]


def obstacles(session: Session, edition: Edition, done: Act, *, production: bool, checklist: bool = True) -> list[Obstacle]:
    """The same, each with what it is made of."""
    version = session.get_one(EditionVersion, edition.current_version_id)
    found = [
        Obstacle("lock", f"{locks.say(one)}: `huabao edition lock {edition.id} --take-over REASON`", name=one.holder, about=one.section)
        for one in locks.of_others(session, edition.id, done.by, done.at)
    ]
    if switched_on(APPROVAL_BY_ANOTHER.get(session), production=production) and audit.person_of(done.by) in {audit.person_of(one) for one in _authors(session, edition)}:
        told = f"{done.by} imported a version of it since it was approved last: another person must approve it (setting {APPROVAL_BY_ANOTHER.name})"
        found.append(Obstacle("author", told, name=done.by))
    found += [Obstacle("lack", one, about=one) for one in readiness.lacks(session, edition, done.at)]
    hits = [one.hit for one in screen(session, edition, version) if one.open]
    if hits:
        shown = ", ".join(dict.fromkeys(f"“{hit.found}” ({hit.item or 'edition'}, {hit.where})" for hit in hits[:5]))
        said = counted(len(hits), "hit of the screening is", "hits of the screening are")
        found.append(Obstacle("hits", f"{said} open: {shown}{' …' if len(hits) > 5 else ''}: `huabao edition hits {edition.id}`", len(hits)))
    comments = [one for one in notes.comments(session, edition.id) if one.resolved_at is None]
    if comments:
        told = f"{counted(len(comments), 'comment is', 'comments are')} open, the first of {comments[0].by}: `huabao edition comments {edition.id}`"
        found.append(Obstacle("comments", told, len(comments), comments[0].by))
    left = [point for point, tick in notes.ticks(session, edition) if tick is None] if checklist else []
    if left:
        told = f"nobody answered for {len(left)} points of the checklist: {'; '.join(left)}: `huabao edition tick {edition.id} POINT`"
        found.append(Obstacle("points", told, len(left), about="; ".join(left)))
    return found


def _authors(session: Session, edition: Edition) -> set[str]:
    """Who imported a version since the one that was approved last."""
    last = last_approval(session, edition.id)
    since = 0 if last is None else session.get_one(EditionVersion, last.edition_version_id).version
    mine = select(EditionVersion.created_by).where(EditionVersion.edition_id == edition.id, EditionVersion.version > since)
    found = set(session.scalars(mine))
    return found or set(session.scalars(select(EditionVersion.created_by).where(EditionVersion.id == edition.current_version_id)))


def approve(session: Session, edition: Edition, done: Act, *, version_id: int, production: bool) -> Decision:
    """Bind the version as it was built, where nothing stands in the way.

    Args:
        version_id: what the person looked at and what was built.

    Raises:
        StoreError: it is not in review.
        UsageError: another version came meanwhile.
    """
    lifecycle.check(edition, lifecycle.APPROVE)
    _check_version(session, edition, version_id)
    found = hindrances(session, edition, done, production=production)
    return Decision(None, tuple(found)) if found else Decision(_bind(session, edition, lifecycle.APPROVE, done))


def reapprove(session: Session, edition: Edition, done: Act, *, version_id: int, production: bool) -> Decision:
    """Approve again what differs from the last approved version by a few words only.

    Raises:
        StoreError, UsageError: as `check_small`, or another version came.
    """
    check_small(session, edition, done)
    _check_version(session, edition, version_id)
    found = hindrances(session, edition, done, production=production, checklist=False)
    return Decision(None, tuple(found)) if found else Decision(_bind(session, edition, lifecycle.REAPPROVE, done))


def check_small(session: Session, edition: Edition, done: Act) -> Difference:
    """What changed since the last approval, where this person may approve that again at once.

    Raises:
        StoreError: it is not in review.
        UsageError: there was no approval, more changed than a few words, or this person may not.
    """
    lifecycle.check(edition, lifecycle.REAPPROVE)
    deputies: Sequence[str] = notes.desk_of(session, edition.publication_id).deputies
    if done.by.casefold() not in [name.casefold() for name in deputies] and done.role not in APPROVERS:
        raise UsageError(f"{done.by} is no deputy of this publication: `huabao desk set SLUG --deputies …` names them")
    return small_change(session, edition)


def small_change(session: Session, edition: Edition) -> Difference:
    """What changed since the last approval, where that is a few words.

    Raises:
        UsageError: there was no approval, or more changed.
    """
    changes = since_approval(session, edition)
    if changes is None:
        raise UsageError(f"edition {edition.id} was never approved: `huabao edition approve {edition.id}` does that as a whole")
    most = REAPPROVAL_CHARACTERS_MAX.get(session)
    if not (changes.is_text_only and changes.characters <= most):
        what = f"{changes.characters} characters changed, more than {most}" if changes.is_text_only else "more than words changed"
        raise UsageError(f"{what} (`huabao edition diff {edition.id} --from approved`): `huabao edition approve {edition.id}` approves it as a whole")
    return changes


def possible(session: Session, edition: Edition) -> tuple[str, ...]:
    """What a person may ask for now; not to approve again what never was approved, or what more than a few words changed in."""
    found = lifecycle.possible(edition.state)
    if lifecycle.REAPPROVE in found:
        try:
            small_change(session, edition)
        except UsageError:
            return tuple(verb for verb in found if verb != lifecycle.REAPPROVE)
    return found


def since_approval(session: Session, edition: Edition) -> Difference | None:
    """What changed since the version that was approved last; None where none was."""
    last = last_approval(session, edition.id)
    if last is None:
        return None
    before, after = (session.get_one(EditionVersion, id_).manuscript for id_ in (last.edition_version_id, edition.current_version_id))
    return difference(Manuscript.from_document(before), Manuscript.from_document(after))


def reject(session: Session, edition: Edition, done: Act) -> None:
    """Give it back to the editors; an approval ends.

    Raises:
        StoreError: it is neither in review nor approved.
        UsageError: there is no reason.
    """
    lifecycle.check(edition, lifecycle.REJECT)
    if not done.reason.strip():
        raise UsageError("say why: --reason TEXT")
    withdraw(session, edition.id, f"rejected by {done.by}: {done.reason}", by=done.by, at=done.at)
    lifecycle.act(session, edition, lifecycle.REJECT, done)


def _check_version(session: Session, edition: Edition, version_id: int) -> None:
    if edition.current_version_id != version_id:
        current = session.get_one(EditionVersion, edition.current_version_id)
        raise UsageError(f"version {current.version} came at {shanghai_text(current.created_at)} from {current.created_by}; look at that one, then approve")


def _bind(session: Session, edition: Edition, verb: str, done: Act) -> Approval:
    version = session.get_one(EditionVersion, edition.current_version_id)
    bound = bind(session, version)
    if standing(session, edition.id) is not None:
        withdraw(session, edition.id, f"approved anew by {done.by}", by=done.by, at=done.at)
    made = Approval(
        edition_id=edition.id, edition_version_id=version.id, digest=bound.digest, bound=bound.to_document(), at=done.at, by=done.by[:80], role=done.role, note=done.reason
    )  # fmt: skip
    session.add(made)
    lifecycle.act(session, edition, verb, done)
    return made
