"""Texts that answer a reader, one by one: written down with what they answer, sent once at most.

A reply is no delivery of an edition and stands in no ledger: it is committed before it
leaves, and one whose answer was lost is `unknown` and not sent again, since a second
copy puzzles more than a missing one. No receipt is asked for.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import exists, insert, literal_column, select, update
from sqlalchemy.orm import Session

from content.wap.keys import personal_link
from delivery.lanes import RESEND, WELCOME
from delivery.models import Port, ReaderReply
from delivery.ports import Answer, MessageContent, OutboundGroup, PortSettings, SubmitStream, is_ours, open_link, pace
from delivery.sending.prepared import port_settings
from delivery.sending.waiting import port_queue
from delivery.throttle import port_key, throttle_for
from huabao.config import Config
from huabao.errors import PortError
from huabao.ids import new_token
from huabao.log import get_logger
from huabao.msisdn import MSISDN, find_msisdn
from huabao.queues import Task, enqueue_many
from huabao.runtime import Runtime
from huabao.settings import Setting
from subscribers.store import find_reader

log = get_logger("replies")

STALE_S = Setting("reply_stale_s", 3600.0, "s", "a text that answers a reader and could not leave for so long is given up", minimum=60)
SETTINGS: tuple[Setting[Any], ...] = (STALE_S,)

OWN_LINK: Final = "{own link}"
"""Stands in a text for the reader's own WAP link: made when it leaves, so that no table holds it."""

CLAIMED_AT_ONCE: Final = 20
PAUSE_S: Final = 2.0
"""After a peer's "not now" that names no time."""

SILENT_S: Final = 120.0
"""What left so long ago, and whose sender wrote nothing since, is unknown."""

_IS_WAITING: Final = ReaderReply.state == literal_column("'waiting'")
_STATES: Final = {"accepted": "sent", "partial": "sent", "refused": "refused", "unknown": "unknown", "deferred": "waiting"}


def _send_replies(runtime: Runtime, port_id: int) -> None:
    send(runtime, port_id)


SEND_REPLIES = Task("delivery.send_replies", _send_replies, queue="express", max_attempts=5, lease_s=60.0)
"""Send what waits to answer readers by a port, in the hands of its owner; args: port_id."""


def ask(session: Session, key: str, number: str, text: str, *, port_id: int | None, now: datetime, push: bytes | None = None) -> bool:
    """Write down a text to one reader, or a Push PDU; False where nothing is sent: it was asked for before, the number is none, or no port sends texts.

    Args:
        port_id: of the port by which he wrote; None takes the first that sends texts.
        push: goes in the text's place.
    """
    port = _port(session, port_id)
    if port is None or find_msisdn(number) is None or session.scalar(select(ReaderReply.id).where(ReaderReply.key == key)) is not None:
        return False
    session.execute(insert(ReaderReply).values(key=key, port_id=port, number=number, text=text, push=push, asked_at=now))
    _enqueue(session, port, now=now)
    return True


def was_asked(session: Session, key: str) -> bool:
    """Whether a text of that key was written down, whatever became of it."""
    return session.scalar(select(ReaderReply.id).where(ReaderReply.key == key)) is not None


def _port(session: Session, port_id: int | None) -> int | None:
    wanted = select(Port.id).where(Port.kind == "smpp")
    mine = None if port_id is None else session.scalar(wanted.where(Port.id == port_id))
    return mine or session.scalar(wanted.where(Port.state == "up").order_by(Port.priority, Port.id).limit(1))


def _enqueue(session: Session, port_id: int, *, now: datetime, delay_s: float = 0.0) -> None:
    task = replace(SEND_REPLIES, queue=port_queue(port_id, RESEND))
    # Not `enqueue`: where two write the same key at once, it spoils the transaction, and a reader's text with it.
    enqueue_many(session, task, [{"port_id": port_id}], now=now, delay_s=delay_s, key_of=lambda _: f"replies:{port_id}")


def heal(runtime: Runtime) -> None:
    """What left and was never answered is unknown, what waited too long is given up, and what waits has its job."""
    now = runtime.now()
    with runtime.transaction(read_only=True) as session:
        if session.scalar(select(ReaderReply.id).where(ReaderReply.state.in_(("waiting", "leaving"))).limit(1)) is None:
            return
    with runtime.transaction() as session:
        old = now - timedelta(seconds=STALE_S.get(session))
        quiet: dict[str, Any] = {"synchronize_session": False}
        silent = update(ReaderReply).where(ReaderReply.state == "leaving", ReaderReply.left_at < now - timedelta(seconds=SILENT_S))
        session.execute(silent.values(state="unknown", status_text="the sender fell silent before the answer was recorded"), execution_options=quiet)
        stale = update(ReaderReply).where(_IS_WAITING, ReaderReply.asked_at < old)
        session.execute(stale.values(state="stale", status_text="it could not leave in time"), execution_options=quiet)
        for port_id in session.scalars(select(Port.id).where(exists().where(ReaderReply.port_id == Port.id, _IS_WAITING))).all():
            if port_settings(session, port_id).may_send(now).allowed:
                _enqueue(session, port_id, now=now)


