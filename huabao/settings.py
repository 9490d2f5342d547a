"""What the papers call a setting: thresholds, windows, waits, texts.

Each package declares its own as `Setting`s in a module-level tuple; console
gathers them. Values live in the table `settings`; a setting without a row has
its default. A worker reads a setting when it needs it, so a change takes hold at once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import String, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from huabao.audit import record
from huabao.db import Base, Document, is_postgres
from huabao.errors import UsageError
from huabao.quick import Quick, ask, bound_texts, in_bound_texts

T = TypeVar("T", int, float, str, bool)


@dataclass(frozen=True)
class Setting(Generic[T]):
    """One setting.

    Attributes:
        name: dotted or snake case, unit last (`report_wait_s`).
        default: its value until somebody sets another; its type is the setting's.
        unit: `s`, `readers`, `bytes` … or "" where there is none.
        meaning: one sentence for the list and the documentation.
        minimum, maximum: bounds of a number, both included, or None.
        choices: the only values of a text, or empty where any will do.
        check: raises UsageError where a value has not the form that it must have, or None.
    """

    name: str
    default: T
    unit: str
    meaning: str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    check: Callable[[T], object] | None = None

    def parse(self, text: str) -> T:
        """`text` as this setting's value.

        Raises:
            UsageError: wrong type, out of bounds or none of the choices; the message says which would do.
        """
        kind: type = type(self.default)
        try:
            value: Any = _switch(text) if kind is bool else kind(text)
        except ValueError as error:
            raise UsageError(f"{self.name} is {_NAMES[kind]}{f' in {self.unit}' if self.unit else ''}; {text!r} is none") from error
        if kind in (int, float) and not self._in_bounds(value):
            raise UsageError(f"{self.name} must lie between {self.minimum} and {self.maximum}; {text!r} does not")
        if self.choices and value not in self.choices:
            raise UsageError(f"{self.name} is one of {', '.join(self.choices)}; {text!r} is none")
        if self.check is not None:
            self.check(value)
        return value  # type: ignore[no-any-return]

    def _in_bounds(self, value: float) -> bool:
        low = -math.inf if self.minimum is None else self.minimum
        high = math.inf if self.maximum is None else self.maximum
        return math.isfinite(value) and low <= value <= high

    def get(self, session: Session) -> T:
        """The value in force; what the session has not flushed is not seen."""
        (rows,) = ask(session, _VALUE(name=self.name))
        return rows[0][0] if rows else self.default


_NAMES: dict[type, str] = {int: "a whole number", float: "a number", str: "a text", bool: "yes or no"}
_SWITCH = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


def _switch(text: str) -> bool:
    try:
        return _SWITCH[text.strip().lower()]
    except KeyError:
        raise ValueError(text) from None


class SettingValue(Base):
    """A setting that somebody changed."""

    __tablename__ = "settings"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    value: Mapped[Any] = mapped_column(Document)
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(String(80))


_VALUE = Quick(lambda _: select(SettingValue.value).where(SettingValue.name == bindparam("name", type_=String)))
_VALUES = Quick(lambda postgres: select(SettingValue.name, SettingValue.value).where(in_bound_texts(SettingValue.name, "names", postgres=postgres)))


def values_of(session: Session, settings: Sequence[Setting[Any]]) -> list[Any]:
    """The values in force of several settings, in their order, by one question; see `Setting.get`."""
    (rows,) = ask(session, _VALUES(names=bound_texts((one.name for one in settings), postgres=is_postgres(session))))
    changed = dict(rows)
    return [changed.get(one.name, one.default) for one in settings]


def set_value(session: Session, known: Iterable[Setting[Any]], name: str, text: str, *, by: str, at: datetime, reason: str = "") -> Any:
    """Store a new value for the setting `name`, in the audit trail too, and return it.

    Raises:
        UsageError: there is no such setting, or the value does not fit it.
    """
    found = next((setting for setting in known if setting.name == name), None)
    if found is None:
        raise UsageError(f"there is no setting {name!r}; `huabao settings list` shows them all")
    value, before = found.parse(text), found.get(session)
    session.merge(SettingValue(name=name, value=value, changed_at=at, changed_by=by))
    session.flush()  # whoever asks for it asks the database
    record(session, actor=by, action="settings.set", object_kind="setting", object_id=name, at=at, value=value, before=before, reason=reason)
    return value
