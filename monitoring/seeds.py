"""The seeds of today's dispatches: what each says by handset class and kind of group, and which test phones sent a picture back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from content.models import Edition, Publication
from delivery import kinds, lifecycle
from delivery.dispatch.overview import Overview, overview
from delivery.dispatch.seeds import SeedLine
from delivery.dispatch.verdict import BAD, RETRIEVED
from delivery.models import Dispatch, InboundMessage, Outcome, Seed
from huabao.clock import business_day

NEWEST = 5000
"""So many of the newest dispatches are looked at; single resends are most of them."""

SHOWN_MAX = 20
MESSAGES_MAX = 200
DELIVER = "deliver"


@dataclass(frozen=True)
class ClassLine:
    """The seeds of one handset class and one kind of group.

    Attributes:
        sent: those that left; `silent` of them say neither that it came nor that it was refused.
        returned: test phones that sent a picture back since the seeds were sent; None for readers, who are not asked to.
        left: readers of the class who were not sent to yet.
    """

    handset_class: str
    kind: str
    seeds: int
    sent: int
    retrieved: int
    silent: int
    bad: int
    returned: int | None
    left: int


@dataclass(frozen=True)
class SeedBoard:
    """One dispatch with seeds."""

    dispatch: Dispatch
    title: str
    number: str
    gate: Overview
    lines: Sequence[ClassLine]


def boards(session: Session, now: datetime) -> list[SeedBoard]:
    """Today's dispatches with seeds and those that wait for theirs: what waits first, then the newest."""
    last = session.scalar(select(func.max(Dispatch.id))) or 0
    waits = Dispatch.state.in_((lifecycle.PLANNED, lifecycle.SEEDING, lifecycle.HELD))
    mine = (Dispatch.id > last - NEWEST, Dispatch.seed_group.is_not(None), Dispatch.kind != kinds.SEED)
    wanted = (
        select(Dispatch, Publication.title, Edition.number)
        .join(Edition, Edition.id == Dispatch.edition_id)
        .join(Publication, Publication.id == Edition.publication_id)
        .where(*mine, (Dispatch.day == business_day(now)) | waits)
        .order_by(waits.desc(), Dispatch.id.desc())
        .limit(SHOWN_MAX)
    )
    return [_board(session, dispatch, title, number, now) for dispatch, title, number in session.execute(wanted)]


def _board(session: Session, dispatch: Dispatch, title: str, number: str, now: datetime) -> SeedBoard:
    gate = overview(session, dispatch, now)
    returned = _returned(session, dispatch)
    keys = sorted({(line.handset_class, line.kind) for line in gate.seeds})
    lines = [_line(name, kind, [one for one in gate.seeds if (one.handset_class, one.kind) == (name, kind)], returned, gate.left.get(name, 0)) for name, kind in keys]
    return SeedBoard(dispatch, title, number, gate, lines)


def _line(name: str, kind: str, seeds: Sequence[SeedLine], returned: Mapping[str, int], left: int) -> ClassLine:
    counted = [one for one in seeds if one.counts]
    sent = [one for one in counted if one.outcome is not Outcome.PENDING]
    retrieved, bad = (sum(one.verdict == verdict for one in sent) for verdict in (RETRIEVED, BAD))
    back = returned.get(name, 0) if kind == "test" else None
    return ClassLine(name, kind, len(counted), len(sent), retrieved, len(sent) - retrieved - bad, bad, back, left)


def _returned(session: Session, dispatch: Dispatch) -> dict[str, int]:
    """Test phones of the group that sent a picture since the seeds were sent, by the class that they stand for."""
    begun = dispatch.gate.get("seeding_at")
    if begun is None:
        return {}
    phones = dict(session.execute(select(Seed.msisdn, Seed.handset_class).where(Seed.group_name == dispatch.seed_group)).all())
    since = (InboundMessage.sender.in_(phones), InboundMessage.received_at >= datetime.fromisoformat(begun), InboundMessage.kind == DELIVER)
    rows = session.execute(select(InboundMessage.sender, InboundMessage.content).where(*since).limit(MESSAGES_MAX))
    found: dict[str, int] = {}
    for sender in {sender for sender, content in rows if b"image/" in (content or b"").lower()}:
        found[phones[sender] or ""] = found.get(phones[sender] or "", 0) + 1
    return found