# --- sending ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Going:
    reply_id: int
    number: MSISDN
    text: str
    push: bytes | None = None


def send(runtime: Runtime, port_id: int) -> int:
    """Send what waits at a port, until nothing does or it may not send; how many left."""
    sent = 0
    while True:
        with runtime.transaction() as session:
            settings = port_settings(session, port_id)
            may = settings.may_send(runtime.now()).allowed and is_ours(settings)
            claimed = _claim(session, port_id, runtime.now(), runtime.config) if may else []
        if not claimed:
            return sent
        answers = _put(runtime, settings, claimed)
        sent += len(answers)
        pause_s = _record(runtime, answers)
        if pause_s is not None:
            with runtime.transaction() as session:
                _enqueue(session, port_id, now=runtime.now(), delay_s=pause_s)
            return sent


def _claim(session: Session, port_id: int, now: datetime, config: Config) -> list[_Going]:
    wanted = select(ReaderReply).where(ReaderReply.port_id == port_id, _IS_WAITING, ReaderReply.number != "").order_by(ReaderReply.id).limit(CLAIMED_AT_ONCE)
    rows = session.scalars(wanted.with_for_update(skip_locked=True)).all()
    for row in rows:
        row.state, row.left_at = "leaving", now
    return [_Going(row.id, MSISDN(row.number), _linked(session, row, now, config), row.push) for row in rows]


def _linked(session: Session, row: ReaderReply, now: datetime, config: Config) -> str:
    """The text with its reader's own link in it."""
    if OWN_LINK not in row.text:
        return row.text
    reader = find_reader(session, MSISDN(row.number))
    return row.text.replace(OWN_LINK, "" if reader is None else personal_link(session, config, reader.id, "package", 0, now))


def _put(runtime: Runtime, settings: PortSettings, claimed: Sequence[_Going]) -> list[Answer]:
    """Let them leave, each at its token; all answers."""
    answers: list[Answer] = []
    streams: list[SubmitStream] = []
    for one in claimed:
        try:
            link = open_link(settings)
            content = MessageContent(text=one.text, receipt=False) if one.push is None else MessageContent(push=one.push, receipt=False)
            prepared = link.prepare(content)
        except PortError as error:
            answers.append(Answer(-one.reply_id, "deferred" if error.retryable else "refused", status_text=str(error)))
            continue
        _wait_for_tokens(runtime, settings, link.tokens(prepared, 1))
        stream = link.stream(prepared)
        # Below zero: submissions have the numbers above, and a late answer must not be taken for one of theirs.
        stream.put([OutboundGroup(-one.reply_id, f"reply-{one.reply_id}-{new_token(6)}", (one.number,))])
        streams.append(stream)
    until = time.monotonic() + settings.timeout_s * 2
    for stream in streams:
        while stream.in_flight and time.monotonic() < until:
            answers += stream.take(0.5)
    return answers


def _wait_for_tokens(runtime: Runtime, settings: PortSettings, tokens: int) -> None:
    throttle = throttle_for(runtime)
    rate, burst = pace.effective(settings, runtime.now())
    while (wait_s := throttle.acquire(port_key(settings.port_id), tokens, rate=max(rate, tokens), burst=burst, lane=WELCOME)) > 0:
        time.sleep(min(wait_s, 0.5))


def _record(runtime: Runtime, answers: Sequence[Answer]) -> float | None:
    """Write answers down; the pause that the peer wants, or None. What was not answered stays `leaving` until `heal`."""
    now, pause_s = runtime.now(), None
    with runtime.transaction() as session:
        for answer in answers:
            row = session.get_one(ReaderReply, -answer.submission_id)
            row.state, row.answered_at = _STATES[answer.state], now
            row.message_id = answer.message_id or row.message_id
            row.status_code, row.status_text = answer.status_code, answer.status_text[:200]
            if answer.state == "deferred":
                row.left_at = row.answered_at = None
                pause_s = max(pause_s or 0.0, answer.retry_after_s or PAUSE_S)
    return pause_s


def forget_number(session: Session, msisdn: str) -> dict[str, int]:
    """Remove a number and what was written to it; how many rows, by table. The SMSC's ids stay, so that the ledger still knows its texts."""
    gone = session.execute(update(ReaderReply).where(ReaderReply.number == msisdn).values(number="", text="", push=None))
    return {ReaderReply.__tablename__: int(gone.rowcount)}  # type: ignore[attr-defined]  # a cursor's result
