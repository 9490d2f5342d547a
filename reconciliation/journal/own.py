"""A change in our own form: what began here, and what may not be kept in the words that it came in. A codec."""

from __future__ import annotations

import json
from typing import Final

from huabao.clock import parse_time
from subscribers.orders.change import Change

_SAID: Final = ("msisdn", "event", "source", "transaction_id", "service_id", "fee_msisdn", "price_fen", "new_msisdn", "reason")


def encode_change(change: Change) -> bytes:
    """A change as the journal keeps it: JSON, what is not said left out."""
    said = {name: value for name in _SAID if (value := getattr(change, name)) not in (None, "")}
    return json.dumps({**said, "effective_at": change.effective_at.isoformat()}, ensure_ascii=False).encode()


def decode_change(content: bytes, message_id: int) -> Change:
    """And back; the journal holds only what `encode_change` wrote."""
    said = json.loads(content)
    return Change(**{**said, "effective_at": parse_time(said["effective_at"]), "message_id": message_id})
