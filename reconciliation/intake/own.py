"""What changes an order though no peer said so: a reader leaves, a repair, an order that BOSS made because we asked.

It is kept in the journal like a message, in a form of our own, and changes take effect when
they are due as an entry of the journal, too: so a replay knows all that happened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from huabao.runtime import Runtime
from reconciliation import journal
from reconciliation.intake.strays import claim_late, claim_moved
from reconciliation.journal import Entry
from reconciliation.journal.models import DUE, OWN, TOOK_EFFECT
from reconciliation.journal.own import encode_change
from subscribers.orders.change import Change, Result
from subscribers.orders.due import AT_ONCE, is_any_due, take_due
from subscribers.orders.services import apply

PLATFORM: Final = "platform"


def apply_own(session: Session, changes: Sequence[Change], *, now: datetime) -> list[Result]:
    """Apply changes of the platform's own and keep them; what became of each.

    What holds from `now` holds from the journal's instant, which never lies before a message that is there.
    """
    if not changes:
        return []
    ids, at = journal.begin(session, len(changes), now=now)
    told = [replace(one, message_id=number, effective_at=at if one.effective_at == now else one.effective_at) for number, one in zip(ids, changes, strict=True)]
    results = apply(session, told, now=at)
    entries = [
        Entry(number, one.source, OWN, one.transaction_id, encode_change(one), result.verdict, result.reader_id, why=result.why)
        for number, one, result in zip(ids, told, results, strict=True)
    ]
    journal.write(session, entries, at=at)
    claim_moved(session, told, results, at=at)
    return results


def take_effect(session: Session, *, now: datetime) -> int:
    """Apply what is due, at most `AT_ONCE`, as one entry of the journal; how many there were."""
    if not is_any_due(session, now):
        return 0
    ids, at = journal.begin(session, 1, now=now)
    changes = take_due(session, now=at)
    results = apply(session, changes, now=at)
    claim_late(session, changes, results, at=at)
    claim_moved(session, changes, results, at=at)
    journal.write(session, [Entry(ids[0], PLATFORM, DUE, "", b"", TOOK_EFFECT)], at=at)
    return len(changes)


def take_all(runtime: Runtime) -> int:
    """Apply all that is due, each lot in a transaction of its own; how many."""
    done = 0
    while True:
        with runtime.transaction() as session:
            found = take_effect(session, now=runtime.now())
        done += found
        if found < AT_ONCE:
            return done
