"""Making and changing ports: everything is checked before it is written.

The burst is at most 3 % of the rate unless told otherwise, and a group send is
never larger than the burst where the contract counts recipients.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from copy import copy
from datetime import datetime
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.models import Port
from delivery.ports import PortSettings, port_kind
from delivery.ports.contracts import Contract
from delivery.ports.health import MISCONFIGURED, UNREACHABLE
from delivery.ports.pace import PaceRules, effective, factor_now
from delivery.throttle import sustained_rate
from huabao import alarms
from huabao.audit import record
from huabao.errors import StoreError, UsageError
from huabao.hours import Hours

BURST_SHARE = 0.03
"""Of the rate: the largest burst that nobody has to ask for."""

COLUMNS = ("url", "rate", "burst", "connections", "max_recipients", "timeout_s", "hours", "service_codes", "priority", "cost_fen_per_1000", "contract")
"""What every port has; anything else is an option of its kind."""

STATE = ("state", "state_reason")

_DEFAULTS: Mapping[str, Any] = MappingProxyType(
    {
        "connections": 8, "max_recipients": 100, "timeout_s": 30.0, "state_reason": "", "hours": "", "service_codes": [], "priority": 0, "cost_fen_per_1000": 0,
        "contract": {}, "rate_factor": 1.0, "breaker": "closed", "failures": 0,
    }
)  # fmt: skip

PRIORITY_MAX = 99

SERVICE_CODE = re.compile(r"[\w.-]{1,40}", re.ASCII)

LIMITS = {"connections": 200, "max_recipients": 10_000, "timeout_s": 600.0, "rate": 1_000_000.0, "burst": 100_000}


def default_burst(rate: float) -> int:
    """3 % of the rate, at least 1."""
    return max(1, math.floor(rate * BURST_SHARE + 1e-9))


def find_port(session: Session, name: str) -> Port:
    """The port called `name`.

    Raises:
        UsageError: there is none; the message lists those that there are.
    """
    found = session.scalar(select(Port).where(Port.name == name)) if name.isprintable() else None
    if found is None:
        names = ", ".join(session.scalars(select(Port.name).order_by(Port.name))) or "none yet; `huabao port add` makes one"
        raise UsageError(f"there is no port {name!r}; there are {names}")
    return found


def list_ports(session: Session) -> list[Port]:
    """All ports by name."""
    return list(session.scalars(select(Port).order_by(Port.name)))


def add_port(session: Session, name: str, kind: str, given: Mapping[str, Any], *, by: str, now: datetime) -> Port:
    """Make a port.

    Args:
        given: columns and options by name; None where nothing was said.

    Raises:
        UsageError: the name is taken or no name, or settings that cannot work.
    """
    if not name or len(name) > 40 or not all(one.isalnum() or one in "-_." for one in name):
        raise UsageError(f"{name!r} is no name for a port: up to 40 letters, digits, -, _ and .")
    if session.scalar(select(Port.id).where(Port.name == name)) is not None:
        raise UsageError(f"there is a port {name!r} already; `huabao port set {name} …` changes it")
    said = {key: value for key, value in given.items() if value is not None}
    if "url" not in said or "rate" not in said:
        raise UsageError("a port needs --url and --rate")
    port = Port(name=name, kind=kind, burst=said.pop("burst", default_burst(said["rate"])), options={}, state="up", state_at=now, created_at=now)
    _apply(port, said)
    session.add(port)
    session.flush()
    record(session, actor=by, action="port.add", object_kind="port", object_id=name, at=now, url=_bare(port.url), rate=port.rate, burst=port.burst)
    return port


def set_port(session: Session, name: str, given: Mapping[str, Any], *, by: str, now: datetime, reason: str = "") -> Port:
    """Change what was given; an empty text takes an option away. A new rate without a burst brings the default burst.

    Raises:
        UsageError: no such port, or settings that cannot work.
    """
    port = find_port(session, name)
    said = {key: value for key, value in given.items() if value is not None}
    if not said:
        raise UsageError("say what to change, e.g. --rate 200")
    if "rate" in said and "burst" not in said and port.burst == default_burst(port.rate):
        said["burst"] = default_burst(said["rate"])
    before = {key: getattr(port, key) for key in (*COLUMNS, *STATE)}
    _apply(port, said)
    if port.state != before["state"]:
        port.state_at = now
    session.flush()
    changes = {key: [_plain(value), _plain(getattr(port, key))] for key, value in before.items() if getattr(port, key) != value}
    record(session, actor=by, action="port.set", object_kind="port", object_id=name, at=now, changed=sorted(said), changes=changes, **({"reason": reason} if reason else {}))
    return port


def change_rate(session: Session, name: str, rate: float, *, reason: str, by: str, now: datetime) -> Port:
    """Another rate from now on; a burst that would be too large for it becomes the default one.

    Raises:
        UsageError: no such port, or a rate that it cannot have.
    """
    port = find_port(session, name)
    burst = {"burst": default_burst(rate)} if port.burst > max(1.0, rate / 2) else {}
    return set_port(session, name, {"rate": rate, **burst}, by=by, now=now, reason=reason)


def pause_port(session: Session, name: str, paused: bool, *, reason: str, by: str, now: datetime) -> Port:
    """Let the port rest, or send again.

    Raises:
        UsageError: no such port.
        StoreError: it is so already.
    """
    port = find_port(session, name)
    if (port.state != "up") == paused:
        raise StoreError(f"port {name} is {port.state} already")
    given = {"state": "paused", "state_reason": reason} if paused else {"state": "up", "state_reason": ""}
    return set_port(session, name, given, by=by, now=now, reason=reason)


def reset_port(session: Session, name: str, *, by: str, now: datetime, reason: str = "") -> Port:
    """Forget what the peer said and did: its pause, the lower rate, the breaker and its alarm.

    Raises:
        UsageError: no such port.
    """
    port = find_port(session, name)
    before = {"rate_factor": round(port.rate_factor, 3), "breaker": port.breaker, "failures": port.failures}
    port.deferred_until, port.rate_factor, port.rate_factor_at = None, 1.0, None
    port.breaker, port.breaker_at, port.failures = "closed", now, 0
    session.flush()
    record(session, actor=by, action="port.reset", object_kind="port", object_id=name, at=now, before=before, reason=reason)
    for kind in (UNREACHABLE, MISCONFIGURED):
        alarms.close_alarm(session, kind, name, at=now)
    return port


def _plain(value: Any) -> Any:
    return _bare(value) if isinstance(value, str) and "://" in value else value


def _apply(port: Port, said: Mapping[str, Any]) -> None:
    options = {**port.options, **{key: value for key, value in said.items() if key not in (*COLUMNS, *STATE)}}
    if options.get("user") and options.get("password_env") and "auth" not in options:
        options["auth"] = "basic"
    port.options = {key: value for key, value in options.items() if value != ""}
    for column in (*COLUMNS, *STATE):
        if column in said:
            setattr(port, column, said[column])
    if said.get("state") == "up" and "state_reason" not in said:
        port.state_reason = ""
    for column, default in _DEFAULTS.items():
        if getattr(port, column) is None:
            setattr(port, column, copy(default))
    port.hours = str(Hours.parse(port.hours))
    _check(port)


def _check(port: Port) -> None:
    for name, most in LIMITS.items():
        value = getattr(port, name)
        if not 0 < value <= most:
            raise UsageError(f"--{name.replace('_', '-')} lies above 0 and up to {most:g}; {value:g} does not")
    if not 0 <= port.priority <= PRIORITY_MAX:
        raise UsageError(f"--priority lies between 0 (goes first) and {PRIORITY_MAX}; {port.priority} does not")
    if port.cost_fen_per_1000 < 0:
        raise UsageError(f"--cost is what a thousand recipients cost, in fen, 0 or more; {port.cost_fen_per_1000} is not")
    wrong = [code for code in port.service_codes if not SERVICE_CODE.fullmatch(code)]
    if wrong:
        raise UsageError(f"--service-codes: {wrong[0]!r} is no service code: up to 40 letters, digits, -, _ and .")
    check_rate(port, port.rate, port.burst)
    kind = port_kind(port.kind)
    kind.check(PortSettings(0, port.name, port.kind, port.url, port.rate, port.burst, port.connections, port.max_recipients, port.timeout_s, port.options))


def check_rate(port: Port, rate: float, burst: int) -> None:
    """Whether the port could have this rate and burst.

    Raises:
        UsageError: it could not, or its contract allows less.
    """
    for name, value in (("rate", rate), ("burst", burst)):
        if not 0 < value <= LIMITS[name]:
            raise UsageError(f"--{name} lies above 0 and up to {LIMITS[name]:g}; {value:g} does not")
    if burst > 1 and burst > rate / 2:
        raise UsageError(f"--burst {burst}: a burst is at most half of the rate ({rate:g}), since the rate counts in any second, however it lies")
    sustained_rate(rate, burst)
    allowed = Contract.of(port.contract or {}).whole.rate
    if allowed is not None and rate > allowed:
        raise UsageError(f"--rate {rate:g}: the contract of port {port.name} allows {allowed:g} a second; a new contract comes with --contract FILE")


def _bare(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"


def to_document(port: Port, *, now: datetime, rules: PaceRules | None = None) -> dict[str, Any]:
    """A port as JSON shows it; it holds no secret.

    `standing` is what a sender would be told at `now`: ok, or the cause and until when; `rate_now` is what it may send at.
    """
    settings = PortSettings.of(port, rules)
    clearance = settings.may_send(now)
    rate_now, burst_now = effective(settings, now)
    return {
        "name": port.name,
        "kind": port.kind,
        "url": port.url,
        "rate": port.rate,
        "burst": port.burst,
        "group_size": settings.group_size,
        "max_recipients": port.max_recipients,
        "connections": port.connections,
        "timeout_s": port.timeout_s,
        "hours": port.hours,
        "service_codes": list(port.service_codes),
        "priority": port.priority,
        "cost_fen_per_1000": port.cost_fen_per_1000,
        "contract": dict(port.contract),
        "state": port.state,
        "state_reason": port.state_reason,
        "standing": clearance.cause or ("ok" if port.breaker == "closed" else port.breaker),
        "standing_reason": clearance.reason,
        "standing_until": None if clearance.until is None else clearance.until.isoformat(),
        "rate_now": round(rate_now, 3) if clearance.allowed else 0.0,
        "burst_now": burst_now,
        "rate_factor": round(factor_now(settings, now), 3),
        "breaker": port.breaker,
        "failures": port.failures,
        "options": dict(port.options),
    }
