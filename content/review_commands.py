"""`huabao edition submit|approve|reapprove|reject|diff|life`: from a draft to what may be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from content.edition_commands import YES, edition
from content.models import Edition, EditionVersion
from huabao.cli import Invocation, Report, operation
from huabao.clock import shanghai_text
from huabao.errors import UsageError
from huabao.words import counted

if TYPE_CHECKING:
    from content.workflow.deciding import Decided
    from content.workflow.difference import Difference
    from content.workflow.lifecycle import Act

ID = click.argument("edition_id", metavar="ID")
REASON = click.option("--reason", default="", metavar="TEXT", help="Why; kept.")
VERSION = click.option("--version", "version", type=int, metavar="N", help="The version that you looked at; refused where another came meanwhile.")
APPROVED = "approved"


def act_of(invocation: Invocation, reason: str = "") -> Act:
    """Who acts, now."""
    from content.workflow.lifecycle import Act

    return Act(invocation.actor, invocation.runtime.now(), reason.strip(), invocation.role)


@edition.command("submit")
@ID
@REASON
@operation
def submit(invocation: Invocation, edition_id: str, reason: str) -> Report:
    """Hand a draft over for review."""
    from content.services import find_edition, lock_edition
    from content.workflow import approvals

    with invocation.runtime.transaction() as session:
        found = lock_edition(session, find_edition(session, edition_id).id)
        approvals.submit(session, found, act_of(invocation, reason))
        return _state(found, f"edition {found.id} is in review: `huabao edition approve {found.id}`")


@edition.command("approve")
@ID
@VERSION
@REASON
@YES
@operation
def approve(invocation: Invocation, edition_id: str, version: int | None, reason: str, yes: bool) -> Report:
    """Build what the audience needs and approve it, to the byte; exit 1 and the list where something stands in the way."""
    from content.workflow import deciding

    with invocation.progress("variants", None) as advance:
        made = deciding.approve(invocation.runtime, edition_id, act_of(invocation, reason), seen=version, yes=yes, progress=lambda done, _: advance(done))
    return _decided(made)


@edition.command("reapprove")
@ID
@click.option("--dry-run", is_flag=True, help="Show the difference, and approve nothing.")
@VERSION
@REASON
@YES
@operation
def reapprove(invocation: Invocation, edition_id: str, dry_run: bool, version: int | None, reason: str, yes: bool) -> Report:
    """Show what differs from the version that was approved last, and approve it where that is a few words; for editors and named deputies."""
    from dataclasses import replace

    from content.workflow import deciding

    runtime, act = invocation.runtime, act_of(invocation, reason)
    if dry_run:
        with runtime.transaction(read_only=True) as session:
            found, number, changes = deciding.small_difference(session, edition_id, act, seen=version)
            return Report({"edition_id": found.id, "version": number, "difference": changes.to_document()}, lines=tuple(difference_lines(changes)))
    with invocation.progress("variants", None) as advance:
        made = deciding.reapprove(runtime, edition_id, act, seen=version, yes=yes, progress=lambda done, _: advance(done))
    assert made.difference is not None, "it was looked at"
    said = _decided(made)
    return replace(said, data={**said.data, "difference": made.difference.to_document()}, lines=[*difference_lines(made.difference), *said.lines])


@edition.command("reject")
@ID
@REASON
@operation
def reject(invocation: Invocation, edition_id: str, reason: str) -> Report:
    """Give it back to the editors, with the reason; an approval ends."""
    from content.services import find_edition, lock_edition
    from content.workflow import approvals

    with invocation.runtime.transaction() as session:
        found = lock_edition(session, find_edition(session, edition_id).id)
        approvals.reject(session, found, act_of(invocation, reason))
        return _state(found, f"edition {found.id} is a draft again: {reason.strip()}")


@edition.command("diff")
@ID
@click.option("--from", "before", metavar="V", help="A version's number, or `approved` (default: the one before).")
@click.option("--to", "after", type=int, metavar="V", help="A version's number (default: the present one).")
@operation
def diff(invocation: Invocation, edition_id: str, before: str | None, after: int | None) -> Report:
    """What changed between two versions, by article: text, pictures, order, who gets it."""
    from content.manuscript import Manuscript
    from content.services import find_edition
    from content.workflow.difference import difference

    with invocation.runtime.transaction(read_only=True) as session:
        found = find_edition(session, edition_id)
        new = _version(session, found, after)
        if before is None and new.version == 1:
            raise UsageError(f"version 1 of edition {found.id} has none before it to be compared with")
        old = _approved(session, found) if before == APPROVED else _version(session, found, _number(before) if before else new.version - 1)
        changes = difference(Manuscript.from_document(old.manuscript), Manuscript.from_document(new.manuscript))
        data = {"edition_id": found.id, "from": old.version, "to": new.version, **changes.to_document()}
    return Report(data, lines=[f"version {old.version} → {new.version}", *difference_lines(changes)])


@edition.command("life")
@ID
@operation
def life(invocation: Invocation, edition_id: str) -> Report:
    """What happened to an edition: who, in which role, when and why; and its approvals."""
    from content.services import find_edition
    from content.workflow import approvals, lifecycle
    from content.workflow.models import Approval

    with invocation.runtime.transaction(read_only=True) as session:
        found = find_edition(session, edition_id)
        versions = {one.id: one.version for one in session.scalars(select(EditionVersion).where(EditionVersion.edition_id == found.id))}
        possible = approvals.possible(session, found)
        changes: list[dict[str, Any]] = [
            {
                "at": one.at, "verb": one.verb, "before": one.before, "after": one.after, "by": one.by, "role": one.role,
                "version": versions.get(one.edition_version_id or 0), "reason": one.reason,
            }
            for one in lifecycle.history(session, found.id)
        ]  # fmt: skip
        approved: list[dict[str, Any]] = [
            {
                "version": versions[one.edition_version_id], "at": one.at, "by": one.by, "role": one.role, "digest": one.digest, "variants": len(one.bound["variants"]),
                "pages": len(one.bound["pages"]), "slots": one.bound["slots"], "ended_at": one.withdrawn_at, "ended_why": one.withdrawn_why,
            }
            for one in session.scalars(select(Approval).where(Approval.edition_id == found.id).order_by(Approval.id))
        ]  # fmt: skip
        data = {"edition_id": found.id, "state": found.state, "possible": possible, "changes": changes, "approvals": approved}
    columns = ("at", "verb", "after", "version", "by", "role", "reason")
    rows = [[shanghai_text(row["at"]) if name == "at" else row[name] for name in columns] for row in changes]
    lines = [f"edition {found.id} is {found.state}; possible: {', '.join(possible)}"]
    for one in approved:
        ended = f"; ended: {one['ended_why']}" if one["ended_at"] else ""
        lines.append(f"approved: version {one['version']} by {one['by']}, {counted(one['variants'], 'variant')}, {counted(one['pages'], 'WAP page')}, {one['digest'][:12]}{ended}")
    return Report(data, lines=lines, columns=columns, rows=rows)


def difference_lines(changes: Difference) -> list[str]:
    """A difference for a person: what went in [-…-], what came in {+…+}, with a little around it."""
    lines = [f"{name}: {before} → {after}" for name, (before, after) in changes.edition.items()]
    for one in changes.items:
        lines.append(f"{one.item}: {one.what}")
        if one.what == "changed":
            lines += [f"  {name}: {before} → {after}" for name, (before, after) in one.facts.items()]
            lines += [f"  {text.where}: {_marked(text.runs)}" for text in one.texts]
    if changes.order is not None:
        lines.append(f"order: {' '.join(changes.order[0])} → {' '.join(changes.order[1])}")
    return lines or ["nothing changed"]


def _marked(runs: tuple[tuple[str, str], ...]) -> str:
    signs = {"-": ("[-", "-]"), "+": ("{+", "+}")}
    parts = [f"{signs[kind][0]}{text}{signs[kind][1]}" if kind in signs else text if len(text) <= 24 else f"{text[:12]}…{text[-12:]}" for kind, text in runs]
    return "".join(parts).replace("\n", "⏎")


def _state(found: Edition, told: str) -> Report:
    return Report({"edition_id": found.id, "state": found.state}, lines=(told,))


def _decided(made: Decided) -> Report:
    decision = made.decision
    data: dict[str, Any] = {
        "edition_id": made.edition_id, "version": made.version, "state": made.state, "approved": decision.approval is not None, "hindrances": list(decision.hindrances),
    }  # fmt: skip
    if decision.approval is None:
        return Report(data, lines=(f"edition {made.edition_id} is not approved:", *(f"- {one}" for one in decision.hindrances)), problem=True)
    bound = decision.approval.bound
    data |= {"digest": decision.approval.digest, "variants": len(bound["variants"]), "pages": len(bound["pages"]), "slots": bound["slots"]}
    built = f"{counted(data['variants'], 'variant')}, {counted(data['pages'], 'WAP page')}"
    return Report(data, lines=(f"version {made.version} of edition {made.edition_id} is approved: {built}, {data['digest'][:12]}",))


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        raise UsageError(f"--from {text!r} is no version; give a number, or `{APPROVED}`")
    return int(text)


def _version(session: Session, found: Edition, number: int | None) -> EditionVersion:
    if number is None:
        return session.get_one(EditionVersion, found.current_version_id)
    one = session.scalar(select(EditionVersion).where(EditionVersion.edition_id == found.id, EditionVersion.version == number))
    if one is None:
        numbers = session.scalars(select(EditionVersion.version).where(EditionVersion.edition_id == found.id).order_by(EditionVersion.version)).all()
        raise UsageError(f"edition {found.id} has no version {number}; there are {', '.join(map(str, numbers))}")
    return one


def _approved(session: Session, found: Edition) -> EditionVersion:
    from content.workflow.standing import last_approval

    last = last_approval(session, found.id)
    if last is None:
        raise UsageError(f"edition {found.id} was never approved")
    return session.get_one(EditionVersion, last.edition_version_id)
