"""Whether a change makes sense at all. A pure rule."""

from __future__ import annotations

import re

from subscribers.orders.change import EVENTS, ORDER_EVENTS, SOURCE_LENGTH_MAX, TERMS_EVENT, TRANSACTION_LENGTH_MAX, Change

_NUMBER = re.compile(r"1[3-9][0-9]{9}")
SERVICE_LENGTH_MAX = 40
PRICE_FEN_MAX = 100_000_00


def mistake_of(change: Change) -> str | None:
    """What is wrong with it, in words for whoever mends the message; None where it makes sense."""
    if change.event not in EVENTS:
        return f"event: there is no {change.event[:20]!r}; there are {', '.join(EVENTS)}"
    if not 1 <= len(change.source) <= SOURCE_LENGTH_MAX:
        return f"source: 1 to {SOURCE_LENGTH_MAX} characters are expected"
    if not 1 <= len(change.transaction_id) <= TRANSACTION_LENGTH_MAX:
        return f"transaction_id: 1 to {TRANSACTION_LENGTH_MAX} characters are expected"
    return _wrong_number(change) or _wrong_terms(change)


def _wrong_number(change: Change) -> str | None:
    if not _NUMBER.fullmatch(change.msisdn):
        return "msisdn: not a mobile number of 11 digits beginning with 13–19"
    if change.fee_msisdn is not None and not _NUMBER.fullmatch(change.fee_msisdn):
        return "fee_msisdn: not a mobile number of 11 digits beginning with 13–19"
    if change.event not in ("number_change", "joined"):
        return None
    if change.new_msisdn is None or not _NUMBER.fullmatch(change.new_msisdn):
        return f"new_msisdn: {change.event} names the new number, 11 digits beginning with 13–19"
    return "new_msisdn: it is the number that he has" if change.new_msisdn == change.msisdn else None


def _wrong_terms(change: Change) -> str | None:
    if change.event in (*ORDER_EVENTS, TERMS_EVENT) and not 1 <= len(change.service_id or "") <= SERVICE_LENGTH_MAX:
        return f"service_id: {change.event} is of one service; 1 to {SERVICE_LENGTH_MAX} characters are expected"
    if change.price_fen is not None and not 0 <= change.price_fen <= PRICE_FEN_MAX:
        return f"price_fen: 0 to {PRICE_FEN_MAX} are expected"
    if change.event == TERMS_EVENT and change.fee_msisdn is None and change.price_fen is None:
        return "terms: neither a payer (fee_msisdn) nor a price (price_fen) is said"
    return None
