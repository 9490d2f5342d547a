"""The standard answers that hold now, and a new wording of one."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from importlib import resources

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from care.models import StandardAnswer
from huabao import audit
from huabao.errors import UsageError

TEXT_CHARS_MAX = 500
_PLACE = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class Answer:
    """One answer as it holds.

    Attributes:
        places: that may be filled in.
        version: id of the wording; 0 of the shipped one that nobody ever changed.
        own: somebody of this house wrote it.
        by, at: who changed it last, and when; "" and None of the shipped one.
    """

    name: str
    places: tuple[str, ...]
    zh: str
    en: str
    version: int = 0
    own: bool = False
    by: str = ""
    at: datetime | None = None

    def told(self, language: str, values: Mapping[str, str]) -> str:
        """The sentence with its places filled; nothing but a place is looked at."""
        return _PLACE.sub(lambda found: values.get(found[1], "—") if found[1] in self.places else found[0], self.zh if language == "zh" else self.en)


@lru_cache(maxsize=1)
def shipped() -> Mapping[str, Answer]:
    """The answers that came with the house, by name."""
    document = tomllib.loads((resources.files("care.answers") / "shipped.toml").read_text("utf-8"))
    return {name: Answer(name, tuple(one["places"]), one["zh"], one["en"]) for name, one in document.items()}


def answers(session: Session) -> Mapping[str, Answer]:
    """Every answer as it holds, by name."""
    newest = select(func.max(StandardAnswer.id)).group_by(StandardAnswer.name)
    rows = {row.name: row for row in session.scalars(select(StandardAnswer).where(StandardAnswer.id.in_(newest)))}
    return {name: _held(one, rows.get(name)) for name, one in shipped().items()}


def _held(one: Answer, row: StandardAnswer | None) -> Answer:
    if row is None:
        return one
    own = bool(row.zh)
    return Answer(one.name, one.places, row.zh or one.zh, row.en or one.en, row.id, own, row.by, row.at)


def versions(session: Session, name: str, *, limit: int = 20) -> Sequence[StandardAnswer]:
    """The wordings of an answer, the newest first."""
    return session.scalars(select(StandardAnswer).where(StandardAnswer.name == name).order_by(StandardAnswer.id.desc()).limit(limit)).all()


def change(session: Session, name: str, zh: str, en: str, *, before: int, by: str, now: datetime) -> None:
    """Give an answer another wording; both empty: the shipped one holds again.

    Args:
        before: the version that the person saw.

    Raises:
        UsageError: there is no such answer, a place is unknown, a language lacks, or somebody else was quicker.
    """
    one = shipped().get(name)
    if one is None:
        raise UsageError(f"there is no answer {name!r}; there are {', '.join(shipped())}")
    zh, en = " ".join(zh.split()), " ".join(en.split())
    if bool(zh) != bool(en):
        raise UsageError("both languages: an answer is read to callers in either", word="answers.both")
    for text in (zh, en):
        _check(one, text)
    now_held = answers(session)[name]
    if now_held.version != before:
        raise UsageError(f"{now_held.by} has changed it meanwhile; look at it again", word="answers.moved", name=now_held.by)
    session.add(StandardAnswer(name=name, zh=zh, en=en, by=by[:80], at=now))
    session.flush()
    audit.record(session, actor=by, action="answer.change", object_kind="standard_answer", object_id=name, at=now, before=[now_held.zh, now_held.en], after=[zh, en])


def _check(one: Answer, text: str) -> None:
    if len(text) > TEXT_CHARS_MAX:
        raise UsageError(f"an answer has at most {TEXT_CHARS_MAX} characters", word="answers.long", most=TEXT_CHARS_MAX)
    for place in _PLACE.findall(text):
        if place not in one.places:
            shown = ", ".join(f"{{{name}}}" for name in one.places) or "—"
            raise UsageError(f"{{{place}}} is no place of this answer; there are {shown}", word="answers.place", place=f"{{{place}}}", places=shown)
    if "{" in _PLACE.sub("", text) or "}" in _PLACE.sub("", text):
        raise UsageError("a brace stands alone; places are written as {title}", word="answers.brace")
