"""Reports by mail: at their hour, once to each who is to have them.

A row for each report and recipient is there before anything leaves, and a message leaves only by whoever turned its row from
waiting to leaving. A message whose sender died goes again under the same Message-ID, by which a mailbox
sees that it is the same. What is not taken is tried again, later and later; what is given up is an alarm.
Who is named for a city gets that city's version and no other; whoever is named more than once gets all of his in one message.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, CursorResult, exists, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from care.models import FAILED, LEAVING, SENT, WAITING, ReportMail
from care.reports import files
from care.reports.document import Document, of_city
from care.reports.making import DAILY, MONTH, report_of
from care.reports.wording import say
from care.settings import (
    DAILY_AFTER_MIN,
    DAILY_AT,
    DAILY_CITY_TO,
    DAILY_TO,
    MONTH_AT,
    MONTH_CITY_TO,
    MONTH_TO,
    REPORT_ATTEMPTS_MAX,
    REPORT_LANGUAGE,
    cities_told,
    clock_time,
    recipients,
)
from delivery import kinds, lifecycle
from delivery.lanes import RESEND
from delivery.models import Dispatch
from delivery.sending.stages import warn
from huabao import alarms, audit, mail
from huabao.clock import SHANGHAI, business_day
from huabao.log import get_logger
from huabao.queues import Task, enqueue
from huabao.runtime import Runtime
from monitoring.channels.sending import EMAIL
from monitoring.models import AlarmRecipient

log = get_logger("reports")

CATCH_UP: Final = {DAILY: timedelta(hours=12), MONTH: timedelta(hours=72)}
"""A house that was down at the hour still mails the report so long afterwards."""

SILENT_S: Final = 900.0
"""What left so long ago and was not written down is sent again."""

PAUSE_S: Final = 60.0
PAUSE_S_MAX: Final = 3600.0

ALARM: Final = "reports.mail"
ACTOR: Final = "huabao"


BEYOND: Final = timedelta(hours=10)
"""A report of a day waits no longer for its last dispatch."""


@dataclass(frozen=True)
class Made:
    """A report ready to leave, of all or of one city."""

    document: Document
    attachments: tuple[mail.Attachment, ...]


def _mail_report(runtime: Runtime, kind: str, span: str) -> None:
    send_waiting(runtime, kind, date.fromisoformat(span))


MAIL_REPORT = Task("care.mail_report", _mail_report, queue="build", lease_s=300.0)


# --- what is due -----------------------------------------------------------------------------------------------------


def plan_mails(runtime: Runtime) -> int:
    """Write down who is to have which report by now, and have what waits sent; how many jobs that made."""
    now = runtime.now()
    with runtime.transaction() as session:
        for kind in (DAILY, MONTH):
            at, span = last_due(session, kind, now)
            if now - at <= CATCH_UP[kind] and (kind == MONTH or not waits(session, at, span, now)):
                for address, cities in _named(session, kind, now).items():
                    _keep(session, kind, span, address, cities, now)
        waiting = session.execute(select(ReportMail.kind, ReportMail.span).where(_is_due(now)).distinct()).all()
        return sum(enqueue(session, MAIL_REPORT, {"kind": kind, "span": span.isoformat()}, now=now, unique_key=f"report:{kind}:{span}") for kind, span in waiting)


def last_due(session: Session, kind: str, now: datetime) -> tuple[datetime, date]:
    """When a report of that kind was due last, and of which day (or month, by its first day)."""
    today = business_day(now)
    if kind == DAILY:
        at = datetime.combine(today, clock_time(DAILY_AT.get(session)), SHANGHAI)
        return (at, today) if at <= now else (at - timedelta(days=1), today - timedelta(days=1))
    first = today.replace(day=1)
    at = datetime.combine(first, clock_time(MONTH_AT.get(session)), SHANGHAI)
    if at > now:
        first = (first - timedelta(days=1)).replace(day=1)
        at = datetime.combine(first, at.timetz())
    return at, (first - timedelta(days=1)).replace(day=1)


def waits(session: Session, at: datetime, day: date, now: datetime) -> bool:
    """Whether the report of a day, due at `at`, waits for the day's dispatches, see `report_daily_after_min`."""
    after = timedelta(minutes=DAILY_AFTER_MIN.get(session))
    if not after or now >= at + BEYOND:
        return False
    mine = (Dispatch.day == day, Dispatch.kind.not_in(kinds.UNCOUNTED), Dispatch.lane != RESEND)
    rows = session.execute(select(Dispatch.state, Dispatch.sent_at).where(*mine)).all()
    return any(state in lifecycle.UNSENT or (sent_at is not None and now < sent_at + after) for state, sent_at in rows)


