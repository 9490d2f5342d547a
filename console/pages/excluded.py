"""The list behind a count of exclusions: readers of the audience who get nothing, by reason; masked, fifty at a time, and as a file.

An account of one city is shown its city's readers; a file is in the audit trail.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

from starlette.responses import Response

from console.downloads import csv_answer
from console.pages.reached import VALUE_CHARS_MAX, after_of, dispatch_of
from console.rendering import named
from console.visit import Visit
from delivery.lifecycle import find_dispatch
from huabao import audit
from monitoring.excluded import all_excluded, excluded
from monitoring.reached import PAGE_LENGTH


def dispatch_excluded(visit: Visit) -> Response:
    """One page of them."""
    reason, begin = _reason(visit), after_of(visit)
    with visit.runtime.transaction(read_only=True) as session:
        dispatch = dispatch_of(visit, session)
        lines = excluded(session, dispatch, reason, city=visit.city, after=begin, limit=PAGE_LENGTH + 1)
    shown = lines[:PAGE_LENGTH]
    asked = {} if reason is None else {"reason": reason}
    further = urlencode({**asked, "after": shown[-1].reader_id}) if len(lines) > PAGE_LENGTH else ""
    return visit.page(
        "dispatch_excluded.html", dispatch=dispatch, lines=shown, reason=reason, query=urlencode(asked), further=further, begun=begin > 0, may_open=visit.may("reader")
    )  # fmt: skip


def dispatch_excluded_file(visit: Visit) -> Response:
    """All of them as a CSV file."""
    reason = _reason(visit)
    with visit.runtime.transaction() as session:
        dispatch_id = dispatch_of(visit, session).id
        audit.record(session, actor=visit.actor, action="dispatch.excluded", object_kind="dispatch", object_id=dispatch_id, at=visit.runtime.now(), reason=reason or "")
    header = [visit.say(name) for name in ("reached.number", "reached.city", "reached.handset_class", "dispatch.reason")]
    return csv_answer(f"dispatch-{dispatch_id}-excluded.csv", header, _rows(visit, dispatch_id, reason))


def _rows(visit: Visit, dispatch_id: int, reason: str | None) -> Iterator[list[str]]:
    with visit.runtime.transaction(read_only=True) as session:
        for one in all_excluded(session, find_dispatch(session, dispatch_id), reason, city=visit.city):
            yield [one.number, one.city, one.handset_class, named(visit.language, "reason", one.reason)]


def _reason(visit: Visit) -> str | None:
    asked = visit.request.query_params.get("reason")
    return None if asked is None else asked[:VALUE_CHARS_MAX].replace("\x00", "\ufffd")
