"""Ports and lanes: each port's rate against its limit, its breaker and errors, what waits in which lane; a port's page with its history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import Response

from console.graphs import CLOCK, Graph, Rule, Series, asked_graph, graph_answer, seconds
from console.texts import rate_text
from console.visit import Refused, Visit
from delivery.models import Port
from delivery.ports import changes
from monitoring import ports as measured

HISTORY_ROWS = 30
SPANS_H = (1, 6, 24)


@dataclass(frozen=True)
class Standing:
    """A port's state as the badge says it: one of the texts `ports.is_…` and its tone."""

    name: str
    tone: str


def standing_of(line: measured.PortLine) -> Standing:
    """What a person should know of it first."""
    cause = line.clearance.cause
    if cause == "paused":
        return Standing("paused", "held")
    if line.port.breaker == "open":
        return Standing("open", "failed")
    if line.port.breaker == "probing":
        return Standing("probing", "held")
    if cause in ("hours", "deferred"):
        return Standing(cause, "neutral" if cause == "hours" else "held")
    return Standing("slowed", "held") if line.factor < 1 else Standing("up", "delivered")


def ports(visit: Visit) -> Response:
    """The board."""
    return _board(visit, "ports.html")


def ports_live(visit: Visit) -> Response:
    """The same, without the frame."""
    return _board(visit, "_ports.html")


def _board(visit: Visit, template: str) -> Response:
    with visit.runtime.transaction(read_only=True) as session:
        found = measured.board(session, visit.runtime.now())
        return visit.page(template, board=found, standing=standing_of, **_rights(visit))


def port(visit: Visit) -> Response:
    """One port: what left by the minute, what was agreed, what was done to it."""
    return _one(visit, "port.html")


def port_live(visit: Visit) -> Response:
    """The same, without the frame."""
    return _one(visit, "_port.html")


def _one(visit: Visit, template: str) -> Response:
    now, span_h = visit.runtime.now(), _span_h(visit)
    with visit.runtime.transaction(read_only=True) as session:
        row = find(session, visit)
        line = measured.board(session, now, name=row.name).ports[0]
        begin = minute_floor(now) - timedelta(hours=span_h)
        minutes = measured.curve(session, row.id, begin, now)
        acts = measured.history(session, row.name, before_id=_before(visit), limit=HISTORY_ROWS + 1)
        return visit.page(
            template,
            line=line,
            standing=standing_of(line),
            settings=_settings_of(row),
            minutes=minutes,
            peak=max((one.units for one in minutes), default=0) / 60,
            errors=sum(one.refused + one.deferred + one.unknown for one in minutes),
            span_h=span_h,
            spans=SPANS_H,
            waits=measured.waits(session, row.id),
            before=_before(visit),
            agreed=[(one, changes.state_of(one)) for one in reversed(changes.list_changes(session, row.name)[-HISTORY_ROWS:])],
            acts=acts[:HISTORY_ROWS],
            older=acts[HISTORY_ROWS - 1].id if len(acts) > HISTORY_ROWS else None,
            **_rights(visit),
        )


def port_chart(visit: Visit) -> Response:
    """The rate by the minute beside the limit: `rate.json` for the page, `rate.csv` as a file."""
    if asked_graph(visit) != "rate":
        raise Refused(404, "not_found")
    now, span_h = visit.runtime.now(), _span_h(visit)
    begin = minute_floor(now) - timedelta(hours=span_h)
    with visit.runtime.transaction(read_only=True) as session:
        row = find(session, visit)
        rates = {one.minute: one.units / 60 for one in measured.curve(session, row.id, begin, now)}
    minutes = [begin + timedelta(minutes=at) for at in range(span_h * 60)]
    series = (Series(visit.say("ports.left_name"), "pending", [rates.get(at) for at in minutes]),)
    rules = (Rule(visit.say("ports.limit", rate=rate_text(row.rate)), y=row.rate, tone="failed"),)
    unit = visit.say(f"ports.unit_{measured.unit_of(row)}")
    return graph_answer(visit, Graph(CLOCK, unit, [seconds(at) for at in minutes], series, rules), f"port-{row.name}")


def find(session: Session, visit: Visit) -> Port:
    """The port that the path names.

    Raises:
        Refused: there is none.
    """
    name = str(visit.request.path_params["name"])
    found = session.scalar(select(Port).where(Port.name == name)) if name.isprintable() else None
    if found is None:
        raise Refused(404, "not_found")
    return found


def minute_floor(at: datetime) -> datetime:
    """The beginning of its minute."""
    return at.replace(second=0, microsecond=0)


def _span_h(visit: Visit) -> int:
    asked = visit.request.query_params.get("hours", "")
    return next((one for one in SPANS_H if str(one) == asked), SPANS_H[0])


def _before(visit: Visit) -> int | None:
    given = visit.request.query_params.get("before", "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 18 else None


def _settings_of(row: Port) -> list[tuple[str, Any]]:
    """What the port is set to, by the names of the texts `ports.set_…`; nothing that is secret stands in a port."""
    found = [("url", row.url), ("rate", f"{row.rate:g}"), ("burst", row.burst), ("hours", row.hours), ("codes", ", ".join(map(str, row.service_codes)))]
    return [(name, value) for name, value in found if value not in ("", None)]


def _rights(visit: Visit) -> dict[str, bool]:
    return {"may_steer": visit.may("port_act")}
