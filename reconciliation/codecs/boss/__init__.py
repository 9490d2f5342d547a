"""What BOSS and the platform tell each other: JSON over HTTP, signed both ways (docs/boss.md).

`events` is what BOSS tells us, `requests` what we ask of BOSS and how it answers, `signature`
how either proves who it is. Bytes to frozen dataclasses and back; no socket, no clock.
"""

from reconciliation.codecs.boss.events import EVENTS, BossEvent, decode_event, encode_event
from reconciliation.codecs.boss.requests import BossAnswer, BossRequest, decode_answer, decode_request, encode_answer, encode_request
from reconciliation.codecs.boss.signature import SIGNATURE_HEADER, SKEW_S, TIMESTAMP_HEADER, SignatureError, headers_for, sign, verify
from reconciliation.codecs.boss.strict_json import BODY_BYTES_MAX

__all__ = [
    "BODY_BYTES_MAX",
    "EVENTS",
    "SIGNATURE_HEADER",
    "SKEW_S",
    "TIMESTAMP_HEADER",
    "BossAnswer",
    "BossEvent",
    "BossRequest",
    "SignatureError",
    "decode_answer",
    "decode_event",
    "decode_request",
    "encode_answer",
    "encode_event",
    "encode_request",
    "headers_for",
    "sign",
    "verify",
]
