"""The list behind a count of a dispatch: readers, masked, fifty at a time, and as a file.

An account of one city is shown its city's readers; a file is in the audit trail.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from urllib.parse import urlencode

from sqlalchemy.orm import Session
from starlette.responses import Response

from console.downloads import csv_answer
from console.rendering import named
from console.texts import clock_text
from console.visit import Refused, Visit
from delivery import kinds
from delivery.lifecycle import find_dispatch
from delivery.models import Dispatch
from huabao import audit
from huabao.errors import UsageError
from monitoring.reached import PAGE_LENGTH, Filter, all_reached, reached

VALUE_CHARS_MAX = 120


def dispatch_readers(visit: Visit) -> Response:
    """One page of them."""
    asked, begin = _asked(visit), after_of(visit)
    with visit.runtime.transaction(read_only=True) as session:
        dispatch = dispatch_of(visit, session)
        lines = reached(session, dispatch, asked, after=begin, limit=PAGE_LENGTH + 1)
    shown = lines[:PAGE_LENGTH]
    query = urlencode(asked.asked())
    newer = urlencode({**asked.asked(), "after": shown[-1].reader_id}) if len(lines) > PAGE_LENGTH else ""
    return visit.page(
        "dispatch_readers.html", dispatch=dispatch, lines=shown, asked=asked.asked(), query=query, further=newer, begun=begin > 0, may_open=visit.may("reader"),
        resend_query=_resend_query(dispatch, asked),
    )  # fmt: skip


def dispatch_readers_file(visit: Visit) -> Response:
    """All of them as a CSV file."""
    asked = _asked(visit)
    with visit.runtime.transaction() as session:
        dispatch_id = dispatch_of(visit, session).id
        audit.record(session, actor=visit.actor, action="dispatch.readers", object_kind="dispatch", object_id=dispatch_id, at=visit.runtime.now(), **asked.asked())
    header = [visit.say(f"reached.{name}") for name in ("number", "city", "port", "handset_class", "outcome", "sent", "at")]
    return csv_answer(f"dispatch-{dispatch_id}-readers.csv", header, _rows(visit, dispatch_id, asked))


def _rows(visit: Visit, dispatch_id: int, asked: Filter) -> Iterator[list[str]]:
    now = visit.runtime.now()
    with visit.runtime.transaction(read_only=True) as session:
        for one in all_reached(session, find_dispatch(session, dispatch_id), asked):
            times = [clock_text(at, visit.language, now, seconds=True) if at else "" for at in (one.submitted_at, one.outcome_at)]
            yield [one.number, one.city, one.port, one.handset_class, named(visit.language, "outcome", one.outcome), *times]


def _asked(visit: Visit) -> Filter:
    given = {one.name: visit.request.query_params[one.name][:VALUE_CHARS_MAX].replace("\x00", "\ufffd") for one in fields(Filter) if one.name in visit.request.query_params}
    return replace(Filter(**given), city=visit.city) if visit.city else Filter(**given)


def _resend_query(dispatch: Dispatch, asked: Filter) -> str | None:
    """The filter of a resend that finds these, as an address has it; None where none does."""
    if dispatch.kind not in kinds.BRINGS_OUT or asked.variant is not None or asked.late is not None or asked.city == "":
        return None
    code = (asked.code or "").partition(" ")
    said = {"outcomes": asked.outcome, "ports": asked.port, "classes": asked.handset_class, "cities": asked.city, "codes": code[2] or code[0]}
    return urlencode({key: value for key, value in said.items() if value})


def after_of(visit: Visit) -> int:
    """Behind which id a page begins; 0 where it is the first."""
    after = visit.request.query_params.get("after", "")
    return int(after) if after.isdecimal() and len(after) < 18 else 0


def dispatch_of(visit: Visit, session: Session) -> Dispatch:
    """The dispatch that the path names.

    Raises:
        Refused: there is none.
    """
    try:
        return find_dispatch(session, int(visit.request.path_params["dispatch_id"]))
    except UsageError as error:
        raise Refused(404, "not_found") from error
