"""The journal applied again, in the order in which its messages took effect, to a database that knows nothing yet.

What each message did is done again with the instant that it counted from, so that
orders, accounts, numbers and their history come out the same; only ids of rows
differ. Messages that changed nothing (unreadable, quarantined, refused) change nothing
again. What became of each is held against what the journal says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from huabao.errors import UsageError
from reconciliation.codecs.misc import SubscribeServiceReq, UnSubscribeServiceReq, decode_envelope
from reconciliation.dialects import MISCDialects
from reconciliation.intake import misc
from reconciliation.intake.imported import apply_again
from reconciliation.intake.kept import change_in
from reconciliation.intake.strays import APPLIED
from reconciliation.journal import Opened
from reconciliation.journal.models import DUE, ORDERS, OUT
from reconciliation.ordering import asked
from reconciliation.ordering.misc import ANSWERED_DONE, ANSWERED_REFUSED, hear
from subscribers.models import Reader, Subscription
from subscribers.orders.change import Change
from subscribers.orders.due import take_due
from subscribers.orders.services import apply

DIFFERENCES_MAX: Final = 20


@dataclass
class Replayed:
    """What became of a replay.

    Attributes:
        messages: how many there were.
        applied: how many of them were told to the readers' orders.
        skipped: how many changed nothing when they came.
        unreadable: how many nobody can read any more, their reader being forgotten.
        other_dialect: how many were read by another version of their code table than is in force.
        differences: messages that came out otherwise than the journal says, the first few in words.
    """

    messages: int = 0
    applied: int = 0
    skipped: int = 0
    unreadable: int = 0
    other_dialect: int = 0
    different: int = 0
    differences: list[str] = field(default_factory=list)


def require_empty(session: Session) -> None:
    """Check that nobody is there yet.

    Raises:
        UsageError: somebody is.
    """
    if session.scalar(select(Reader.id).limit(1)) is not None or session.scalar(select(Subscription.id).limit(1)) is not None:
        raise UsageError("this database has readers already; a journal is replayed into an empty one: let HUABAO_DATABASE_URL name it, then `huabao db upgrade`")


def replay(session: Session, messages: Iterable[Opened], dialects: MISCDialects, found: Replayed) -> None:
    """Apply messages that took effect together or one after the other; counts in `found`.

    Args:
        messages: in the order of the journal, whole groups of one instant.

    Raises:
        UsageError: a dialect that a message was read by is gone.
    """
    for at, group in groupby(messages, key=lambda one: one.row.received_at):
        pending: list[tuple[Opened, Change]] = []
        for one in group:
            found.messages += 1
            change = _change(one, dialects, found)
            if change is not None:
                pending.append((one, change))
                continue
            act = _act_of(one)
            if act is not None:
                _apply(session, pending, at, found)
                pending = []
                act(session, one)
        _apply(session, pending, at, found)


def _change(one: Opened, dialects: MISCDialects, found: Replayed) -> Change | None:
    """What a message changes; None where that is nothing, or not for readers' orders to be told."""
    row = one.row
    if row.direction == OUT or row.codec in (DUE, ORDERS) or row.verdict in (ANSWERED_DONE, ANSWERED_REFUSED):
        found.unreadable += row.codec != DUE and one.content is None
        return None
    if row.verdict not in APPLIED:  # what was repeated changed nothing, whatever became of the first
        found.skipped += 1
        return None
    if one.content is None:
        found.unreadable += 1
        return None
    found.other_dialect += row.codec == misc.CODEC and dialects.get(row.dialect.partition("@")[0]).label != row.dialect
    return change_in(one, dialects)


def _act_of(one: Opened) -> Callable[[Session, Opened], None] | None:
    """What else a message did."""
    row = one.row
    if row.codec == DUE:
        return _take_due
    if one.content is not None and row.codec == ORDERS:
        return apply_again
    if one.content is not None and row.codec == misc.CODEC and row.direction == OUT:
        return _leave
    return _hear if row.verdict in (ANSWERED_DONE, ANSWERED_REFUSED) else None


def _apply(session: Session, pending: list[tuple[Opened, Change]], at: datetime, found: Replayed) -> None:
    if not pending:
        return
    results = apply(session, [change for _, change in pending], now=at)
    calls: dict[asked.Key, str] = {}
    for (one, change), result in zip(pending, results, strict=True):
        found.applied += 1
        if result.verdict != one.row.verdict:
            found.different += 1
            if len(found.differences) < DIFFERENCES_MAX:
                found.differences.append(f"message {one.row.id} was {one.row.verdict} and is {result.verdict} now")
        if change.source == misc.SOURCE and result.verdict == "applied" and change.service_id is not None:
            calls[change.msisdn, change.service_id, change.event] = change.transaction_id
    asked.match_calls(session, calls, at=at)


def _take_due(session: Session, one: Opened) -> None:
    """What was due then took effect."""
    at = one.row.received_at
    apply(session, take_due(session, now=at), now=at)


def _leave(session: Session, one: Opened) -> None:
    """A request of ours left, so that the call that comes of it is known."""
    assert one.content is not None
    message = decode_envelope(one.content).message
    if isinstance(message, SubscribeServiceReq | UnSubscribeServiceReq):
        event = "order" if isinstance(message, SubscribeServiceReq) else "cancel"
        asked.remember(session, one.row.transaction_id, one.row.peer, (message.dest_user.msisdn, message.service.sp_service_id, event), at=one.row.received_at)


def _hear(session: Session, one: Opened) -> None:
    """MISC answered a request of ours."""
    row = one.row
    hear(session, row.transaction_id, done=row.verdict == ANSWERED_DONE, h_ret=int(row.answer_code), message_id=row.id, at=row.received_at)
