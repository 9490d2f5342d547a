"""A reader asks by a text to stop (退订, TD …): his subscription ends by the one path, and he is told so.

What he names after the word is held against what he holds: the name, the service as BOSS calls it, the name of one of
its papers. Who holds one thing need not name it. Where it is not clear what he means nothing ends, and a
text says what he holds and how to say it. `全部` and 00000 end all.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, literal_column, select
from sqlalchemy.orm import Session

from content.models import Publication
from delivery.models import InboundMessage
from delivery.reports.keywords import KEYWORDS, STOP_ASKED
from delivery.reports.texts import TEXT
from delivery.sending import replies
from huabao import audit
from huabao.db import in_ids
from reconciliation.ordering import confirming
from reconciliation.ordering.leaving import leave
from reconciliation.ordering.models import OrderConfirmation
from reconciliation.ordering.settings import STOP_CONFIRM, STOP_DONE_TEXT, STOP_NOTHING_TEXT, STOP_TWICE_S, STOP_WHICH_TEXT
from subscribers.models import Reader, Subscription
from subscribers.offers import store
from subscribers.offers.leaving import request_end, subscriptions_of
from subscribers.offers.models import ServiceOrder
from subscribers.orders.as_of import reader_at
from subscribers.orders.models import AppliedTransaction

CHANNEL: Final = "sms"
DONE, ASKED, LISTED, NOTHING, ANSWERED, TWICE, STRANGER = "stop-done", "stop-question", "stop-listed", "stop-nothing", "stop-answered", "stop-repeated", "stop-stranger"
"""What became of the text: ended; asked whether he means it; told what he holds; he holds nothing; it answered a question; said a moment ago; the number has no reader."""

ALL: Final = ("全部", "所有", "ALL", "00000")
HELD_MAX: Final = 50
AT_ONCE: Final = 200
_IS_ASKED: ColumnElement[Any] = literal_column(f"inbound_messages.status = '{STOP_ASKED}'")
_AROUND: Final = " \t\r\n\0。.,，!！?？\"'“”《》【】[]+:："


@dataclass(frozen=True)
class Held:
    """One thing that a reader holds, and all that he may call it."""

    subscription: Subscription
    title: str
    names: frozenset[str]


def take_stops(session: Session, now: datetime) -> int:
    """Read the texts that ask to stop, oldest first, each once; how many."""
    wanted = select(InboundMessage).where(_IS_ASKED, InboundMessage.kind == TEXT).order_by(InboundMessage.id).limit(AT_ONCE)
    found = session.scalars(wanted.with_for_update(skip_locked=True)).all()
    for message in found:
        message.status = _take(session, message, now)
        session.flush()
    return len(found)


def is_any_asked(session: Session) -> bool:
    """Whether a text waits; cheap."""
    return session.scalar(select(InboundMessage.id).where(_IS_ASKED).limit(1)) is not None


def _take(session: Session, message: InboundMessage, now: datetime) -> str:
    said = (message.content or b"").decode("utf-8", "replace")
    reader = session.get(Reader, reader_at(session, message.sender, message.received_at) or 0)
    if reader is None or reader.msisdn != message.sender:  # nobody's, or another's by now
        return STRANGER
    if session.scalar(select(OrderConfirmation.order_id).where(OrderConfirmation.inbound_id == message.id)) is not None:
        return ANSWERED
    if _said_before(session, message):
        return TWICE
    held = held_by(session, reader.id)
    meant = meant_by(said, held)
    if not held:
        return _told(session, message, NOTHING, STOP_NOTHING_TEXT.get(session), now)
    if not meant:
        return _told(session, message, LISTED, _filled(STOP_WHICH_TEXT.get(session), held), now)
    if STOP_CONFIRM.get(session) and (outcome := _ask(session, reader, meant, now)) is not None:
        return outcome
    ended = [one for one in meant if leave(session, one.subscription, channel=CHANNEL, at=now)]
    for one in ended:
        service_id = one.subscription.service_id
        audit.record(session, actor="reader", action="subscription.leave", object_kind="reader", object_id=reader.id, at=now, service=service_id, channel=CHANNEL)
    return _told(session, message, DONE, _filled(STOP_DONE_TEXT.get(session), meant), now)


def _ask(session: Session, reader: Reader, meant: Sequence[Held], now: datetime) -> str | None:
    """Ask whether he means it, one question at a time; None where nobody can be asked, so that what he said counts."""
    if len(meant) > 1 or confirming.is_asked(session, reader.id):
        return None
    order_id = request_end(session, reader.id, meant[0].subscription.service_id, channel=CHANNEL, at=now)
    order = session.get(ServiceOrder, order_id or 0)
    if order is None or order.way is not None or not confirming.ask(session, order, None, now, title=meant[0].title):
        return None
    return ASKED


def held_by(session: Session, reader_id: int) -> list[Held]:
    """What a reader holds, with all its names."""
    rows = subscriptions_of(session, reader_id, HELD_MAX)
    services = {one.service_id for one in rows}
    known = store.current(session).catalogue.by_service_id()
    papers: dict[str, list[Publication]] = {}
    for paper in session.scalars(select(Publication).where(Publication.service_id.in_(services)).order_by(Publication.id)):
        papers.setdefault(paper.service_id, []).append(paper)
    return [_held(one, known.get(one.service_id), papers.get(one.service_id, [])) for one in rows]


def _held(one: Subscription, service: Any, papers: Sequence[Publication]) -> Held:
    title = service.title if service is not None else papers[0].title if papers else one.service_id
    names = [one.service_id, title, *(word for paper in papers for word in (paper.title, paper.slug)), *([service.slug] if service is not None else [])]
    return Held(one, title, frozenset(plain(name) for name in names))


def meant_by(said: str, held: Sequence[Held]) -> list[Held]:
    """What of the things held a text means to end; none where that is not clear."""
    text = plain(said)
    word = max((word for one in KEYWORDS for word in one.words if text.startswith(word)), key=len, default="")
    rest = plain(text[len(word) :])
    if text in ALL or rest in ALL:
        return list(held)
    if not rest:
        return list(held) if len(held) == 1 else []
    named = [one for one in held if rest in one.names]
    return named if len(named) == 1 else []


def plain(text: str) -> str:
    """Wide letters are letters, small ones are capitals; blanks, stops and brackets around do not count."""
    return unicodedata.normalize("NFKC", text).upper().strip(_AROUND)


def _said_before(session: Session, message: InboundMessage) -> bool:
    """Whether he said the same a moment before and something ended: the network repeats itself."""
    since = message.received_at - timedelta(seconds=STOP_TWICE_S.get(session))
    c = InboundMessage
    earlier = select(c.content).where(c.sender == message.sender, c.received_at >= since, c.id < message.id, c.status.in_((DONE, ASKED, TWICE)), c.recipient == message.recipient)
    return any(one == message.content for one in session.scalars(earlier))


def _told(session: Session, message: InboundMessage, outcome: str, words: str, now: datetime) -> str:
    if words:
        replies.ask(session, f"stop:{message.id}", message.sender, words, port_id=message.port_id, now=now)
    return outcome


def _filled(words: str, held: Sequence[Held]) -> str:
    return words.replace("{services}", "、".join(one.title for one in held)).replace("{first}", held[0].title)


def title_of(session: Session, service_id: str) -> str:
    """What readers call a service: as the catalogue does, else as its first paper is called, else as BOSS does."""
    known = store.current(session).catalogue.by_service_id().get(service_id)
    title = known.title if known else session.scalar(select(Publication.title).where(Publication.service_id == service_id).order_by(Publication.id).limit(1))
    return title or service_id


def left_by(session: Session, order: ServiceOrder) -> AppliedTransaction | None:
    """What ended the subscription here when its reader asked for the end of this order."""
    c = AppliedTransaction
    mine = select(c).where(c.reader_id == order.reader_id, c.service_id == order.service_id, c.source == order.channel, c.event == "cancel", c.verdict == "applied")
    return session.scalars(mine.order_by(c.effective_at.desc()).limit(1)).first()


def finish(session: Session, order: ServiceOrder, now: datetime) -> bool:
    """He said yes again: what he asked to end ends; False where it had ended before."""
    c = Subscription
    found = session.scalars(select(c).where(in_ids(session, c.reader_id, [order.reader_id]), c.service_id == order.service_id)).first()
    return found is not None and leave(session, found, channel=CHANNEL, at=now)
