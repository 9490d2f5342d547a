"""What a magazine lacks before anybody may call it ready: its four parts, and in each what makes it one.

front (卷首), service introduction (业务介绍), quiz (互动问答), four-panel comic (四格漫画).
A draft may lack any of them; handing it over for review and approving it name what is missing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from content.manuscript import MAGAZINE_PARTS, Item, Manuscript, Quiz
from content.models import Edition, EditionVersion, Publication
from content.quiz.models import OpenedQuiz
from content.quiz.opening import quizzes_of
from content.quiz.reading import CHOICES_MAX, folded, number_of
from content.workflow.lifecycle import KILLED
from huabao.clock import shanghai_text
from huabao.errors import UsageError
from subscribers.offers.catalogue import CLASSES
from subscribers.segments import ReaderFacts, parse_rule, rule_matches

PANELS_MIN = 4
PART_NAMES = {"front": "front (卷首)", "service": "service introduction (业务介绍)", "quiz": "quiz (互动问答)", "comic": "four-panel comic (四格漫画)"}

RESERVED = ("TD", "退订", "QX", "取消", "STOP", "0000", "00000")
"""Words that readers leave by (`delivery.reports.keywords`); they go before every quiz."""


def lacks(session: Session, edition: Edition, at: datetime) -> list[str]:
    """What the edition's current version lacks, each with what to do; of a newspaper or a comic only its quizzes are looked at."""
    manuscript = Manuscript.from_document(session.get_one(EditionVersion, edition.current_version_id).manuscript)
    if manuscript.kind != "magazine" and next(quizzes_of(manuscript), None) is None:
        return []
    return magazine_lacks(manuscript, at, lambda quiz: _in_use(session, edition.id, quiz, at), opened=_opened(session, edition.id))


def require(session: Session, edition: Edition, at: datetime) -> None:
    """Refuse to mark an edition ready that lacks something.

    Raises:
        UsageError: it does; the message names all of it.
    """
    found = lacks(session, edition, at)
    if found:
        raise UsageError(f"edition {edition.id} is not ready: {'; '.join(found)}")


def magazine_lacks(manuscript: Manuscript, at: datetime, in_use: Callable[[Quiz], str] = lambda _quiz: "", *, opened: frozenset[str] = frozenset()) -> list[str]:
    """The same of a manuscript.

    Args:
        in_use: says whose keyword a quiz's is already, or "".
        opened: items whose quiz readers may answer already: its close may have passed.
    """
    wanted = MAGAZINE_PARTS if manuscript.kind == "magazine" else ()
    parts = {part: [item for section in manuscript.sections if section.part == part for item in section.items] for part in wanted}
    found = [_missing(part) if not parts[part] else _empty(part, parts[part]) for part in wanted]
    return [*(one for one in found if one), *(wrong for key, quiz in quizzes_of(manuscript) for wrong in _wrong(key, quiz, at, in_use, key in opened)), *_twice(manuscript)]


def _missing(part: str) -> str:
    return f"the magazine lacks its {PART_NAMES[part]}: give a section of edition.yaml `part: {part}` and items"


def _empty(part: str, items: Sequence[Item]) -> str:
    """What a part lacks although it has items; "" for nothing."""
    if part == "service" and not any(item.article for item in items):
        return f"the {PART_NAMES[part]} has no article, only pictures: add the article that introduces the services"
    if part == "quiz" and not any(item.article and item.article.quiz for item in items):
        return f"the {PART_NAMES[part]} asks nothing: give an article of it a `quiz` with question, choices, answer, reply_to, keyword and closes_at"
    if part == "comic":
        panels = sum(max(1, len(item.panels)) for item in items if item.picture or (item.article and item.article.picture))
        if panels < PANELS_MIN:
            return f"the {PART_NAMES[part]} has {panels} of {PANELS_MIN} panels: add the missing pictures"
    return ""


def _wrong(key: str, quiz: Quiz, at: datetime, in_use: Callable[[Quiz], str], is_open: bool) -> Iterator[str]:
    keyword = folded(quiz.keyword)
    if not quiz.question.strip() or not 2 <= len(quiz.choices) <= CHOICES_MAX or not 1 <= quiz.answer <= len(quiz.choices):
        yield f"the quiz {key} needs a question, 2 to {CHOICES_MAX} choices, and an answer among them"
    if len({folded(choice) or choice for choice in quiz.choices}) < len(quiz.choices):
        yield f"the quiz {key} has two choices of the same words: tell them apart"
    if not number_of(quiz.reply_to).isdigit():
        yield f"the quiz {key} is answered to {quiz.reply_to!r}, which is no number: write digits"
    if quiz.closes_at <= at and not is_open:
        yield f"the quiz {key} closed at {shanghai_text(quiz.closes_at)} already: give it a later closes_at"
    if any(keyword == folded(word) or (not word.isascii() and keyword.startswith(folded(word))) for word in RESERVED):
        yield f"the quiz {key} has the keyword {quiz.keyword!r}, by which readers leave: choose another"
    owner = in_use(quiz)
    if owner:
        yield f"the quiz {key} has the keyword {quiz.keyword!r}, which {owner} has at {quiz.reply_to} and readers could not be told apart: choose another"


def _twice(manuscript: Manuscript) -> Iterator[str]:
    """Quizzes of one edition with one keyword; the same quiz told in two tones is one."""
    found = [(number_of(quiz.reply_to), folded(quiz.keyword)) for _, quiz in quizzes_of(manuscript)]
    for (number, keyword), count in Counter(found).items():
        if count > 1:
            yield f"{count} quizzes of the magazine have the keyword {keyword!r} at {number}: give each its own"


def _opened(session: Session, edition_id: int) -> frozenset[str]:
    return frozenset(session.scalars(select(OpenedQuiz.item_key).where(OpenedQuiz.edition_id == edition_id)))


def _in_use(session: Session, edition_id: int, quiz: Quiz, at: datetime) -> str:
    """The edition that has an open quiz whose keyword begins like this one's at its number; "" for none."""
    wanted = (
        select(OpenedQuiz.keyword, Publication.slug, Edition.number)
        .join(Edition, Edition.id == OpenedQuiz.edition_id)
        .join(Publication, Publication.id == Edition.publication_id)
        .where(OpenedQuiz.reply_to == number_of(quiz.reply_to), OpenedQuiz.closes_at > at, OpenedQuiz.edition_id != edition_id, Edition.state != KILLED)
    )
    mine = folded(quiz.keyword)
    found = ((theirs, slug, number) for theirs, slug, number in session.execute(wanted) if theirs.startswith(mine) or mine.startswith(theirs))
    return next((f"{slug}/{number} ({theirs.upper() or 'none'})" for theirs, slug, number in found), "")


def partial_parts(manuscript: Manuscript) -> list[str]:
    """Parts that some readers would not get, by attribute class as far as that is known of them: for a person to look at."""
    if manuscript.kind != "magazine":
        return []
    found = []
    for part in MAGAZINE_PARTS:
        rules = [item.rule for section in manuscript.sections if section.part == part for item in section.items]
        without = [name or "none" for name in (*CLASSES, None) if rules and not any(_fits(rule, name) for rule in rules)]
        if without:
            found.append(f"readers of class {', '.join(without)} may get no {PART_NAMES[part]}: its items are for segments only")
    return found


def _fits(rule: dict[str, object] | None, attribute_class: str | None) -> bool:
    return rule is None or rule_matches(parse_rule(rule, "rule"), ReaderFacts(attribute_class=attribute_class))
