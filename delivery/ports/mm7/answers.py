"""What an HTTP answer, or its absence, says about a submission.

The one question is whether the peer may have taken the message. Nothing was
written yet: deferred. Something was written and no answer can be read: unknown.
An MM7 status speaks for itself, whatever HTTP status it rides on. Without one,
HTTP 429 and 5xx are deferred, but for 502 and 504, where a gateway in between
lost the answer and the MMSC behind may have the message. 401, 403, 404 and
redirects are about our configuration, not about the message: deferred, nothing
is dropped for them.

Spec: 3GPP TS 23.140 8.7.8; RFC 9110 15.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from delivery.codecs.mm7 import Envelope, MM7Fault, Status, SubmitRsp
from delivery.codecs.mm7.answer_forms import decode_answer
from delivery.dialects import DEFAULT, dialect
from delivery.ports import Answer, AnswerState, OutboundGroup
from delivery.ports.message_ids import normalise_message_id
from huabao.errors import CodecError
from huabao.msisdn import MSISDN, find_msisdn

GATEWAY_LOST: Final = frozenset({502, 504})

OURS_TO_MEND: Final[dict[int, str]] = {
    401: "the MMSC wants other credentials; look at the port's user and password",
    403: "the MMSC does not let us in; look at the contract and at our address",
    404: "there is no MM7 at the port's URL",
    405: "there is no MM7 at the port's URL",
    407: "a proxy in between wants credentials",
    408: "the MMSC did not wait for our request",
    421: "the port's URL leads to the wrong server",
}
"""HTTP statuses that say nothing about the message, with what a support agent reads."""

CONFIGURATION_RETRY_S: Final = 30.0

_NUMBERS: Final = re.compile(r"\+?\d{11,17}")


def answer_of(group: OutboundGroup, http_status: int, headers: Mapping[str, str], body: bytes, message_id_form: str, tables: str = DEFAULT) -> Answer:
    """The answer to a submission from a whole HTTP response.

    Args:
        tables: the dialect in whose words the peer answers.
    """
    try:
        envelope = decode_answer(headers.get("Content-Type", ""), body) if body.strip() else None
    except CodecError:
        envelope = None
    if envelope is not None and isinstance(envelope.message, SubmitRsp | MM7Fault):
        return _by_status(group, envelope, headers, message_id_form, tables)
    return _by_http(group, http_status, headers)


def _by_status(group: OutboundGroup, envelope: Envelope, headers: Mapping[str, str], message_id_form: str, tables: str) -> Answer:
    message = envelope.message
    assert isinstance(message, SubmitRsp | MM7Fault)
    status = message.status
    known = dialect(tables).status_code(status.code)
    assert known.verdict is not None, "a StatusCode has a verdict"
    state: AnswerState = known.verdict
    printed = message.message_id if isinstance(message, SubmitRsp) and state in ("accepted", "partial") else None
    message_id = normalise_message_id(printed, {"message_id": message_id_form}) if printed else None
    return Answer(
        group.submission_id,
        state,
        message_id=message_id,
        status_code=status.code,
        status_text=_text(status, known.en),
        refused=_refused(group, status) if state == "partial" else (),
        retry_after_s=retry_after(headers) if state == "deferred" else None,
        printed_id=printed if printed != message_id else None,
        documented=known.documented,
    )


def _text(status: Status, wording: str) -> str:
    theirs = " ".join(f"{status.text} {status.details}".split())
    return f"{theirs} — {wording}" if theirs else wording


def _refused(group: OutboundGroup, status: Status) -> tuple[MSISDN, ...]:
    """Recipients of the group that stand in the status's text or details."""
    named = {find_msisdn(number) for number in _NUMBERS.findall(f"{status.text} {status.details}")}
    return tuple(number for number in group.recipients if number in named)


def _by_http(group: OutboundGroup, http_status: int, headers: Mapping[str, str]) -> Answer:
    state: AnswerState
    pause_s = retry_after(headers)
    if http_status in OURS_TO_MEND or 300 <= http_status < 400:
        state, text = "deferred", OURS_TO_MEND.get(http_status, "the MMSC has moved; set the port's URL to the new address")
        pause_s = pause_s or CONFIGURATION_RETRY_S
    elif http_status in GATEWAY_LOST:
        state, text = "unknown", "a gateway before the MMSC lost the answer; the MMSC may have the message"
    elif http_status == 429 or http_status >= 500:
        state, text = "deferred", "the MMSC is busy or has a fault of its own; the message is tried again"
    elif 200 <= http_status < 300:
        state, text = "unknown", "the MMSC answered with something that is no MM7; it may have the message"
    else:
        state, text = "refused", "the MMSC refused the request"
    return Answer(group.submission_id, state, status_code=http_status, status_text=f"HTTP {http_status}: {text}", retry_after_s=pause_s if state == "deferred" else None)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that `Retry-After` asks for, as a number or as a date."""
    value = headers.get("Retry-After", "").strip()
    if value.isdecimal():
        return min(float(value), 86_400.0)
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    date = headers.get("Date")
    try:
        now = parsedate_to_datetime(date) if date else datetime.now(UTC)
    except ValueError:
        now = datetime.now(UTC)
    return min(max(0.0, (at - now).total_seconds()), 86_400.0)


def answer_without(group: OutboundGroup, error: BaseException, *, written: bool) -> Answer:
    """The answer to a submission whose connection failed or ran out of time.

    Args:
        written: some byte of the request may have reached the peer.
    """
    reason = " ".join(f"{type(error).__name__} {error}".split())
    if written:
        return Answer(group.submission_id, "unknown", status_text=f"no answer came; the MMSC may have the message ({reason})")
    return Answer(group.submission_id, "deferred", status_text=f"the MMSC cannot be reached; the message is tried again ({reason})", unreached=True)
