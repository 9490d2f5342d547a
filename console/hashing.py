"""Argon2 at the edge: so many at once and no more, and so many wrong tries from one address."""

from __future__ import annotations

import ipaddress
import threading
import time

from console import auth
from console.settings import SIGN_IN_RATE_PER_MIN
from console.visit import Refused, Visit

TRIES_HOLD_S = 120.0
"""An address may make so long's worth of wrong tries at once."""

_hashing = threading.BoundedSemaphore(2)
"""Argon2 takes 64 MB each time; so many sign-ins are worked on at once."""

_line = threading.BoundedSemaphore(10)
"""So many may be worked on or wait; a flood of sign-ins is turned away, lest it take every thread from those who work."""


def password_fits(credentials: auth.Credentials, password: str) -> bool:
    """Whether the password opens the account.

    Raises:
        Refused: too many wait already.
    """
    with _Turn():
        return auth.password_fits(credentials, password)


def hash_password(password: str) -> str:
    """The hash of a new password.

    Raises:
        UsageError: it is too short or too long.
        Refused: too many wait already.
    """
    with _Turn():
        return auth.hash_password(password)


class _Turn:
    """A place in the line, then one of those who hash."""

    def __enter__(self) -> None:
        if not _line.acquire(blocking=False):
            raise Refused(503, "busy")
        _hashing.acquire()

    def __exit__(self, *_: object) -> None:
        _hashing.release()
        _line.release()


def browser_of(visit: Visit) -> auth.Browser:
    """Where the sign-in comes from."""
    return auth.Browser(_address(visit), visit.request.headers.get("user-agent", ""))


def _address(visit: Visit) -> str:
    return visit.request.client.host if visit.request.client else ""


def _source(visit: Visit) -> tuple[str, str]:
    """Who is counted: one IPv4 address, or the network of 64 bits that one IPv6 customer has."""
    address = _address(visit)
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "sign-in", address
    return "sign-in", str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else address


def _rate(visit: Visit) -> int:
    with visit.runtime.transaction(read_only=True) as session:
        return SIGN_IN_RATE_PER_MIN.get(session)


def tries_wait_s(visit: Visit) -> float:
    """0 where this address may try another password or code, else for how long it may not."""
    return visit.limits.late_s(_source(visit), _rate(visit), time.monotonic(), holds_s=TRIES_HOLD_S)


def count_try(visit: Visit) -> None:
    """A wrong password or code came from this address."""
    visit.limits.wait_s(_source(visit), _rate(visit), time.monotonic(), holds_s=TRIES_HOLD_S)