def _named(session: Session, kind: str, now: datetime) -> dict[str, list[str]]:
    """Who is to have it: by address the cities whose versions he gets, "" being that of all."""
    everybody, by_city = (DAILY_TO, DAILY_CITY_TO) if kind == DAILY else (MONTH_TO, MONTH_CITY_TO)
    found: dict[str, list[str]] = {}
    for city, to, setting in [("", recipients(everybody.get(session)), everybody), *((city, to, by_city) for city, to in cities_told(by_city.get(session)).items())]:
        for address in _addresses(session, to, setting.name, now):
            found.setdefault(address, []).append(city)
    return found


def _is_due(now: datetime) -> ColumnElement[bool]:
    """Waits and may go, or left and nobody wrote down how that went."""
    silent = (ReportMail.state == LEAVING) & (ReportMail.left_at < now - timedelta(seconds=SILENT_S))
    return or_((ReportMail.state == WAITING) & (ReportMail.due_at <= now), silent)


def _addresses(session: Session, to: tuple[str, ...], setting: str, now: datetime) -> list[str]:
    found: list[str] = []
    for one in to:
        mine = [one] if "@" in one else list(session.scalars(select(AlarmRecipient.address).where(AlarmRecipient.name == one, AlarmRecipient.channel == EMAIL)))
        if not mine and alarms.find_open(session, ALARM, one) is None:
            warn(session, ALARM, one[:120], f"{setting} names {one}, who is told of alarms by no e-mail", now=now)
        found += mine
    return list(dict.fromkeys(found))


def _keep(session: Session, kind: str, span: date, address: str, cities: list[str], now: datetime) -> None:
    same = (ReportMail.kind == kind, ReportMail.span == span, ReportMail.address == address)
    if session.scalar(select(exists().where(*same))):
        return
    try:
        with session.begin_nested():
            session.add(ReportMail(kind=kind, span=span, address=address, cities=cities, made_at=now, due_at=now))
    except IntegrityError:
        return  # another scheduler wrote it at this instant


# --- sending ---------------------------------------------------------------------------------------------------------


def send_waiting(runtime: Runtime, kind: str, span: date) -> int:
    """Send what waits of one report; how many messages left. Each city's version is made once for all."""
    made: dict[str, Made] = {}
    left = 0
    while (going := _claim(runtime, kind, span)) is not None:
        wanted = going.cities or [""]
        for city in wanted:
            if city not in made:
                made[city] = _make(runtime, kind, span, city)
        left += _send(runtime, going, [made[city] for city in wanted])
    return left


def _claim(runtime: Runtime, kind: str, span: date) -> ReportMail | None:
    """The next one, which is ours alone from now on; None where nothing waits."""
    now = runtime.now()
    with runtime.transaction() as session:
        mine = (ReportMail.kind == kind, ReportMail.span == span)
        for one in session.scalars(select(ReportMail).where(*mine, _is_due(now)).order_by(ReportMail.id)).all():
            if one.attempts >= REPORT_ATTEMPTS_MAX.get(session):
                _give_up(session, one, one.error or "whoever sent it fell silent", now)
                continue
            taken = update(ReportMail).where(ReportMail.id == one.id, ReportMail.attempts == one.attempts, _is_due(now))
            found = session.execute(taken.values(state=LEAVING, left_at=now, attempts=one.attempts + 1), execution_options={"synchronize_session": False})
            if isinstance(found, CursorResult) and found.rowcount == 1:
                session.refresh(one)
                session.expunge(one)
                return one
    return None


