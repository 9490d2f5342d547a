"""What an operator's contract allows on a port: rate, hours, frequency, validity; for each service code.

It is kept as a document in the port's row and written as YAML:

```yaml
rate: 100                   # recipients a second at most
recipients_per_day: 3000000
validity_h_max: 72          # longest validity that the peer takes
services:
  "10658000":
    hours: 06:00-22:00
    rate: 60
    per_reader_day: 2       # sends of this code to one reader
    per_reader_month: 62
  "*": {}                   # any other code; without this line no other is allowed
```

Terms of a code go before those of the whole contract. A contract without
`services` allows every code. Nothing here compares: `delivery.dispatch.contract` does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from huabao.errors import UsageError
from huabao.hours import ALWAYS, Hours

OTHER = "*"

_NUMBERS = ("rate", "per_reader_day", "per_reader_month")
_TERMS = ("hours", *_NUMBERS)
_WHOLE = (*_TERMS, "recipients_per_day", "validity_h_max", "services")


@dataclass(frozen=True)
class Terms:
    """What is allowed for one service code.

    Attributes:
        hours: when it may be sent.
        rate: recipients a second, or None for no limit.
        per_reader_day, per_reader_month: sends to one reader in a calendar day or month (Shanghai), or None.
    """

    hours: Hours = ALWAYS
    rate: float | None = None
    per_reader_day: float | None = None
    per_reader_month: float | None = None


@dataclass(frozen=True)
class Contract:
    """A whole contract.

    Attributes:
        whole: terms of every code that says nothing else.
        recipients_per_day: on this port, of all codes together, or None.
        validity_h_max: hours, or None.
        services: terms by code; empty where every code is allowed.
    """

    whole: Terms = Terms()
    recipients_per_day: float | None = None
    validity_h_max: float | None = None
    services: Mapping[str, Terms] = field(default_factory=dict)

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Contract:
        """A checked contract.

        Raises:
            UsageError: what cannot be, and what would.
        """
        _known(document, _WHOLE, "a contract")
        services = document.get("services") or {}
        if not isinstance(services, Mapping):
            raise UsageError("services: one entry for each service code, e.g. \"10658000\": {rate: 60}")
        whole = _terms(document, Terms(), "")
        return cls(
            whole,
            _number(document, "recipients_per_day", ""),
            _number(document, "validity_h_max", ""),
            {str(code): _service(code, said, whole) for code, said in services.items()},
        )

    def terms(self, service_code: str | None) -> Terms | None:
        """The terms of a service code; None where it is not allowed."""
        if not self.services:
            return self.whole
        return self.services.get(service_code or "", self.services.get(OTHER))


def _service(code: object, said: object, whole: Terms) -> Terms:
    if said is not None and not isinstance(said, Mapping):
        raise UsageError(f"services, {code}: hours, rate, per_reader_day and per_reader_month by name")
    document = said or {}
    _known(document, _TERMS, f"services, {code}")
    return _terms(document, whole, f"services, {code}: ")


def _known(document: Mapping[str, Any], names: tuple[str, ...], where: str) -> None:
    unknown = sorted(map(str, document.keys() - set(names)))
    if unknown:
        raise UsageError(f"{where} has no {unknown[0]!r}; it has {', '.join(names)}")


def _terms(document: Mapping[str, Any], whole: Terms, where: str) -> Terms:
    hours = document.get("hours")
    if hours is not None and not isinstance(hours, str):
        raise UsageError(f'{where}hours: {hours!r} is no hours; write them in quotes, e.g. "06:00-22:00"')
    numbers = [found if (found := _number(document, name, where)) is not None else getattr(whole, name) for name in _NUMBERS]
    return Terms(whole.hours if hours is None else Hours.parse(hours), *numbers)


def _number(document: Mapping[str, Any], name: str, where: str) -> float | None:
    value = document.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
        raise UsageError(f"{where}{name}: a number above 0, not {value!r}")
    return float(value)
