"""Killing an edition: nobody gets it any more.

What has not left stops; with `recalling` what left and was not fetched is called
back. A version that is imported later makes it an edition again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from content.models import Edition, Publication
from content.services import KILLED_EDITION, find_edition, kill_edition
from delivery import lifecycle
from delivery.dispatch import recalls
from delivery.dispatch.correction import pending_readers, wait_for_workers
from delivery.dispatch.recalls import Reach
from delivery.dispatch.steering import steer
from delivery.models import Dispatch, Recall
from huabao import audit
from huabao.errors import StoreError
from huabao.runtime import Runtime


@dataclass(frozen=True)
class Killing:
    """What became of the dispatches of a killed edition.

    Attributes:
        stopped: dispatches that had something left to send.
        waiting: readers who got nothing for it.
        reach: what lies with peers, by what can be done about it.
        asked: recalls that were written down.
        state: of the edition.
    """

    edition: str
    stopped: tuple[int, ...]
    waiting: int
    reach: Reach
    asked: int = 0
    recalls: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    state: str = KILLED_EDITION

    def to_document(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {
            "edition": self.edition, "state": self.state, "stopped": list(self.stopped), "waiting": self.waiting, "asked": self.asked,
            "recallable": {"submissions": self.reach.submissions, "readers": self.reach.readers, "beyond": self.reach.beyond},
            "recalls": {kind: dict(states) for kind, states in self.recalls.items()},
        }  # fmt: skip


def kill(runtime: Runtime, ref: str, *, recalling: bool, by: str, reason: str, dry_run: bool = False) -> Killing:
    """Withdraw an edition: nothing of it leaves any more, and with `recalling` what was not fetched is called back.

    May be done again, e.g. to call back later.

    Raises:
        UsageError: there is no such edition.
    """
    with runtime.transaction(read_only=True) as session:
        edition = find_edition(session, ref)
        name = f"{session.get_one(Publication, edition.publication_id).slug}/{edition.number}"
        found = dispatches_of(session, edition.id)
        made = Killing(name, tuple(one.id for one in found if one.state in lifecycle.UNSENT), pending_readers(session, found), recalls.reach(session, found, "cancel"))
    if dry_run:
        return made
    with runtime.transaction() as session:
        kill_edition(session, find_edition(session, ref), by=by, now=runtime.now(), reason=reason)
    with runtime.transaction(read_only=True) as session:  # whatever was made until that instant; nothing is made after it
        found = dispatches_of(session, edition.id)
    made = replace(made, stopped=tuple(one.id for one in found if one.state in lifecycle.UNSENT))
    for dispatch_id in made.stopped:
        _stop(runtime, dispatch_id, by=by, reason=reason)
    asked = 0
    if recalling:
        wait_for_workers(runtime, [one for one in found if one.id in made.stopped])
    for one in found if recalling else ():
        asked += recalls.ask(runtime, one, "cancel", by=by, now=runtime.now())
    with runtime.transaction(read_only=True) as session:
        return replace(made, asked=asked, recalls=recalls.summary(session, [one.id for one in found]))


def dispatches_of(session: Session, edition_id: int) -> Sequence[Dispatch]:
    """Every dispatch of an edition, the oldest first."""
    return session.scalars(select(Dispatch).where(Dispatch.edition_id == edition_id).order_by(Dispatch.id)).all()


def _stop(runtime: Runtime, dispatch_id: int, *, by: str, reason: str) -> None:
    try:
        steer(runtime, dispatch_id, "kill", by=by, reason=reason)
    except StoreError:  # its last batch was done meanwhile, or somebody stopped it
        return


def call_back(runtime: Runtime, dispatch_id: int, *, by: str, reason: str, dry_run: bool = False) -> Killing:
    """Call back what left of one dispatch and was not fetched; the edition lives on.

    Raises:
        UsageError: there is no such dispatch.
    """
    now = runtime.now()
    with runtime.transaction(read_only=True) as session:
        found = lifecycle.find_dispatch(session, dispatch_id)
        edition = session.get_one(Edition, found.edition_id)
        name = f"{session.get_one(Publication, edition.publication_id).slug}/{edition.number}"
        made = Killing(name, (), 0, recalls.reach(session, [found], "cancel"), state=edition.state)
    if dry_run:
        return made
    asked = recalls.ask(runtime, found, "cancel", by=by, now=now)
    with runtime.transaction() as session:
        audit.record(session, actor=by, action="dispatch.recall", object_kind="dispatch", object_id=found.id, at=now, submissions=asked, reason=reason)
        return replace(made, asked=asked, recalls=recalls.summary(session, [found.id]))


def is_recalling(runtime: Runtime, ref: str) -> bool:
    """Whether some recall of the edition's dispatches was not answered yet."""
    with runtime.transaction(read_only=True) as session:
        mine = select(Dispatch.id).where(Dispatch.edition_id == find_edition(session, ref).id)
        return session.scalar(select(Recall.id).where(Recall.dispatch_id.in_(mine), Recall.state.in_(("waiting", "leaving"))).limit(1)) is not None


def with_answers(runtime: Runtime, made: Killing, dispatch_id: int | None = None) -> Killing:
    """The same with the answers that came since; of one dispatch, or of all of the edition."""
    with runtime.transaction(read_only=True) as session:
        every = select(Dispatch.id).where(Dispatch.edition_id == find_edition(session, made.edition).id)
        mine = session.scalars(every if dispatch_id is None else every.where(Dispatch.id == dispatch_id)).all()
        return replace(made, recalls=recalls.summary(session, mine))
