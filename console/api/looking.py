"""Many readers at once over the API: of each the likely cause and the next step."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from console.api.calls import Call, Operation, Reply
from console.api.schemas import Agent, Strict
from console.api.scopes import NUMBERS, SUPPORT
from console.api.support import saying
from console.api.support_schemas import Number, SayingDocument
from console.many_readers import lines_of, readers_of
from console.settings import MANY_NUMBERS_MAX
from huabao import audit
from huabao.errors import UsageError
from huabao.msisdn import parse_msisdn


class LookRequest(Strict):
    """Whose cause is asked for."""

    msisdns: Annotated[list[Number], Field(min_length=1, max_length=500, description="Up to 500 numbers; the setting `many_numbers_max` may allow fewer")]
    agent: Agent = None


class LookedDocument(BaseModel):
    """One reader."""

    reader_id: int = Field(description="Id of the reader, as the addresses of his operations take it")
    msisdn: str = Field(description="Masked unless the token has the scope `numbers`")
    city: str | None = Field(description="null where nobody knows")
    cause: SayingDocument = Field(description="The likely cause")
    step: SayingDocument | None = Field(description="The next best step; null where there is nothing to do")
    act: str = Field(description="reach, resend or empty: the operation that does the step")
    of: int = Field(description="Of that operation: the stop or the edition; 0 where there is none")
    incident: bool = Field(description="An incident that lasts touches him")


class LookedPage(BaseModel):
    """The readers that were found, in the order of their numbers; `unknown` numbers have none that this token may see."""

    readers: list[LookedDocument] = Field(description="One for each number that was found")
    unknown: int = Field(description="How many numbers were not found")


def look(call: Call) -> Reply:
    """The likely cause and the next step of many readers."""
    body, now = call.body, call.runtime.now()
    assert isinstance(body, LookRequest)
    with call.runtime.transaction() as session:
        numbers = list(dict.fromkeys(parse_msisdn(one) for one in body.msisdns))
        most = MANY_NUMBERS_MAX.get(session)
        if len(numbers) > most:
            raise UsageError(f"msisdns: {len(numbers)} are more than {most} (setting {MANY_NUMBERS_MAX.name})")
        found = readers_of(session, numbers, city=call.client.city or "")
        readers = [found[one] for one in numbers if one in found]
        if NUMBERS in call.client.scopes:
            ids = [one.id for one in readers]
            audit.record(session, actor=call.actor(body.agent), action="reader.numbers", object_kind="readers", object_id="many", at=now, readers=ids)
        shown = [
            LookedDocument(
                reader_id=one.reader.id, msisdn=call.number(parse_msisdn(one.reader.msisdn)), city=one.reader.city, cause=saying(one.first.cause, now),
                step=None if one.first.step is None else saying(one.first.step, now), act=one.first.act, of=one.first.of,
                incident=any(known.until is None for known in one.view.known),
            )
            for one in lines_of(session, readers, now)
        ]  # fmt: skip
        return Reply(200, LookedPage(readers=shown, unknown=len(numbers) - len(shown)))


OPERATIONS: tuple[Operation, ...] = (
    Operation("lookAtReaders", "POST", "/readers/look", (SUPPORT,), "The likely cause and the next step of many readers", look, {200: LookedPage}, (), LookRequest),
)
