"""Making and changing ports: everything is checked before it is written.

The burst is at most 3 % of the rate unless told otherwise, and a group send is
never larger than the burst where the contract counts recipients.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.models import Port
from delivery.ports import PortSettings, port_kind
from delivery.throttle import sustained_rate
from huabao.audit import record
from huabao.errors import UsageError

BURST_SHARE = 0.03
"""Of the rate: the largest burst that nobody has to ask for."""

COLUMNS = ("url", "rate", "burst", "connections", "max_recipients", "timeout_s")
"""What every port has; anything else is an option of its kind."""

LIMITS = {"connections": 200, "max_recipients": 10_000, "timeout_s": 600.0, "rate": 1_000_000.0, "burst": 100_000}


def default_burst(rate: float) -> int:
    """3 % of the rate, at least 1."""
    return max(1, math.floor(rate * BURST_SHARE + 1e-9))


def find_port(session: Session, name: str) -> Port:
    """The port called `name`.

    Raises:
        UsageError: there is none; the message lists those that there are.
    """
    found = session.scalar(select(Port).where(Port.name == name))
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
    port = Port(name=name, kind=kind, burst=said.pop("burst", default_burst(said["rate"])), options={}, state="up", created_at=now)
    _apply(port, said)
    session.add(port)
    session.flush()
    record(session, actor=by, action="port.add", object_kind="port", object_id=name, at=now, url=_bare(port.url), rate=port.rate, burst=port.burst)
    return port


def set_port(session: Session, name: str, given: Mapping[str, Any], *, by: str, now: datetime) -> Port:
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
    _apply(port, said)
    session.flush()
    record(session, actor=by, action="port.set", object_kind="port", object_id=name, at=now, changed=sorted(said))
    return port


def _apply(port: Port, said: Mapping[str, Any]) -> None:
    options = {**port.options, **{key: value for key, value in said.items() if key not in (*COLUMNS, "state", "state_reason")}}
    if options.get("user") and options.get("password_env") and "auth" not in options:
        options["auth"] = "basic"
    port.options = {key: value for key, value in options.items() if value != ""}
    for column in (*COLUMNS, "state", "state_reason"):
        if column in said:
            setattr(port, column, said[column])
    for column, default in (("connections", 8), ("max_recipients", 100), ("timeout_s", 30.0), ("state_reason", "")):
        if getattr(port, column) is None:
            setattr(port, column, default)
    _check(port)


def _check(port: Port) -> None:
    for name, most in LIMITS.items():
        value = getattr(port, name)
        if not 0 < value <= most:
            raise UsageError(f"--{name.replace('_', '-')} lies above 0 and up to {most:g}; {value:g} does not")
    if port.burst > 1 and port.burst > port.rate / 2:
        raise UsageError(f"--burst {port.burst}: a burst is at most half of the rate ({port.rate:g}), since the rate counts in any second, however it lies")
    sustained_rate(port.rate, port.burst)
    kind = port_kind(port.kind)
    kind.check(PortSettings(0, port.name, port.kind, port.url, port.rate, port.burst, port.connections, port.max_recipients, port.timeout_s, port.options))


def _bare(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"


def to_document(port: Port) -> dict[str, Any]:
    """A port as JSON shows it; it holds no secret."""
    settings = PortSettings.of(port)
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
        "state": port.state,
        "state_reason": port.state_reason,
        "options": dict(port.options),
    }
