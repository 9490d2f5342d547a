"""A report asked for by its kind and what it is about."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from care.reports.daily import gather_day
from care.reports.daily_pages import day_document
from care.reports.document import Document
from care.reports.edition import gather_edition
from care.reports.edition_pages import edition_document
from care.reports.month_pages import month_document
from care.reports.monthly import gather_month
from content.models import Edition
from huabao.clock import business_day
from huabao.errors import UsageError

DAILY, EDITION, MONTH = "daily", "edition", "month"
EARLIEST = date(2000, 1, 1)
"""No paper by MMS was there before."""


def day_report(session: Session, day: date, now: datetime, language: str, *, city: str = "") -> Document:
    """The report of a day; of readers of one city, where one is named.

    Raises:
        UsageError: the day has not come.
    """
    _check(day)
    if day > business_day(now):
        raise UsageError(f"{day.isoformat()} has not come; the last day that can be reported is {business_day(now).isoformat()}")
    return day_document(gather_day(session, day, now, city=city), language)


def month_report(session: Session, month: date, now: datetime, language: str, *, city: str = "") -> Document:
    """The report of the month that `month` lies in; of readers of one city, where one is named.

    Raises:
        UsageError: the month has not come.
    """
    _check(month)
    if month.replace(day=1) > business_day(now):
        raise UsageError(f"{month:%Y-%m} has not come; the last month that can be reported is {business_day(now):%Y-%m}")
    return month_document(gather_month(session, month, now, city=city), language)


def _check(day: date) -> None:
    if day < EARLIEST:
        raise UsageError(f"{day.isoformat()} lies too far back; reports begin in {EARLIEST.year}")


def edition_report(session: Session, edition: Edition, now: datetime, language: str, *, city: str = "") -> Document:
    """The report of an edition; of readers of one city, where one is named.

    Raises:
        UsageError: it has no version.
    """
    return edition_document(gather_edition(session, edition, now, city=city), language)


def report_of(session: Session, kind: str, span: date, now: datetime, language: str, *, city: str = "") -> Document:
    """A report that is mailed: of a day, or of the month that begins with it."""
    return (day_report if kind == DAILY else month_report)(session, span, now, language, city=city)