def _make(runtime: Runtime, kind: str, span: date, city: str) -> Made:
    with runtime.transaction(read_only=True, still=True) as session:
        document = report_of(session, kind, span, runtime.now(), REPORT_LANGUAGE.get(session), city=city)
    attachments = tuple(mail.Attachment(f"{document.name}.{suffix}", media, files.content(document, suffix)) for suffix, media in files.TYPES.items())
    return Made(document, attachments)


def _send(runtime: Runtime, going: ReportMail, made: Sequence[Made]) -> bool:
    problem, for_good = "", False
    document = made[0].document
    title = document.title if len(made) == 1 else " / ".join(one.document.title for one in made)
    subject = say(document.language, "mail_subject", title=title[:200], span=document.span)
    message_id = f"report.{going.kind}.{going.span.isoformat()}.{going.id}"
    try:
        text = "\n".join(body(one.document, runtime.config.console_url, going) for one in made)
        files_ = tuple(file for one in made for file in one.attachments)
        mail.send(runtime.config, mail.message(runtime.config, [going.address], subject, text, now=runtime.now(), message_id=message_id, attachments=files_))
    except mail.MailError as error:
        problem, for_good = str(error), error.for_good
    with runtime.transaction() as session:
        _record(session, going, problem, for_good=for_good, now=runtime.now())
    if problem:
        log.warning("a report did not leave", kind=going.kind, span=going.span.isoformat(), problem=problem, attempts=going.attempts)
    return not problem


def _record(session: Session, going: ReportMail, problem: str, *, for_good: bool, now: datetime) -> None:
    one = session.get_one(ReportMail, going.id, with_for_update=True)
    if one.state != LEAVING or one.attempts != going.attempts:
        return  # we were silent for so long that another took it
    if not problem:
        one.state, one.sent_at, one.error = SENT, now, ""
        audit.record(session, actor=ACTOR, action="report.mail", object_kind="report", object_id=f"{one.kind}:{one.span.isoformat()}", at=now, mail=one.id)
        alarms.close_alarm(session, ALARM, _about(one), at=now)
    elif for_good or one.attempts >= REPORT_ATTEMPTS_MAX.get(session):
        _give_up(session, one, problem, now)
    else:
        one.state, one.error = WAITING, problem[:300]
        one.due_at = now + timedelta(seconds=min(PAUSE_S * 2.0 ** (one.attempts - 1), PAUSE_S_MAX))


def _give_up(session: Session, one: ReportMail, problem: str, now: datetime) -> None:
    one.state, one.error = FAILED, problem[:300]
    session.flush()
    warn(session, ALARM, _about(one), f"the {one.kind} report of {one.span.isoformat()} was not mailed to {one.address}: {problem}", now=now)


def _about(one: ReportMail) -> str:
    return f"{one.kind} {one.span.isoformat()} {one.id}"


def body(document: Document, console_url: str, going: ReportMail) -> str:
    """What the message itself says: the headline figures, what keeps them from being the last word, and where to look."""
    lines = [f"{document.title} · {document.span}", "", *document.warnings, *([""] if document.warnings else [])]
    lines += [f"{figure.label}  {figure.text}  {figure.note}".rstrip() for figure in document.figures]
    lines += ["", say(document.language, "mail_files")]
    if console_url:
        path = f"days/{going.span.isoformat()}" if going.kind == DAILY else f"months/{going.span:%Y-%m}"
        lines.append(say(document.language, "mail_link", url=of_city(f"{console_url.rstrip('/')}/reports/{path}", document.city)))
    return "\n".join(lines) + "\n"
