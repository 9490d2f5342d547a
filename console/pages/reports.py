"""Reports: the days and months that can be read, each as a page and as a file; a file that was taken stands in the audit trail."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy.orm import Session
from starlette.responses import Response

from care.reports import files
from care.reports.document import Document, of_city, percent, shown
from care.reports.lists import day_lines, month_lines
from care.reports.making import DAILY, EARLIEST, EDITION, MONTH, day_report, edition_report, month_report
from care.settings import DAILY_AT, DAILY_CITY_TO, DAILY_TO, MONTH_AT, MONTH_CITY_TO, MONTH_TO, cities_told, recipients
from console.downloads import attached
from console.visit import Refused, Visit
from content.models import Edition
from huabao import audit
from huabao.clock import business_day
from huabao.errors import UsageError
from huabao.settings import Setting
from monitoring.cities import cities_known
from monitoring.kept import Kept
from reconciliation.stop_send.report import month_of

DAYS_SHOWN = 14
DAYS_BACK = 800
MONTHS_SHOWN = 24
WAIT_S = 30.0
CITY_CHARS_MAX = 40

_laying_out = threading.BoundedSemaphore(1)
"""A PDF takes a second or two of one core: one at a time, so that pages are not held up."""

_months: Kept[Document] = Kept(60.0)

Make = Callable[[Session, datetime, str], Document]


def reports(visit: Visit) -> Response:
    """The last days, a fortnight at a time."""
    today = business_day(visit.runtime.now())
    until = _until(visit, today)
    city = _city(visit)
    with visit.runtime.transaction(read_only=True) as session:
        lines = day_lines(session, until, DAYS_SHOWN, city=city)
        mailed = {"at": DAILY_AT.get(session), "to": _told(session, DAILY_TO, DAILY_CITY_TO, city)}
        known = _choices(visit, session)
    older = (until - timedelta(days=DAYS_SHOWN)).isoformat() if (today - until).days < DAYS_BACK else ""
    return visit.page("reports.html", lines=lines, today=today, older=older, first=until == today, mailed=mailed, percent=percent, **known)


def report_months(visit: Visit) -> Response:
    """The last two years by month."""
    city = _city(visit)
    with visit.runtime.transaction(read_only=True) as session:
        lines = month_lines(session, business_day(visit.runtime.now()), MONTHS_SHOWN, city=city)
        mailed = {"at": MONTH_AT.get(session), "to": _told(session, MONTH_TO, MONTH_CITY_TO, city)}
        known = _choices(visit, session)
    return visit.page("report_months.html", lines=lines, this=business_day(visit.runtime.now()).replace(day=1), mailed=mailed, **known)


def report_day(visit: Visit) -> Response:
    """A day's report as a page."""
    return _page(visit, DAILY, _day_of(visit))


def report_day_file(visit: Visit) -> Response:
    """The same as a file."""
    return _file(visit, DAILY, _day_of(visit))


def report_month(visit: Visit) -> Response:
    """A month's report as a page, at most a minute old: it reads what differs and who is stopped, and says its instant."""
    make = _month_of(visit)
    key = (visit.request.path_params["month"], _city(visit), visit.language)
    return _page(visit, MONTH, lambda session, now, language: _months.get(session, key, now, lambda own: make(own, now, language)))


def report_month_file(visit: Visit) -> Response:
    """The same as a file."""
    return _file(visit, MONTH, _month_of(visit))


def report_edition(visit: Visit) -> Response:
    """An edition's report as a page."""
    return _page(visit, EDITION, _edition_of(visit))


def report_edition_file(visit: Visit) -> Response:
    """The same as a file."""
    return _file(visit, EDITION, _edition_of(visit))


def _city(visit: Visit) -> str:
    """Whose version is asked for: an account's own city, or the one that an account of all names; "" for all."""
    return visit.city or (visit.request.query_params.get("city", "")[:CITY_CHARS_MAX].replace("\x00", "") if visit.cities == ("",) else "")


def _choices(visit: Visit, session: Session) -> dict[str, Any]:
    """The cities to choose from: all for an account of all, those of his rights for another; what leads to the same in the same city."""
    known = cities_known(session) if visit.cities == ("",) else list(visit.cities)
    return {"city": _city(visit), "cities": known, "whole": visit.cities == ("",), "of_city": partial(of_city, city=_city(visit))}


def _told(session: Session, everybody: Setting[str], by_city: Setting[str], city: str) -> int:
    return len(cities_told(by_city.get(session)).get(city, ())) if city else len(recipients(everybody.get(session)))


def _until(visit: Visit, today: date) -> date:
    try:
        return max(EARLIEST, min(today, date.fromisoformat(visit.request.query_params.get("until", ""))))
    except ValueError:
        return today


def _day_of(visit: Visit) -> Make:
    try:
        day = date.fromisoformat(visit.request.path_params["day"])
    except ValueError as error:
        raise Refused(404, "not_found") from error
    return lambda session, now, language: day_report(session, day, now, language, city=_city(visit))


def _month_of(visit: Visit) -> Make:
    try:
        month = month_of(visit.request.path_params["month"])
    except UsageError as error:
        raise Refused(404, "not_found") from error
    return lambda session, now, language: month_report(session, month, now, language, city=_city(visit))


def _edition_of(visit: Visit) -> Make:
    edition_id = int(visit.request.path_params["edition_id"])

    def make(session: Session, now: datetime, language: str) -> Document:
        edition = session.get(Edition, edition_id) if edition_id < 2**63 else None
        if edition is None:
            raise UsageError("there is no such edition")
        return edition_report(session, edition, now, language, city=_city(visit))

    return make


def _made(visit: Visit, make: Make) -> Document:
    try:
        with visit.runtime.transaction(read_only=True, still=True) as session:
            return make(session, visit.runtime.now(), visit.language)
    except UsageError as error:
        raise Refused(404, "not_found") from error


def _page(visit: Visit, kind: str, make: Make) -> Response:
    document = _made(visit, make)
    with visit.runtime.transaction(read_only=True) as session:
        known = _choices(visit, session)
    return visit.page("report.html", document=document, kind=kind, path=visit.request.url.path.rstrip("/"), shown=shown, **known)


def _file(visit: Visit, kind: str, make: Make) -> Response:
    name, _, suffix = visit.request.path_params["file"].partition(".")
    if name != "report" or suffix not in files.TYPES:
        raise Refused(404, "not_found")
    document = _made(visit, make)
    if not _laying_out.acquire(timeout=WAIT_S):
        raise Refused(503, "busy_report")
    try:
        content = files.content(document, suffix)
    finally:
        _laying_out.release()
    with visit.runtime.transaction() as session:
        audit.record(session, actor=visit.actor, action="report.download", object_kind="report", object_id=document.name, at=visit.runtime.now(), kind=kind, form=suffix)
    headers = {"Content-Disposition": attached(f"{document.name}.{suffix}"), "Cache-Control": "no-store"}
    return Response(content, media_type=files.TYPES[suffix], headers=headers)
