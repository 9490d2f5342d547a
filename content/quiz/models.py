"""Tables of quizzes, of what readers answered, and of the draws."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from huabao.db import Base, BigKey, Document

CHANNELS = ("sms", "mms", "wap")

COUNTED, AGAIN, REPLACED, LATE, UNREADABLE = "counted", "again", "replaced", "late", "unreadable"
OUTCOMES = (COUNTED, AGAIN, REPLACED, LATE, UNREADABLE)
"""What became of an answer: it counts; he had answered before; a later one of his took its place; after the close; no choice found in it."""

WON, STANDBY, GIVEN_UP = "won", "standby", "given-up"
"""Of a place in a draw: a winner; next in order; who had won and was replaced, or was passed over, with the reason."""

_OF_READER = text("outcome = 'counted' AND reader_id IS NOT NULL")
_OF_NOBODY = text("outcome = 'counted' AND reader_id IS NULL")


class OpenedQuiz(Base):
    """A quiz that readers may answer, as it stood in the version that was approved or sent last.

    Attributes:
        item_key: of its article.
        keyword: folded as answers are, see `content.quiz.reading`.
        answer: the right choice, from 1.
        secret: random, made when it opened, before anybody answered; the seed of its draw unless a person names another.
    """

    __tablename__ = "quizzes"
    __table_args__ = (UniqueConstraint("edition_id", "item_key"), Index("ix_quizzes_number", "reply_to", "closes_at"))

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id"))
    edition_version_id: Mapped[int] = mapped_column(BigKey)
    item_key: Mapped[str] = mapped_column(String(200))
    question: Mapped[str] = mapped_column(Text)
    choices: Mapped[list[Any]] = mapped_column(Document)
    answer: Mapped[int]
    reply_to: Mapped[str] = mapped_column(String(40))
    keyword: Mapped[str] = mapped_column(String(40))
    winners: Mapped[int]
    opened_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    secret: Mapped[str] = mapped_column(String(64))


class QuizAnswer(Base):
    """One answer as it came; its id is the number that the reader draws with.

    Attributes:
        msisdn: 11 digits, as he had it then; None once the person was forgotten after a draw.
        reader_id: whose number it was then; None where it was no reader's.
        choice: from 1; None where nobody could read it.
        text: what he wrote, where he wrote.
        received_at: when it reached us, which is what the close is held against.
    """

    __tablename__ = "quiz_answers"
    __table_args__ = (
        Index("uq_quiz_answers_counted", "quiz_id", "reader_id", unique=True, sqlite_where=_OF_READER, postgresql_where=_OF_READER),
        Index("uq_quiz_answers_counted_nobody", "quiz_id", "msisdn", unique=True, sqlite_where=_OF_NOBODY, postgresql_where=_OF_NOBODY),
        Index("ix_quiz_answers_reader", "reader_id", "quiz_id"),
        Index("ix_quiz_answers_msisdn", "msisdn", "quiz_id"),
        Index("ix_quiz_answers_quiz", "quiz_id", "outcome"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    quiz_id: Mapped[int] = mapped_column(ForeignKey("quizzes.id"))
    msisdn: Mapped[str | None] = mapped_column(String(11))
    reader_id: Mapped[int | None] = mapped_column(BigInteger)
    choice: Mapped[int | None]
    channel: Mapped[str] = mapped_column(String(10))
    outcome: Mapped[str] = mapped_column(String(12))
    text: Mapped[str] = mapped_column(String(80), default="")
    received_at: Mapped[datetime]


class QuizDraw(Base):
    """The one draw of a quiz, with all that is needed to do it over.

    Attributes:
        seed_kind: `sealed` (the quiz's own secret) or `named` by a person.
        pool_sha256: of the numbers that took part, ascending, one a line.
        answered: readers whose answer counted; of these `right` were right, and `pool` took part.
        left_out: why the other right ones did not, by reason.
    """

    __tablename__ = "quiz_draws"

    quiz_id: Mapped[int] = mapped_column(ForeignKey("quizzes.id"), primary_key=True, autoincrement=False)
    algorithm: Mapped[str] = mapped_column(String(40))
    seed: Mapped[str] = mapped_column(String(200))
    seed_kind: Mapped[str] = mapped_column(String(10))
    pool_sha256: Mapped[str] = mapped_column(String(64))
    answered: Mapped[int]
    right: Mapped[int]
    pool: Mapped[int]
    left_out: Mapped[dict[str, Any]] = mapped_column(Document)
    winners: Mapped[int]
    drawn_at: Mapped[datetime]
    drawn_by: Mapped[str] = mapped_column(String(80))
    reason: Mapped[str] = mapped_column(Text)


class QuizPlace(Base):
    """Where a number of the pool came in a draw; every number has one.

    Attributes:
        rank: from 1.
        entry: the answer's id.
        state: won, standby or given-up.
    """

    __tablename__ = "quiz_places"
    __table_args__ = (UniqueConstraint("quiz_id", "entry"),)

    quiz_id: Mapped[int] = mapped_column(ForeignKey("quiz_draws.quiz_id"), primary_key=True, autoincrement=False)
    rank: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entry: Mapped[int] = mapped_column(BigKey)
    state: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(200), default="")
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(String(80))
