"""Approving as a whole: what the audience needs is built, then bound.

Building takes long and goes without a transaction; what stands in the way is asked
before it, and again in the transaction that binds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from content.audience import wanted_variants
from content.models import Edition
from content.services import LoadedVersion, find_edition, load_version, lock_edition
from content.variants import Wanted, check_count, ensure_variants
from content.workflow import approvals, lifecycle
from content.workflow.approvals import Decision
from content.workflow.difference import Difference
from content.workflow.lifecycle import Act
from huabao import tracing
from huabao.clock import shanghai_text
from huabao.errors import UsageError
from huabao.runtime import Runtime

Progress = Callable[[int, int], None]
"""Told how many variants are there, and of how many."""


@dataclass(frozen=True)
class Decided:
    """What became of a request to approve.

    Attributes:
        state: of the edition now.
        difference: since the last approval, where it was approved anew.
    """

    edition_id: int
    version: int
    state: str
    decision: Decision
    difference: Difference | None = None


def approve(runtime: Runtime, ref: str, done: Act, *, seen: int | None, yes: bool, progress: Progress) -> Decided:
    """Build what the audience needs and approve it, where nothing stands in the way.

    Args:
        seen: the number of the version that the person looked at; None for the present one.
        yes: more than 256 variants are wanted.

    Raises:
        StoreError: it is not in review.
        UsageError: another version came, or there are too many variants.
    """
    production = runtime.config.production
    with runtime.transaction(read_only=True) as session:
        edition, loaded = _looked_at(session, ref, seen)
        lifecycle.check(edition, lifecycle.APPROVE)
        in_the_way = approvals.hindrances(session, edition, done, production=production)
        wanted = [] if in_the_way else wanted_variants(session, loaded, "audience", None)
    _build(runtime, loaded, wanted, yes, progress)
    with tracing.span("edition.approve", edition=edition.id, version=loaded.version.version) as traced, runtime.transaction() as session:
        locked = lock_edition(session, edition.id)
        decision = approvals.approve(session, locked, done, version_id=loaded.version.id, production=production)
        traced.keep(session, tracing.EDITION, locked.id, at=done.at)
        return Decided(locked.id, loaded.version.version, locked.state, decision)


def reapprove(runtime: Runtime, ref: str, done: Act, *, seen: int | None, yes: bool, progress: Progress) -> Decided:
    """Approve again what differs from the last approved version by a few words only.

    Raises:
        StoreError, UsageError: as `approve`; or more changed, or this person may not.
    """
    production = runtime.config.production
    with runtime.transaction(read_only=True) as session:
        edition, loaded = _looked_at(session, ref, seen)
        changes = approvals.check_small(session, edition, done)
        wanted = wanted_variants(session, loaded, "audience", None)
    _build(runtime, loaded, wanted, yes, progress)
    with runtime.transaction() as session:
        locked = lock_edition(session, edition.id)
        decision = approvals.reapprove(session, locked, done, version_id=loaded.version.id, production=production)
        return Decided(locked.id, loaded.version.version, locked.state, decision, changes)


def small_difference(session: Session, ref: str, done: Act, *, seen: int | None) -> tuple[Edition, int, Difference]:
    """The edition, its version and what changed since the last approval, where this person may approve that again at once.

    Raises:
        StoreError, UsageError: as `reapprove`.
    """
    edition, loaded = _looked_at(session, ref, seen)
    return edition, loaded.version.version, approvals.check_small(session, edition, done)


def _looked_at(session: Session, ref: str, seen: int | None) -> tuple[Edition, LoadedVersion]:
    edition = find_edition(session, ref)
    loaded = load_version(session, edition)
    version = loaded.version
    if seen is not None and version.version != seen:
        raise UsageError(f"version {version.version} came at {shanghai_text(version.created_at)} from {version.created_by}; look at that one, then approve")
    return edition, loaded


def _build(runtime: Runtime, loaded: LoadedVersion, wanted: list[Wanted], yes: bool, progress: Progress) -> None:
    check_count(len(wanted), yes=yes)
    if wanted:
        ensure_variants(runtime, loaded.version.id, wanted, progress=lambda done: progress(done, len(wanted)))
