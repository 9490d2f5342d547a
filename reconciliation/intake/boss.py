"""What BOSS tells us: read, applied by the one path that changes subscriptions, kept in the journal with what became of it.

What BOSS told is told to nobody else: it is the master of accounts and prices, and MISC
hears of an order from it without us.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from huabao import alarms
from huabao.errors import CodecError
from reconciliation import journal
from reconciliation.codecs.boss import BossEvent, decode_event
from reconciliation.codecs.boss.events import UnknownEventError
from reconciliation.intake.strays import claim_moved
from reconciliation.journal import Entry
from reconciliation.journal.models import BROKEN, MALFORMED, QUARANTINED
from subscribers.orders.change import Change, Result
from subscribers.orders.services import apply

PEER: Final = "boss"
REFUSED_ALARM: Final = "boss.unknown-event"
"""An event of a name that nobody knows came: BOSS speaks of something that the platform does not do."""


@dataclass(frozen=True, slots=True)
class Told:
    """One signed message as it came; `event` is None where it cannot be read, then `problem` says why."""

    body: bytes
    event: BossEvent | None = None
    problem: CodecError | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """What BOSS is answered.

    Attributes:
        status: of HTTP: 200 taken (whatever it changed), 400 and 413 not to be read, 409 makes no sense, 422 nothing that we know.
        event_id: "" where none could be read.
        result: a verdict of `subscribers.orders`, or malformed or quarantined.
        error: what is wrong and what to do; "" where nothing is.
    """

    status: int
    event_id: str
    result: str
    error: str = ""


def read(body: bytes) -> Told:
    """A message of BOSS, read or not; never raises."""
    try:
        return Told(body, decode_event(body))
    except CodecError as error:
        return Told(body, problem=error)


def change_of(event: BossEvent, message_id: int, source: str = PEER) -> Change:
    """What an event says, for the one path that changes subscriptions; also how the journal is replayed.

    Args:
        source: who says so; BOSS, or the platform of what BOSS did because it asked.
    """
    return Change(
        msisdn=event.msisdn,
        event=event.event,
        source=source,
        transaction_id=event.event_id,
        effective_at=event.effective_at,
        service_id=event.service_id,
        fee_msisdn=event.fee_msisdn,
        price_fen=event.price_fen,
        new_msisdn=event.new_msisdn,
        reason=event.reason,
        message_id=message_id,
    )


def take(session: Session, told: Sequence[Told], *, now: datetime) -> list[Answered]:
    """Apply messages in the order given and keep them; what each is answered once this transaction is committed."""
    ids, at = journal.begin(session, len(told), now=now)
    known = [(number, change_of(one.event, number)) for number, one in zip(ids, told, strict=True) if one.event is not None]
    changes = [change for _, change in known]
    done = apply(session, changes, now=at)
    results = dict(zip((number for number, _ in known), done, strict=True))
    answers, entries = [], []
    for number, one in zip(ids, told, strict=True):
        result = results.get(number)
        answer = _answer(one, result)
        answers.append(answer)
        reader_id, why = (result.reader_id, result.why) if result else (None, "")
        entry = Entry(number, PEER, PEER, answer.event_id, one.body, answer.result, reader_id, str(answer.status), why=answer.error or why)
        entries.append(entry)
    journal.write(session, entries, at=at)
    claim_moved(session, changes, done, at=at)
    _call_a_person(session, told, at)
    return answers


def take_broken(session: Session, one: Told, *, now: datetime) -> Answered:
    """Keep a message that cannot be applied, apart from its company, for a person."""
    ids, at = journal.begin(session, 1, now=now)
    event_id = one.event.event_id if one.event else ""
    answer = Answered(500, event_id, BROKEN, "the platform could not apply this event; it is kept and a person looks at it, do not send it again")
    journal.write(session, [Entry(ids[0], PEER, PEER, event_id, one.body, BROKEN, answer_code="500", why=answer.error)], at=at)
    alarms.raise_alarm(session, "boss.broken-event", PEER, f"event {event_id[:40]} of BOSS could not be applied (message {ids[0]} of the journal)", at=at, journal=ids[0])
    return answer


def _answer(one: Told, result: Result | None) -> Answered:
    if one.event is None or result is None:
        problem = one.problem
        assert problem is not None, "what was not read has its reason"
        unknown = isinstance(problem, UnknownEventError)
        return Answered(problem.status_code, problem.event_id if isinstance(problem, UnknownEventError) else "", QUARANTINED if unknown else MALFORMED, str(problem))
    if result.verdict == "refused":
        return Answered(409, one.event.event_id, "refused", result.why)
    return Answered(200, one.event.event_id, result.verdict)


def _call_a_person(session: Session, told: Sequence[Told], at: datetime) -> None:
    for one in told:
        if isinstance(one.problem, UnknownEventError):
            message = f"BOSS sends events of the name {one.problem.event[:40]!r}, which is unknown: they are refused and kept (`exchange_messages`, verdict quarantined)"
            alarms.raise_alarm(session, REFUSED_ALARM, one.problem.event[:40], message, at=at)
