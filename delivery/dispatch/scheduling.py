"""Scheduling an approved edition: its audience is frozen, and it leaves at its time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from content.services import find_edition
from content.workflow import lifecycle, readiness
from delivery.dispatch import planning
from delivery.dispatch.planning import Request
from delivery.models import Dispatch
from huabao.runtime import Runtime


@dataclass(frozen=True)
class Scheduled:
    """What came of it.

    Attributes:
        state: of the edition.
    """

    edition_id: int
    state: str
    dispatch_id: int
    dispatch_state: str
    start_at: datetime
    audience: int
    planned: int

    def to_document(self) -> dict[str, Any]:
        """As `edition schedule --json` prints it."""
        return {
            "edition_id": self.edition_id, "state": self.state, "dispatch_id": self.dispatch_id, "dispatch_state": self.dispatch_state, "start_at": self.start_at,
            "audience": self.audience, "planned": self.planned,
        }  # fmt: skip


def schedule(runtime: Runtime, request: Request, *, by: str, progress: Callable[[int], None] | None = None) -> Scheduled:
    """Freeze the audience of an edition that may be scheduled, and let it leave at its time.

    Raises:
        StoreError: the edition's state does not allow it.
        UsageError: it is not ready, or as `planning.create`.
    """
    with runtime.transaction(read_only=True) as session:
        wanted = find_edition(session, request.edition)
        lifecycle.check(wanted, lifecycle.SCHEDULE)
        readiness.require(session, wanted, runtime.now())
    dispatch_id = planning.create(runtime, request, actor=by, progress=progress)
    with runtime.transaction(read_only=True) as session:
        found, made = find_edition(session, request.edition), session.get_one(Dispatch, dispatch_id)
        return Scheduled(found.id, found.state, made.id, made.state, made.start_at, made.audience, made.planned)
