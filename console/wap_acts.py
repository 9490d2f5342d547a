"""What a reader's form does: an order or a trial recorded, an answer to a quiz, a subscription ended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from content.quiz import answers
from content.quiz.models import OpenedQuiz
from content.wap.models import WapForm
from huabao import audit
from reconciliation.ordering.leaving import leave
from reconciliation.ordering.stopping import title_of
from subscribers.models import Reader, Subscription
from subscribers.offers.orders import record_order
from subscribers.offers.services import find_service

CHANNEL = "wap"
FORMS_KEPT = timedelta(days=2)
"""What was sent before cannot come again: its token has ended."""

UNCHOSEN = "请先选一项，再提交。"
UNKNOWN = "没有这一项，什么都没有办理。请返回再试。"
LEFT = "已为您退订{title}。"
LEFT_BEFORE = "{title}已经退订，不用再办。"


def done(session: Session, seal: str, reader_id: int, form: Mapping[str, str], at: datetime) -> str:
    """Do what the form asks, unless it was done before; what the reader is told either way.

    Args:
        seal: SHA-256 of the form's token.
    """
    verb, about = _asked(form)
    session.execute(delete(WapForm).where(WapForm.sent_at < at - FORMS_KEPT))
    try:
        with session.begin_nested():
            session.execute(insert(WapForm).values(form_sha256=seal, reader_id=reader_id, act=verb[:20], answer="", sent_at=at))
    except IntegrityError:
        return session.scalar(select(WapForm.answer).where(WapForm.form_sha256 == seal)) or UNKNOWN
    if not about:
        answer = UNCHOSEN
    elif verb in ("subscribe", "try"):
        answer = _order(session, reader_id, verb, about, at)
    elif verb == "quiz":
        answer = _quiz(session, reader_id, about, form, at)
    elif verb == "leave":
        answer = _leave(session, reader_id, about, at)
    else:
        answer = UNKNOWN
    if answer == UNCHOSEN:  # nothing was done, and who goes back to choose has the same form
        session.execute(delete(WapForm).where(WapForm.form_sha256 == seal))
    else:
        session.get_one(WapForm, seal).answer = answer
    return answer


def _asked(form: Mapping[str, str]) -> tuple[str, str]:
    """What is to be done and with what: `do-try.phonebook`, or `do-try` with the choice in `c`."""
    pressed = next((name.removeprefix("do-") for name in form if name.startswith("do-")), "")
    verb, _, about = pressed.partition(".")
    return verb, (about or form.get("c", ""))[:60]


def _order(session: Session, reader_id: int, kind: str, slug: str, at: datetime) -> str:
    if find_service(session, slug) is None:
        return UNKNOWN
    return record_order(session, reader_id, slug, kind, CHANNEL, at).reply


def _quiz(session: Session, reader_id: int, about: str, form: Mapping[str, str], at: datetime) -> str:
    quiz = session.get(OpenedQuiz, int(about)) if about.isascii() and about.isdigit() and len(about) < 19 else None
    choice = form.get("c", "")
    if quiz is None:
        return UNKNOWN
    if not (choice.isascii() and choice.isdigit()) or len(choice) > 3 or not 1 <= int(choice) <= len(quiz.choices):
        return UNCHOSEN
    reader = session.get_one(Reader, reader_id)
    return answers.answer(session, quiz, reader.msisdn, int(choice), channel=CHANNEL, at=at).reply or "您的回答已收到。"


def _leave(session: Session, reader_id: int, about: str, at: datetime) -> str:
    found = session.get(Subscription, int(about)) if about.isascii() and about.isdigit() and len(about) < 19 else None
    if found is None or found.reader_id != reader_id:
        return UNKNOWN
    title = title_of(session, found.service_id)
    if not leave(session, found, channel=CHANNEL, at=at):
        return LEFT_BEFORE.replace("{title}", title)
    audit.record(session, actor="reader", action="subscription.leave", object_kind="reader", object_id=reader_id, at=at, service=found.service_id, channel=CHANNEL)
    return LEFT.replace("{title}", title)
