"""A house in which every chart has something to draw."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode

from care.models import Complaint
from care.overview.models import ReaderMove
from care.overview.rules import CAUSES, CHANNELS, JOINED, LEFT
from delivery.models import Outcome
from huabao.alarms import Alarm
from huabao.clock import business_day
from huabao.runtime import Runtime
from monitoring.alarms import evidence
from tests.integration.console.desk_rows import add_run
from tests.integration.console.dispatch_rows import settle
from tests.integration.console.ops_rows import add_ports, in_hours

ALARMS = {
    evidence.COURSE: ("dispatch.late", "1"), evidence.FAILING: ("delivery.brake", "1"), evidence.PORT: ("port.unreachable", "mm-1"), evidence.BURST: ("complaints.burst", ""),
    evidence.RUNS: ("reconcile.held", "daily"),
}  # fmt: skip
"""An alarm for each chart of evidence: its kind and what it is about."""


def add_charts(runtime: Runtime) -> dict[str, dict[str, str]]:
    """Pages by their address, each with its charts: route and name joined by a blank, and the address of the data without its ending."""
    dispatch_id = add_ports(runtime)
    assert dispatch_id == 1
    settle(runtime, dispatch_id, Outcome.RETRIEVED, range(1, 900), ago_s=400)
    settle(runtime, dispatch_id, Outcome.REJECTED, range(900, 1000), ago_s=300)
    add_run(runtime, held=300, compared=10_000, matched=9_600)
    alarms, now = _alarms(runtime), runtime.now()
    with runtime.transaction() as session:
        for number, what in enumerate((JOINED, JOINED, LEFT), 1):
            session.add(ReaderMove(event_id=number, day=business_day(now), reader_id=number, service_id="jh", city="", what=what, cause=CAUSES[0], channel=CHANNELS[0], at=now))
    question = urlencode({"readers": "100000", "start": in_hours(runtime, 1), "deadline": in_hours(runtime, 3)})
    return {
        "/": {"dispatch_chart pace": "/dispatches/1/charts/pace"},
        "/dispatches/1": {f"dispatch_chart {name}": f"/dispatches/1/charts/{name}" for name in ("pace", "outcomes", "age")},
        "/ports/mm-1": {"port_chart rate": "/ports/mm-1/charts/rate"},
        f"/capacity?{question}": {"capacity_chart course": "/capacity/charts/course"},
        "/overview": {"overview_chart moves": "/overview/charts/moves"},
        **{f"/alarms/{number}": {f"alarm_chart {name}": f"/alarms/{number}/charts/{name}"} for name, number in alarms.items()},
    }


def _alarms(runtime: Runtime) -> dict[str, int]:
    """Numbers of the alarms by their chart; complaints came in, too."""
    now, found = runtime.now(), dict[str, int]()
    with runtime.transaction() as session:
        for name, (kind, key) in ALARMS.items():
            made = Alarm(kind=kind, key=key, text="seen", detail={"usual": 2.0}, count=3, first_seen_at=now - timedelta(minutes=10), last_seen_at=now)
            session.add(made)
            session.flush()
            found[name] = made.id
        for number in range(30):
            at = now - timedelta(minutes=number)
            session.add(
                Complaint(
                    channel="hotline", reference="", received_at=at, recorded_at=at, reader_id=None, msisdn=f"1380001{number:04d}", city="", service_id="jh", cause="late",
                    cause_by="agent", text="", by="zhou", due_at=now,
                )
            )  # fmt: skip
    return found
