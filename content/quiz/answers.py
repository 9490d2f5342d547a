"""Readers' answers: which quiz a text is meant for, whether it counts, and what the reader is told.

Every answer is a row that is only added; of a reader's answers to a quiz one counts,
which the database itself holds to. The close is held against the instant at which
the answer reached us: every channel has it, nobody outside can set it, and it is
written down before the peer hears that we took the message.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from content.models import Edition
from content.quiz import settings
from content.quiz.models import AGAIN, COUNTED, LATE, REPLACED, UNREADABLE, OpenedQuiz, QuizAnswer, QuizDraw
from content.quiz.reading import number_of, read_bare, read_text
from content.workflow.lifecycle import KILLED
from huabao.errors import UsageError
from huabao.settings import Setting
from subscribers.orders.as_of import number_since, reader_at

REPEATED, TOO_MANY = "repeated", "too-many"
"""The same message once more (a page shows its reply again, a text gets no second one), and one beyond the limit: nothing is written."""

STOPPED = "stopped"
"""The edition was killed: nothing is written."""

REPEATED_S = 600.0
"""A message of the same words that comes again within this is the network's repetition."""

_REPLIES: dict[str, Setting[str]] = {
    COUNTED: settings.REPLY_COUNTED,
    AGAIN: settings.REPLY_AGAIN,
    REPLACED: settings.REPLY_REPLACED,
    LATE: settings.REPLY_LATE,
    UNREADABLE: settings.REPLY_UNREADABLE,
}
_SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class Answered:
    """What became of an answer.

    Attributes:
        outcome: `counted`, `again`, `replaced` (it took the place of his earlier one), `late`, `unreadable`, `repeated`, `too-many` or
            `stopped` (its edition was killed).
        reply: what the reader is told, in Chinese; "" for nothing.
        answer_id: of its row; 0 where none was written.
        entry: the number that he draws with, or None.
    """

    outcome: str
    reply: str = ""
    answer_id: int = 0
    entry: int | None = None


def answer(session: Session, quiz: OpenedQuiz, msisdn: str, choice: int | None, *, channel: str, at: datetime, text: str = "") -> Answered:
    """Take a reader's answer.

    Args:
        msisdn: 11 digits.
        choice: from 1; None where his text names none.
        channel: `sms`, `mms` or `wap`.
        at: when it reached us.
        text: what he wrote, where he wrote.

    Raises:
        UsageError: there is no such choice.
    """
    if choice is not None and not 1 <= choice <= len(quiz.choices):
        raise UsageError(f"the quiz has the choices 1 to {len(quiz.choices)}, not {choice}")
    if session.get_one(Edition, quiz.edition_id).state == KILLED:
        return Answered(STOPPED, settings.REPLY_STOPPED.get(session))
    said = "".join(character for character in text if character.isprintable())[:80]
    reader_id = reader_at(session, msisdn, at)
    mine = select(QuizAnswer).where(QuizAnswer.quiz_id == quiz.id, is_his(session, msisdn, at))
    last = session.scalar(mine.order_by(QuizAnswer.id.desc()).limit(1))
    if last is not None and (last.choice, last.text, last.channel) == (choice, said, channel) and abs((at - last.received_at).total_seconds()) <= REPEATED_S:
        counts = session.get(QuizAnswer, _counted(session, quiz, msisdn, at) or 0)
        return replace(_told(session, quiz, last, last.outcome, counts), outcome=REPEATED, answer_id=0)
    if last is not None and (session.scalar(select(func.count()).select_from(mine.subquery())) or 0) >= settings.ANSWERS_MAX.get(session):
        return Answered(TOO_MANY, entry=_counted(session, quiz, msisdn, at))
    row = QuizAnswer(quiz_id=quiz.id, msisdn=msisdn, reader_id=reader_id, choice=choice, channel=channel, text=said, received_at=at, outcome="")
    return _settled(session, quiz, row)


def _settled(session: Session, quiz: OpenedQuiz, row: QuizAnswer) -> Answered:
    """Write an answer down with its outcome."""
    closes_at = quiz.closes_at + timedelta(seconds=settings.GRACE_S.get(session))
    if row.received_at >= closes_at or session.get(QuizDraw, quiz.id) is not None:
        return _written(session, quiz, row, LATE)
    if row.choice is None:
        return _written(session, quiz, row, UNREADABLE)
    assert row.msisdn is not None, "it was written with its number"
    his = is_his(session, row.msisdn, row.received_at)
    before = session.scalar(select(QuizAnswer).where(QuizAnswer.quiz_id == quiz.id, his, QuizAnswer.outcome == COUNTED).with_for_update())
    if before is not None and (settings.WHICH_COUNTS.get(session) == "first" or before.choice == row.choice):
        return _written(session, quiz, row, AGAIN, before)
    try:
        with session.begin_nested():
            if before is not None:
                before.outcome = REPLACED
                session.flush()
            row.outcome = COUNTED
            session.add(row)
            session.flush()
    except IntegrityError:  # two of his answers came at one instant, and the other was first
        again = QuizAnswer(quiz_id=quiz.id, msisdn=row.msisdn, reader_id=row.reader_id, choice=row.choice, channel=row.channel, text=row.text, received_at=row.received_at)
        return _written(session, quiz, again, AGAIN, session.get(QuizAnswer, _counted(session, quiz, row.msisdn, row.received_at)))
    return _told(session, quiz, row, COUNTED if before is None else REPLACED, row)


