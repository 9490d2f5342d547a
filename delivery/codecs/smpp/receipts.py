"""Delivery receipts: what became of a message, in the text of a deliver_sm that no two SMSCs write alike.

The specification only suggests the form `id:… sub:… dlvrd:… submit date:… done date:… stat:… err:… text:…`; SMSCs leave fields
out, change their order, case and length, or say it in the parameters receipted_message_id and message_state, which count first.
Spec: SMPP 3.4 appendix B (text), 5.2.12 (esm_class), 5.2.28 and 5.3.2.35 (message_state), 5.3.2.12 (receipted_message_id), 5.3.2.31.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Final

from delivery.codecs.smpp.names import MESSAGE_TYPE, EsmClass, MessageState, Tag
from delivery.codecs.smpp.structs import DataSM, DeliverSM, find_tlv
from huabao.errors import CodecError

STATES: Final[Mapping[str, MessageState]] = {
    "SCHEDULED": MessageState.SCHEDULED,
    "ENROUTE": MessageState.ENROUTE,
    "DELIVRD": MessageState.DELIVERED,
    "DELIVERED": MessageState.DELIVERED,
    "EXPIRED": MessageState.EXPIRED,
    "DELETED": MessageState.DELETED,
    "UNDELIV": MessageState.UNDELIVERABLE,
    "UNDELIVERABLE": MessageState.UNDELIVERABLE,
    "ACCEPTD": MessageState.ACCEPTED,
    "ACCEPTED": MessageState.ACCEPTED,
    "UNKNOWN": MessageState.UNKNOWN,
    "REJECTD": MessageState.REJECTED,
    "REJECTED": MessageState.REJECTED,
    "SKIPPED": MessageState.SKIPPED,
}
"""Words of `stat`; an SMSC's own word has no state here and is left to the port's code table."""

WORDS: Final[Mapping[MessageState, str]] = {
    MessageState.SCHEDULED: "SCHEDULED",
    MessageState.ENROUTE: "ENROUTE",
    MessageState.DELIVERED: "DELIVRD",
    MessageState.EXPIRED: "EXPIRED",
    MessageState.DELETED: "DELETED",
    MessageState.UNDELIVERABLE: "UNDELIV",
    MessageState.ACCEPTED: "ACCEPTD",
    MessageState.UNKNOWN: "UNKNOWN",
    MessageState.REJECTED: "REJECTD",
    MessageState.SKIPPED: "SKIPPED",
}
"""As the specification writes each state in a receipt's text."""

NETWORKS: Final[Mapping[int, str]] = {1: "ansi-136", 2: "is-95", 3: "gsm"}

