"""What becomes of a person's answers when the person is forgotten."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import and_, delete, or_, select, update
from sqlalchemy.orm import Session

from content.quiz.models import QuizAnswer, QuizDraw
from subscribers.models import Reader


def forget_number(session: Session, msisdn: str) -> Mapping[str, int]:
    """Remove a number from every quiz; how many rows, by table.

    An answer to a quiz that was drawn keeps its number in the draw, so that the draw can
    still be done over, and nothing that leads to the person; any other goes.
    """
    drawn = QuizAnswer.quiz_id.in_(select(QuizDraw.quiz_id))
    reader_id = session.scalar(select(Reader.id).where(Reader.msisdn == msisdn))
    his = and_(QuizAnswer.reader_id.is_(None), QuizAnswer.msisdn == msisdn)
    his = his if reader_id is None else or_(his, QuizAnswer.reader_id == reader_id)
    quiet = {"synchronize_session": False}
    nameless = session.execute(update(QuizAnswer).where(his, drawn).values(msisdn=None, reader_id=None, text=""), execution_options=quiet)
    gone = session.execute(delete(QuizAnswer).where(his, QuizAnswer.msisdn.is_not(None)), execution_options=quiet)
    return {QuizAnswer.__tablename__: int(nameless.rowcount) + int(gone.rowcount)}  # type: ignore[attr-defined]  # a cursor's result
