"""Two readers who are one person: his number change was never told, or told too late, and a person found out.

His past stays under the id that it was told of, as it was told: copies, stops and orders of then are what they were.
Whoever looks at him is shown both (`subscribers.store.ids_of`), who forgets him forgets both, and what he
prefers and agreed to goes along. The joining is an entry of the journal and comes back in a replay.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from huabao import audit
from huabao.errors import UsageError
from huabao.msisdn import MSISDN
from reconciliation.intake.own import PLATFORM, apply_own
from subscribers.models import Consent, Reader, SubscriptionEvent
from subscribers.orders.change import ACCOUNT_EVENTS, REASON_LENGTH_MAX, Change
from subscribers.orders.models import ReaderNumber
from subscribers.services import require_reader

KEPT: Final = ("city", "handset", "handset_class", "handset_model", "imei", "drive", "topics", "attribute_class", "preferred_hour", "last_active_at")
_LIVES: Final = ("order", "pause", "resume", "terms", *ACCOUNT_EVENTS)
"""What a peer says of somebody who has the number."""


def join(session: Session, old: MSISDN, new: MSISDN, *, by: str, at: datetime, reason: str) -> int:
    """Let whoever has `new` have the past of who had `old`; the id of the reader whose past it is.

    Raises:
        UsageError: they are, or may be, two people: BOSS or MISC said that the old number passed to another, it is still read under, or both were told of at one time.
    """
    if not 1 <= len(reason.strip()) <= REASON_LENGTH_MAX or not reason.isprintable():
        raise UsageError(f"a reason of 1 to {REASON_LENGTH_MAX} characters is wanted: how is it known that they are one person?")
    if old == new:
        raise UsageError("both numbers are the same; name the one that he had and the one that he has")
    reader = require_reader(session, new)
    told = Change(str(old), "joined", PLATFORM, f"join {reader.id} {at.isoformat()}", at, new_msisdn=str(new), reason=reason.strip())
    done = apply_own(session, [told], now=at)[0]
    if done.verdict == "refused":
        raise UsageError(f"they cannot be joined: {done.why}")
    if done.verdict in ("unchanged", "repeated"):
        raise UsageError("nothing is left to join: who had the old number is the reader who has the new one")
    (past_id,) = done.others
    past, reader = session.get_one(Reader, past_id), session.get_one(Reader, reader.id)
    _require_one_after_the_other(session, past, reader, str(old))
    taken = _take_along(session, past, reader, at)
    audit.record(session, actor=by, action="subscribers.join", object_kind="reader", object_id=reader.id, at=at, past=past.id, reason=reason.strip(), taken=taken)
    session.flush()
    return past.id


def _require_one_after_the_other(session: Session, past: Reader, reader: Reader, old: str) -> None:
    """One person has one number at a time: nobody told of the one after the other began.

    Where BOSS told the change itself, who had the new number before is him only if we heard of that one after the change.
    """
    c = ReaderNumber
    changed = session.scalar(select(func.max(c.until, type_=c.until.type)).where(c.reader_id == reader.id, c.msisdn == old, c.why == "number_change"))
    e = SubscriptionEvent
    lives = select(func.max(e.recorded_at, type_=e.recorded_at.type)).where(e.reader_id == past.id, e.event.in_(_LIVES), e.source != "repair")
    last = session.scalar(lives)
    if changed is not None and past.created_at < changed:
        raise UsageError("they cannot be joined: whoever had the new number before had it already when the number was changed, so he is another")
    if changed is None and (past.created_at > reader.created_at or (last is not None and last > reader.created_at)):
        raise UsageError("they cannot be joined: both numbers were told of at one time, so they are two people")


def _take_along(session: Session, past: Reader, reader: Reader, at: datetime) -> list[str]:
    """What he prefers, where he said nothing newer, and what he agreed to; the names of what was taken."""
    taken = [name for name in KEPT if not getattr(reader, name) and getattr(reader, name) != 0 and getattr(past, name) not in (None, [])]
    if any(getattr(reader, name) for name in ("handset", "imei", "handset_model")):
        taken = [name for name in taken if name not in ("handset", "handset_class", "handset_model", "imei")]
    for name in taken:
        setattr(reader, name, getattr(past, name))
    more = {name: value for name, value in past.attributes.items() if name not in reader.attributes}
    if more:
        reader.attributes = {**reader.attributes, **more}
    reader.updated_at = at
    moved = session.execute(update(Consent).where(Consent.reader_id == past.id).values(reader_id=reader.id))
    return [*taken, *sorted(more), *(["consent"] if moved.rowcount else [])]  # type: ignore[attr-defined]  # a cursor's result
