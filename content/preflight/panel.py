"""The handsets that a message is tried on: of each class those that most of its readers have, and the mainstream."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from content.audience import wants
from content.models import Publication
from content.preflight.thresholds import MAINSTREAM, PICTURE_SLACK, SHARE
from subscribers.capabilities.facts import Values
from subscribers.handset_classes import CANNOT_MMS, DEFAULT_HANDSET_CLASS
from subscribers.handsets import capabilities_of, resolver
from subscribers.models import Handset, Reader
from subscribers.store import effective_class_sql

Why = Literal["audience", "mainstream", "all"]


@dataclass(frozen=True)
class Trial:
    """One handset that is tried.

    Attributes:
        readers: of the audience who have it.
        why: which list it came from.
    """

    model: str
    handset_class: str
    values: Values
    readers: int
    why: Why


@dataclass(frozen=True)
class Panel:
    """Every handset that is tried.

    Attributes:
        trials: by handset class.
        readers: of the audience, by handset class.
        picture_slack: the setting `preflight_picture_slack`.
        unknown: names of the mainstream of which there is no record.
    """

    trials: Mapping[str, tuple[Trial, ...]]
    readers: Mapping[str, int]
    picture_slack: float = 0.0
    unknown: tuple[str, ...] = ()

    @property
    def tried(self) -> int:
        """How many handsets."""
        return sum(len(ones) for ones in self.trials.values())

    @property
    def untried(self) -> dict[str, int]:
        """Classes whose messages were held against the class only, since no handset of theirs is tried, with their readers."""
        return {name: readers for name, readers in sorted(self.readers.items()) if readers and not self.trials.get(name)}


def panel_of(session: Session, publication: Publication, *, everything: bool = False) -> Panel:
    """The handsets for an edition of this publication.

    Args:
        everything: every handset of each class; so it is too while the publication has no readers.
    """
    readers: dict[str, dict[str | None, int]] = {}
    handset = effective_class_sql(DEFAULT_HANDSET_CLASS.get(session))
    rows = session.execute(select(handset, Reader.handset_model, func.count()).where(handset.not_in(CANNOT_MMS), wants(publication)).group_by(handset, Reader.handset_model))
    for name, model, count in rows:
        readers.setdefault(name, {})[model] = count
    return panel_among(session, readers, everything=everything or not readers)


def panel_among(session: Session, readers: Mapping[str, Mapping[str | None, int]], *, everything: bool = False) -> Panel:
    """The handsets for these readers, given by handset class and model (None: not known)."""
    totals = {name: sum(models.values()) for name, models in readers.items()}
    slack = PICTURE_SLACK.get(session)
    if everything:
        return Panel(_grouped(_trial(one, one.handset_class, readers, "all") for one in session.scalars(select(Handset))), totals, slack)
    names, unknown = _mainstream(session)
    chosen: dict[tuple[str, str], Why] = {(name, model): "audience" for name, models in readers.items() for model in commonest(models, SHARE.get(session))}
    records = _records(session, {model for _, model in chosen} | set(names))
    for model in names:
        chosen.setdefault((records[model].handset_class, model), "mainstream")
    return Panel(_grouped(_trial(records[model], name, readers, why) for (name, model), why in chosen.items() if model in records), totals, slack, unknown)


def commonest(models: Mapping[str | None, int], share: float) -> list[str]:
    """The fewest models that make up `share` of those readers whose model is known."""
    known = sorted(((count, model) for model, count in models.items() if model is not None), key=lambda one: (-one[0], one[1]))
    wanted = share * sum(count for count, _ in known)
    chosen, covered = [], 0
    for count, model in known:
        if covered >= wanted:
            break
        chosen.append(model)
        covered += count
    return chosen


def _mainstream(session: Session) -> tuple[list[str], tuple[str, ...]]:
    found = resolver(session)
    named = {name: found.model_of(name) for one in MAINSTREAM.get(session).replace("；", ";").split(";") if (name := one.strip())}
    return [model for model in dict.fromkeys(named.values()) if model], tuple(name for name, model in named.items() if model is None)


def _records(session: Session, models: Iterable[str]) -> dict[str, Handset]:
    wanted = sorted(models)
    found: dict[str, Handset] = {}
    for start in range(0, len(wanted), 500):
        found |= {row.model: row for row in session.scalars(select(Handset).where(Handset.model.in_(wanted[start : start + 500])))}
    return found


def _trial(one: Handset, name: str, readers: Mapping[str, Mapping[str | None, int]], why: Why) -> Trial:
    return Trial(one.model, name, capabilities_of(one).values, readers.get(name, {}).get(one.model, 0), why)


def _grouped(trials: Iterable[Trial]) -> dict[str, tuple[Trial, ...]]:
    found: dict[str, list[Trial]] = {}
    for one in trials:
        found.setdefault(one.handset_class, []).append(one)
    return {name: tuple(sorted(ones, key=lambda one: (-one.readers, one.model))) for name, ones in found.items()}
