"""Complaints: the month per 10,000 who pay, what waits for an answer, a complaint entered from a reader's page, and its answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode

from sqlalchemy.orm import Session
from starlette.responses import Response

from care.complaints import causes, counting, entering
from care.complaints.entering import Said, Wanted
from care.complaints.likely import likely_cause
from care.models import Complaint
from console.confirmed import REASON_CHARS_MAX
from console.downloads import CHUNK_ROWS, csv_answer
from console.pages.readers import asked
from console.visit import Refused, Visit
from delivery.resend.copies import EditionCopy, latest_copies
from huabao.clock import SHANGHAI, business_day
from huabao.errors import UsageError
from huabao.ids import new_token
from huabao.msisdn import MSISDN
from reconciliation.stop_send.report import month_of
from subscribers.models import Reader

PAGE_ROWS = 50
COPIES_SHOWN = 6
COPIES_DAYS = 31
FILE_COLUMNS = ("id", "received", "channel", "reference", "number", "city", "service", "edition", "cause", "found_by", "repeated", "due", "answered", "answer")


def complaints(visit: Visit) -> Response:
    """The board of a month, and under it what waits."""
    wanted, now = _wanted(visit), visit.runtime.now()
    with visit.runtime.transaction(read_only=True) as session:
        found = entering.list_open(session, wanted, limit=PAGE_ROWS + 1)
        lines = found[:PAGE_ROWS]
        return visit.page(
            "complaints.html",
            month=counting.monthly(session, _month(visit), now=now, city=visit.city or ""),
            this_month=business_day(now).replace(day=1),
            lines=lines,
            whose={one.id: _whose(session, one) for one in lines},
            later=_cursor(lines[-1]) if len(found) > PAGE_ROWS else "",
            first=wanted.after is None,
            wanted=wanted,
            query=_query(wanted),
            names=causes.NAMES,
            channels=causes.CHANNEL_NAMES,
        )


def _month(visit: Visit) -> date:
    try:
        return month_of(visit.request.query_params.get("month", ""))
    except UsageError:
        return business_day(visit.runtime.now())


def _wanted(visit: Visit) -> Wanted:
    given = visit.request.query_params
    cause, channel = given.get("cause", ""), given.get("channel", "")
    after: tuple[datetime, int] | None = None
    instant, _, last = given.get("after", "").partition(".")
    if instant.isdigit() and last.isdigit() and len(instant) < 12 and len(last) < 19:
        after = (datetime.fromtimestamp(int(instant), UTC), int(last))
    return Wanted(cause if cause in causes.NAMES else "", channel if channel in causes.CHANNEL_NAMES else "", visit.city or "", given.get("repeated") == "1", after)


def _cursor(one: Complaint) -> str:
    return f"{int(one.due_at.timestamp())}.{one.id}"


def _query(wanted: Wanted) -> str:
    return urlencode({name: value for name, value in (("cause", wanted.cause), ("channel", wanted.channel), ("repeated", "1" if wanted.repeated else "")) if value})


def _whose(session: Session, one: Complaint) -> str:
    reader = session.get(Reader, one.reader_id) if one.reader_id is not None else None
    number = reader.msisdn if reader is not None else one.msisdn or ""
    return MSISDN(number).masked if number.isdigit() else ""


def complaints_file(visit: Visit) -> Response:
    """The month's complaints as a file, numbers masked."""
    month = _month(visit)
    return csv_answer(f"complaints-{month:%Y-%m}.csv", FILE_COLUMNS, _rows(visit, month))


def _rows(visit: Visit, month: date) -> Iterator[tuple[object, ...]]:
    last = 0
    while True:
        with visit.runtime.transaction(read_only=True) as session:
            some = counting.of_month(session, month, city=visit.city or "", after=last, limit=CHUNK_ROWS)
            rows = [_row(session, one) for one in some]
        yield from rows
        if len(some) < CHUNK_ROWS:
            return
        last = some[-1].id


def _row(session: Session, one: Complaint) -> tuple[object, ...]:
    received, due, closed = (None if at is None else at.astimezone(SHANGHAI).isoformat(timespec="seconds") for at in (one.received_at, one.due_at, one.closed_at))
    about = (_whose(session, one), one.city, one.service_id, one.edition_id, one.cause, one.cause_by, "yes" if one.previous_id else "")
    return (one.id, received, one.channel, one.reference, *about, due, closed, one.answer)


# --- entered from a reader's page ------------------------------------------------------------------------------------


def complain(visit: Visit) -> Response:
    """The sheet: the likely cause is chosen already."""
    return _complain_sheet(visit)


