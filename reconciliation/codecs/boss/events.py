"""What BOSS tells the platform: one event, one JSON object."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from huabao.errors import CodecError
from reconciliation.codecs.boss import strict_json

ORDER_EVENTS: Final = ("order", "cancel", "pause", "resume", "terms")
"""About one service; the last: another price or payer, the order stays."""

ACCOUNT_EVENTS: Final = ("barred", "unbarred", "closed", "opened", "transfer", "number_change")
"""About the account, so about every service of it."""

EVENTS: Final = (*ORDER_EVENTS, *ACCOUNT_EVENTS)
EVENT_ID_CHARS_MAX: Final = 64
REASON_CHARS_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class BossEvent:
    """One event.

    Attributes:
        event_id: BOSS's own; a second event of the same id is the first one again.
        event: one of `EVENTS`.
        msisdn: of who reads, 11 digits.
        effective_at: since when, or from when on, aware, in UTC.
        service_id: None for events of the account.
        fee_msisdn: of who pays, where it is another; 11 digits.
        price_fen: a month's price in fen, where BOSS says it.
        new_msisdn: with number_change.
        reason: BOSS's words.
    """

    event_id: str
    event: str
    msisdn: str
    effective_at: datetime
    service_id: str | None = None
    fee_msisdn: str | None = None
    price_fen: int | None = None
    new_msisdn: str | None = None
    reason: str = ""


class UnknownEventError(CodecError):
    """An event of a name that nobody knows: refused, never guessed.

    Attributes:
        event_id, event: as they came.
        msisdn: 11 digits, or None where it can't be read.
    """

    def __init__(self, event_id: str, event: str, msisdn: str | None) -> None:
        super().__init__(f"there is no event {event[:40]!r}; there are {', '.join(EVENTS)}", status_code=422)
        self.event_id, self.event, self.msisdn = event_id, event, msisdn


def decode_event(body: bytes) -> BossEvent:
    """The event in `body`; keys that nobody knows are passed over.

    Raises:
        UnknownEventError: its name is unknown.
        CodecError: it is none; `status_code` is the HTTP status to answer with.
    """
    values = strict_json.read_object(body, "the event")
    event_id = strict_json.text(values, "event_id", EVENT_ID_CHARS_MAX, required=True)
    event = strict_json.text(values, "event", 40, required=True)
    msisdn = strict_json.number(values, "msisdn", required=True)
    if event not in EVENTS:
        raise UnknownEventError(event_id, event, msisdn)
    effective_at = strict_json.instant(values, "effective_at", required=True)
    assert msisdn is not None and effective_at is not None, "both are required"
    return BossEvent(event_id, event, msisdn, effective_at, **_rest(values, event, msisdn))


def _rest(values: dict[str, Any], event: str, msisdn: str) -> dict[str, Any]:
    new_msisdn = strict_json.number(values, "new_msisdn")
    if (event == "number_change") != (new_msisdn is not None):
        raise CodecError("`new_msisdn` belongs to number_change, and only there", status_code=422)
    if new_msisdn == msisdn:
        raise CodecError("`new_msisdn` is the number that he has", status_code=422)
    fee_msisdn = strict_json.number(values, "fee_msisdn")
    return {
        "service_id": strict_json.text(values, "service_id", 40, required=event in ORDER_EVENTS) or None if event in ORDER_EVENTS else None,
        "fee_msisdn": fee_msisdn if fee_msisdn != msisdn or event == "terms" else None,  # of terms his own number says that he pays himself again
        "price_fen": strict_json.price(values, "price_fen"),
        "new_msisdn": new_msisdn,
        "reason": strict_json.text(values, "reason", REASON_CHARS_MAX),
    }


def encode_event(event: BossEvent) -> bytes:
    """The event as BOSS writes it."""
    return strict_json.write_object(
        {
            "event_id": event.event_id,
            "event": event.event,
            "msisdn": event.msisdn,
            "fee_msisdn": event.fee_msisdn,
            "service_id": event.service_id,
            "effective_at": strict_json.time_text(event.effective_at),
            "price_fen": event.price_fen,
            "new_msisdn": event.new_msisdn,
            "reason": event.reason or None,
        }
    )
