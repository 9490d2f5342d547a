"""What the ops desk's own boards show, row by row."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from delivery.models import Port
from delivery.ports.minutes import count_minutes
from huabao.runtime import Runtime
from tests.integration.console.dispatch_rows import add_dispatch, add_submission


def add_ports(runtime: Runtime) -> int:
    """A dispatch of 3,000 readers that sends through `mm-1`, which refused once; a paused port and one whose peer is gone. The dispatch's number."""
    dispatch_id = add_dispatch(runtime, planned=3000)
    for ago_s in range(0, 1800, 20):
        add_submission(runtime, dispatch_id, recipients=90, ago_s=ago_s)
    add_submission(runtime, dispatch_id, state="refused", recipients=9, ago_s=5)
    now = runtime.now()
    with runtime.transaction() as session:
        session.add(Port(name="mm-2", kind="mm7", url="http://127.0.0.1:9/", rate=200.0, burst=6, created_at=now, state="paused", state_reason="maintenance", state_at=now))
        session.add(Port(name="sms-1", kind="smpp", url="smpp://127.0.0.1:9", rate=50.0, burst=1, created_at=now, breaker="open", breaker_at=now, failures=7))
    count_minutes(runtime)
    return dispatch_id


def port_of(runtime: Runtime, name: str) -> Port:
    """The port as it stands."""
    with runtime.transaction(read_only=True) as session:
        return session.scalars(select(Port).where(Port.name == name)).one()


def in_hours(runtime: Runtime, hours: int) -> str:
    """An instant as a person types it."""
    from huabao.clock import SHANGHAI

    return (runtime.now() + timedelta(hours=hours)).astimezone(SHANGHAI).strftime("%Y-%m-%dT%H:%M")
