"""Sending an edition again to all whom a filter finds: counted in a job, then sent by the button that carries the count.

The list behind a dispatch's count leads here with its filter filled in. One count is
sent once, however often its button is pressed.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from starlette.responses import Response

from console.confirmed import REASON_CHARS_MAX, number_of
from console.edition_desk import ask, names_of, refusal, seen, shared, ticked
from console.visit import Visit
from content.models import EditionVersion, Variant
from content.works import services as works
from content.works.models import DeskWork
from delivery import kinds
from delivery.models import Dispatch, Outcome, Port
from delivery.resend.works import LISTS, SEPARATOR, TIMES, filter_from
from delivery.tasks import COUNT_RESEND, DESK_WORK, RESEND
from huabao.errors import UsageError

TICKED = ("outcomes", "ports", "classes")
"""Lists of which every entry is known: a box for each."""

RARE = (*TIMES, "rate", "not_stopped", "again", "many")
SWITCHES = ("missing", "not_stopped", "again", "many")
FIELD_CHARS_MAX = 2_000
NOT_REACHED = ("rejected", "expired", "failed", "unknown", "no_report")
"""What is ticked before anybody chose: who has it gets no second one by mistake."""

OUTCOMES = tuple(one.name.lower() for one in Outcome if one is not Outcome.PENDING)


def edition_resend(visit: Visit, problem: str = "") -> Response:
    """The page."""
    with visit.runtime.transaction(read_only=True) as session:
        found = seen(visit, session)
        edition_id = found.view.edition.id
        counted, sent = works.latest(session, edition_id, COUNT_RESEND), works.latest(session, edition_id, RESEND)
        ports = session.scalars(select(Port.name).order_by(Port.priority, Port.name)).all()
        made_for = select(Variant.handset_class).join(EditionVersion, EditionVersion.id == Variant.edition_version_id).where(EditionVersion.edition_id == edition_id)
        classes = session.scalars(made_for.distinct().order_by(Variant.handset_class)).all()
        left = session.scalar(select(Dispatch.id).where(Dispatch.edition_id == edition_id, Dispatch.kind.in_(kinds.BRINGS_OUT)).limit(1)) is not None
    given = {key: visit.request.query_params[key][:FIELD_CHARS_MAX] for key in LISTS if key in visit.request.query_params}
    chosen = given or ({name: value for name, value in counted.args.items() if value} if counted is not None else {"outcomes": SEPARATOR.join(NOT_REACHED)})
    answered = sent is not None and counted is not None and sent.args.get("counted") == str(counted.id)
    tally = counted.result if counted is not None and counted.state == works.DONE and not given else None
    return visit.page(
        "edition_resend.html", **shared(visit, found, "edition_resend"), counted=counted, tally=tally, chosen=chosen, ticked={key: names_of(chosen, key) for key in TICKED},
        choices={"outcomes": OUTCOMES, "ports": ports, "classes": classes}, sent=sent if answered else None,
        takes=None if tally is None or tally["forecast_s"] is None else timedelta(seconds=tally["forecast_s"]),
        rare=any(chosen.get(key) for key in RARE), left=left, problem=problem, reason_chars_max=REASON_CHARS_MAX,
    )  # fmt: skip


def edition_resend_count_act(visit: Visit) -> Response:
    """Have it counted."""
    args = _chosen(visit)
    with visit.runtime.transaction() as session:
        found = seen(visit, session)
        try:
            filter_from(found.view.edition.id, args)
        except UsageError as error:
            problem = refusal(visit, error)
        else:
            work = ask(visit, session, DESK_WORK, found.view.edition, COUNT_RESEND, **args)
            problem = "" if work.args == args else visit.say("resending.other_counts", name=work.by)
    return edition_resend(visit, problem) if problem else visit.go(f"{found.path}/resend")


def edition_resend_act(visit: Visit) -> Response:
    """Send it to whom was counted."""
    reason = visit.form.get("reason", "").strip()[:REASON_CHARS_MAX]
    with visit.runtime.transaction() as session:
        found = seen(visit, session)
        counted = works.latest(session, found.view.edition.id, COUNT_RESEND)
        problem = _problem(visit, counted, reason)
        if not problem:
            assert counted is not None, "it was counted"
            args = {**counted.args, "reason": reason, "counted": str(counted.id), "confirmed": str(counted.result["planned"])}
            ask(visit, session, DESK_WORK, found.view.edition, RESEND, **args)
    return edition_resend(visit, problem) if problem else visit.go(f"{found.path}/resend")


def _problem(visit: Visit, counted: DeskWork | None, reason: str) -> str:
    """Why what was confirmed is not what would be done, or ""."""
    if not reason:
        return visit.say("steer.reason_missing")
    if counted is None or counted.state != works.DONE or visit.form.get("counted") != str(counted.id):
        return visit.say("resending.other")
    return "" if number_of(visit.form.get("typed", "")) == counted.result["planned"] else visit.say("steer.count_wrong")


def _chosen(visit: Visit) -> dict[str, str]:
    """What the form says; boxes of several, as `ports.main`, are joined."""
    form = visit.form
    lists = {key: form.get(key, "").replace("，", SEPARATOR).replace("、", SEPARATOR).strip()[:FIELD_CHARS_MAX] for key in LISTS if key not in TICKED}
    boxes = {key: ticked(form, key) for key in TICKED}
    times = {key: form.get(key, "").strip()[:40] for key in TIMES}
    switches = {key: "1" if form.get(key) == "1" else "" for key in SWITCHES}
    return lists | boxes | times | switches | {"rate": form.get("rate", "").strip()[:20]}
