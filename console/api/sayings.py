"""Operations of the standard answers."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from care.answers import services
from care.answers.services import Answer, shipped
from console.api.calls import Call, Operation, Reply
from console.api.problems import Problem
from console.api.schemas import Agent, Strict
from console.api.scopes import OPERATE, SUPPORT
from huabao.errors import UsageError

NAMES = tuple(shipped())


class StandardAnswerDocument(BaseModel):
    """One answer as it holds."""

    name: str = Field(description="As `changeAnswer` takes it")
    places: list[str] = Field(description="What may stand in braces and is filled in, such as at")
    zh: str = Field(description="The Chinese words")
    en: str = Field(description="The English words")
    version: int = Field(description="How often it was changed; 0 for the shipped words")
    by: str = Field(description="Who changed it last, or empty")
    at: datetime | None = Field(description="When it was changed last; null of the shipped words")


class StandardAnswerList(BaseModel):
    """All of them."""

    answers: list[StandardAnswerDocument] = Field(description="Each likely cause has one")


class StandardAnswerChange(Strict):
    """A new wording; both empty: the shipped one holds again."""

    name: Literal[NAMES] = Field(description="Which answer")  # type: ignore[valid-type]  # a table of ours
    zh: str = Field(max_length=services.TEXT_CHARS_MAX, description="The Chinese words, with the places of `places` in braces")
    en: str = Field(max_length=services.TEXT_CHARS_MAX, description="The English words, with the same places")
    before: int = Field(ge=0, description="The version that was seen; 0 while nobody changed it")
    agent: Agent = None


def list_answers(call: Call) -> Reply:
    """The standard answers."""
    with call.runtime.transaction(read_only=True) as session:
        return Reply(200, StandardAnswerList(answers=[_document(one) for one in services.answers(session).values()]))


def change_answer(call: Call) -> Reply:
    """Give an answer another wording."""
    body = call.body
    assert isinstance(body, StandardAnswerChange)
    with call.runtime.transaction() as session:
        try:
            services.change(session, body.name, body.zh, body.en, before=body.before, by=call.actor(body.agent), now=call.runtime.now())
        except UsageError as error:
            raise Problem("conflict", str(error)) from error
        return Reply(200, _document(services.answers(session)[body.name]))


def _document(one: Answer) -> StandardAnswerDocument:
    return StandardAnswerDocument(name=one.name, places=list(one.places), zh=one.zh, en=one.en, version=one.version, by=one.by, at=one.at)


OPERATIONS: tuple[Operation, ...] = (
    Operation("listAnswers", "GET", "/answers", (SUPPORT,), "The standard answers of the support desk", list_answers, {200: StandardAnswerList}),
    Operation(
        "changeAnswer", "POST", "/answers", (OPERATE,), "Give a standard answer another wording", change_answer, {200: StandardAnswerDocument}, ("conflict",), StandardAnswerChange
    ),
)
