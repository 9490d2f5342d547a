"""Who says so: HMAC-SHA-256 over `timestamp.body`, in two headers; several secrets count while one takes the other's place.

Spec: RFC 2104 2; FIPS 198-1 5 (comparison in constant time is `hmac.compare_digest`'s).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from typing import Final

from huabao.errors import CodecError

TIMESTAMP_HEADER: Final = "X-Huabao-Timestamp"
SIGNATURE_HEADER: Final = "X-Huabao-Signature"
SKEW_S: Final = 300
"""How far the sender's clock may be from ours; an older message is a replayed one."""

SECRETS_MAX: Final = 8
_STAMP: Final = re.compile(r"[0-9]{1,12}")
_SIGNATURE: Final = re.compile(r"sha256=([0-9a-fA-F]{64})")


class SignatureError(CodecError):
    """A message that nobody we know has signed, or not just now."""

    def __init__(self, message: str) -> None:
        super().__init__(message, status_code=401)


def sign(secret: bytes, timestamp: int, body: bytes) -> str:
    """The value of `X-Huabao-Signature`: `sha256=` and 64 hexadecimal digits.

    Args:
        timestamp: seconds since 1970, UTC.
    """
    return "sha256=" + hmac.new(secret, b"%d.%b" % (timestamp, body), hashlib.sha256).hexdigest()


def headers_for(secret: bytes, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers of a message that we send."""
    return {"Content-Type": "application/json; charset=utf-8", TIMESTAMP_HEADER: str(timestamp), SIGNATURE_HEADER: sign(secret, timestamp, body)}


def verify(secrets: Sequence[bytes], timestamp: str, signature: str, body: bytes, *, now_s: float) -> None:
    """Let pass what was signed just now with one of `secrets`.

    Args:
        timestamp, signature: the headers' values as they came, "" where there was none.
        now_s: our clock, seconds since 1970, UTC.

    Raises:
        SignatureError: it was not; the message says which header is wrong, never what would be right.
    """
    if not _STAMP.fullmatch(timestamp):
        raise SignatureError(f"{TIMESTAMP_HEADER} is missing or is not whole seconds since 1970")
    found = _SIGNATURE.fullmatch(signature)
    if found is None:
        raise SignatureError(f"{SIGNATURE_HEADER} is missing or is not sha256= and 64 hexadecimal digits")
    if abs(now_s - int(timestamp)) > SKEW_S:
        raise SignatureError(f"{TIMESTAMP_HEADER} is more than {SKEW_S} s from our clock; set yours")
    said = f"sha256={found.group(1).lower()}"
    # Every secret is tried, so that the time says nothing of which one fits; the stamp goes in as it came, leading zeros too.
    fits = [hmac.compare_digest(_over(secret, timestamp, body), said) for secret in secrets[:SECRETS_MAX]]
    if not any(fits):
        raise SignatureError("the signature is made with a secret that does not count here, or over another body")


def _over(secret: bytes, timestamp: str, body: bytes) -> str:
    return "sha256=" + hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
