"""Readers' texts that answer a quiz: taken in the transaction that stores the text, the reply written down with them."""

from __future__ import annotations

from typing import Final

from sqlalchemy.orm import Session

from content.quiz.answers import REPEATED, TOO_MANY, take_text
from delivery.reports.keywords import ReaderText
from delivery.sending import replies
from huabao.msisdn import find_msisdn

SILENT: Final = (REPEATED, TOO_MANY)
"""What becomes of an answer without a reply."""


def take_answer(session: Session, message: ReaderText, *, channel: str = "sms") -> str | None:
    """Take a text as an answer to a quiz; the word that is kept with the message, None where it answers none."""
    number = find_msisdn(message.sender)
    if number is None:
        return None
    found = take_text(session, str(number), message.recipient, message.text, channel=channel, at=message.received_at)
    if found is None:
        return None
    if found.reply and found.outcome not in SILENT:
        replies.ask(session, f"quiz:{found.answer_id}", str(number), found.reply, port_id=message.port_id, now=message.received_at)
    return f"quiz-{found.outcome}"
