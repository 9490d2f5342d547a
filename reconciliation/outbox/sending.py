"""Letting requests leave: claim in a transaction, ask with none open, write the answers down in another.

Whoever dies between leaving and writing down leaves a row in `asking`; `heal` finds
it and it is asked again under its own transaction id, which the peer knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session

from huabao import alarms
from huabao.errors import UsageError
from huabao.log import get_logger
from huabao.msisdn import find_msisdn
from huabao.runtime import Runtime
from reconciliation.outbox import breaker, store
from reconciliation.outbox.answers import Answers, Meaning, answers_in, meaning_of, shipped_answers
from reconciliation.outbox.breaker import ANSWERED, AWAY, LOST, Health, Limits
from reconciliation.outbox.models import ASKING, DONE, DROPPED, PERSON, REFUSED, UNKNOWN, WAITING, OutboundRequest
from reconciliation.outbox.peers import PEERS, AnswerLostError, Outgoing, PeerAwayError, Reply, Sender, sender_of, tell
from reconciliation.outbox.requests import new_transaction_id, wake
from reconciliation.outbox.settings import ATTEMPTS_MAX, DOWN_AFTER, KEEP_DAYS, PARALLEL, PAUSES_S, PROBE_S, SILENT_S, TIMEOUT_S, parse_pauses

log = get_logger("outbox")

DOWN_ALARM: Final = "outbox.peer-away"
PERSON_ALARM: Final = "outbox.person"

ROUNDS_MAX: Final = 200
"""A job that has sent so many rounds ends and another goes on, so that one peer's backlog holds no worker for ever."""


@dataclass(frozen=True)
class _Asked:
    """What one request met: a reply, or none and why."""

    request_id: int
    asked_at: datetime
    met: str
    reply: Reply | None = None
    why: str = ""
    retry_after_s: float | None = None
    asked_before: bool = False


def work(runtime: Runtime, peer: str) -> int:
    """Send what is due for a peer until nothing is, or the peer is away; how many were answered."""
    answered = 0
    send = sender_of(peer)
    with ThreadPoolExecutor(max_workers=64, thread_name_prefix=f"outbox-{peer}") as pool:
        for _ in range(ROUNDS_MAX):
            claimed = claim(runtime, peer)
            if not claimed:
                return answered
            asked = list(pool.map(lambda one: _ask(runtime, send, one[0], one[1]), claimed))
            record(runtime, peer, asked)
            answered += sum(one.met == ANSWERED for one in asked)
    with runtime.transaction() as session:
        wake(session, peer, now=runtime.now(), delay_s=0.1)
    return answered


def claim(runtime: Runtime, peer: str) -> list[tuple[Outgoing, datetime]]:
    """Take what may leave now: the requests as their sender gets them, and the instant that marks this claim."""
    now = runtime.now()
    with runtime.transaction(read_only=True) as session:
        if not store.is_any_due(session, peer, now):
            return []
    with runtime.transaction() as session:
        health, limits = store.health_of(session, peer), _limits(session)
        room = breaker.room(health, now, PARALLEL.get(session))
        rows = store.take_due(session, peer, now=now, limit=room) if room else []
        numbers = store.numbers_of(session, [row.reader_id for row in rows if row.reader_id is not None])
        leaving = [one for row in rows if (one := _leave(session, row, numbers, now)) is not None]
        timeout_s = TIMEOUT_S.get(session)
        if leaving and health.is_down:
            store.write_health(session, peer, breaker.probing(health, now, limits))
    return [(replace(one, timeout_s=timeout_s), now) for one in leaving]


def _leave(session: Session, row: OutboundRequest, numbers: dict[int, str], now: datetime) -> Outgoing | None:
    """Mark a request as leaving; None where its reader has no number any more, so that there is nobody to ask for, or another has it by now."""
    # What may have been taken is asked again in the same words; else by the number that he has now.
    number = find_msisdn(str(row.payload["msisdn"] if row.reader_id is None or row.state == UNKNOWN else numbers.get(row.reader_id, "")))
    if number is None:
        row.state, row.answered_at, row.text = DROPPED, now, "its reader has no number any more"
        close(session, row, now)
        return None
    if store.is_anothers(session, row, str(number)):
        ask_a_person(session, row, "its number is another's by now, who would be charged or ended; look at the peer whether it was done", now)
        return None
    asked_before = row.state == UNKNOWN
    row.payload = {**row.payload, "msisdn": str(number)}
    row.state, row.asked_at = ASKING, now
    told = {name: value for name, value in row.payload.items() if name != "msisdn"}
    return Outgoing(row.id, row.transaction_id, row.kind, str(number), row.service_id, told, row.reader_id, asked_before)


def _ask(runtime: Runtime, send: Sender, outgoing: Outgoing, asked_at: datetime) -> _Asked:
    about, before = (outgoing.request_id, asked_at), outgoing.asked_before
    try:
        return _Asked(*about, ANSWERED, send(runtime, outgoing), asked_before=before)
    except PeerAwayError as error:
        return _Asked(*about, AWAY, why=str(error), retry_after_s=error.retry_after_s, asked_before=before)
    except AnswerLostError as error:
        return _Asked(*about, LOST, why=str(error), asked_before=before)


# --- writing down ----------------------------------------------------------------------------------------------------


