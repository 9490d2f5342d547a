"""A person is forgotten: his complaints still count, and say nothing of him any more."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from care.models import Complaint
from subscribers.models import Reader


def forget_number(session: Session, msisdn: str) -> Mapping[str, int]:
    """Take the number (11 digits), the reader and all words from the complaints of whoever has it; how many rows changed, by table."""
    his = Complaint.reader_id.in_(select(Reader.id).where(Reader.msisdn == msisdn))
    nothing = {"msisdn": None, "reader_id": None, "text": "", "note": "", "reference": "", "previous_id": None, "dispatch_id": None}
    changed = session.execute(update(Complaint).where(or_(his, Complaint.msisdn == msisdn)).values(**nothing).execution_options(synchronize_session=False))
    return {"complaints": int(changed.rowcount)}  # type: ignore[attr-defined]  # a cursor's result
