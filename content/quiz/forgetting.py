"""What becomes of a person's answers when the person is forgotten."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from content.quiz.models import QuizAnswer, QuizDraw


def forget_number(session: Session, msisdn: str) -> Mapping[str, int]:
    """Remove a number from every quiz; how many rows, by table.

    An answer to a quiz that was drawn keeps its number in the draw, so that the draw can
    still be done over, and nothing that leads to the person; any other goes.
    """
    drawn = QuizAnswer.quiz_id.in_(select(QuizDraw.quiz_id))
    nameless = session.execute(update(QuizAnswer).where(QuizAnswer.msisdn == msisdn, drawn).values(msisdn=None, text=""))
    gone = session.execute(delete(QuizAnswer).where(QuizAnswer.msisdn == msisdn))
    return {QuizAnswer.__tablename__: int(nameless.rowcount) + int(gone.rowcount)}  # type: ignore[attr-defined]  # a cursor's result
