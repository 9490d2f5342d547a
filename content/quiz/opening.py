"""A quiz opens with its edition: once the edition is approved, or leaves without an approval, its numbers and words are readers'."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from content.manuscript import Manuscript, Quiz
from content.models import Edition, EditionVersion
from content.quiz.models import OpenedQuiz, QuizDraw
from content.quiz.reading import folded, number_of
from huabao import audit

SECRET_BYTES = 32


def quizzes_of(manuscript: Manuscript) -> Iterator[tuple[str, Quiz]]:
    """The quizzes of an edition with the keys of their items, in order."""
    for item in manuscript.items:
        if item.article is not None and item.article.quiz is not None:
            yield item.key, item.article.quiz


def open_quizzes(session: Session, edition: Edition, *, by: str, at: datetime) -> None:
    """Open the quizzes of the edition's current version; one that is open takes the new version's words and keeps its answers."""
    version = session.get(EditionVersion, edition.current_version_id or 0)
    if version is None:
        return
    for key, quiz in quizzes_of(Manuscript.from_document(version.manuscript)):
        found = _open_one(session, edition.id, key, quiz)
        values = _values(key, quiz) | {"edition_version_id": version.id}
        if found is None:
            session.add(OpenedQuiz(edition_id=edition.id, opened_at=at, secret=secrets.token_hex(SECRET_BYTES), **values))
            audit.record(session, actor=by, action="quiz.open", object_kind="edition", object_id=edition.id, at=at, item=key, closes_at=quiz.closes_at.isoformat())
            continue
        if session.get(QuizDraw, found.id) is not None:
            continue  # what was drawn stays what it was
        changed = sorted(name for name, value in values.items() if name != "edition_version_id" and getattr(found, name) != value)
        for name, value in values.items():
            setattr(found, name, value)
        if changed:
            audit.record(session, actor=by, action="quiz.change", object_kind="edition", object_id=edition.id, at=at, item=key, changed=changed)
    session.flush()


def _open_one(session: Session, edition_id: int, key: str, quiz: Quiz) -> OpenedQuiz | None:
    """The edition's open quiz at this place, or else the one with its keyword, whose file was renamed."""
    found = list(session.scalars(select(OpenedQuiz).where(OpenedQuiz.edition_id == edition_id)))
    same_words = (one for one in found if (one.reply_to, one.keyword) == (number_of(quiz.reply_to), folded(quiz.keyword)))
    return next((one for one in found if one.item_key == key), None) or next(same_words, None)


def _values(key: str, quiz: Quiz) -> dict[str, object]:
    return {
        "item_key": key,
        "question": quiz.question,
        "choices": list(quiz.choices),
        "answer": quiz.answer,
        "reply_to": number_of(quiz.reply_to),
        "keyword": folded(quiz.keyword)[:40],
        "winners": quiz.winners,
        "closes_at": quiz.closes_at,
    }
