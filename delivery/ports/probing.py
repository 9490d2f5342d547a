"""Asking peers whether they are there: those of open breakers by a job each, so that one process asks and nobody waits for it; any by a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from delivery.models import Port
from delivery.ports import PortSettings, health, open_link
from delivery.ports.services import find_port
from huabao.alarms import close_alarm
from huabao.audit import record
from huabao.errors import HuabaoError, PortError
from huabao.queues import Task, enqueue_many
from huabao.runtime import Runtime

TURNED_AWAY_QUIET_S = 300.0
"""A port that was not turned away for so long is taken for mended."""


ASKED_S = 10.0
"""A person who asks waits no longer for the peer."""


@dataclass(frozen=True)
class Said:
    """What a peer answered to a person's question; `text` is its answer, or why there is none."""

    reachable: bool
    text: str
    retryable: bool = False


def ask(runtime: Runtime, name: str, *, by: str) -> Said:
    """Ask the peer of a port whether it is there and knows us, without sending a message.

    Raises:
        UsageError: no such port.
    """
    with runtime.transaction(read_only=True) as session:
        settings = PortSettings.of(find_port(session, name))
    try:
        said = Said(True, open_link(replace(settings, timeout_s=min(settings.timeout_s, ASKED_S))).probe())
    except PortError as error:
        said = Said(False, str(error), error.retryable)
    with runtime.transaction() as session:
        record(session, actor=by, action="port.test", object_kind="port", object_id=name, at=runtime.now(), reachable=said.reachable, said=said.text[:300])
    return said


def probe_port(runtime: Runtime, port_id: int) -> None:
    """Ask the peer, with no transaction open, and write down what came."""
    with runtime.transaction(read_only=True) as session:
        row = session.get(Port, port_id)
        settings = None if row is None or row.breaker == "closed" or row.state != "up" else PortSettings.of(row)
    if settings is None:
        return
    error: str | None = None
    try:
        open_link(settings).probe()
    except HuabaoError as fault:
        error = str(fault)
    with runtime.transaction() as session:
        health.note_probe(session, port_id, error, now=runtime.now())


PROBE_PORT = Task("delivery.probe_port", probe_port, queue="express", max_attempts=1, lease_s=60.0)
"""Ask the peer of an open breaker; args: port_id."""


def probe_key(args: Mapping[str, Any]) -> str:
    """One probe of a port at a time."""
    return f"probe_port:{args['port_id']}"


def probe_due(runtime: Runtime) -> int:
    """Give each peer that is to be asked its job; how many. What a clock that was ahead wrote down about ports is pulled back."""
    now = runtime.now()
    with runtime.transaction(read_only=True) as session:
        due = [{"port_id": port.id} for port in health.probes_due(session, now=now)]
        mended = health.old_alarms(session, now=now, quiet_s=TURNED_AWAY_QUIET_S)
        ahead = health.written_ahead(session, now=now)
    if not due and not mended and not ahead:
        return 0
    with runtime.transaction() as session:
        for port_id in ahead:
            health.pull_back(session, port_id, now=now)
        enqueue_many(session, PROBE_PORT, due, now=now, key_of=probe_key)
        for name in mended:
            close_alarm(session, health.MISCONFIGURED, name, at=now)
    return len(due)