def complain_act(visit: Visit) -> Response:
    """The act, and back to the reader; two presses of one sheet enter it once."""
    now, key = visit.runtime.now(), visit.form.get("key", "")[:60]
    try:
        with visit.runtime.transaction() as session:
            reader = asked(visit, session)
            copy = next((one for one in _copies(session, reader, now) if str(one.edition_id) == visit.form.get("edition")), None)
            said = Said(
                MSISDN(reader.msisdn),
                visit.form.get("channel", ""),
                now,
                cause=visit.form.get("cause", ""),
                reference=visit.form.get("reference", "").strip()[:80] or (f"desk:{key}" if key else ""),
                text=visit.form.get("text", "").strip(),
                edition_id=None if copy is None else copy.edition_id,
            )
            entering.take(session, said, by=visit.actor, now=now)
            reader_id = reader.id
    except UsageError as error:
        return _complain_sheet(visit, problem=visit.why(error))
    return visit.go(f"/readers/{reader_id}?done=complaint")


def _copies(session: Session, reader: Reader, now: datetime) -> list[EditionCopy]:
    found = latest_copies(session, reader.id, since=business_day(now) - timedelta(days=COPIES_DAYS), limit=3 * COPIES_SHOWN)
    return list({one.edition_id: one for one in reversed(found)}.values())[::-1][:COPIES_SHOWN]


def _complain_sheet(visit: Visit, *, problem: str = "") -> Response:
    now = visit.runtime.now()
    with visit.runtime.transaction(read_only=True) as session:
        reader = asked(visit, session)
        return visit.page(
            "_complain_sheet.html" if visit.fragment else "complain_sheet.html",
            reader_id=reader.id,
            number=MSISDN(reader.msisdn).masked,
            likely=visit.form.get("cause") or likely_cause(session, reader, now=now),
            copies=_copies(session, reader, now),
            chosen=visit.form.get("edition", ""),
            channel=visit.form.get("channel", causes.HOTLINE),
            text=visit.form.get("text", ""),
            reference=visit.form.get("reference", ""),
            key=visit.form.get("key", "")[:60] or new_token(12),
            names=causes.NAMES,
            channels=causes.CHANNEL_NAMES,
            text_chars_max=entering.TEXT_CHARS_MAX,
            problem=problem,
        )


# --- answered --------------------------------------------------------------------------------------------------------


def settle_complaint(visit: Visit) -> Response:
    """The sheet with what he said and what can be answered."""
    return _answer_sheet(visit)


def settle_complaint_act(visit: Visit) -> Response:
    """The act, and back to where it was opened."""
    note = visit.form.get("reason", "").strip()[:REASON_CHARS_MAX]
    if visit.form.get("answer", "") not in causes.ANSWER_NAMES:
        return _answer_sheet(visit, problem=visit.say("complaint.answer_missing"))
    try:
        with visit.runtime.transaction() as session:
            found = _own(visit, entering.require_complaint(session, _asked_id(visit)))
            entering.answer(session, found, visit.form.get("answer", ""), note, cause=visit.form.get("cause", ""), by=visit.actor, now=visit.runtime.now())
            reader_id = found.reader_id
    except UsageError as error:
        return _answer_sheet(visit, problem=visit.why(error))
    return visit.go(f"/readers/{reader_id}?done=answered" if visit.form.get("back") == "reader" and reader_id else "/complaints")


def _asked_id(visit: Visit) -> int:
    return int(visit.request.path_params["complaint_id"])


def _own(visit: Visit, found: Complaint | None) -> Complaint:
    if found is None or (visit.city and found.city != visit.city):
        raise Refused(404, "not_found")
    return found


def _answer_sheet(visit: Visit, *, problem: str = "") -> Response:
    with visit.runtime.transaction(read_only=True) as session:
        found = _own(visit, session.get(Complaint, _asked_id(visit)))
        return visit.page(
            "_answer_sheet.html" if visit.fragment else "answer_sheet.html",
            one=found,
            number=_whose(session, found),
            back="reader" if "reader" in (visit.request.query_params.get("back"), visit.form.get("back")) else "",
            names=causes.NAMES,
            channels=causes.CHANNEL_NAMES,
            answers=causes.ANSWER_NAMES,
            chosen=visit.form.get("answer", ""),
            reason=visit.form.get("reason", ""),
            reason_chars_max=REASON_CHARS_MAX,
            problem=visit.say("complaint.gone", name=found.closed_by or "") if found.closed_at else problem,
            possible=found.closed_at is None,
        )
