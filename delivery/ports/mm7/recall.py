"""CancelReq and ReplaceReq: what is asked, and what an answer says.

Nothing is lost by asking, so whatever has no MM7 answer is `unknown` where it may
have arrived, else `deferred`.

Spec: 3GPP TS 23.140 8.7.3 (cancel and replace).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from delivery.codecs.mm7 import Address, CancelReq, CancelRsp, MM7Fault, ReplaceReq, ReplaceRsp, decode_http, encode_envelope, encode_http
from delivery.codecs.mm7.http import content_id_of
from delivery.codecs.mm7.status import UNSUPPORTED_OPERATION
from delivery.dialects import dialect
from delivery.ports.mm7.answers import OURS_TO_MEND, retry_after
from delivery.ports.mm7.options import MM7Options
from delivery.ports.recalling import RecallAnswer, RecallRequest, RecallState
from huabao.errors import CodecError

_STATES: Final[Mapping[str, RecallState]] = {"accepted": "done", "partial": "done", "refused": "refused", "deferred": "deferred"}


def request_of(options: MM7Options, request: RecallRequest) -> tuple[Mapping[str, str], bytes]:
    """HTTP headers and body of a CancelReq, or of a ReplaceReq where there is content.

    Raises:
        CodecError: it cannot be written (ours).
    """
    sender = Address(options.sender_address, "ShortCode") if options.sender_address else None
    if request.content is None:
        cancel = CancelReq(request.message_id, options.vasp_id, options.vas_id, sender)
        return encode_http(encode_envelope(cancel, options.namespace, options.mm7_version, transaction_id=request.transaction_id), None, options.form)
    mime = request.content.mime
    replace = ReplaceReq(
        request.message_id, options.vasp_id, options.vas_id, sender, service_code=request.content.service_code, read_reply=options.read_reply or None,
        content_href=content_id_of(mime) or None,
    )  # fmt: skip
    return encode_http(encode_envelope(replace, options.namespace, options.mm7_version, transaction_id=request.transaction_id), mime, options.form)


def answer_of(options: MM7Options, request: RecallRequest, http_status: int, headers: Mapping[str, str], body: bytes) -> RecallAnswer:
    """The answer in a whole HTTP response."""
    try:
        message = decode_http(headers.get("Content-Type", ""), body).message if body.strip() else None
    except CodecError:
        message = None
    if isinstance(message, CancelRsp | ReplaceRsp | MM7Fault):
        status = message.status
        known = dialect(options.dialect).status_code(status.code)
        state = "unsupported" if status.code == UNSUPPORTED_OPERATION else _STATES[known.verdict or "refused"]
        text = " ".join(f"{status.text} {status.details}".split())
        pause_s = retry_after(headers) if state == "deferred" else None
        return RecallAnswer(request.recall_id, state, status.code, f"{text} — {known.en}" if text else known.en, pause_s)
    if http_status in (404, 405, 501):
        return RecallAnswer(request.recall_id, "unsupported", http_status, f"HTTP {http_status}: the MMSC does not offer this")
    if http_status == 429 or http_status == 503 or http_status in OURS_TO_MEND:
        return RecallAnswer(request.recall_id, "deferred", http_status, f"HTTP {http_status}: not now", retry_after(headers))
    return RecallAnswer(request.recall_id, "unknown", http_status, f"HTTP {http_status}: the answer is no MM7")


def answer_without(request: RecallRequest, error: BaseException, *, written: bool) -> RecallAnswer:
    """The answer where the connection failed or ran out of time; `written`: some byte may have reached the peer."""
    reason = " ".join(f"{type(error).__name__} {error}".split())
    return RecallAnswer(request.recall_id, "unknown" if written else "deferred", status_text=f"no answer came ({reason})")
