"""Rules: a tree of `all`, `any` and `not` over conditions on fields."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, not_, or_

from subscribers.segments.facts import ReaderFacts
from subscribers.segments.field import Field, Value


class Rule(ABC):
    """A question that each reader answers with yes or no, never with "don't know"."""

    @abstractmethod
    def to_document(self) -> dict[str, Any]:
        """The rule as YAML or JSON holds it; `parse_rule` takes it back."""

    @abstractmethod
    def sql(self) -> ColumnElement[bool]:
        """The question in the database, over `Reader`; never NULL."""

    @abstractmethod
    def matches(self, facts: ReaderFacts) -> bool:
        """The answer of one reader in memory."""


@dataclass(frozen=True)
class Condition(Rule):
    """One field compared.

    Attributes:
        field: from the registry.
        name: what follows a family's dot, else "".
        value: as the field checked it.
    """

    field: Field
    name: str
    op: str
    value: Value

    def to_document(self) -> dict[str, Any]:
        value = list(self.value) if isinstance(self.value, tuple) else self.value
        return {"field": self.field.name + self.name, "op": self.op, "value": value}

    def sql(self) -> ColumnElement[bool]:
        return self.field.sql(self.name, self.op, self.value)

    def matches(self, facts: ReaderFacts) -> bool:
        return self.field.matches(facts, self.name, self.op, self.value)


@dataclass(frozen=True)
class All(Rule):
    """Every part says yes."""

    parts: tuple[Rule, ...]

    def to_document(self) -> dict[str, Any]:
        return {"all": [part.to_document() for part in self.parts]}

    def sql(self) -> ColumnElement[bool]:
        return and_(*(part.sql() for part in self.parts))

    def matches(self, facts: ReaderFacts) -> bool:
        return all(part.matches(facts) for part in self.parts)


@dataclass(frozen=True)
class AnyOf(Rule):
    """At least one part says yes."""

    parts: tuple[Rule, ...]

    def to_document(self) -> dict[str, Any]:
        return {"any": [part.to_document() for part in self.parts]}

    def sql(self) -> ColumnElement[bool]:
        return or_(*(part.sql() for part in self.parts))

    def matches(self, facts: ReaderFacts) -> bool:
        return any(part.matches(facts) for part in self.parts)


@dataclass(frozen=True)
class Not(Rule):
    """The part says no."""

    part: Rule

    def to_document(self) -> dict[str, Any]:
        return {"not": self.part.to_document()}

    def sql(self) -> ColumnElement[bool]:
        return not_(self.part.sql())

    def matches(self, facts: ReaderFacts) -> bool:
        return not self.part.matches(facts)


def rule_sql(rule: Rule) -> ColumnElement[bool]:
    """The rule's SQL face: a condition over `Reader` that is true or false, never NULL."""
    return rule.sql()


def rule_matches(rule: Rule, facts: ReaderFacts) -> bool:
    """The rule's Python face: whether it fits this reader."""
    return rule.matches(facts)
