"""What a field of a rule is, and the values that a rule may compare it with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from sqlalchemy import ColumnElement

from huabao.errors import UsageError
from subscribers.segments.facts import ReaderFacts

OPS = ("eq", "ne", "lt", "le", "gt", "ge", "in", "contains", "exists")

TEXT_CHARS_MAX = 200
"""Of one value; a city or a topic is far shorter."""

CHOICES_MAX = 500
"""Values of one `in`; three provinces' counties fit."""

NUMBER_BELOW = 1e15
"""Numbers of 15 digits survive a double; beyond, two faces could round apart."""

Scalar = str | int | float
Value = str | int | float | bool | tuple[Scalar, ...]


class Field(Protocol):
    """A field with its two faces.

    Attributes:
        name: as it stands in a rule; a trailing `.` takes any name after it.
        meaning: one sentence for `segment fields`.
        ops: what may be asked of it.
    """

    @property
    def name(self) -> str: ...

    @property
    def meaning(self) -> str: ...

    @property
    def ops(self) -> tuple[str, ...]: ...

    def check(self, name: str, op: str, value: object) -> Value:
        """`value` in the form that the faces take.

        Raises:
            UsageError: it does not fit the field; the text says what would.
        """

    def sql(self, name: str, op: str, value: Value) -> ColumnElement[bool]:
        """The condition over `Reader`; never NULL."""

    def matches(self, facts: ReaderFacts, name: str, op: str, value: Value) -> bool:
        """The same, of one reader in memory."""


def checked_text(value: object) -> str:
    """A text of a rule.

    Raises:
        UsageError: no text, empty, too long or with characters that no database keeps.
    """
    if not isinstance(value, str):
        raise UsageError(f"a text is wanted, not {_shown(value)}; put it in quotation marks")
    if not value or len(value) > TEXT_CHARS_MAX:
        raise UsageError(f"a text of 1 to {TEXT_CHARS_MAX} characters is wanted, this one has {len(value)}")
    if "\x00" in value or any("\ud800" <= char <= "\udfff" for char in value):
        raise UsageError("the text holds a character that cannot be stored (NUL or half of a pair); remove it")
    return value


def checked_scalar(value: object) -> Scalar:
    """A text or a number of at most 15 digits.

    Raises:
        UsageError: it is neither.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if not -NUMBER_BELOW < value < NUMBER_BELOW:
            raise UsageError("a number must have at most 15 digits; put it in quotation marks to compare it as text")
        return value
    return checked_text(value)


def checked_choices(value: object, check: Callable[[object], Scalar]) -> tuple[Scalar, ...]:
    """The list of an `in`.

    Raises:
        UsageError: no list, an empty or too long one, or a wrong value in it.
    """
    if not isinstance(value, (list, tuple)) or not 1 <= len(value) <= CHOICES_MAX:
        raise UsageError(f"`in` wants a list of 1 to {CHOICES_MAX} values, e.g. [合肥, 芜湖]")
    return tuple(check(one) for one in value)


def checked_exists(value: object) -> bool:
    """The value of an `exists`: true when it is left out.

    Raises:
        UsageError: it is neither true nor false.
    """
    if value is None:
        return True
    if not isinstance(value, bool):
        raise UsageError("`exists` wants true or false, or no value at all")
    return value


def _shown(value: object) -> str:
    return "nothing" if value is None else f"{type(value).__name__} {str(value)[:40]!r}"


ORDER: dict[str, Callable[..., bool]] = {
    "eq": lambda left, right: left == right,
    "lt": lambda left, right: left < right,
    "le": lambda left, right: left <= right,
    "gt": lambda left, right: left > right,
    "ge": lambda left, right: left >= right,
}
"""Comparisons that hold of Python values and of SQL expressions alike; `ne` is the opposite of `eq`."""
