"""The capacity planner: start, deadline, ports and readers; when it is through, what is needed, what brings it in time; the days ahead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import Response

from console.confirmed import number_of
from console.graphs import CLOCK, Graph, Rule, Series, asked_graph, graph_answer, seconds
from console.visit import Refused, Visit
from content.models import Publication
from delivery.models import Port
from huabao.clock import SHANGHAI, parse_time
from huabao.errors import UsageError
from monitoring import capacity as planning
from monitoring.capacity import Answer, Question

READERS_MAX = 100_000_000


@dataclass(frozen=True)
class Form:
    """What was typed, and what it means; `problem` says what does not make sense."""

    typed: Mapping[str, str]
    ports: tuple[str, ...] = ()
    question: Question | None = None
    problem: str = ""
    title: Publication | None = None
    known_ports: tuple[Port, ...] = field(default_factory=tuple)


def capacity(visit: Visit) -> Response:
    """The form with its answer, and the next days."""
    now = visit.runtime.now()
    with visit.runtime.transaction(read_only=True) as session:
        form = _form(visit, session, now)
        found = _answer(session, form, now)
        return visit.page(
            "capacity.html",
            form=form,
            found=found,
            titles=session.scalars(select(Publication).order_by(Publication.slug)).all(),
            calendar=planning.calendar(session, now),
            query=visit.request.url.query,
            takes=None if found is None or found.forecast.finish_at is None else found.forecast.finish_at - found.question.begin,
        )


def capacity_chart(visit: Visit) -> Response:
    """Who is through when, beside the pace that is needed."""
    if asked_graph(visit) != "course":
        raise Refused(404, "not_found")
    now = visit.runtime.now()
    with visit.runtime.transaction(read_only=True) as session:
        found = _answer(session, _form(visit, session, now), now)
    if found is None:
        raise Refused(404, "not_found")
    curve = found.curve()
    series = (
        Series(visit.say("capacity.by_contract"), "accent", [round(one) for _, one, _, _ in curve]),
        Series(visit.say("capacity.kept_up"), "pending", [round(one) for _, _, one, _ in curve], dash=True),
        Series(visit.say("capacity.needed"), "quiet", [round(one) for *_, one in curve], dash=True),
    )
    rules = (Rule(visit.say("capacity.deadline"), x=seconds(found.question.deadline), tone="failed"),)
    return graph_answer(visit, Graph(CLOCK, visit.say("capacity.unit"), [seconds(at) for at, *_ in curve], series, rules), "capacity")


def _answer(session: Session, form: Form, now: datetime) -> Answer | None:
    return None if form.question is None else planning.answer(session, form.question, now)


def _form(visit: Visit, session: Session, now: datetime) -> Form:
    query = visit.request.query_params
    known = tuple(session.scalars(select(Port).order_by(Port.name)))
    chosen = tuple(name for name in query.getlist("port") if name in {one.name for one in known})
    typed = {name: query.get(name, "").strip()[:60] for name in ("title", "readers", "start", "deadline")}
    if not typed["start"] and not typed["deadline"]:
        typed |= _tomorrow(now)
    title = session.scalar(select(Publication).where(Publication.slug == typed["title"])) if typed["title"] else None
    asked = "start" in query
    if not asked:
        return Form(typed, chosen, known_ports=known)
    question, problem = _question(visit, session, typed, title, chosen, now)
    return Form(typed, chosen, question, problem, title, known)


def _question(
    visit: Visit, session: Session, typed: Mapping[str, str], title: Publication | None, ports: tuple[str, ...], now: datetime
) -> tuple[Question | None, str]:  # fmt: skip
    try:
        begin, deadline = parse_time(typed["start"]), parse_time(typed["deadline"])
    except UsageError:
        return None, visit.say("capacity.no_time")
    if not planning.fits_horizon(begin, deadline):
        return None, visit.say("capacity.no_span")
    readers = number_of(typed["readers"]) if typed["readers"] else planning.usual_readers(session, title, now) if title is not None else None
    if readers is None or not 0 < readers <= READERS_MAX:
        return None, visit.say("capacity.no_readers")
    return Question(readers, begin, deadline, ports, title.service_code if title is not None else None), ""


def _tomorrow(now: datetime) -> dict[str, str]:
    """Tomorrow morning, as the fields take it."""
    day = (now.astimezone(SHANGHAI) + timedelta(days=1)).strftime("%Y-%m-%d")
    return {"start": f"{day}T06:00", "deadline": f"{day}T08:00"}
