"""Schedule: what a send would mean, counted in a job, and the button that carries the count."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from starlette.responses import Response

from console.confirmed import number_of
from console.edition_desk import Seen, ask, may, names_of, not_now, seen, shared, ticked
from console.visit import Visit
from content.models import Publication
from content.workflow import lifecycle
from content.works import services as works
from content.works.models import DeskWork
from delivery.dispatch.seeds import list_groups
from delivery.models import Port
from delivery.tasks import DESK_WORK, PLAN, SCHEDULE
from huabao.clock import SHANGHAI
from huabao.errors import UsageError
from huabao.hours import Hours

FORM_TIME = "%Y-%m-%dT%H:%M"


def schedule(visit: Visit, problem: str = "") -> Response:
    """The page."""
    with visit.runtime.transaction(read_only=True) as session:
        found = seen(visit, session)
        edition_id = found.view.edition.id
        planned = works.latest(session, edition_id, PLAN)
        made = works.latest(session, edition_id, SCHEDULE)
        ports = session.scalars(select(Port).order_by(Port.priority, Port.name)).all()
        groups = list_groups(session)
    fresh = planned is not None and planned.state == works.DONE and planned.edition_version_id == found.view.version.id
    asked = {name: value for name, value in planned.args.items() if value} if planned is not None else {}
    chosen = _defaults(found.view.publication, visit.runtime.now()) | asked
    possible = lifecycle.SCHEDULE in found.view.possible
    return visit.page(
        "schedule.html", **shared(visit, found, "schedule"), planned=planned, plan=planned.result if planned is not None and fresh else None, chosen=chosen, ports=ports,
        groups=groups, made=made if made is not None and planned is not None and made.id > planned.id else None, possible=possible, problem=problem,
        begin=_at(planned, "begin_at"), finish=_at(planned, "forecast_finish_at"), approved=found.view.approval is not None, blocked=names_of(chosen, "block"),
        named_ports=names_of(chosen, "ports"), may_schedule=may(visit, "schedule_act"),
    )  # fmt: skip


def _at(planned: DeskWork | None, name: str) -> datetime | None:
    said = planned.result.get(name) if planned is not None else None
    return datetime.fromisoformat(said) if said else None


def plan_act(visit: Visit) -> Response:
    """Have it counted with what was chosen."""
    args = _chosen(visit)
    with visit.runtime.transaction() as session:
        found = seen(visit, session)
        ask(visit, session, DESK_WORK, found.view.edition, PLAN, **args)
    return visit.go(f"{found.path}/schedule")


def schedule_act(visit: Visit) -> Response:
    """Schedule what was counted: the count is taken again in the transaction that freezes the audience."""
    with visit.runtime.transaction() as session:
        found = seen(visit, session)
        planned = works.latest(session, found.view.edition.id, PLAN)
        problem = _problem(visit, found, planned)
        if not problem:
            assert planned is not None, "there is a plan"
            ask(visit, session, DESK_WORK, found.view.edition, SCHEDULE, **planned.args, confirmed=str(planned.result["planned"]))
    return schedule(visit, problem) if problem else visit.go(f"{found.path}/schedule")


def _problem(visit: Visit, found: Seen, planned: DeskWork | None) -> str:
    """Why what was confirmed is not what would be done, or ""."""
    if lifecycle.SCHEDULE not in found.view.possible:
        return not_now(visit, found.view.edition.state, "issue_verb.schedule")
    if planned is None or planned.state != works.DONE or planned.edition_version_id != found.view.version.id or visit.form.get("plan") != str(planned.id):
        return visit.say("plan.other")
    confirmed = number_of(visit.form.get("count", ""))
    return "" if confirmed == planned.result["planned"] else visit.say("steer.moved", before=confirmed or 0, n=planned.result["planned"])


def _chosen(visit: Visit) -> dict[str, str]:
    """What the form says; fields of several, as `ports.main`, are joined."""
    form = visit.form
    several = {name: ticked(form, name) for name in ("ports", "block")}
    return {name: form.get(name, "").strip()[:200] for name in ("start", "deadline", "seed_group")} | several


def _defaults(publication: Publication, now: datetime) -> dict[str, str]:
    """The next opening of its window and the end of that; nothing without one."""
    try:
        hours = Hours.parse(publication.send_window)
    except UsageError:
        return {}
    if hours.always:
        return {}
    begin = hours.opens_at(now)
    end = hours.closes_at(begin)
    return {"start": _form_time(begin), "deadline": _form_time(end) if end else ""}


def _form_time(at: datetime) -> str:
    return at.astimezone(SHANGHAI).strftime(FORM_TIME)
