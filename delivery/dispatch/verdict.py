"""What the seeds' reports mean for the rest: a rule over facts, without database or clock.

Seeds at six in the morning are asleep: silent is not bad. A bad seed holds its
handset class only. When the time is over, silence means what the publication
says: `ramp` goes into the first step if each class that has seeds was retrieved
somewhere; `hold` waits for a person, or for the reports that come after all.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from delivery.models import Outcome

RETRIEVED, BAD, SILENT = "retrieved", "bad", "silent"

WAIT, GO, RAMP, HOLD = "wait", "go", "ramp", "hold"

_VERDICTS = {Outcome.RETRIEVED: RETRIEVED, Outcome.REJECTED: BAD, Outcome.FAILED: BAD}


def seed_verdict(outcome: Outcome) -> str:
    """What one seed says: retrieved, bad (its MMSC or handset refused the message) or silent (anything that may be a phone that is off)."""
    return _VERDICTS.get(outcome, SILENT)


@dataclass(frozen=True)
class SeedRule:
    """What the seeds must show.

    Attributes:
        share: of each class that must have retrieved it, 0–1.
        missing: what silence means once the time is over: ramp or hold.
        retrieved_min: for `ramp`, seeds of each class that must have retrieved it.
    """

    share: float
    missing: str
    retrieved_min: int


@dataclass(frozen=True)
class Verdict:
    """What follows.

    Attributes:
        action: wait, go, ramp (go into the first step, whatever the size) or hold.
        bad: handset classes with a bad seed.
        lacking: handset classes whose seeds do not show enough.
        why: for the journal.
    """

    action: str
    bad: frozenset[str]
    lacking: frozenset[str]
    why: str


def judge(seeds: Iterable[tuple[str, str]], rule: SeedRule, *, over: bool, blocked: Collection[str] = ()) -> Verdict:
    """What the seeds, each (handset class, verdict), mean now.

    Args:
        over: the time in which they should have reported is over.
        blocked: classes that are held already; nothing is asked of their seeds.
    """
    by_class: dict[str, list[str]] = {}
    for handset_class, verdict in seeds:
        by_class.setdefault(handset_class, []).append(verdict)
    bad = frozenset(name for name, verdicts in by_class.items() if BAD in verdicts)
    asked = {name: verdicts for name, verdicts in by_class.items() if name not in bad and name not in blocked}
    lacking = frozenset(name for name, verdicts in asked.items() if verdicts.count(RETRIEVED) < max(1, math.ceil(rule.share * len(verdicts) - 1e-9)))
    without = frozenset(name for name, verdicts in asked.items() if verdicts.count(RETRIEVED) < rule.retrieved_min)
    count = f"{sum(verdicts.count(RETRIEVED) for verdicts in by_class.values())} of {sum(map(len, by_class.values()))} seeds retrieved"
    if not asked:
        return Verdict(HOLD, bad, frozenset(), f"{count}, every handset class that has seeds is bad or held")
    if not lacking:
        return Verdict(GO, bad, lacking, count)
    if not over:
        return Verdict(WAIT, bad, lacking, count)
    if rule.missing == RAMP and not without:
        return Verdict(RAMP, bad, lacking, f"{count}, the others are silent, none bad")
    return Verdict(HOLD, bad, lacking, f"{count}; too few in {', '.join(sorted(without if rule.missing == RAMP else lacking))}")
