"""The second confirmation (二次确认): a reader who ordered is asked by text whether he really wants it; silence is no.

The question names service and price. Which reply agrees stands with the service; where nothing
stands, any does, but never one that refuses or that asks to stop. A reply counts when it
came by the port that asked, after the question had left, and was taken by nobody else.
"""

from __future__ import annotations

import unicodedata
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, literal_column, select, update
from sqlalchemy.orm import Session

from delivery.models import InboundMessage, ReaderReply
from delivery.reports.keywords import STOP_ASKED
from delivery.reports.texts import TEXT
from delivery.sending import replies
from reconciliation.ordering.models import AGREED, DECLINED, SILENT, OrderConfirmation
from reconciliation.ordering.settings import CONFIRM_ANY, CONFIRM_NO_WORDS, CONFIRM_TEXT, CONFIRM_WAIT_S, LATE_TOLD_H, STOP_CONFIRM_TEXT
from subscribers.models import Reader
from subscribers.offers.catalogue import Service
from subscribers.offers.models import BY_FILE, BY_QUESTION, CANCEL, ServiceOrder

TWICE_S: Final = 60.0
"""The same words again so soon after an answer are that answer once more, not one to the next question."""

YES: Final = "Y"
NEVER_LEFT: Final = ("refused", "stale")
_IS_WAITING: ColumnElement[Any] = literal_column("order_confirmations.state = 'waiting'")
_IS_SILENT: ColumnElement[Any] = literal_column("order_confirmations.state = 'silent' AND order_confirmations.inbound_id IS NULL")


def ask(session: Session, order: ServiceOrder, service: Service | None, now: datetime, *, title: str = "") -> bool:
    """Ask the reader of an order, or of its end; False where no port sends texts.

    Args:
        title: what the service is called, where the catalogue does not have it.
    """
    ends = order.kind == CANCEL
    number = session.scalar(select(Reader.msisdn).where(Reader.id == order.reader_id)) or ""
    wait_s, expected = CONFIRM_WAIT_S.get(session), YES if ends else service.reply if service else ""
    words = {
        "{service}": title or (service.title if service else order.service_id),
        "{price}": price_words(service),
        "{reply}": expected or CONFIRM_ANY.get(session),
        "{hours}": f"{wait_s / 3600:g}",
    }
    said = (STOP_CONFIRM_TEXT if ends else CONFIRM_TEXT).get(session)
    for name, value in words.items():
        said = said.replace(name, value)
    key = f"confirm:{order.id}"
    if not replies.ask(session, key, number, said, port_id=None, now=now):
        return False
    port_id = session.scalars(select(ReaderReply.port_id).where(ReaderReply.key == key)).one()
    order.way = BY_QUESTION
    session.add(OrderConfirmation(order_id=order.id, reader_id=order.reader_id, expected=expected, port_id=port_id, asked_at=now, until=now + timedelta(seconds=wait_s)))
    session.flush()
    return True


def price_words(service: Service | None) -> str:
    """What a service costs, as a reader is told it."""
    if service is None or service.charge == "unstated" or (service.price_fen is None and service.charge != "free"):
        return "以业务公布为准"
    if service.charge == "free" or not service.price_fen:
        return "免费"
    return f"{service.price_fen / 100:g}元/{'月' if service.charge == 'monthly' else '次'}"


def is_asked(session: Session, reader_id: int) -> bool:
    """Whether a question to this reader is open."""
    return session.scalar(select(OrderConfirmation.order_id).where(OrderConfirmation.reader_id == reader_id, _IS_WAITING).limit(1)) is not None


def verdict(text: str, status: str | None, expected: str, no_words: str) -> str | None:
    """What a reply says: `agreed`, `declined`, or None where it is no answer.

    Args:
        status: what a keyword or a quiz made of the text already, or None.
        expected: the reply that agrees, in capitals; "" is any.
        no_words: replies that refuse, with commas.
    """
    if status == STOP_ASKED:
        return DECLINED
    said = _plain(text)
    if said in {_plain(one) for one in no_words.split(",")} - {""}:
        return DECLINED
    if expected:
        return AGREED if said == _plain(expected) else None
    untaken = status is None or (said == YES and not status.startswith("quiz"))  # a bare Y may have been taken for one to an offer
    return AGREED if said and untaken else None


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).upper().strip(" \t\r\n\0。.,，!！?？\"'“”‘’")