def record(runtime: Runtime, peer: str, asked: Sequence[_Asked]) -> None:
    """Write down what the requests met, and what that says of the peer."""
    now = runtime.now()
    with runtime.transaction() as session:
        answers = _answers(session, runtime.config.data_dir, now)
        before = store.health_of(session, peer)
        health = breaker.after_all(before, [(one.met, one.why, one.retry_after_s) for one in asked], now, _limits(session))
        if health != before:
            store.write_health(session, peer, health)
            _tell_of_health(session, peer, before, health, now)
        for one in asked:
            row = session.get(OutboundRequest, one.request_id, with_for_update=True)
            if row is None or row.state != ASKING or row.asked_at != one.asked_at:
                continue  # it was taken for lost, and somebody asks again
            if one.reply is None:
                _not_answered(session, row, one, now, counts=breaker.counts(before, one.met))
            else:
                _answered(session, row, one.reply, answers, now)


def _answered(session: Session, row: OutboundRequest, reply: Reply, answers: Answers, now: datetime) -> None:
    row.attempts += 1
    row.answered_at, row.code, row.text = now, reply.code[:20], reply.text[:200]
    meaning = meaning_of(answers, row.peer, row.code, row.kind)
    if meaning.do == "retry" and row.attempts < ATTEMPTS_MAX.get(session):
        # It was heard and not done: under a new id, for a peer may answer a known one as before.
        row.state, row.due_at, row.transaction_id = WAITING, _later(session, row, now), new_transaction_id()
    elif meaning.do in ("retry", "person"):
        ask_a_person(session, row, _words(row, meaning), now)
    else:
        row.state = DONE if meaning.do == "done" else REFUSED
        close(session, row, now)


def _not_answered(session: Session, row: OutboundRequest, asked: _Asked, now: datetime, *, counts: bool) -> None:
    """It met nobody (then it waits as before), or left and was not heard of (then nobody knows)."""
    row.attempts += counts
    row.answered_at = None
    row.text = asked.why[:200]
    row.state = UNKNOWN if asked.met == LOST or asked.asked_before else WAITING
    row.due_at = _later(session, row, now)
    if row.attempts >= ATTEMPTS_MAX.get(session):
        ask_a_person(session, row, f"no answer came to {row.attempts} tries, nobody knows whether it was taken: {row.text}", now)


def _answers(session: Session, data_dir: Path, now: datetime) -> Answers:
    """The table in force; the shipped one, and an alarm, where the operator's own cannot be read."""
    try:
        found = answers_in(data_dir)
    except UsageError as error:
        alarms.raise_alarm(session, "outbox.answers", "answers", f"{error}; until then the shipped table holds", at=now)
        return shipped_answers()
    alarms.close_alarm(session, "outbox.answers", "answers", at=now)
    return found


def _words(row: OutboundRequest, meaning: Meaning) -> str:
    said = f"{row.code} {row.text}".strip()
    return f"answered {said}: {meaning.meaning}" if meaning.known else f"answered {said}, which stands in no table: enter it in answers.toml"


def _later(session: Session, row: OutboundRequest, now: datetime) -> datetime:
    pauses = parse_pauses(PAUSES_S.get(session))
    return now + timedelta(seconds=pauses[min(max(row.attempts, 1), len(pauses)) - 1])


def ask_a_person(session: Session, row: OutboundRequest, what: str, now: datetime) -> None:
    """The request waits for somebody; those behind it go on."""
    row.state = PERSON
    message = f"request {row.id} ({row.kind}) to {row.peer} waits for a person: {what}; `huabao outbox show {row.id}`, then `retry` or `drop`"
    alarms.raise_alarm(session, PERSON_ALARM, row.peer, message, at=now, request=row.id)
    tell(session, row, now=now)


def close(session: Session, row: OutboundRequest, now: datetime) -> None:
    """Tell who asked that a request is settled; one whose reader was forgotten goes."""
    tell(session, row, now=now)
    if row.forgotten:
        session.delete(row)


def _limits(session: Session) -> Limits:
    return Limits(DOWN_AFTER.get(session), PROBE_S.get(session))


def _tell_of_health(session: Session, peer: str, before: Health, after: Health, now: datetime) -> None:
    """Call a person once when a peer goes away, and no longer when it is back."""
    if after.is_down and not before.is_down:
        message = f"{peer} does not answer: {after.why}; requests to it wait and are sent once it is back"
        alarms.raise_alarm(session, DOWN_ALARM, peer, message, at=now)
        log.error("a peer is away", peer=peer, why=after.why)
    elif before.is_down and not after.is_down:
        alarms.close_alarm(session, DOWN_ALARM, peer, at=now)
        log.info("a peer is back", peer=peer)


# --- healing ---------------------------------------------------------------------------------------------------------


def heal(runtime: Runtime) -> None:
    """What a sender lost is asked again, and what is due has its job."""
    now = runtime.now()
    if not runtime.in_doubt:
        with runtime.transaction(read_only=True) as session:
            before = now - timedelta(seconds=SILENT_S.get(session))
            silent = store.is_any_silent(session, before)
        if silent:
            with runtime.transaction() as session:
                for row in store.take_silent(session, before):
                    _not_answered(session, row, _Asked(row.id, now, LOST, why="its sender fell silent before the answer was written down"), now, counts=True)
    with runtime.transaction(read_only=True) as session:
        wanted = [peer for peer in PEERS if breaker.room(store.health_of(session, peer), now, 1) and store.is_any_due(session, peer, now)]
    if wanted:
        with runtime.transaction() as session:
            for peer in wanted:
                wake(session, peer, now=now)


def tidy(runtime: Runtime) -> None:
    """Remove what was settled long ago."""
    with runtime.transaction() as session:
        store.remove_old(session, before=runtime.now() - timedelta(days=KEEP_DAYS.get(session)))
