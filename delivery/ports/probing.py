"""Asking the peers of open breakers whether they are back: a job for each, so that one process asks and nobody waits for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from delivery.models import Port
from delivery.ports import PortSettings, health, open_link
from huabao.alarms import close_alarm
from huabao.errors import HuabaoError
from huabao.queues import Task, enqueue_many
from huabao.runtime import Runtime

TURNED_AWAY_QUIET_S = 300.0
"""A port that was not turned away for so long is taken for mended."""


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
