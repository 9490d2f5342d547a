"""How many readers' messages could still be called back, as a sheet says it before anybody decides.

Of a large dispatch the tallies say so, with their instant: to look at a million deliveries
takes longer than a sheet may. Whoever does it (`delivery.dispatch.recalls.ask`) finds each
submission by itself and writes down exactly what he asks for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from delivery.dispatch import recalls
from delivery.models import Dispatch, Port, Submission
from monitoring.tallies import LARGE, PORT, Tally, tally_of

OPEN: Final = tuple(one.name.lower() for one in recalls.OPEN)


@dataclass(frozen=True)
class Recallable:
    """What of some dispatches lies with peers.

    Attributes:
        readers: whose messages can be called back.
        beyond: about whose messages nothing can be done.
        at: as of when; the earliest where several dispatches were counted at several instants; None where they were counted just now.
    """

    readers: int
    beyond: int
    at: datetime | None = None


def recallable(session: Session, found: Sequence[Dispatch]) -> Recallable:
    """What could be called back of these dispatches."""
    told = {one.id: tally for one in found if one.planned >= LARGE and (tally := tally_of(session, one.id)) is not None}
    exact = recalls.reach(session, [one for one in found if one.id not in told], "cancel")
    readers, beyond = exact.readers, exact.beyond
    able = set(session.scalars(select(Port.name).where(Port.id.in_(recalls.able_ports(session, "cancel")))))
    for dispatch_id, tally in told.items():
        nameless = _nameless(session, dispatch_id)
        for port, there in _there(tally).items():
            lost = min(there, nameless.get(port, 0)) if port in able else there
            readers, beyond = readers + there - lost, beyond + lost
    return Recallable(readers, beyond, min((tally.at for tally in told.values()), default=None))


def _there(tally: Tally) -> dict[str, int]:
    """Readers by port whose message may still lie with its peer."""
    return {port: sum(outcomes.get(name, 0) for name in OPEN) for port, outcomes in tally.cells[PORT].items()}


def _nameless(session: Session, dispatch_id: int) -> dict[str, int]:
    """Readers by port of submissions whose MessageID nobody learnt."""
    unanswered = (Submission.message_id.is_(None), Submission.state.in_(("leaving", "unknown")), Submission.dispatch_id == dispatch_id)
    rows = session.execute(select(Port.name, func.sum(Submission.recipients)).join(Port, Port.id == Submission.port_id).where(*unanswered).group_by(Port.name))
    return {port: int(readers) for port, readers in rows}
