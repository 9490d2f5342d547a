"""From a document (YAML, JSON) to a rule, or to a message that says what to mend."""

from __future__ import annotations

from huabao.errors import UsageError
from subscribers.segments.field import OPS
from subscribers.segments.registry import FIELDS, find_field
from subscribers.segments.rules import All, AnyOf, Condition, Not, Rule

DEPTH_MAX = 10
"""Levels of a rule; people nest three."""

CONDITIONS_MAX = 200
"""Conditions of one rule; SQLite allows an expression 1000 levels deep and binds thousands of values."""


def parse_rule(document: object, where: str) -> Rule:
    """The rule in `document`.

    Args:
        document: what YAML or JSON made of the text.
        where: file and line, or the name of the thing; begins every message.

    Raises:
        UsageError: it is no rule; the message says where in it, what is wrong and what to do.
    """
    return _Parser(where).parse(document, "", 1)


class _Parser:
    def __init__(self, where: str) -> None:
        self.where = where
        self.conditions = 0

    def fail(self, path: str, what: str) -> UsageError:
        return UsageError(f"{self.where}: {'rule' + ('.' + path if path else '')}: {what}")

    def parse(self, document: object, path: str, depth: int) -> Rule:
        if depth > DEPTH_MAX:
            raise self.fail(path, f"nested deeper than {DEPTH_MAX} levels; write it flatter")
        if not isinstance(document, dict):
            raise self.fail(path, "expected `all`, `any`, `not` or `field` with `op` and `value`; see `huabao segment fields`")
        keys = set(document)
        if keys in ({"all"}, {"any"}):
            key = "all" if "all" in keys else "any"
            parts = self._parts(document[key], f"{path}.{key}" if path else key, depth)
            return All(parts) if key == "all" else AnyOf(parts)
        if keys == {"not"}:
            return Not(self.parse(document["not"], f"{path}.not" if path else "not", depth + 1))
        if "field" in keys and keys <= {"field", "op", "value"}:
            return self._condition(document, path)
        shown = ", ".join(sorted(str(key)[:40] for key in keys)) or "nothing"
        raise self.fail(path, f"holds {shown}; write exactly one of `all`, `any`, `not`, or `field`, `op` and `value`")

    def _parts(self, document: object, path: str, depth: int) -> tuple[Rule, ...]:
        if not isinstance(document, list) or not document:
            raise self.fail(path, "expected a list of at least one rule")
        return tuple(self.parse(one, f"{path}[{number}]", depth + 1) for number, one in enumerate(document, 1))

    def _condition(self, document: dict[object, object], path: str) -> Rule:
        self.conditions += 1
        if self.conditions > CONDITIONS_MAX:
            raise self.fail(path, f"more than {CONDITIONS_MAX} conditions; use `in` with a list")
        name, op = document["field"], document.get("op")
        found = find_field(name) if isinstance(name, str) else None
        if found is None:
            raise self.fail(path, f"there is no field {str(name)[:80]!r}; there are {', '.join(_shown(field.name) for field in FIELDS)}")
        field, rest = found
        if not isinstance(op, str) or op not in field.ops:
            hint = "" if op not in OPS else f" of {_shown(field.name)}"
            raise self.fail(path, f"`op` {str(op)[:40]!r} cannot be asked{hint}; use one of {', '.join(field.ops)}")
        try:
            return Condition(field, rest, op, field.check(rest, op, document.get("value")))
        except UsageError as error:
            raise self.fail(path, f"{name} {op}: {error}") from error


def _shown(name: str) -> str:
    return f"{name}<name>" if name.endswith(".") else name
