"""A message that was nobody's, and turns out to be a reader's: it gets his key, so that it is kept and forgotten with him."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from reconciliation.journal.keeping import give
from subscribers.orders.change import Change, Result


def claim_late(session: Session, changes: Sequence[Change], results: Sequence[Result], *, at: datetime) -> None:
    """Give the messages of changes that took effect now to whom they concerned."""
    his = {one.message_id: result.reader_id for one, result in zip(changes, results, strict=True) if one.message_id is not None and result.reader_id is not None}
    give(session, his, at=at)
