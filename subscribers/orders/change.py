"""One thing that happened to a reader's order, account, number or terms, whoever tells it, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

ORDER_EVENTS = ("order", "cancel", "pause", "resume")
ACCOUNT_EVENTS = ("barred", "unbarred", "opened")
IDENTITY_EVENTS = ("closed", "transfer", "number_change", "released", "joined")
TERMS_EVENT = "terms"
EVENTS = (*ORDER_EVENTS, *ACCOUNT_EVENTS, *IDENTITY_EVENTS, TERMS_EVENT)

SOURCE_LENGTH_MAX = 10
TRANSACTION_LENGTH_MAX = 80
REASON_LENGTH_MAX = 200

Verdict = Literal["applied", "repeated", "late", "unchanged", "refused"]


@dataclass(frozen=True, slots=True)
class Change:
    """What one message, repair or wish says.

    Attributes:
        msisdn: 11 digits, of the reader (使用用户), not of who pays.
        event: one of `EVENTS`; `released` says that the number was given to another, who is not named; `joined` that
            whoever had `msisdn` before has `new_msisdn` now, as a person found out.
        source: who says so: misc, boss, platform, repair …; at most 10 characters.
        transaction_id: unique within its source; a second one of the same id changes nothing.
        effective_at: from when it holds. MISC gives none: then the instant of receipt.
        service_id: None for account and identity events.
        fee_msisdn: who pays. With `order`, None means himself; elsewhere None means not said, his own number himself.
        price_fen: None where it is not said.
        new_msisdn: of a number_change, and of what is joined.
        reason: as the peer said it, in our words.
        message_id: the journal's row of the message.
    """

    msisdn: str
    event: str
    source: str
    transaction_id: str
    effective_at: datetime
    service_id: str | None = None
    fee_msisdn: str | None = None
    price_fen: int | None = None
    new_msisdn: str | None = None
    reason: str = ""
    message_id: int | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a change.

    Attributes:
        verdict: applied; repeated (that transaction was here before); late (the field knows something newer);
            unchanged (it is so already); refused (it makes no sense: `why` says what to mend).
        before, after: the subscription's derived state, None where none is known or the change is of no single one.
        why: in words, where the verdict alone does not say it.
        others: readers beside him whom an event of identity touched: whose number it was, or to whom what came later belongs.
    """

    verdict: Verdict
    reader_id: int | None
    before: str | None
    after: str | None
    why: str = ""
    others: tuple[int, ...] = ()
