"""What a message of the journal says, whoever said it, read again as it was read when it came."""

from __future__ import annotations

from reconciliation.codecs.boss import decode_event
from reconciliation.codecs.misc import decode_envelope
from reconciliation.dialects import MISCDialects
from reconciliation.intake import boss, misc
from reconciliation.journal import Opened
from reconciliation.journal.models import OWN
from reconciliation.journal.own import decode_change
from subscribers.orders.change import Change


def change_in(one: Opened, dialects: MISCDialects) -> Change:
    """The change that a message says which was applied and can be read.

    Raises:
        UsageError: the dialect that it was read by is gone.
    """
    row = one.row
    assert one.content is not None, "the caller looked"
    if row.codec == OWN:
        return decode_change(one.content, row.id)
    if row.codec == boss.PEER:  # an earlier release kept the platform's own orders in BOSS's form
        return boss.change_of(decode_event(one.content), row.id, source=row.peer)
    dialect = dialects.get(row.dialect.partition("@")[0])
    change = misc.change_of(decode_envelope(one.content), row.peer, dialect, at=row.received_at, message_id=row.id)
    assert change is not None, "what was applied says something"
    return change
