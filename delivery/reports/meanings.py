"""What a stored report's status means: by the dialect of the port that it came in on."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.dialects import CodeMeaning, Dialect, dialect, dialect_of, dialects
from delivery.models import Outcome, Port
from huabao.alarms import Alarm, close_alarm, raise_alarm
from huabao.runtime import Runtime

INTERIM: Final = -1
"""In `delivery_events.outcome`: the report moved nothing."""

MM7_CODES_FROM: Final = 1000
"""Smaller ones are HTTP's (TS 23.140 8.7.8.1)."""

BROKEN: Final = "dialects.broken"
"""The alarm of a file that cannot be used."""


class Meanings:
    """The dialects of all ports, as they are in force now."""

    def __init__(self, session: Session) -> None:
        self._ports = {port_id: (kind, dialect_of(kind, options)) for port_id, kind, options in session.execute(select(Port.id, Port.kind, Port.options))}
        self._outcomes: dict[tuple[int, str], Outcome | None] = {}

    def dialect(self, port_id: int) -> Dialect:
        """The tables of the port."""
        found = self._ports.get(port_id)
        return found[1] if found is not None else dialect()

    def kind(self, port_id: int) -> str:
        """What the port speaks; empty where there is no such port any more."""
        found = self._ports.get(port_id)
        return found[0] if found is not None else ""

    def of(self, port_id: int, status: str) -> CodeMeaning:
        """What the status of a report of that port means."""
        found = self._ports.get(port_id)
        if found is None:
            return dialect().mm_status(status)
        kind, tables = found
        return tables.receipt(status) if kind == "smpp" else tables.mm_status(status)

    def advice(self, port_id: int, status: str, extension: str | None) -> CodeMeaning:
        """The same with cause and advice by the report's own code (four digits, or an SMSC's `err`), as a support agent reads it."""
        found = self._ports.get(port_id)
        kind, tables = found if found is not None else ("mm7", dialect())
        return tables.receipt(status, extension or "") if kind == "smpp" else tables.report(status, extension or "")

    def answer(self, port_id: int, code: int | None) -> CodeMeaning | None:
        """What the code of an answer means, a StatusCode or a command_status; None where it is neither: silence, or HTTP's."""
        found = self._ports.get(port_id)
        if code is None or found is None or (found[0] == "mm7" and code < MM7_CODES_FROM):
            return None
        return found[1].command_status(code) if found[0] == "smpp" else found[1].status_code(code)

    def outcome(self, port_id: int, status: str) -> Outcome | None:
        """What it makes of a delivery; None where it is interim. Thousands ask for the same few."""
        key = (port_id, status)
        if key in self._outcomes:
            return self._outcomes[key]
        return self._outcomes.setdefault(key, self.of(port_id, status).outcome)


def stored(outcome: Outcome | None) -> int:
    """A meaning as `delivery_events.outcome` keeps it."""
    return INTERIM if outcome is None else int(outcome)


def kept(number: int) -> Outcome | None:
    """What `stored` wrote."""
    return None if number == INTERIM else Outcome(number)


def watch_dialects(runtime: Runtime) -> None:
    """An alarm for each file of the operator's own that cannot be used, until it can."""
    now, faults = runtime.now(), dialects().faults()
    with runtime.transaction() as session:
        for name, fault in faults.items():
            raise_alarm(session, BROKEN, name, f"{fault}; what was in force stays", at=now)
        for name in session.scalars(select(Alarm.key).where(Alarm.kind == BROKEN, Alarm.closed_at.is_(None), Alarm.key.not_in(faults))).all():
            close_alarm(session, BROKEN, name, at=now)