def take_answers(session: Session, now: datetime) -> list[OrderConfirmation]:
    """Read what came in reply to open questions; those that were answered now, locked.

    The hour counts by which a reply came, not by which it is read.
    """
    texts = (InboundMessage.sender == Reader.msisdn, InboundMessage.port_id == OrderConfirmation.port_id, InboundMessage.kind == TEXT)
    left = (ReaderReply.key == literal_column("'confirm:' || order_confirmations.order_id"), ReaderReply.left_at.is_not(None))
    in_time = (InboundMessage.received_at >= ReaderReply.left_at, InboundMessage.received_at < OrderConfirmation.until)
    found = session.execute(
        select(OrderConfirmation, InboundMessage)
        .join(Reader, Reader.id == OrderConfirmation.reader_id)
        .join(ReaderReply, left[0] & left[1])
        .join(InboundMessage, texts[0] & texts[1] & texts[2] & in_time[0] & in_time[1])
        .where(_IS_WAITING)
        .order_by(InboundMessage.id)
        .limit(1000)
        .with_for_update(of=OrderConfirmation, skip_locked=True)
    )
    no_words, answered = CONFIRM_NO_WORDS.get(session), {}
    for asked, message in found:
        said = (message.content or b"").decode("utf-8", "replace")
        ends = session.scalar(select(ServiceOrder.kind).where(ServiceOrder.id == asked.order_id)) == CANCEL
        result = AGREED if ends and message.status == STOP_ASKED else verdict(said, message.status, asked.expected, no_words)
        if asked.order_id not in answered and result is not None and not _is_repetition(session, asked, message.received_at, said):
            asked.state, asked.answered_at, asked.answer, asked.inbound_id = result, message.received_at, said[:80], message.id
            answered[asked.order_id] = asked
    session.flush()
    return list(answered.values())


def _is_repetition(session: Session, asked: OrderConfirmation, at: datetime, said: str) -> bool:
    """Whether he said the same a moment before, in answer to an earlier question."""
    earlier = select(OrderConfirmation.answer).where(
        OrderConfirmation.reader_id == asked.reader_id,
        OrderConfirmation.order_id != asked.order_id,
        OrderConfirmation.answered_at > at - timedelta(seconds=TWICE_S),
        OrderConfirmation.answered_at <= at,
    )
    return any(_plain(one) == _plain(said) for one in session.scalars(earlier))


def close_silent(session: Session, now: datetime, *, grace_s: float = 60.0) -> list[OrderConfirmation]:
    """Questions that nobody answered in time are silent; a reply that came in time is read before, so there is a moment's grace."""
    over = select(OrderConfirmation).where(_IS_WAITING, OrderConfirmation.until < now - timedelta(seconds=grace_s)).order_by(OrderConfirmation.until).limit(500)
    found = list(session.scalars(over.with_for_update(skip_locked=True)))
    for asked in found:
        asked.state, asked.answered_at = SILENT, now
    session.flush()
    return found


def is_any_silent(session: Session, now: datetime) -> bool:
    """Whether somebody was silent lately; cheap."""
    since = now - timedelta(hours=LATE_TOLD_H.get(session))
    return session.scalar(select(OrderConfirmation.order_id).where(_IS_SILENT, OrderConfirmation.answered_at > since).limit(1)) is not None


def take_late(session: Session, now: datetime) -> list[OrderConfirmation]:
    """Questions that ended in silence and that were agreed to later, each once: nothing changes, but he is told."""
    texts = (InboundMessage.sender == Reader.msisdn, InboundMessage.port_id == OrderConfirmation.port_id, InboundMessage.kind == TEXT)
    since = now - timedelta(hours=LATE_TOLD_H.get(session))
    found = session.execute(
        select(OrderConfirmation, InboundMessage)
        .join(Reader, Reader.id == OrderConfirmation.reader_id)
        .join(InboundMessage, texts[0] & texts[1] & texts[2] & (InboundMessage.received_at >= OrderConfirmation.until))
        .where(_IS_SILENT, OrderConfirmation.answered_at > since)
        .order_by(InboundMessage.id)
        .limit(1000)
        .with_for_update(of=OrderConfirmation, skip_locked=True)
    )
    no_words, late = CONFIRM_NO_WORDS.get(session), {}
    for asked, message in found:
        said = (message.content or b"").decode("utf-8", "replace")
        if asked.order_id not in late and not _answers_another(session, message) and verdict(said, message.status, asked.expected, no_words) == AGREED:
            asked.inbound_id, asked.answer = message.id, said[:80]
            late[asked.order_id] = asked
    session.flush()
    return list(late.values())


def _answers_another(session: Session, message: InboundMessage) -> bool:
    return session.scalar(select(OrderConfirmation.order_id).where(OrderConfirmation.inbound_id == message.id).limit(1)) is not None


def give_back_unasked(session: Session) -> list[int]:
    """Orders whose question never left, since the SMSC refused it or it waited too long, go to the file; their ids."""
    keys = select(ReaderReply.key).where(ReaderReply.key == literal_column("'confirm:' || order_confirmations.order_id"), ReaderReply.state.in_(NEVER_LEFT))
    lost = list(session.scalars(select(OrderConfirmation).where(_IS_WAITING, keys.exists()).limit(500).with_for_update(skip_locked=True)))
    for asked in lost:
        session.execute(update(ServiceOrder).where(ServiceOrder.id == asked.order_id).values(way=BY_FILE))
        session.delete(asked)
    session.flush()
    return [one.order_id for one in lost]
