"""A refund is asked for: once for a charge, and no more than was charged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from huabao import audit
from huabao.clock import business_day
from huabao.errors import UsageError
from reconciliation.charges.models import OVER, Refund
from reconciliation.refunds.history import one_of
from reconciliation.refunds.rules import REASONS, add_months, bound
from reconciliation.refunds.settings import FREE_FEN_MAX, MONTHS_BACK, YEAR_MAX
from subscribers.models import Reader
from subscribers.store import ids_of

TEXT_CHARS_MAX = 500
YEAR = timedelta(days=366)


@dataclass(frozen=True)
class Wish:
    """What somebody asks for.

    Attributes:
        month: that was charged, any day of it.
        why: of `REASONS`.
        key: by which the same sheet, sent twice, is known.
        complaint_id: the complaint that it is about, or None; the caller knows it to be his.
    """

    service_id: str
    month: date
    amount_fen: int
    why: str
    key: str
    text: str = ""
    complaint_id: int | None = None


def ask(session: Session, reader: Reader, wish: Wish, *, by: str, now: datetime) -> tuple[Refund, bool]:
    """Write a request down; whether it is new.

    Raises:
        UsageError: that month may not be given back, not so much of it, or not again.
    """
    if not wish.key or len(wish.key) > 80:
        raise UsageError("key: 1 to 80 characters")
    if wish.why not in REASONS:
        raise UsageError(f"why: {wish.why!r} is none of {', '.join(REASONS)}")
    if len(wish.text) > TEXT_CHARS_MAX:
        raise UsageError(f"text: is longer than {TEXT_CHARS_MAX} characters; say it shorter")
    session.execute(select(Reader.id).where(Reader.id == reader.id).with_for_update(key_share=True))
    known = session.scalar(select(Refund).where(Refund.key == wish.key))
    ids = ids_of(session, reader.id)
    if known is not None:
        if known.reader_id not in ids or (known.service_id, known.month) != (wish.service_id, wish.month.replace(day=1)):
            raise UsageError("the key was used for another refund; give each one a key of its own")
        return known, False
    made = _made(session, reader, ids, wish, by, now)
    session.add(made)
    session.flush()
    about = {"reader_id": reader.id, "service": made.service_id, "month": f"{made.month:%Y-%m}", "fen": made.amount_fen, "why": made.why, "complaint": made.complaint_id}
    audit.record(session, actor=by, action="refund.ask", object_kind="refund", object_id=made.id, at=now, **about)
    return made, True


def _made(session: Session, reader: Reader, ids: Sequence[int], wish: Wish, by: str, now: datetime) -> Refund:
    month, this = wish.month.replace(day=1), business_day(now).replace(day=1)
    back = MONTHS_BACK.get(session)
    if month > this or month < add_months(this, -back):
        raise UsageError(f"{month:%Y-%m} lies ahead or more than {back} months back (setting {MONTHS_BACK.name})", word="refund.month_out", back=back)
    before = session.scalar(select(Refund).where(Refund.reader_id.in_(ids), Refund.service_id == wish.service_id, Refund.month == month, Refund.state.not_in(OVER)))
    if before is not None:
        raise UsageError(f"refund {before.id} of that month was asked for already, by {before.asked_by}; it is {before.state}", word="refund.again", name=before.asked_by)
    year = session.scalar(select(func.count()).select_from(Refund).where(Refund.reader_id.in_(ids), Refund.asked_at > now - YEAR, Refund.state.not_in(OVER))) or 0
    if year >= YEAR_MAX.get(session):
        raise UsageError(f"he has {year} refunds within a year; more are an exception (setting {YEAR_MAX.name})", word="refund.too_many", n=year)
    line = one_of(session, ids, month, wish.service_id, now)
    if line is None or line.charged.billed_fen == 0:
        raise UsageError(f"nothing says that he was charged for {wish.service_id} in {month:%Y-%m}", word="refund.not_charged")
    most, basis = bound(line.charged, FREE_FEN_MAX.get(session))
    if not 0 < wish.amount_fen <= most:
        raise UsageError(f"amount: from 1 to {most} fen may be asked back of that month", word="refund.amount_out", most=f"{most / 100:.2f}")
    return Refund(
        reader_id=reader.id, payer=line.payer, city=reader.city, service_id=wish.service_id, month=month, amount_fen=wish.amount_fen, charged_fen=line.charged.charged_fen,
        basis=basis, retrieved=line.charged.retrieved, failed=line.charged.failed, why=wish.why, text=wish.text, complaint_id=wish.complaint_id, key=wish.key,
        asked_by=by[:80], asked_at=now,
    )  # fmt: skip