def _written(session: Session, quiz: OpenedQuiz, row: QuizAnswer, outcome: str, counts: QuizAnswer | None = None) -> Answered:
    row.outcome = outcome
    session.add(row)
    session.flush()
    return _told(session, quiz, row, outcome, counts)


def _told(session: Session, quiz: OpenedQuiz, row: QuizAnswer, outcome: str, counts: QuizAnswer | None) -> Answered:
    words = {
        "choice": "" if counts is None else str(counts.choice),
        "entry": "" if counts is None else str(counts.id),
        "closes": closing_text(quiz.closes_at),
        "keyword": quiz.keyword.upper(),
        "number": quiz.reply_to,
    }
    reply = _REPLIES[outcome].get(session)
    for name, value in words.items():
        reply = reply.replace("{" + name + "}", value)
    return Answered(outcome, reply.strip(), row.id, None if counts is None else counts.id)


def closing_text(at: datetime) -> str:
    """The close as a reader is told: the end of a day is 24时 of that day, not 0时 of the next."""
    local = at.astimezone(_SHANGHAI)
    if (local.hour, local.minute, local.second) == (0, 0, 0):
        day = local - timedelta(days=1)
        return f"{day.month}月{day.day}日24时"
    return f"{local.month}月{local.day}日{local.hour}时" + (f"{local.minute:02d}分" if local.minute else "")


def _counted(session: Session, quiz: OpenedQuiz, msisdn: str, at: datetime) -> int | None:
    return session.scalar(select(QuizAnswer.id).where(QuizAnswer.quiz_id == quiz.id, is_his(session, msisdn, at), QuizAnswer.outcome == COUNTED))


def is_his(session: Session, msisdn: str, at: datetime) -> ColumnElement[bool]:
    """The answers of whoever has a number at `at`: his own under any number, and those that came of it before he was a reader, but after it was another's."""
    unnamed = and_(QuizAnswer.reader_id.is_(None), QuizAnswer.msisdn == msisdn)
    begins = number_since(session, msisdn, at)
    if begins is not None:
        unnamed = and_(unnamed, QuizAnswer.received_at >= begins)
    reader_id = reader_at(session, msisdn, at)
    return unnamed if reader_id is None else or_(QuizAnswer.reader_id == reader_id, unnamed)


def take_text(session: Session, msisdn: str, recipient: str, text: str, *, channel: str, at: datetime) -> Answered | None:
    """Take a reader's text as an answer; None where it is meant for no quiz."""
    found = quizzes_at(session, recipient, at)
    order = sorted(found, key=lambda one: (at >= one.closes_at, -len(one.keyword), -one.opened_at.timestamp(), -one.id))
    readings = [(quiz, reading) for quiz in order if (reading := read_text(text, quiz.keyword, quiz.choices)) is not None]
    if readings:
        quiz, reading = min(readings, key=lambda one: one[1].choice is None)  # who named a choice meant that quiz
        return answer(session, quiz, msisdn, reading.choice, channel=channel, at=at, text=text)
    still_open = [one for one in found if at < one.closes_at]
    if len(still_open) == 1 and settings.BARE_ANSWERS.get(session):
        choice = read_bare(text, still_open[0].choices)
        if choice is not None:
            return answer(session, still_open[0], msisdn, choice, channel=channel, at=at, text=text)
    return None


def quizzes_at(session: Session, recipient: str, at: datetime) -> Sequence[OpenedQuiz]:
    """The quizzes that a text to this number may be meant for, those that closed lately too; not those of a killed edition."""
    since = at - timedelta(days=settings.LATE_DAYS.get(session))
    wanted = select(OpenedQuiz).join(Edition, Edition.id == OpenedQuiz.edition_id).where(Edition.state != KILLED)
    return session.scalars(wanted.where(OpenedQuiz.reply_to == number_of(recipient), OpenedQuiz.closes_at > since)).all()


def quizzes_of_edition(session: Session, edition_id: int) -> Sequence[OpenedQuiz]:
    """The quizzes of an edition that readers may answer or could, in order."""
    return session.scalars(select(OpenedQuiz).where(OpenedQuiz.edition_id == edition_id).order_by(OpenedQuiz.id)).all()


def may_answer(session: Session, quiz: OpenedQuiz, at: datetime) -> bool:
    """Whether an answer that came now would count for somebody."""
    alive = session.get_one(Edition, quiz.edition_id).state != KILLED
    return alive and at < quiz.closes_at + timedelta(seconds=settings.GRACE_S.get(session)) and session.get(QuizDraw, quiz.id) is None
