"""Handset models and the class each falls in: which one a reader has, and how many have which."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import Column, MetaData, String, Table, func, select, update
from sqlalchemy.orm import Session

from subscribers.capabilities.merging import Merged, merged
from subscribers.capabilities.names import folded, full_key
from subscribers.handset_classes import CANNOT_MMS, handset_classes
from subscribers.models import Handset, HandsetName, HandsetTAC, Reader
from subscribers.staging import staged

_RESOLVED = Table(
    "resolved_handsets",
    MetaData(),
    Column("handset", String(120), primary_key=True),
    Column("tac", String(8), primary_key=True),
    Column("handset_model", String(120)),
    Column("handset_class", String(20)),
    prefixes=["TEMPORARY"],
)

TAC_DIGITS = 8


@dataclass(frozen=True)
class Resolved:
    """What a reader's handset turned out to be.

    Attributes:
        model: None where only a class is known, or nothing.
        handset_class: None where no record or rule says one.
    """

    model: str | None
    handset_class: str | None


UNKNOWN = Resolved(None, None)


class Resolver:
    """Finds the model and class of what an import says of a reader; holds the tables of names in memory.

    Args:
        classes: by model.
        brands: by model.
        names: models by key.
        tacs: brand, model and other names, by TAC.
    """

    def __init__(
        self, classes: Mapping[str, str], brands: Mapping[str, str], names: Mapping[str, set[str]], tacs: Mapping[str, tuple[str, str, Sequence[str]]]
    ) -> None:
        self._classes = classes
        self._tacs = tacs
        self._models = {key: next(iter(models)) for key, models in names.items() if len(models) == 1}
        self._models |= {full_key(brands[model], model): model for model in classes}
        self._exact = {model.casefold(): model for model in classes}
        self._named = {name.casefold(): name for name in (*handset_classes(), *CANNOT_MMS)}

    @cached_property
    def _by_tac(self) -> dict[str, Resolved]:
        return {tac: self._of_tac(brand, model, aka) for tac, (brand, model, aka) in self._tacs.items()}

    def model_of(self, name: str) -> str | None:
        """The model that a name means, whatever its case, blanks and marks; None where none or several do."""
        return self._exact.get(name.casefold()) or self._models.get(folded(name))

    def full(self, brand: str, name: str) -> str | None:
        """The model of this maker that a name means."""
        return self._models.get(full_key(brand, name))

    def resolve(self, handset: str | None, imei: str | None) -> Resolved:
        """What a reader has: by the handset as it is given (model or class name), or else by his IMEI."""
        found = self._of_name(handset) if handset else None
        return found or self._by_tac.get((imei or "")[:TAC_DIGITS], UNKNOWN)

    def _of_name(self, handset: str) -> Resolved | None:
        named = self._named.get(handset.casefold())
        if named is not None:
            return Resolved(None, named)
        model = self.model_of(handset)
        return None if model is None else Resolved(model, self._classes[model] or None)

    def _of_tac(self, brand: str, model: str, aka: Sequence[str]) -> Resolved:
        found = next((known for name in (model, *aka) if (known := self.full(brand, name)) is not None), None)
        return Resolved(found, self._classes[found] or None) if found else Resolved(f"{brand} {model}".strip()[:120], None)


def resolver(session: Session) -> Resolver:
    """The resolver over what is known now."""
    rows = session.execute(select(Handset.model, Handset.handset_class, Handset.brand)).all()
    names: dict[str, set[str]] = {}
    for key, model in session.execute(select(HandsetName.key, HandsetName.model)):
        names.setdefault(key, set()).add(model)
    tacs = {tac: (brand, model, aka) for tac, brand, model, aka in session.execute(select(HandsetTAC.tac, HandsetTAC.brand, HandsetTAC.model, HandsetTAC.aka))}
    return Resolver({row.model: row.handset_class for row in rows}, {row.model: row.brand for row in rows}, names, tacs)


def find_handset(session: Session, name: str) -> Handset | None:
    """The record of a model, by any of its names, in any case."""
    exact = session.get(Handset, name)
    if exact is not None:
        return exact
    model = resolver(session).model_of(name)
    return None if model is None else session.get(Handset, model)


def handset_named(session: Session, names: Iterable[str]) -> Handset | None:
    """The record of the first of `names` that one model and no other has; asks for these names only, for a request that cannot wait."""
    for name in names:
        exact = session.get(Handset, name)
        if exact is not None:
            return exact
        models = session.scalars(select(HandsetName.model).where(HandsetName.key == folded(name)).limit(2)).all()
        if len(models) == 1:
            return session.get(Handset, models[0])
    return None


def list_handsets(session: Session) -> list[Handset]:
    """All models by name."""
    return list(session.scalars(select(Handset).order_by(Handset.model)))


def capabilities_of(handset: Handset) -> Merged:
    """What its sources say of a model, as one."""
    return merged(handset.records)


def tacs_of(session: Session, handset: Handset) -> list[str]:
    """The TACs that stand for a model."""
    found = resolver(session)
    rows = session.execute(select(HandsetTAC.tac).order_by(HandsetTAC.tac)).scalars()
    return [tac for tac in rows if found.resolve(None, tac).model == handset.model]


@dataclass(frozen=True)
class Share:
    """How many readers have a handset.

    Attributes:
        handset: model, or what was given where it names no model; None for readers of whom nothing was given.
        share: of all readers, 0 to 1.
    """

    handset: str | None
    handset_class: str | None
    readers: int
    share: float


def shares(session: Session) -> list[Share]:
    """The present readers' handsets, the commonest first.

    Grouped by the columns as they are: an index holds them in that order, so that nothing is sorted.
    """
    columns = (Reader.handset_model, Reader.handset, Reader.handset_class)
    found: dict[tuple[str | None, str | None], int] = {}
    for model, handset, class_name, count in session.execute(select(*columns, func.count()).group_by(*columns)):
        name = (handset if model is None else model, class_name)
        found[name] = found.get(name, 0) + count
    whole = sum(found.values())
    listed = (Share(name, class_name, count, count / whole) for (name, class_name), count in found.items())
    return sorted(listed, key=lambda one: (-one.readers, one.handset or "", one.handset_class or ""))


def reclassify_readers(session: Session) -> int:
    """Give every reader the model and class that his handset or IMEI has by now; how many changed."""
    handset = func.coalesce(Reader.handset, "")
    tac = func.coalesce(func.substr(Reader.imei, 1, TAC_DIGITS), "")
    given = select(handset.label("handset"), tac.label("tac")).where((Reader.handset.is_not(None)) | (Reader.imei.is_not(None))).distinct()
    found = resolver(session)
    with staged(session, _RESOLVED, [_resolved(found, row.handset, row.tac) for row in session.execute(given)]) as resolved:
        columns: dict[str, Any] = {"handset_model": resolved.c.handset_model, "handset_class": resolved.c.handset_class}
        differs = Reader.handset_model.is_distinct_from(columns["handset_model"]) | Reader.handset_class.is_distinct_from(columns["handset_class"])
        changed = session.execute(
            update(Reader).where(resolved.c.handset == handset, resolved.c.tac == tac, (Reader.handset.is_not(None)) | (Reader.imei.is_not(None)), differs).values(columns),
            execution_options={"synchronize_session": False},
        )
    return int(changed.rowcount)  # type: ignore[attr-defined]  # a cursor's result


def _resolved(found: Resolver, handset: str, tac: str) -> dict[str, Any]:
    one = found.resolve(handset or None, tac or None)
    return {"handset": handset, "tac": tac, "handset_model": one.model, "handset_class": one.handset_class}
