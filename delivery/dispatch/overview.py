"""How a dispatch stands before its gate and on its ramp: for `dispatch status` and the console."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from delivery.dispatch import brake, gate, seeds
from delivery.dispatch.seeds import SeedLine
from delivery.dispatch.verdict import SeedRule, Verdict
from delivery.lifecycle import HELD, SEEDING
from delivery.models import Brake, Dispatch


@dataclass(frozen=True)
class Overview:
    """What is let out, what the seeds say, what is held back.

    Attributes:
        stage: see `Dispatch.stage`.
        ramps: it goes out in steps.
        verdict: what the seeds mean now; None for a dispatch without seeds or past its gate.
        rule: what they must show, or None.
        decision_at: when silence counts, or None.
        waits_for: what it waits for, in words; empty for nothing.
        brakes: the open ones first, then the newest.
        left: readers not sent to, by handset class.
        companion_id: the dispatch to the test handsets, or None.
    """

    stage: int
    ramps: bool
    seeds: Sequence[SeedLine]
    verdict: Verdict | None
    rule: SeedRule | None
    decision_at: datetime | None
    waits_for: str
    brakes: Sequence[Brake]
    left: Mapping[str, int]
    companion_id: int | None

    @property
    def by_class(self) -> dict[str, Counter[str]]:
        """Seeds of each handset class by verdict."""
        found: dict[str, Counter[str]] = {}
        for line in self.seeds:
            if line.counts:
                found.setdefault(line.handset_class, Counter())[line.verdict] += 1
        return found

    def to_document(self) -> dict[str, Any]:
        """As `dispatch status --json` prints it."""
        return {
            "stage": self.stage,
            "ramps": self.ramps,
            "waits_for": self.waits_for,
            "seeds": [line.to_document() for line in self.seeds],
            "seed_dispatch_id": self.companion_id,
            "brakes": [
                {"brake_id": one.id, "scope": one.scope, "key": one.key, "readers": one.readers, "reason": one.reason, "open": one.released_at is None} for one in self.brakes
            ],
        }


def overview(session: Session, dispatch: Dispatch, now: datetime) -> Overview:
    """How the dispatch stands at `now`."""
    before_the_gate = dispatch.seed_group is not None and dispatch.state in (SEEDING, HELD) and "seeding_at" in dispatch.gate
    companion = seeds.companion_of(session, dispatch.id) if dispatch.seed_group is not None else None
    brakes = brake.all_brakes(session, dispatch.id)
    return Overview(
        stage=dispatch.stage,
        ramps=bool(dispatch.gate.get("ramp")),
        seeds=seeds.board(session, dispatch),
        verdict=gate.verdict_of(session, dispatch, now) if before_the_gate else None,
        rule=gate.rule_of(session, dispatch) if dispatch.seed_group is not None else None,
        decision_at=gate.decision_at(session, dispatch) if before_the_gate else None,
        waits_for=gate.waits_for(session, dispatch, now),
        brakes=sorted(brakes, key=lambda one: (one.released_at is not None, -one.id)),
        left=brake.classes_left(session, dispatch.id),
        companion_id=companion.id if companion is not None else None,
    )