_FIELD: Final = re.compile(r"(?<![a-z])(id|sub|dlvrd|submit[ _]?date|done[ _]?date|stat|err|text)\s*:\s*", re.IGNORECASE)
_RECEIPT_OCTETS_MAX: Final = 2_000


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an SMSC says of one message.

    Attributes:
        message_id: as the receipt writes it; `receipt_id_form` brings it into the form of the answer.
        state: one of `MessageState`, or None where `stat` is a word that the specification does not have.
        stat: the specification's word where it has one (DELIVRD for an SMSC's DELIVERED), else the SMSC's own in capitals; empty where only
            the parameter came.
        error: `err` or network_error_code (`network:code`), empty for none.
        submitted, delivered: counts `sub` and `dlvrd`, None where they are missing.
        submit_at, done_at: aware, None where they are missing or no dates.
        text: the first characters of the message, as far as the SMSC gives them.
        interim: an intermediate notification; the last word comes later.
    """

    message_id: str
    state: MessageState | None
    stat: str = ""
    error: str = ""
    submitted: int | None = None
    delivered: int | None = None
    submit_at: datetime | None = None
    done_at: datetime | None = None
    text: str = ""
    interim: bool = False


def read_receipt(message: DeliverSM | DataSM, *, zone: tzinfo = UTC) -> Receipt:
    """The receipt in a deliver_sm or data_sm whose esm_class says that it is one.

    Args:
        zone: of the SMSC's dates, which name none.

    Raises:
        CodecError: neither the text nor a parameter names a message; it is answered ESME_ROK and kept for a person, for the SMSC
            would send the same again.
    """
    payload = message.payload if isinstance(message, DeliverSM) else find_tlv(message.tlvs, Tag.MESSAGE_PAYLOAD) or b""
    fields = _fields(payload[:_RECEIPT_OCTETS_MAX].decode("latin-1"))
    named = find_tlv(message.tlvs, Tag.RECEIPTED_MESSAGE_ID)
    message_id = named.rstrip(b"\0").decode("latin-1").strip() if named else ""
    message_id = message_id or fields.get("id", "")
    if not message_id:
        raise CodecError("a receipt names no message: no receipted_message_id, no id in its text")
    word = fields.get("stat", "").upper()
    stat = WORDS[STATES[word]] if word in STATES else word
    return Receipt(
        message_id=message_id,
        state=_state(find_tlv(message.tlvs, Tag.MESSAGE_STATE), stat),
        stat=stat,
        error=_error(fields.get("err", ""), find_tlv(message.tlvs, Tag.NETWORK_ERROR_CODE)),
        submitted=_count(fields.get("sub")),
        delivered=_count(fields.get("dlvrd")),
        submit_at=_date(fields.get("submitdate", ""), zone),
        done_at=_date(fields.get("donedate", ""), zone),
        text=fields.get("text", ""),
        interim=message.esm_class & MESSAGE_TYPE == EsmClass.INTERMEDIATE,
    )


def _fields(text: str) -> dict[str, str]:
    """Each field by its name without blanks; the first of two alike counts. `text` takes all that follows it, where the id was before it."""
    found: dict[str, str] = {}
    marks = list(_FIELD.finditer(text))
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    for mark, end in zip(marks, ends, strict=False):
        name = mark[1].lower().replace(" ", "").replace("_", "")
        if name == "text":
            found.setdefault(name, text[text.index(":", mark.end(1)) + 1 :].rstrip("\0"))
            if "id" in found:
                break
            continue
        found.setdefault(name, text[mark.end() : end].strip(" \t\r\n\0,;"))
    return found


def _state(parameter: bytes | None, stat: str) -> MessageState | None:
    if parameter and not (parameter[-1] == MessageState.SCHEDULED and stat):  # 0 means nothing before 5.0, and SMSCs fill it in
        try:
            return MessageState(parameter[-1])
        except ValueError:
            pass  # 10 to 255 are open; the text may know better
    return STATES.get(stat)


def _error(text: str, parameter: bytes | None) -> str:
    if parameter and len(parameter) == 3:
        network = NETWORKS.get(parameter[0], str(parameter[0]))
        code = int.from_bytes(parameter[1:], "big")
        return f"{network}:{code}" if code or not text else text
    return text


def _count(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None


def _date(text: str, zone: tzinfo) -> datetime | None:
    digits = f"20{text}" if len(text) in (10, 12) else text
    if len(digits) not in (12, 14) or not (digits.isascii() and digits.isdigit()):
        return None
    try:  # by hand: strptime costs more than all the rest of a receipt
        return datetime(int(digits[:4]), int(digits[4:6]), int(digits[6:8]), int(digits[8:10]), int(digits[10:12]), int(digits[12:] or "0"), tzinfo=zone)
    except ValueError:
        return None


def write_receipt(receipt: Receipt, *, zone: tzinfo = UTC) -> bytes:
    """The text of appendix B, as an SMSC writes it; dates to the minute."""
    dates = [(at or datetime(1970, 1, 1, tzinfo=UTC)).astimezone(zone).strftime("%y%m%d%H%M") for at in (receipt.submit_at, receipt.done_at)]
    stat = receipt.stat or (WORDS[receipt.state] if receipt.state is not None else "UNKNOWN")
    sent, got = receipt.submitted or 0, receipt.delivered or 0
    line = (
        f"id:{receipt.message_id} sub:{sent:03d} dlvrd:{got:03d} submit date:{dates[0]} done date:{dates[1]} "
        f"stat:{stat} err:{receipt.error or '000'} text:{receipt.text}"
    )
    return line.encode("latin-1", errors="replace")


def _same(text: str) -> str:
    return text


def _hex_to_decimal(text: str) -> str:
    return str(int(text, 16)) if re.fullmatch(r"(?:0x)?[0-9a-f]{1,32}", text, re.IGNORECASE) else text


def _decimal_to_hex(text: str) -> str:
    return f"{int(text):x}" if re.fullmatch(r"[0-9]{1,39}", text) else text


ID_FORMS: Final[Mapping[str, Callable[[str], str]]] = {"same": _same, "hex": _hex_to_decimal, "decimal": _decimal_to_hex}
"""How a port's receipts write the ids of its answers: alike; in hex where the answer was decimal; in decimal where it was hex."""


def receipt_id_form(message_id: str, form: str) -> str:
    """A receipt's message_id as the answer of the same port wrote it, leading zeros and case aside (the port's `message_id` option sees to those).

    Args:
        form: a key of `ID_FORMS`.
    """
    return ID_FORMS[form](message_id.strip())
