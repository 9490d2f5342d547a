"""What the platform asks of BOSS, and BOSS's answer: one JSON object each.

Spec: SI-TECH OprCode (docs/boss.md): 02 deregister, 04 suspend, 05 resume, 06 order, 07 cancel, 14 and 15 user suspend and resume.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from huabao.errors import CodecError
from reconciliation.codecs.boss import strict_json

VERSION: Final = "1.0"
OPR_CODES: Final[Mapping[str, str]] = {"order": "06", "cancel": "07", "pause": "04", "resume": "05", "barred": "14", "unbarred": "15", "closed": "02"}
"""OprCode by what is asked; the last three are states of an account."""

_ASKED: Final = {code: asked for asked, code in OPR_CODES.items()}
SERVICE_ASKED: Final = ("order", "cancel", "pause", "resume")


@dataclass(frozen=True, slots=True)
class BossRequest:
    """One request.

    Attributes:
        transaction_id: the same at every try; BOSS does one id once.
        asked: a key of `OPR_CODES`.
        msisdn, fee_msisdn: who reads, who pays; 11 digits.
        service_id: None for states of an account.
        effective_at: since when; None is at once.
    """

    transaction_id: str
    asked: str
    msisdn: str
    service_id: str | None = None
    fee_msisdn: str | None = None
    price_fen: int | None = None
    effective_at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class BossAnswer:
    """BOSS's answer: "00" is done; what others mean stands in a table (`reconciliation.outbox.answers`)."""

    transaction_id: str
    code: str
    text: str = ""


def encode_request(request: BossRequest) -> bytes:
    """The request as it is sent."""
    return strict_json.write_object(
        {
            "version": VERSION,
            "transaction_id": request.transaction_id,
            "opr_code": OPR_CODES[request.asked],
            "msisdn": request.msisdn,
            "fee_msisdn": request.fee_msisdn,
            "service_id": request.service_id,
            "price_fen": request.price_fen,
            "effective_at": strict_json.time_text(request.effective_at),
            "reason": request.reason or None,
        }
    )


def decode_request(body: bytes) -> BossRequest:
    """The request in `body`.

    Raises:
        CodecError: it is none, or of another version.
    """
    values = strict_json.read_object(body, "the request")
    if strict_json.text(values, "version", 10) != VERSION:
        raise CodecError(f"`version` is {VERSION}", status_code=422)
    asked = _ASKED.get(strict_json.text(values, "opr_code", 4, required=True))
    if asked is None:
        raise CodecError(f"`opr_code` is one of {', '.join(sorted(_ASKED))}", status_code=422)
    msisdn = strict_json.number(values, "msisdn", required=True)
    assert msisdn is not None, "it is required"
    return BossRequest(
        transaction_id=strict_json.text(values, "transaction_id", 40, required=True),
        asked=asked,
        msisdn=msisdn,
        service_id=strict_json.text(values, "service_id", 40, required=asked in SERVICE_ASKED) or None,
        fee_msisdn=strict_json.number(values, "fee_msisdn"),
        price_fen=strict_json.price(values, "price_fen"),
        effective_at=strict_json.instant(values, "effective_at"),
        reason=strict_json.text(values, "reason", 200),
    )


def encode_answer(answer: BossAnswer) -> bytes:
    """The answer as BOSS writes it."""
    return strict_json.write_object({"transaction_id": answer.transaction_id, "code": answer.code, "text": answer.text or None})


def decode_answer(body: bytes) -> BossAnswer:
    """The answer in `body`.

    Raises:
        CodecError: it is none.
    """
    values = strict_json.read_object(body, "the answer")
    return BossAnswer(strict_json.text(values, "transaction_id", 40), strict_json.text(values, "code", 20, required=True), strict_json.text(values, "text", 200))
