"""Copies of one edition over several dispatches: each is judged by itself, and each further one must be explained.

A resend is explained by what somebody asked for (`resends`), a correction by its
older version (`recalled`), a second start of the same version by `--again`, and
another version by its import.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from delivery import kinds, lifecycle
from delivery.ledger.findings import Findings
from delivery.models import Dispatch, Outcome, Resend, deliveries

AGAIN = "again"
"""Key in `Dispatch.gate`: whoever started it knew that this version had been sent."""


def check_resend(session: Session, dispatch: Dispatch, findings: Findings) -> None:
    """A resend was asked for once, for this edition, and serves whom it was asked for."""
    if dispatch.kind != kinds.RESEND:
        return
    asked = session.scalars(select(Resend).where(Resend.dispatch_id == dispatch.id, Resend.refusal.is_(None))).all()
    if len(asked) != 1:
        findings.say(f"it is a resend, and {f'{len(asked)} rows ask' if asked else 'nobody asked'} for it")
        return
    row = asked[0]
    if row.edition_id != dispatch.edition_id:
        findings.say("another edition was asked for than it sends")
    if row.reader_id is not None:
        planned = session.scalars(select(deliveries.c.reader_id).where(deliveries.c.day == dispatch.day, deliveries.c.dispatch_id == dispatch.id)).all()
        findings.add_all("sent again, though nobody asked for him", [one for one in planned if one != row.reader_id])


def unexplained(session: Session, dispatches: Sequence[Dispatch]) -> list[str]:
    """A sentence for each two starts of the same version that nobody explained and that share readers."""
    return [
        f"dispatch {second.id}: {number:,} readers were sent the version of dispatch {first.id} once more, and nobody said --again"
        for first, second, number in repeated(session, dispatches)
    ]


def repeated(session: Session, dispatches: Sequence[Dispatch]) -> Iterator[tuple[Dispatch, Dispatch, int]]:
    """Each two starts of the same version that nobody explained, with how many readers they share."""
    starts: dict[int, list[Dispatch]] = defaultdict(list)
    for one in dispatches:
        if one.kind == kinds.EDITION and one.state not in lifecycle.ENDED:
            starts[one.edition_version_id].append(one)
    for several in starts.values():
        for first, second in pairwise(several):
            if not second.gate.get(AGAIN) and (number := _shared(session, first, second)):
                yield first, second, number


def _shared(session: Session, first: Dispatch, second: Dispatch) -> int:
    one, other = deliveries.alias("one"), deliveries.alias("other")
    both = (
        select(func.count())
        .select_from(one.join(other, one.c.reader_id == other.c.reader_id))
        .where(one.c.day == first.day, one.c.dispatch_id == first.id, other.c.day == second.day, other.c.dispatch_id == second.id)
        .where(one.c.outcome != int(Outcome.CANCELLED), other.c.outcome != int(Outcome.CANCELLED))
    )
    return session.scalar(both) or 0
