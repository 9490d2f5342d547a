"""A magazine with a quiz, opened for its readers."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from content.manuscript import Article, Item, Manuscript, Quiz, Section
from content.models import Edition, EditionVersion, Publication
from content.quiz.models import OpenedQuiz, QuizAnswer
from content.workflow import lifecycle
from content.workflow.lifecycle import Act
from subscribers.models import Reader

OPENED = datetime(2009, 8, 1, 1, 0, tzinfo=UTC)
CLOSES = datetime(2009, 8, 24, 16, 0, tzinfo=UTC)
"""2009-08-24T24:00 in Shanghai."""

SECOND = timedelta(seconds=1)
NUMBER = "10658666"


def quiz_of(keyword: str = "DA", *, closes_at: datetime = CLOSES, winners: int = 2, answer: int = 1) -> Quiz:
    return Quiz("作者是谁？", ("鲁迅", "巴金", "老舍"), answer, NUMBER, keyword, closes_at, winners)


def magazine(session: Session, *quizzes: Quiz, slug: str = "huikan") -> Edition:
    """An edition in review with these quizzes."""
    items = tuple(Item(f"articles/quiz{number}.md", None, Article("互动问答", (), quiz=one)) for number, one in enumerate(quizzes, 1))
    manuscript = Manuscript(slug, "magazine", "1", "会刊", date(2009, 8, 1), (Section("互动问答", items, "quiz"),))
    publication = Publication(slug=slug, title="会刊", kind="magazine", service_id=slug, klass="free", created_at=OPENED)
    session.add(publication)
    session.flush()
    edition = Edition(publication_id=publication.id, number="1", kind="magazine", state=lifecycle.IN_REVIEW, created_at=OPENED)
    session.add(edition)
    session.flush()
    new_version(session, edition, manuscript)
    return edition


def new_version(session: Session, edition: Edition, manuscript: Manuscript) -> None:
    version = EditionVersion(
        edition_id=edition.id, version=1 + len(session.scalars(select(EditionVersion.id).where(EditionVersion.edition_id == edition.id)).all()), title="会刊",
        issue_date=date(2009, 8, 1), manuscript=manuscript.to_document(), source_sha256="0" * 64, created_at=OPENED, created_by="ed",
    )  # fmt: skip
    session.add(version)
    session.flush()
    edition.current_version_id = version.id


def opened(session: Session, *quizzes: Quiz, slug: str = "huikan") -> list[OpenedQuiz]:
    """The quizzes of a magazine that was approved."""
    edition = magazine(session, *(quizzes or (quiz_of(),)), slug=slug)
    lifecycle.act(session, edition, lifecycle.APPROVE, Act("editor", OPENED))
    return list(session.scalars(select(OpenedQuiz).where(OpenedQuiz.edition_id == edition.id).order_by(OpenedQuiz.id)))


def number_of(reader: int) -> str:
    return f"138{reader:08d}"


def readers(session: Session, many: int) -> None:
    for one in range(1, many + 1):
        session.add(Reader(msisdn=number_of(one), topics=[], attributes={}, created_at=OPENED, updated_at=OPENED))
    session.flush()


def rows(session: Session) -> list[tuple[str | None, int | None, str]]:
    """(number, choice, outcome) of every answer, oldest first."""
    return [(one.msisdn, one.choice, one.outcome) for one in session.scalars(select(QuizAnswer).order_by(QuizAnswer.id))]
