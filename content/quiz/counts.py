"""What a quiz stands at, as documents for people and `--json`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from content.quiz.answers import is_his
from content.quiz.draws import winners
from content.quiz.models import CHANNELS, COUNTED, GIVEN_UP, OUTCOMES, OpenedQuiz, QuizAnswer, QuizDraw, QuizPlace
from content.quiz.ranking import seal
from huabao.msisdn import MSISDN

ANSWERS_SHOWN = 200


def quiz_document(session: Session, quiz: OpenedQuiz) -> dict[str, Any]:
    """A quiz with its counts and its draw; the secret of one that was not drawn stays sealed, numbers are masked."""
    return {
        "quiz_id": quiz.id,
        "item": quiz.item_key,
        "question": quiz.question,
        "choices": list(quiz.choices),
        "reply_to": quiz.reply_to,
        "keyword": quiz.keyword,
        "winners": quiz.winners,
        "opened_at": quiz.opened_at,
        "closes_at": quiz.closes_at,
        "seal": seal(quiz.secret),
        **counts(session, quiz),
        "draw": draw_document(session, quiz),
    }


def counts(session: Session, quiz: OpenedQuiz) -> dict[str, Any]:
    """How many answers came, by outcome; of those that count, by channel and by choice."""
    mine = select(QuizAnswer.outcome, QuizAnswer.channel, QuizAnswer.choice, func.count()).where(QuizAnswer.quiz_id == quiz.id)
    rows = session.execute(mine.group_by(QuizAnswer.outcome, QuizAnswer.channel, QuizAnswer.choice)).all()
    counted = [row for row in rows if row[0] == COUNTED]
    return {
        "answers": {name: sum(row[3] for row in rows if row[0] == name) for name in OUTCOMES},
        "channels": {name: sum(row[3] for row in counted if row[1] == name) for name in CHANNELS},
        "by_choice": [sum(row[3] for row in counted if row[2] == number) for number in range(1, len(quiz.choices) + 1)],
        "right": sum(row[3] for row in counted if row[2] == quiz.answer),
    }


def draw_document(session: Session, quiz: OpenedQuiz) -> dict[str, Any] | None:
    """The draw, with the winners' numbers masked; None before it."""
    made = session.get(QuizDraw, quiz.id)
    if made is None:
        return None
    return {
        "algorithm": made.algorithm,
        "seed": made.seed,
        "seed_kind": made.seed_kind,
        "pool": made.pool,
        "pool_sha256": made.pool_sha256,
        "answered": made.answered,
        "right": made.right,
        "left_out": dict(made.left_out),
        "drawn_at": made.drawn_at,
        "drawn_by": made.drawn_by,
        "reason": made.reason,
        "winners": [{"rank": one.rank, "entry": one.entry, "msisdn": masked(one.msisdn)} for one in winners(session, quiz)],
        "given_up": [{"rank": place.rank, "entry": place.entry, "reason": place.reason, "by": place.changed_by} for place in _given_up(session, quiz)],
    }


def _given_up(session: Session, quiz: OpenedQuiz) -> list[QuizPlace]:
    return list(session.scalars(select(QuizPlace).where(QuizPlace.quiz_id == quiz.id, QuizPlace.state == GIVEN_UP).order_by(QuizPlace.rank)))


def proof_document(session: Session, quiz: OpenedQuiz) -> dict[str, Any] | None:
    """All that anybody needs to do the draw over, and no telephone number; None before the draw."""
    made = session.get(QuizDraw, quiz.id)
    if made is None:
        return None
    places = session.execute(select(QuizPlace.entry, QuizPlace.state).where(QuizPlace.quiz_id == quiz.id).order_by(QuizPlace.rank)).all()
    return {
        "quiz_id": quiz.id,
        "question": quiz.question,
        "closes_at": quiz.closes_at,
        "algorithm": made.algorithm,
        "seal": seal(quiz.secret),
        "seed": made.seed,
        "seed_kind": made.seed_kind,
        "pool_sha256": made.pool_sha256,
        "prizes": made.winners,
        "order": [row.entry for row in places],
        "won": [row.entry for row in places if row.state == "won"],
    }


def answers_of(session: Session, quiz: OpenedQuiz, msisdn: str, at: datetime) -> list[dict[str, Any]]:
    """The answers of whoever has a number at `at`, oldest first."""
    mine = select(QuizAnswer).where(QuizAnswer.quiz_id == quiz.id, is_his(session, msisdn, at)).order_by(QuizAnswer.id).limit(ANSWERS_SHOWN)
    return [
        {"entry": one.id, "choice": one.choice, "channel": one.channel, "outcome": one.outcome, "text": one.text, "received_at": one.received_at} for one in session.scalars(mine)
    ]


def masked(msisdn: str | None) -> str:
    """A number as people of the house see it."""
    return "forgotten" if msisdn is None else MSISDN(msisdn).masked
