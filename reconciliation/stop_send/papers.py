"""The paper after a probe: the newest edition that is fresh goes to those who can be reached again; without one, the next paper does."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session, defer

from content.models import Edition, EditionVersion, Publication
from content.services import KILLED_EDITION
from delivery import kinds, lifecycle
from delivery.dispatch.audience import stale_at
from delivery.models import Dispatch, deliveries
from delivery.resend.named import Named, send_named
from huabao.db import in_ids
from huabao.runtime import Runtime
from reconciliation.stop_send import moving
from reconciliation.stop_send.causes import PAPER, PROBE, SETTINGS, TIP
from reconciliation.stop_send.deciding import SOURCE
from reconciliation.stop_send.lifecycle import WAITING
from reconciliation.stop_send.models import RecoveryAttempt
from reconciliation.stop_send.settings import RECOVERY_PAPER_WAIT_H, RECOVERY_RATE_SHARE
from subscribers import stops

NO_PAPER = 0
"""In `RecoveryAttempt.paper_dispatch_id`: none was at hand, the next regular one shows."""


LOOKED_BACK = timedelta(days=60)
"""The newest edition first came out so long, at most, before its last correction."""


@dataclass(frozen=True)
class Issue:
    """An edition as it came out.

    Attributes:
        out_at: when its first send began.
        stale_at: from when it is too old, or None.
    """

    edition_id: int
    name: str
    out_at: datetime
    stale_at: datetime | None

    def is_fresh(self, at: datetime) -> bool:
        """Whether it may still be sent."""
        return self.stale_at is None or at < self.stale_at


def issues(session: Session, publication: Publication, since: datetime, until: datetime) -> list[Issue]:
    """The editions of a title that came out between two instants, oldest first; none that was killed."""
    out = func.min(Dispatch.started_at)
    rows = session.execute(
        select(Edition, EditionVersion, out)
        .join(EditionVersion, EditionVersion.id == Edition.current_version_id)
        .join(Dispatch, Dispatch.edition_id == Edition.id)
        .where(Edition.publication_id == publication.id, Edition.state != KILLED_EDITION, Dispatch.kind.in_(kinds.BY_PLAN), Dispatch.state.not_in(lifecycle.ENDED))
        .where(Dispatch.started_at.is_not(None))
        .group_by(Edition.id, EditionVersion.id)
        .having(out >= since, out <= until)
        .order_by(out, Edition.id)
        .options(defer(EditionVersion.manuscript))
    )
    return [Issue(edition.id, f"{publication.slug}/{edition.number}", at, stale_at(publication, edition, version, start=at)) for edition, version, at in rows if at is not None]


def send_papers(runtime: Runtime, ids: Sequence[int]) -> int:
    """Let attempts take their last step, and send what is at hand; how many took it."""
    with runtime.transaction() as session:
        now = runtime.now()
        rows = moving.locked(session, ids, WAITING, TIP, SETTINGS, PROBE)
        for row in rows:
            moving.enter(row, PAPER, "may have the next paper", wait_h=RECOVERY_PAPER_WAIT_H.get(session), now=now)
        session.flush()
        one = RecoveryAttempt
        stops.try_again(session, select(one.reader_id, one.service_id).where(in_ids(session, one.id, sorted(row.id for row in rows))), now=now)
    bring(runtime)
    return len(rows)


def bring(runtime: Runtime) -> None:
    """The newest fresh paper to whoever took the last step and has none; whoever was killed in between is found here."""
    now, one = runtime.now(), RecoveryAttempt
    with runtime.transaction(read_only=True) as session:
        by_service: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for row in session.execute(
            select(one.service_id, one.id, one.reader_id).where(one.ended_at.is_(None), one.state == PAPER, one.paper_dispatch_id.is_(None)).order_by(one.id)
        ):
            by_service[row.service_id].append((row.id, row.reader_id))
        share = RECOVERY_RATE_SHARE.get(session)
        titles = {service: session.scalars(select(Publication).where(Publication.service_id == service).order_by(Publication.id)).all() for service in by_service}
        latest = {one.id: newest(session, one, now) for found in titles.values() for one in found}
    for service_id, pairs in by_service.items():
        sent: list[int] = []
        for title in titles[service_id]:
            issue = latest[title.id]
            if issue is not None:
                readers = tuple(sorted(reader for _, reader in pairs))
                asked = Named(issue.name, readers, key_of("paper", issue.edition_id, (attempt for attempt, _ in pairs)), "stopped readers who can be reached again", share)
                dispatch_id = send_named(runtime, asked, actor=SOURCE)
                sent += [] if dispatch_id is None else [dispatch_id]
        with runtime.transaction() as session:
            _note(session, [attempt for attempt, _ in pairs], sent, runtime.now())


def newest(session: Session, publication: Publication, now: datetime) -> Issue | None:
    """The newest edition that came out, where it is fresh."""
    last = session.scalar(
        select(func.max(Dispatch.started_at)).join(Edition, Edition.id == Dispatch.edition_id).where(Edition.publication_id == publication.id, Dispatch.kind.in_(kinds.BY_PLAN))
    )
    found = [] if last is None else issues(session, publication, last - LOOKED_BACK, now)
    return found[-1] if found and found[-1].is_fresh(now) else None


def key_of(what: str, edition_id: int, ids: Iterable[int]) -> str:
    """A key of a send to these: the same for the same."""
    return f"recovery:{what}:{edition_id}:{hashlib.sha256(','.join(map(str, sorted(ids))).encode()).hexdigest()[:24]}"


def _note(session: Session, ids: Sequence[int], dispatches: Sequence[int], now: datetime) -> None:
    rows = moving.locked(session, ids, PAPER)
    for row in rows:
        row.paper_dispatch_id = NO_PAPER
    for dispatch_id in dispatches:
        there = set(session.scalars(select(deliveries.c.reader_id).where(deliveries.c.dispatch_id == dispatch_id)))
        for row in rows:
            if row.reader_id in there and row.paper_dispatch_id == NO_PAPER:
                row.paper_dispatch_id = dispatch_id
                moving.note(row, PAPER, f"dispatch {dispatch_id}", now)
    session.flush()
