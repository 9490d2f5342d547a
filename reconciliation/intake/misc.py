"""SyncOrderRelationReq: a message of MISC becomes a change of a reader's order, his account or his number, and an answer.

MISC makes its order only where hRet is 0, so what we cannot understand or cannot take is
refused and stays as it was on both sides: a code that no table has is never guessed. Every
message is in the journal, in the transaction that applies it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2s
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from content.models import Publication
from huabao.alarms import raise_alarm
from huabao.db import is_postgres
from huabao.quick import Quick, ask, bound_texts, in_bound_texts
from reconciliation import journal
from reconciliation.codecs.misc import Envelope, SyncOrderRelationReq
from reconciliation.dialects import WAIT, MISCDialect, UnknownCodeError
from reconciliation.intake.settings import UNKNOWN_SERVICES
from reconciliation.intake.strays import claim_moved
from reconciliation.journal.models import BROKEN, MALFORMED, QUARANTINED
from reconciliation.ordering import asked
from reconciliation.ordering.forwarding import tell_boss
from reconciliation.peers.services import DEFAULT_NAME
from subscribers.models import Reader
from subscribers.offers import store as offers
from subscribers.orders.change import Change, Result
from subscribers.orders.services import apply

CODEC: Final = "misc"
SOURCE: Final = "misc"
WAITING: Final = "waiting"
"""The verdict of a message that another peer's message completes."""

ALARMS: Final = {
    MALFORMED: ("misc.malformed", "{peer} sends what cannot be read: {why}; MISC keeps its orders as they were; `huabao journal list --verdict malformed` shows them"),
    QUARANTINED: ("misc.unknown_code", "{peer}: {why}; nothing was changed; enter it in his dialect or ask him; `huabao journal list --verdict quarantined` shows them"),
    BROKEN: ("misc.broken", "{peer}: a message cannot be applied and was refused; `huabao journal list --verdict broken` shows it"),
}
"""By verdict: the alarm's kind and its words."""


_MADE: Final = Quick(lambda postgres: select(Publication.service_id).where(in_bound_texts(Publication.service_id, "services", postgres=postgres)))


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message as it came.

    Attributes:
        peer: whose it is.
        dialect: his code tables as they are in force.
        envelope: None where it could not be read.
        transaction_id: as far as it could be found.
        why: what is wrong with it, before any code is looked at; "" for nothing.
    """

    peer: str
    dialect: MISCDialect
    body: bytes = field(repr=False)
    envelope: Envelope | None
    transaction_id: str
    why: str = ""


@dataclass(slots=True)
class _Case:
    """One message on its way through: what it asks for, and what becomes of it."""

    arrival: Arrival
    message_id: int
    change: Change | None = None
    verdict: str = ""
    why: str = ""
    reader_id: int | None = None

    @property
    def number(self) -> str | None:
        """Its reader's."""
        message = self.arrival.envelope.message if self.arrival.envelope else None
        return message.dest_user.msisdn if isinstance(message, SyncOrderRelationReq) else None

    @property
    def h_ret(self) -> int:
        """What MISC is answered."""
        codes = self.arrival.dialect.h_ret
        return {MALFORMED: codes["malformed"], QUARANTINED: codes["unknown_code"], "refused": codes["refused"], BROKEN: codes["refused"]}.get(self.verdict, codes["ok"])


def take(session: Session, arrivals: Sequence[Arrival], *, now: datetime) -> list[int]:
    """Journal and apply messages in the order given; the hRet of each, true once this transaction is committed."""
    ids, at = journal.begin(session, len(arrivals), now=now)
    cases = [_understood(arrival, message_id, at) for arrival, message_id in zip(arrivals, ids, strict=True)]
    _look_at_services(session, cases, at)
    told = [case for case in cases if case.change is not None]
    changes, results = _apply(session, told, at)
    answers = _written(session, cases, at)
    claim_moved(session, changes, results, at=at)
    return answers


def take_broken(session: Session, arrival: Arrival, *, now: datetime) -> int:
    """Journal a message that cannot be applied; its hRet."""
    ids, at = journal.begin(session, 1, now=now)
    case = _Case(arrival, ids[0], verdict=BROKEN)
    return _written(session, [case], at)[0]


def change_of(envelope: Envelope, peer: str, dialect: MISCDialect, *, at: datetime, message_id: int) -> Change | None:
    """What a message says; None where another peer's message says the rest.

    Raises:
        UnknownCodeError: a number stands in no table.
    """
    message = envelope.message
    assert isinstance(message, SyncOrderRelationReq)
    meaning = dialect.meaning(message.action_id, message.action_reason_id)
    if meaning.event == WAIT:
        return None
    of_order = meaning.event in ("order", "cancel", "pause", "resume")
    payer = message.fee_user.msisdn
    return Change(
        msisdn=message.dest_user.msisdn,
        event=meaning.event,
        source=SOURCE,
        transaction_id=transaction_key(envelope, peer),
        effective_at=at,
        service_id=message.sp_service_id if of_order else None,
        fee_msisdn=payer if of_order and payer != message.dest_user.msisdn else None,
        reason=meaning.reason,
        message_id=message_id,
    )


