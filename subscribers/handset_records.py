"""Records of handsets kept: profiles of one source merged into the models, their names, their class by the rules in force."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from huabao.config import get_config
from huabao.db import bulk_insert
from subscribers.capabilities.facts import Profile, Value, lesser
from subscribers.capabilities.merging import merged
from subscribers.capabilities.names import brand_key, folded, full_key, keys_of
from subscribers.capabilities.rules import ClassRule, choose, rules_in
from subscribers.capabilities.sniffing import CSV_FORM
from subscribers.handsets import resolver
from subscribers.models import Handset, HandsetName, HandsetTAC

_COLUMNS = ("model", "handset_class", "brand", "source", "records", "given_class", "class_rule")

Given = tuple[Profile, str | None]
"""A profile, and the class that an operator gave its model, if he did."""


def rules_in_force() -> Sequence[ClassRule]:
    """The class rules: the operator's own, else the built-in ones.

    Raises:
        UsageError: the operator's own cannot be used.
    """
    config = get_config()
    return rules_in(config.handsets_dir or config.data_dir / "handsets")[0]


class _Models:
    """All models as rows, found by the names that sources use."""

    def __init__(self, session: Session) -> None:
        self.rows = {row["model"]: dict(row) for row in session.execute(select(*(getattr(Handset, name) for name in _COLUMNS))).mappings()}
        self._exact = {model.casefold(): model for model in self.rows}
        self._full = {full_key(row["brand"], model): model for model, row in self.rows.items()}
        self._brandless = {folded(model): model for model, row in self.rows.items() if not row["brand"]}
        self._resolver = resolver(session)
        self.new: dict[str, dict[str, Any]] = {}

    def find(self, profile: Profile) -> dict[str, Any] | None:
        """The row of the model that a profile speaks of."""
        full = full_key(profile.brand, profile.model)
        known = self._exact.get(profile.model.casefold()) if not profile.brand else None
        model = known or self._full.get(full) or self._brandless.get(full.removeprefix(brand_key(profile.brand))) or self._exact.get(profile.title.casefold())
        if model is None and not profile.brand:
            model = self._resolver.model_of(profile.model)
        return None if model is None else self.rows[model]

    def add(self, profile: Profile, *, name: str) -> dict[str, Any]:
        """A row for a model that nobody knew."""
        row: dict[str, Any] = {"model": name, "handset_class": "", "brand": profile.brand, "source": "", "records": {}, "given_class": None, "class_rule": ""}
        self.rows[name] = self.new[name] = row
        self._exact[name.casefold()] = name
        self._full.setdefault(full_key(profile.brand, profile.model), name)
        if not profile.brand:
            self._brandless.setdefault(folded(name), name)
        return row


def save_profiles(session: Session, form: str, file: str, given: Iterable[Given]) -> tuple[int, int]:
    """Merge the profiles of one source into the models; (added, changed).

    What the same source said of a model before is replaced. A model that stands
    several times in the file keeps what all of its records promise.

    Args:
        form: whose word it is, see `merging.PRECEDENCE`.
        file: the file's name.

    Raises:
        UsageError: the operator's class rules cannot be used.
    """
    rules = rules_in_force()
    models = _Models(session)
    before = {name: _frozen(row) for name, row in models.rows.items()}
    said: dict[str, dict[str, Value]] = {}
    names: set[tuple[str, str]] = set()
    for profile, handset_class in given:
        row = models.find(profile) or models.add(profile, name=profile.model if form == CSV_FORM else profile.title)
        model = row["model"]
        said[model] = lesser(said[model], profile.values) if model in said else dict(profile.values)
        row["records"] = {**row["records"], form: said[model]} if said[model] or form in row["records"] else row["records"]
        row["brand"] = (profile.brand if form == CSV_FORM else row["brand"]) or row["brand"] or profile.brand
        row["given_class"] = handset_class or row["given_class"]
        row["source"] = file[:80]
        names |= {(key, model) for key in (*keys_of(row["brand"], profile.model, profile.aliases), folded(model)) if key}
    for model in said:
        classify(models.rows[model], rules)
    changed = [models.rows[model] for model in said if model in before and _frozen(models.rows[model]) != before[model]]
    bulk_insert(session, Handset, models.new.values(), columns=_COLUMNS)
    _update(session, changed)
    _add_names(session, names)
    return len(models.new), len(changed)


def _frozen(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """What makes a row another; which file said the same again does not."""
    records = {source: {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()} for source, values in row["records"].items()}
    return (row["handset_class"], row["brand"], row["given_class"], row["class_rule"], records)


def classify(row: dict[str, Any], rules: Sequence[ClassRule]) -> None:
    """Put the class into a model's row: the one that was given, else the first rule's that holds, else none."""
    rule = None if row["given_class"] else choose(rules, merged(row["records"]).values, row["brand"], row["model"])
    row["handset_class"] = row["given_class"] or (rule.handset_class if rule else "")
    row["class_rule"] = rule.name if rule else ""


def classify_all(session: Session) -> int:
    """Apply the rules in force to every model, and find the names of all anew; how many models changed.

    Raises:
        UsageError: the operator's class rules cannot be used.
    """
    rules = rules_in_force()
    rows = _Models(session).rows
    before = {name: _frozen(row) for name, row in rows.items()}
    for row in rows.values():
        classify(row, rules)
    changed = [row for name, row in rows.items() if _frozen(row) != before[name]]
    _update(session, changed)
    _add_names(session, {(key, model) for model, row in rows.items() for key in (*keys_of(row["brand"], model), folded(model)) if key})
    return len(changed)


def _update(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        session.execute(update(Handset), rows)


def _add_names(session: Session, names: set[tuple[str, str]]) -> int:
    there = {(row.key, row.model) for row in session.execute(select(HandsetName.key, HandsetName.model))}
    new = sorted(names - there)
    bulk_insert(session, HandsetName, ({"key": key, "model": model} for key, model in new), columns=("key", "model"))
    return len(new)


def save_names(session: Session, names: Mapping[str, Sequence[str]]) -> tuple[int, list[str]]:
    """Add names to models that are known by the key of their source; (names added, keys that nobody has)."""
    found = resolver(session)
    brands = {row.model: row.brand for row in session.execute(select(Handset.model, Handset.brand))}
    pairs: set[tuple[str, str]] = set()
    unknown = []
    for key, aliases in names.items():
        model = found.model_of(key)
        if model is None:
            unknown.append(key)
        else:
            pairs |= {(one, model) for one in keys_of(brands[model], aliases[0], aliases[1:])} if aliases else set()
    return _add_names(session, pairs), unknown


def save_tacs(session: Session, file: str, profiles: Iterable[Profile]) -> tuple[int, int]:
    """Keep which model a TAC stands for; the last row of a TAC counts; (added, changed)."""
    wanted = {one.key: (one.brand, one.model, list(one.aliases)) for one in profiles}
    there = {row.tac: (row.brand, row.model, row.aka) for row in session.execute(select(HandsetTAC.tac, HandsetTAC.brand, HandsetTAC.model, HandsetTAC.aka))}
    changed = [tac for tac, said in wanted.items() if tac in there and there[tac] != said]
    for start in range(0, len(changed), 500):
        session.execute(delete(HandsetTAC).where(HandsetTAC.tac.in_(changed[start : start + 500])))
    new = [tac for tac in wanted if tac not in there]
    columns = ("tac", "brand", "model", "aka", "source")
    rows = (dict(zip(columns, (tac, *wanted[tac], file[:80]), strict=True)) for tac in (*new, *changed))
    bulk_insert(session, HandsetTAC, rows, columns=columns)
    return len(new), len(changed)
