"""The standard answers: what agents read to callers, by likely cause, and a new wording of one."""

from __future__ import annotations

from starlette.responses import Response

from care.answers import services
from care.answers.services import Answer
from console.visit import Refused, Visit
from huabao.errors import UsageError


def answers(visit: Visit) -> Response:
    """Every answer in both languages."""
    with visit.runtime.transaction(read_only=True) as session:
        return visit.page("answers.html", lines=list(services.answers(session).values()), done=visit.request.query_params.get("done") == "1")


def answer(visit: Visit) -> Response:
    """The sheet with one."""
    return _sheet(visit)


def answer_act(visit: Visit) -> Response:
    """The new wording, and back to the list."""
    before = visit.form.get("before", "")
    try:
        with visit.runtime.transaction() as session:
            name = _asked(visit, services.answers(session)).name
            version = int(before) if before.isascii() and before.isdecimal() and len(before) < 19 else -1
            services.change(session, name, visit.form.get("zh", ""), visit.form.get("en", ""), before=version, by=visit.actor, now=visit.runtime.now())
    except UsageError as error:
        return _sheet(visit, problem=visit.why(error))
    return visit.go("/answers?done=1")


def _asked(visit: Visit, known: object) -> Answer:
    assert isinstance(known, dict)
    found = known.get(str(visit.request.path_params["name"]))
    if not isinstance(found, Answer):
        raise Refused(404, "not_found")
    return found


def _sheet(visit: Visit, *, problem: str = "") -> Response:
    with visit.runtime.transaction(read_only=True) as session:
        one = _asked(visit, services.answers(session))
        return visit.page(
            "_answer_text_sheet.html" if visit.fragment else "answer_text_sheet.html",
            one=one,
            zh=visit.form.get("zh", one.zh),
            en=visit.form.get("en", one.en),
            versions=services.versions(session, one.name, limit=5),
            chars_max=services.TEXT_CHARS_MAX,
            problem=problem,
        )