def transaction_key(envelope: Envelope, peer: str) -> str:
    """The transaction of a message: the peer's id, and what it is about.

    A peer whose TransactionID is the second of the clock uses one for several readers; only the same message again is a repetition.
    """
    message = envelope.message
    assert isinstance(message, SyncOrderRelationReq)
    about = f"{message.dest_user.msisdn} {message.sp_service_id} {message.action_id} {message.action_reason_id}"
    prefix = "" if peer == DEFAULT_NAME else f"{peer}:"
    return f"{prefix}{envelope.transaction_id}.{blake2s(about.encode(), digest_size=4).hexdigest()}"


def _understood(arrival: Arrival, message_id: int, at: datetime) -> _Case:
    case = _Case(arrival, message_id)
    envelope = arrival.envelope
    if envelope is None:
        case.verdict, case.why = MALFORMED, arrival.why
    elif not isinstance(envelope.message, SyncOrderRelationReq):
        case.verdict, case.why = MALFORMED, f"{type(envelope.message).__name__} is not for us"
    elif arrival.why:
        case.verdict, case.why = QUARANTINED, arrival.why
    else:
        try:
            case.change = change_of(envelope, arrival.peer, arrival.dialect, at=at, message_id=message_id)
            case.verdict = WAITING
        except UnknownCodeError as error:
            case.verdict, case.why = QUARANTINED, str(error)
    return case


def _look_at_services(session: Session, cases: Sequence[_Case], at: datetime) -> None:
    """Say aloud that a service is ordered that nobody here makes, or refuse it, as the setting says."""
    ordered = [case for case in cases if case.change is not None and case.change.event == "order"]
    named = {str(case.change.service_id) for case in ordered if case.change is not None}
    if not named:
        return
    (made,) = ask(session, _MADE(services=bound_texts(named, postgres=is_postgres(session))))
    unknown = named - {service_id for (service_id,) in made}
    unknown -= set(offers.current(session).catalogue.by_service_id()) if unknown else set()
    if not unknown:
        return
    refuse = UNKNOWN_SERVICES.get(session) == "refuse"
    for name in sorted(unknown):
        done = "refused" if refuse else "taken, and nothing is sent for them"
        raise_alarm(session, "misc.unknown_service", name, f"MISC orders the service {name}, which no publication and no offer has; its orders are {done}", at=at)
    for case in ordered if refuse else ():
        if case.change is not None and case.change.service_id in unknown:
            case.change, case.verdict, case.why = None, "refused", "nobody here makes this service"


def _apply(session: Session, cases: Sequence[_Case], at: datetime) -> tuple[Sequence[Change], Sequence[Result]]:
    changes = [case.change for case in cases if case.change is not None]
    results: Sequence[Result] = apply(session, changes, now=at) if changes else ()
    calls: dict[asked.Key, str] = {}
    for case, change, result in zip(cases, changes, results, strict=True):
        case.verdict, case.why, case.reader_id = result.verdict, result.why, result.reader_id
        if result.verdict == "applied" and change.service_id is not None:
            calls[change.msisdn, change.service_id, change.event] = change.transaction_id
    asked.match_calls(session, calls, at=at)
    tell_boss(session, changes, results, now=at)
    return changes, results


def _written(session: Session, cases: Sequence[_Case], at: datetime) -> list[int]:
    _raise_alarms(session, cases, at)
    strays = {case.number for case in cases if case.reader_id is None and case.number is not None}
    rows = session.execute(select(Reader.msisdn, Reader.id).where(Reader.msisdn.in_(strays))) if strays else ()
    readers = {row.msisdn: row.id for row in rows}
    entries = [
        journal.Entry(
            id=case.message_id,
            peer=case.arrival.peer,
            codec=CODEC,
            transaction_id=case.arrival.transaction_id,
            content=case.arrival.body,
            verdict=case.verdict,
            reader_id=case.reader_id if case.reader_id is not None else readers.get(case.number or ""),
            answer_code=str(case.h_ret),
            dialect=case.arrival.dialect.label,
            why=case.why,
        )
        for case in cases
    ]
    journal.write(session, entries, at=at)
    return [case.h_ret for case in cases]


def _raise_alarms(session: Session, cases: Sequence[_Case], at: datetime) -> None:
    """One alarm for each kind of trouble and peer, however many messages have it."""
    troubles = Counter((case.verdict, case.arrival.peer) for case in cases if case.verdict in ALARMS)
    for (verdict, peer), count in troubles.items():
        kind, words = ALARMS[verdict]
        last = next(case for case in reversed(cases) if (case.verdict, case.arrival.peer) == (verdict, peer))
        raise_alarm(session, kind, peer, words.format(peer=peer, why=last.why), at=at, journal=last.message_id, in_this_group=count)
