"""What an MMSC's answer to a SubmitReq without recipients tells about the link.

Such a request is against the schema, so no MMSC sends anything for it; how it
is refused shows whether the peer speaks MM7 and knows us.
"""

from __future__ import annotations

from delivery.codecs.mm7 import MM7Fault, SubmitRsp, decode_http
from delivery.codecs.mm7.status import IMPROPER_IDENTIFICATION
from delivery.dialects import DEFAULT, dialect
from delivery.ports.mm7.answers import OURS_TO_MEND
from huabao.errors import CodecError, PortError

STRANGERS = frozenset({IMPROPER_IDENTIFICATION, 4007})
"""Codes that say that the MMSC does not know us."""


def unreachable(url: str, error: BaseException) -> PortError:
    """The error for an MMSC that gave no answer."""
    return PortError(f"{url} cannot be reached: {type(error).__name__} {error}".strip(), retryable=True)


def read(http_status: int, content_type: str, body: bytes, tables: str = DEFAULT) -> str:
    """A sentence about an answer.

    Raises:
        PortError: no MM7, credentials refused, or an MMSC that does not know us.
    """
    try:
        message = decode_http(content_type, body).message
    except CodecError:
        message = None
    if isinstance(message, SubmitRsp | MM7Fault):
        code = message.status.code
        known = dialect(tables).status_code(code)
        if code in STRANGERS:
            raise PortError(f"the MMSC answers {code} {message.status.text}: {known.en}", retryable=False)
        if known.verdict == "deferred":
            raise PortError(f"the MMSC answers {code} {message.status.text}: {known.en}", retryable=True)
        return f"the MMSC is there and speaks MM7 (it refused an empty message with {code} {message.status.text})".replace(" )", ")")
    if http_status in OURS_TO_MEND:
        raise PortError(f"HTTP {http_status}: {OURS_TO_MEND[http_status]}", retryable=False)
    raise PortError(f"HTTP {http_status} with an answer that is no MM7; look at the port's URL", retryable=http_status >= 500)
