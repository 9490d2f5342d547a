"""Correcting an edition that is out.

A correction is a dispatch of its own (kind `correction`): the version that was
imported since goes to whom the older ones have not reached. What of them still
waits is cancelled first. With `replace` it also takes the place of what left and
was not fetched; where the peer replaces nothing it is called back, and whoever's
report says so gets the new version as well (`follow_up`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, exists, false, or_, select
from sqlalchemy.orm import Session

from content.models import Edition, EditionVersion, Publication, Variant
from content.services import KILLED_EDITION, find_edition, lock_edition
from content.variants import ensure_variants
from content.workflow import standing
from delivery import kinds, lifecycle, partitions
from delivery.dispatch import gate, planning, preflight, recalls, snapshot
from delivery.dispatch.closing import left_over
from delivery.dispatch.planning import Request, Subject
from delivery.dispatch.recalls import Reach
from delivery.dispatch.snapshot import Count, Signature
from delivery.dispatch.steering import steer
from delivery.dispatch.windows import unbound
from delivery.models import Batch, Dispatch, Outcome, Recall, deliveries
from delivery.sending import sweeps
from delivery.settings import BATCH_READERS_MAX, RECALL_SETTLE_S
from huabao import audit
from huabao.clock import business_day
from huabao.errors import StoreError, UsageError
from huabao.runtime import Runtime
from subscribers.models import Reader

UNREACHED: Final = (Outcome.CANCELLED, Outcome.FAILED, Outcome.REJECTED, Outcome.EXPIRED)
REACHED: Final = (Outcome.SUBMITTED, Outcome.RETRIEVED, Outcome.NO_REPORT)
"""An older version was fetched, or may be yet."""

LOOK_S: Final = 0.2

FOLLOW_S: Final = 6 * 3600
"""So long after the last answer the reports of those who were spared are looked for; later a person corrects once more."""


@dataclass(frozen=True)
class Older:
    """What is to be corrected.

    Attributes:
        before: dispatches of older versions, oldest first.
        since: dispatches of the version that corrects them.
        unknown: readers whose older message is unknown get the new one, by their publication's policy.
    """

    publication: Publication
    edition: Edition
    version: EditionVersion
    before: tuple[Dispatch, ...]
    since: tuple[Dispatch, ...]
    unknown: bool

    @property
    def parent(self) -> Dispatch:
        """The dispatch that is corrected: the last that brought an older version out."""
        return next((one for one in reversed(self.before) if one.kind != kinds.RESEND), self.before[-1])


@dataclass(frozen=True)
class Correction:
    """What a correction is, or would be.

    Attributes:
        dispatch_id: None where nobody is left to send to, or nothing was done yet.
        count: its audience; readers still waiting in older dispatches count as cancelled.
        waiting: of them, those whom the older dispatches have not sent to.
        reach: what of the older versions could be replaced.
        asked: recalls that were written down.
        busy: readers whom a worker still had in hand; run it again for them.
        recalls: what was asked so far, by kind (cancel, replace) and by what came of it.
    """

    edition: str
    version: int
    dispatch_id: int | None
    count: Count
    waiting: int
    reach: Reach
    asked: int = 0
    busy: int = 0
    recalls: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def to_document(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {
            "edition": self.edition, "version": self.version, "dispatch_id": self.dispatch_id, "audience": self.count.audience, "planned": self.count.planned,
            "excluded": dict(self.count.excluded), "waiting": self.waiting, "busy": self.busy, "asked": self.asked,
            "replaceable": {"submissions": self.reach.submissions, "readers": self.reach.readers, "beyond": self.reach.beyond},
            "recalls": {kind: dict(states) for kind, states in self.recalls.items()},
        }  # fmt: skip


def preview(runtime: Runtime, request: Request) -> Correction:
    """Count what `correct` would do now; nothing is written or sent.

    Raises:
        UsageError: there is no such edition, nothing older was sent, or it was not corrected.
    """
    now = runtime.now()
    with runtime.transaction(read_only=True) as session:
        older = find_older(session, request.edition)
        subject = planning.find_subject(session, request, now, port_needed=False)
        found = snapshot.count_rows(session, _rows(session, older, subject, request, now, pending=True))
        waiting, reach = pending_readers(session, older.before), recalls.reach(session, older.before, "cancel")
        return Correction(_name(older), older.version.version, None, found, waiting, reach, recalls=recalls.summary(session, [one.id for one in older.before]))


def correct(
    runtime: Runtime, request: Request, *, replacing: bool, by: str, reason: str = "", wait_s: float | None = None, progress: Callable[[int], None] | None = None
) -> Correction:
    """Stop what waits of older versions and send the present one to whom they have not reached.

    Args:
        replacing: also put it in the place of what left and was not fetched.
        wait_s: how long workers have to let go of what they hold; None for a lease and a little more.

    Raises:
        UsageError: as `preview`, there is no port, or it fails on its readers' handsets; nothing older was stopped then.
    """
    planning.look_again(runtime, request.edition)
    with runtime.transaction(read_only=True) as session:
        older = find_older(session, request.edition)
        planning.find_subject(session, request, runtime.now())
        standing.require(session, older.edition, older.version.id, production=runtime.config.production)
    held = _try_first(runtime, request, progress)
    why = f"corrected by version {older.version.version}" + (f": {reason}" if reason else "")
    for one in older.before:
        if one.state in lifecycle.UNSENT:
            steer(runtime, one.id, "cancel", by=by, reason=why)
    wait_for_workers(runtime, older.before, wait_s)
    asked = _ask(runtime, older, by=by) if replacing else 0
    made = _create(runtime, request, held, by=by, reason=why, progress=progress)
    with runtime.transaction(read_only=True) as session:
        busy = pending_readers(session, older.before)
        summary = recalls.summary(session, [one.id for one in older.before])
        return replace(made, asked=asked, busy=busy, recalls=summary, reach=recalls.reach(session, older.before, "cancel"))


def find_older(session: Session, ref: str) -> Older:
    """The older versions of an edition that were sent.

    Raises:
        UsageError: there is no such edition; it was killed and nothing was imported since; none of its older versions was sent.
    """
    edition = find_edition(session, ref)
    publication = session.get_one(Publication, edition.publication_id)
    name = f"{publication.slug}/{edition.number}"
    if edition.state == KILLED_EDITION:
        raise UsageError(f"{name} was killed; import its corrected folder first: `huabao edition import DIR`")
    version = session.get_one(EditionVersion, edition.current_version_id)
    same = select(EditionVersion.id).where(EditionVersion.edition_id == edition.id, EditionVersion.source_sha256 == version.source_sha256)
    ids = set(session.scalars(same))
    found = session.scalars(select(Dispatch).where(Dispatch.edition_id == edition.id, Dispatch.kind.in_(kinds.BRINGS_OUT)).order_by(Dispatch.id)).all()
    before = tuple(one for one in found if one.edition_version_id not in ids)
    if not before:
        what = f"version {version.version} is what was sent; import the corrected folder first" if found else "nothing of it was sent; `huabao dispatch start` does that"
        raise UsageError(f"{name} has nothing to correct: {what}")
    return Older(publication, edition, version, before, tuple(one for one in found if one.edition_version_id in ids), publication.unknown_policy != "never")


def _name(older: Older) -> str:
    return f"{older.publication.slug}/{older.edition.number}"


# --- to whom it goes -------------------------------------------------------------------------------------------------


def unreached(older: Older, *, pending: bool = False) -> Select[Any]:
    """Ids of readers whom older versions did not reach, and to whom the present one was not sent.

    Args:
        pending: those who still wait for an older version are among them.
    """
    outcomes = [*UNREACHED, *([Outcome.UNKNOWN] if older.unknown else []), *([Outcome.PENDING] if pending else [])]
    reached = [*REACHED, *([] if older.unknown else [Outcome.UNKNOWN]), *([] if pending else [Outcome.PENDING])]
    mine, other, later = deliveries, deliveries.alias("other"), deliveries.alias("later")
    has_it = exists().where(other.c.reader_id == mine.c.reader_id, of_dispatches(other, older.before), other.c.outcome.in_([int(one) for one in reached]))
    has_this = exists().where(later.c.reader_id == mine.c.reader_id, of_dispatches(later, older.since), later.c.outcome != int(Outcome.CANCELLED))
    found = select(mine.c.reader_id).where(of_dispatches(mine, older.before), mine.c.outcome.in_([int(one) for one in outcomes]))
    if len(older.before) > 1:
        found = found.where(~has_it)
    return found.where(~has_this) if older.since else found


def of_dispatches(table: Any, found: Sequence[Dispatch]) -> ColumnElement[bool]:
    """Rows of these dispatches; by day, so that PostgreSQL looks at their partitions only."""
    return or_(false(), *(and_(table.c.day == one.day, table.c.dispatch_id == one.id) for one in found))


def _rows(session: Session, older: Older, subject: Subject, request: Request, now: datetime, *, pending: bool = False) -> Select[Any]:
    terms = planning.terms_of(session, subject, request, now)
    return snapshot.decided_rows(subject.audience, subject.rules.mask_sql(), terms).where(Reader.id.in_(unreached(older, pending=pending)))


def pending_readers(session: Session, found: Sequence[Dispatch]) -> int:
    """How many readers of these dispatches nothing was sent to yet."""
    return sum(left_over(session, one) for one in found)


def wait_for_workers(runtime: Runtime, found: Sequence[Dispatch], wait_s: float | None = None) -> None:
    """Give workers the time to see that their dispatch has ended; a silent one's batch is cancelled for him.

    Args:
        wait_s: at most; None for a lease and a little more.
    """
    ids = [one.id for one in found]
    until = time.monotonic() + (runtime.config.lease_s + 5.0 if wait_s is None else wait_s)
    while True:
        with runtime.transaction(read_only=True) as session:
            held = session.scalar(select(Batch.id).where(Batch.dispatch_id.in_(ids), Batch.state == "claimed").limit(1))
        if held is None or time.monotonic() > until:
            break
        time.sleep(LOOK_S)
    if held is not None:
        sweeps.requeue_silent(runtime)
    for dispatch_id in ids:
        sweeps.cancel_pending(runtime, dispatch_id)


# --- the dispatch ----------------------------------------------------------------------------------------------------


def _try_first(runtime: Runtime, request: Request, progress: Callable[[int], None] | None) -> Mapping[str, str]:
    """Build what the correction needs and try it on its readers' handsets; why each class that is blocked is.

    Raises:
        UsageError: it fails on a class that nobody blocked.
    """
    now = runtime.now()
    with runtime.transaction(read_only=True) as session:
        older = find_older(session, request.edition)
        subject = planning.find_subject(session, request, now)
        found = snapshot.count_rows(session, _rows(session, older, subject, request, now, pending=True))
    variants = planning.variants_of(runtime, request, subject, found, progress)
    tried = preflight.look(runtime, older.publication, variants.values(), request.block_classes)
    preflight.refuse(tried, request.block_classes)
    return preflight.reasons(tried, request.block_classes)


def _create(
    runtime: Runtime, request: Request, held: Mapping[str, str] | None, *, by: str, reason: str, progress: Callable[[int], None] | None = None
) -> Correction:
    """The dispatch; `held` says why which classes are held, None that those are which preflight fails."""
    for _ in range(planning.SNAPSHOT_ATTEMPTS_MAX):
        now = runtime.now()
        with runtime.transaction(read_only=True) as session:
            older = find_older(session, request.edition)
            subject = planning.find_subject(session, request, now)
            found = snapshot.count_rows(session, _rows(session, older, subject, request, now))
        variants = planning.variants_of(runtime, request, subject, found, progress)
        if held is None:
            tried = preflight.look(runtime, older.publication, variants.values())
            held = preflight.reasons(tried, list(tried.failing_classes()))
        with runtime.transaction() as session:
            made = _freeze(session, request, variants, by=by, reason=reason, now=now)
            if made is not None and made.dispatch_id is not None:
                preflight.hold(session, made.dispatch_id, held, by=by, at=now)
            standing.require(session, older.edition, older.version.id, production=runtime.config.production)
        if made is not None:
            return made
    raise StoreError("the readers' attributes change faster than the audience can be taken down; wait for the import that runs, then start again")


def _freeze(session: Session, request: Request, variants: Mapping[Signature, int], *, by: str, reason: str, now: datetime) -> Correction | None:
    """Write the correction down whole; None where a reader wants a variant that was not built."""
    edition = lock_edition(session, find_edition(session, request.edition).id)
    older = find_older(session, request.edition)
    subject = planning.find_subject(session, request, now)
    found = snapshot.stage_rows(session, _rows(session, older, subject, request, now))
    if not found.signatures.keys() <= variants.keys():
        return None
    made = Correction(_name(older), older.version.version, None, found, 0, Reach())
    if not found.planned:
        snapshot.drop_stage(session)
        return made
    parent = older.parent
    dispatch = Dispatch(
        edition_id=edition.id, edition_version_id=older.version.id, service_id=parent.service_id, kind=kinds.CORRECTION, lane=parent.lane, parent_id=parent.id,
        gate=unbound(now), day=business_day(now), state=lifecycle.PLANNED, audience=found.audience,
        planned=found.planned, ports=[port.name for port in subject.ports], start_at=now, deadline_at=request.deadline_at, created_at=now, created_by=by[:80],
    )  # fmt: skip
    session.add(dispatch)
    session.flush()
    snapshot.write_rows(session, dispatch, variants, subject.ports)
    snapshot.cut_batches(session, dispatch, subject.publication.service_code, readers_max=BATCH_READERS_MAX.get(session))
    snapshot.drop_stage(session)
    partitions.take_statistics(session, dispatch.day)
    lifecycle.note_created(session, dispatch, by=by, at=now)
    gate.release(session, dispatch, by=by, at=now, reason=reason)
    audit.record(session, actor=by, action="edition.correct", object_kind="edition", object_id=edition.id, at=now, dispatch=dispatch.id, version=older.version.version)
    return replace(made, dispatch_id=dispatch.id)


# --- what left already -----------------------------------------------------------------------------------------------


def _ask(runtime: Runtime, older: Older, *, by: str) -> int:
    """Have what left replaced, or called back where the port replaces nothing; how many submissions."""
    with runtime.transaction(read_only=True) as session:
        used = select(deliveries.c.variant_id).where(of_dispatches(deliveries, older.before)).distinct()
        old = session.scalars(select(Variant).where(Variant.id.in_(used), Variant.channel == "mms")).all()
        subject = planning.find_subject(session, Request(f"{older.edition.id}"), runtime.now())
    keys = set(subject.rules.all_items)
    wanted = {one.id: (one.handset_class, tuple(one.items)) for one in old if set(one.items) <= keys}
    built = ensure_variants(runtime, older.version.id, set(wanted.values()))
    variants = {old_id: built[key] for old_id, key in wanted.items()}
    asked = 0
    for one in older.before:
        asked += recalls.ask(runtime, one, "replace", by=by, now=runtime.now(), variants=variants)
        asked += recalls.ask(runtime, one, "cancel", by=by, now=runtime.now(), variants=variants, only_cancel=True)
    return asked


def follow_up(runtime: Runtime) -> int:
    """Send the new version to whom an older one was called back from, once their reports said so; how many dispatches were made."""
    now = runtime.now()
    with runtime.transaction(read_only=True) as session:
        settled = now - timedelta(seconds=RECALL_SETTLE_S.get(session))
        lately = select(Recall.dispatch_id).where(Recall.kind == "cancel", Recall.variant_id.is_not(None), Recall.answered_at > settled - timedelta(seconds=FOLLOW_S))
        later = select(Recall.dispatch_id).where(Recall.kind == "cancel", Recall.variant_id.is_not(None), Recall.answered_at > settled)
        due = lately.except_(later)
        waiting = exists().where(Recall.dispatch_id == Dispatch.id, Recall.state.in_(("waiting", "leaving")))
        editions = session.scalars(select(Dispatch.edition_id).where(Dispatch.id.in_(due), ~waiting).distinct()).all()
        ready = [one for one in editions if _has_spared(session, one)]
    made = 0
    for edition_id in ready:
        found = _create(runtime, Request(str(edition_id)), None, by=lifecycle.SYSTEM, reason="its older version was called back")
        made += found.dispatch_id is not None
    return made


def _has_spared(session: Session, edition_id: int) -> bool:
    """Whether somebody's older message was called back and the new one not sent to him."""
    try:
        older = find_older(session, str(edition_id))
    except UsageError:
        return False
    spared = deliveries.c.submission_id.in_(select(Recall.submission_id).where(Recall.dispatch_id.in_([one.id for one in older.before]), Recall.kind == "cancel"))
    where = (of_dispatches(deliveries, older.before), deliveries.c.outcome == int(Outcome.CANCELLED), spared, deliveries.c.reader_id.in_(unreached(older)))
    return session.scalar(select(deliveries.c.reader_id).where(*where).limit(1)) is not None
