"""The ledger: the count of a dispatch, and its proof.

`audience = planned + excluded`, and planned is the sum of the outcomes. `verify`
believes none of the totals: it recounts the delivery rows, takes the digest of
their reader ids again, reads every batch and the whole journal of submissions,
folds the stored reports once more and compares. With `peers` it also asks those
who got the messages (`delivery.ledger.peer`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from delivery import kinds, partitions
from delivery.dispatch.audience import REASONS, RESEND_REASONS
from delivery.ledger import recount
from delivery.ledger.copies import check_resend, unexplained
from delivery.ledger.findings import Findings
from delivery.ledger.peer import PeerRecord, compare
from delivery.ledger.recalled import check_correction
from delivery.ledger.recount import Planned
from delivery.lifecycle import find_dispatch
from delivery.models import Dispatch, Exclusion, Outcome, Route, Withdrawal, deliveries
from huabao.columns import integers
from huabao.db import give_room


@dataclass(frozen=True)
class Counts:
    """A dispatch in numbers.

    Attributes:
        excluded: readers by reason.
        outcomes: readers by every outcome there is, in the order of `Outcome`; one that does not exist counts as unknown.
        late: readers whose report came after they were written off as no_report.
        kind: edition, seed, correction or resend.
        parent_id: the dispatch that a seed, correction or resend belongs to.
        withdrawn: of the planned, readers who were not sent to after all, by the reason; see `Withdrawal`.
        routes: planned readers by the names of `Route` that occur.
    """

    dispatch_id: int
    audience: int
    planned: int
    excluded: Mapping[str, int]
    outcomes: Mapping[str, int]
    late: int
    kind: str = kinds.EDITION
    parent_id: int | None = None
    withdrawn: Mapping[str, int] = field(default_factory=dict)
    routes: Mapping[str, int] = field(default_factory=dict)

    def to_document(self) -> dict[str, Any]:
        """The numbers as `--json` prints them."""
        return {
            "dispatch_id": self.dispatch_id,
            "audience": self.audience,
            "planned": self.planned,
            "excluded": dict(self.excluded),
            "outcomes": dict(self.outcomes),
            "late": self.late,
            "kind": self.kind,
            "parent_id": self.parent_id,
            "withdrawn": dict(self.withdrawn),
            "routes": dict(self.routes),
        }


@dataclass(frozen=True)
class Verification:
    """What a recount found.

    Attributes:
        problems: plain sentences with counts and examples; empty where the ledger balances.
        dispatches: the numbers of each dispatch looked at.
        dropped: dispatches whose rows retention took; they verified when they were closed.
        sent_again: by dispatch, readers who may have it twice: their answer was lost, and the publication's policy sent it once more.
    """

    problems: Sequence[str] = ()
    dispatches: Sequence[Counts] = ()
    dropped: Sequence[int] = field(default_factory=tuple)
    sent_again: Mapping[int, int] = field(default_factory=dict)

    @property
    def balanced(self) -> bool:
        """Whether there is no problem."""
        return not self.problems

    def to_document(self) -> dict[str, Any]:
        """The proof as `ledger verify --json` prints it."""
        return {
            "balanced": self.balanced,
            "problems": list(self.problems),
            "dispatches": [one.to_document() for one in self.dispatches],
            "dropped": list(self.dropped),
            "sent_again": {str(dispatch_id): number for dispatch_id, number in self.sent_again.items()},
        }


def counts(session: Session, dispatch_id: int) -> Counts:
    """The dispatch in numbers, counted now.

    Raises:
        UsageError: there is no such dispatch.
    """
    found = find_dispatch(session, dispatch_id)
    excluded = session.execute(select(Exclusion.reason, func.count()).where(Exclusion.dispatch_id == dispatch_id).group_by(Exclusion.reason).order_by(Exclusion.reason))
    gone = select(Withdrawal.reason, func.count()).where(Withdrawal.dispatch_id == dispatch_id).group_by(Withdrawal.reason).order_by(Withdrawal.reason)
    mine = (deliveries.c.day == found.day, deliveries.c.dispatch_id == dispatch_id)
    keys = (deliveries.c.outcome, deliveries.c.route)
    rows = session.execute(select(*keys, func.count(), func.sum(deliveries.c.late)).where(*mine).group_by(*keys)).all()
    outcomes = dict.fromkeys(Outcome, 0)
    routes = dict.fromkeys(Route, 0)
    for outcome, route, number, _ in rows:
        outcomes[Outcome(outcome)] += number
        routes[Route(route)] += number
    return Counts(
        dispatch_id,
        found.audience,
        found.planned,
        {row[0]: row[1] for row in excluded},
        {outcome.name.lower(): number for outcome, number in outcomes.items()},
        sum(int(late or 0) for *_, late in rows),
        found.kind,
        found.parent_id,
        {row[0]: row[1] for row in session.execute(gone)},
        {route.name.lower(): number for route, number in routes.items() if number},
    )


def verify(session: Session, dispatch_id: int | None = None, *, peers: Sequence[PeerRecord] = ()) -> Verification:
    """Recount one dispatch, or all.

    Raises:
        UsageError: there is no such dispatch.
    """
    give_room(session)
    wanted = [find_dispatch(session, dispatch_id)] if dispatch_id is not None else session.scalars(select(Dispatch).order_by(Dispatch.id)).all()
    dropped = [one.id for one in wanted if partitions.was_dropped(session, one)]
    looked_at = [one for one in wanted if one.id not in dropped]
    problems: list[str] = []
    numbers: list[Counts] = []
    sent_again: dict[int, int] = {}
    peers = [peer.ascribed(session) for peer in peers]
    for one in looked_at:
        numbers.append(counts(session, one.id))
        findings = Findings(f"dispatch {one.id}")
        planned = recount.read_planned(session, one)
        _totals(session, one, planned, numbers[-1], findings)
        journal = recount.read_journal(session, one)
        if journal.again and (twice := len(set(journal.sent_again.tolist()))):
            sent_again[one.id] = twice
        recount.check_batches(session, one, planned, findings)
        recount.check_withdrawals(session, one, findings)
        recount.check_journal(journal, findings)
        recount.check_deliveries(session, one, planned, journal, findings)
        check_correction(session, one, findings)
        check_resend(session, one, findings)
        if peers:
            compare(session, one, planned, journal, peers, findings)
        problems += findings.sentences(session)
    if dispatch_id is None:
        problems += unexplained(session, looked_at)
    if peers and dispatch_id is None:
        problems += [sentence for peer in peers for sentence in peer.strangers(session)]
    return Verification(problems, numbers, dropped, sent_again)


def _totals(session: Session, dispatch: Dispatch, planned: Planned, found: Counts, findings: Findings) -> None:
    rows = sum(found.outcomes.values())
    excluded = sum(found.excluded.values())
    if found.audience != found.planned + excluded:
        findings.say(f"the audience was {found.audience:,}, but planned {found.planned:,} and excluded {excluded:,} make {found.planned + excluded:,}")
    if rows != found.planned:
        findings.say(f"{found.planned:,} readers were planned, {rows:,} delivery rows are there")
    known = (*REASONS, *RESEND_REASONS) if dispatch.kind == kinds.RESEND else REASONS
    for reason in sorted(found.excluded.keys() - set(known)):
        findings.say(f"{found.excluded[reason]:,} exclusions give the reason {reason!r}, which does not exist (there are {', '.join(known)})")
    if excluded:
        both = integers(session, select(Exclusion.reader_id).where(Exclusion.dispatch_id == dispatch.id))
        findings.add_all("planned and excluded at once", np.intersect1d(both, planned.readers))
