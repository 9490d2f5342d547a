"""Under which number each planned reader was sent to: the one that he had while the dispatch went out, not the one that he has now."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

import numpy as np
import numpy.typing as npt
from sqlalchemy import BigInteger, case, cast, func, select
from sqlalchemy.orm import Session

from delivery.models import Dispatch, Submission, deliveries
from huabao.columns import integers
from subscribers.models import Reader
from subscribers.orders.models import ReaderNumber

Ids = npt.NDArray[np.int64]
_GONE = -1
"""In place of the number of a reader who was forgotten, or has none any more."""


def numbers_then(session: Session, dispatch: Dispatch) -> tuple[Ids, Ids, Ids]:
    """Planned readers and the numbers that they had while the dispatch went out, and planned readers of whom none is known."""
    mine = (deliveries.c.day == dispatch.day, deliveries.c.dispatch_id == dispatch.id)
    is_number = func.rtrim(Reader.msisdn, "0123456789") == ""
    number = case((is_number & (Reader.msisdn != ""), cast(Reader.msisdn, BigInteger)), else_=_GONE)
    pairs = integers(session, select(deliveries.c.reader_id, number).outerjoin(Reader, Reader.id == deliveries.c.reader_id).where(*mine))
    ids, numbers = pairs[:, 0], pairs[:, 1]
    begin, end = dispatch.created_at, session.scalar(select(func.max(Submission.written_at, type_=Submission.written_at.type)).where(Submission.dispatch_id == dispatch.id))
    c = ReaderNumber
    gone = c.until > begin
    late = {int(one) for one in session.scalars(select(c.msisdn).where(gone, c.until > (end or begin)))}
    came_later = np.isin(numbers, np.array(sorted(late), dtype=np.int64))
    his_then = select(c.reader_id, c.msisdn, c.since).join(deliveries, deliveries.c.reader_id == c.reader_id).where(*mine, gone)
    had = [(reader, int(msisdn)) for reader, msisdn, since in session.execute(his_then) if since is None or since <= (end or begin)]
    known = ~came_later & (numbers != _GONE)
    extra = np.array(had, dtype=np.int64).reshape(-1, 2)
    all_ids, all_numbers = np.concatenate([ids[known], extra[:, 0]]), np.concatenate([numbers[known], extra[:, 1]])
    return all_ids, all_numbers, np.setdiff1d(ids, all_ids)


class NumberThen:
    """Each reader's number at an instant, for texts of every dispatch."""

    def __init__(self, session: Session) -> None:
        rows = session.execute(select(Reader.id, Reader.msisdn))
        self._present = {row.id: int(row.msisdn) for row in rows if row.msisdn.isdigit()}
        self._past: dict[int, list[tuple[datetime | None, datetime, int]]] = defaultdict(list)
        c = ReaderNumber
        for reader, since, until, msisdn in session.execute(select(c.reader_id, c.since, c.until, c.msisdn).where(c.reader_id.is_not(None), c.until.is_not(None))):
            assert reader is not None and until is not None, "asked for"
            self._past[reader].append((since, until, int(msisdn)))

    def of(self, reader: int, at: datetime) -> int | None:
        """The number, None where none is known."""
        past = self._past.get(reader, ())
        return next((number for since, until, number in past if (since is None or since <= at) and at < until), self._present.get(reader))
