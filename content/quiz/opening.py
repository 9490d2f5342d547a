"""A quiz opens with its edition: once the edition is approved, or leaves without an approval, its numbers and words are readers'."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
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
    wanted = list(quizzes_of(Manuscript.from_document(version.manuscript)))
    found = _open_already(session, edition.id, wanted)
    _free_keys(session, wanted, found)
    for key, quiz in wanted:
        values = _values(key, quiz) | {"edition_version_id": version.id}
        if key not in found:
            session.add(OpenedQuiz(edition_id=edition.id, opened_at=at, secret=secrets.token_hex(SECRET_BYTES), **values))
            audit.record(session, actor=by, action="quiz.open", object_kind="edition", object_id=edition.id, at=at, item=key, closes_at=quiz.closes_at.isoformat())
        elif session.get(QuizDraw, found[key].id) is None:  # what was drawn stays what it was
            _change(session, found[key], values, by=by, at=at)
    session.flush()


def _open_already(session: Session, edition_id: int, wanted: Sequence[tuple[str, Quiz]]) -> dict[str, OpenedQuiz]:
    """The edition's open quizzes by the places that they have now: known by their number and keyword, else by their place."""
    left = list(session.scalars(select(OpenedQuiz).where(OpenedQuiz.edition_id == edition_id)))
    found: dict[str, OpenedQuiz] = {}
    for same in (_same_words, _same_place):
        for key, quiz in wanted:
            one = None if key in found else next((one for one in left if same(one, key, quiz)), None)
            if one is not None:
                found[key] = one
                left.remove(one)
    return found


def _same_words(one: OpenedQuiz, _key: str, quiz: Quiz) -> bool:
    return (one.reply_to, one.keyword) == (number_of(quiz.reply_to), folded(quiz.keyword))


def _same_place(one: OpenedQuiz, key: str, _quiz: Quiz) -> bool:
    return one.item_key == key


def _free_keys(session: Session, wanted: Sequence[tuple[str, Quiz]], found: Mapping[str, OpenedQuiz]) -> None:
    """Two quizzes may have changed places: neither stands in the other's way."""
    for key, _ in wanted:
        if key in found and found[key].item_key != key:
            found[key].item_key = f"moving:{found[key].id}"
    session.flush()


def _change(session: Session, one: OpenedQuiz, values: Mapping[str, object], *, by: str, at: datetime) -> None:
    changed = sorted(name for name, value in values.items() if name != "edition_version_id" and getattr(one, name) != value)
    for name, value in values.items():
        setattr(one, name, value)
    if changed:
        audit.record(session, actor=by, action="quiz.change", object_kind="edition", object_id=one.edition_id, at=at, item=one.item_key, changed=changed)


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
