"""One POST to a peer over HTTP: an answer, or whether the request may have been taken.

Kept apart from the senders, since BOSS and MISC differ in what they say and not in how
it is carried. Each request has a connection of its own: one that was kept may have been
closed by the peer meanwhile, and then nobody knows whether it took what was written last.
"""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from huabao.errors import UsageError
from reconciliation.outbox.peers import AnswerLostError, PeerAwayError

ANSWER_BYTES_MAX: Final = 1_000_000
AWAY_STATUSES: Final = (429, 502, 503, 504)
"""The peer, or what stands before it, takes nothing now."""

NOT_US_STATUSES: Final = (401, 403, 404, 405)
"""It takes nothing from us: address or secret are wrong, for every request alike."""


@dataclass(frozen=True)
class HTTPAnswer:
    """What came back."""

    status: int
    body: bytes


def check_url(url: str) -> str:
    """`url` where it is one that can be posted to.

    Raises:
        UsageError: it is none.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"{url!r} is no address: it begins with http:// or https:// and names a host")
    return url


def post(url: str, body: bytes, headers: Mapping[str, str], *, timeout_s: float) -> HTTPAnswer:
    """The peer's answer to one POST.

    Raises:
        PeerAwayError: nothing was taken: no connection, or the peer says that it takes nothing now, or nothing from us.
        AnswerLostError: the request left and its answer did not come, or says that something broke.
        UsageError: `url` is none.
    """
    parts = urlsplit(check_url(url))
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(str(parts.hostname), parts.port, timeout=timeout_s)
    try:
        try:
            connection.connect()
        except OSError as error:
            raise PeerAwayError(f"no connection to {parts.netloc.rpartition('@')[2]}: {_words(error)}") from error
        try:
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("POST", target, body, dict(headers))
            response = connection.getresponse()
            found = response.read(ANSWER_BYTES_MAX + 1)
        except (OSError, http.client.HTTPException) as error:
            raise AnswerLostError(f"no answer: {_words(error)}") from error
        return _checked(response, found)
    finally:
        connection.close()


def _words(error: Exception) -> str:
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return "".join(char if char.isprintable() else "?" for char in said)[:150] or type(error).__name__


def _checked(response: http.client.HTTPResponse, body: bytes) -> HTTPAnswer:
    status = response.status
    if status in AWAY_STATUSES:
        wait = response.getheader("Retry-After", "")
        raise PeerAwayError(f"HTTP {status}", retry_after_s=float(wait) if wait.isdigit() and len(wait) < 6 else None)
    if status in NOT_US_STATUSES:
        raise PeerAwayError(f"HTTP {status}: look at the address and the secret")
    if status >= 500:
        raise AnswerLostError(f"HTTP {status}")
    if response.length and len(body) <= ANSWER_BYTES_MAX:  # read(n) says nothing of a body that is cut off
        raise AnswerLostError("the answer was cut off")
    if len(body) > ANSWER_BYTES_MAX:
        raise AnswerLostError(f"an answer of more than {ANSWER_BYTES_MAX} bytes")
    return HTTPAnswer(status, body)
