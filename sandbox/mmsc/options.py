"""How the simulator behaves: shares, delays, limits, and the seeded choice between them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

from huabao.errors import UsageError

STATUSES = {
    "retrieved": "Retrieved",
    "expired": "Expired",
    "rejected": "Rejected",
    "indeterminate": "Indeterminate",
    "forwarded": "Forwarded",
    "unrecognised": "Unrecognised",
    "deferred": "Deferred",
    "processing": "Processing",
    "delivered": "Delivered",
    "cancelled": "Cancelled",
    "replaced": "Replaced",
    "reserved": "Reserved",
    "system-rejected": "System Rejected",
    "recipient-rejected": "Recipient Rejected",
    "none": "",
}
"""Names in --mix and the MMStatus that each reports; `none` reports nothing."""


@dataclass(frozen=True)
class Options:
    """The behaviour of one simulator.

    Attributes:
        mix: shares of outcomes; what is left to 1 gets no report.
        delay_ms: bounds of the time from a SubmitReq to its reports.
        answer_delay_ms: bounds of the time from a SubmitReq to its SubmitRsp.
        drop: share of SubmitReqs that are taken and whose answer never comes.
        tps: recipients a second, over any sliding second; above it 4006. None for no limit.
        early, double, swapped: shares of reports that come before the answer, twice, with Recipient and
            Sender swapped (those of one recipient).
        grouped: share of SubmitReqs with one report for all recipients of the same outcome.
        errors: MM7 StatusCode (or HTTP status below 1000) to its share of SubmitReqs.
        recalls: replace (CancelReq and ReplaceReq are offered), cancel (only that), none.
        auth: basic or digest with user and password, or None.
    """

    host: str = "127.0.0.1"
    port: int = 0
    report_url: str | None = None
    mix: Mapping[str, float] = field(default_factory=lambda: {"retrieved": 1.0})
    delay_ms: tuple[float, float] = (20.0, 200.0)
    answer_delay_ms: tuple[float, float] = (0.0, 0.0)
    drop: float = 0.0
    tps: float | None = None
    keep: Path | None = None
    early: float = 0.0
    double: float = 0.0
    swapped: float = 0.0
    grouped: float = 0.0
    errors: Mapping[int, float] = field(default_factory=dict)
    auth: tuple[str, str, str] | None = None
    report_auth: tuple[str, str, str] | None = None
    report_connections: int = 16
    max_recipients: int | None = None
    recalls: str = "replace"
    script: tuple[Mapping[str, Any], ...] = ()
    seed: str = "huabao"


class Dice:
    """Chances made of a seed and of what they are about: the same question gets the same answer."""

    def __init__(self, seed: str) -> None:
        self._key = blake2b(seed.encode(), digest_size=32).digest()

    def roll(self, *about: object) -> float:
        """A number in [0, 1)."""
        text = "\x1f".join(map(str, about)).encode()
        return int.from_bytes(blake2b(text, key=self._key, digest_size=6).digest(), "big") / 2**48

    def between(self, bounds: tuple[float, float], *about: object) -> float:
        """A number between two bounds."""
        return bounds[0] + (bounds[1] - bounds[0]) * self.roll(*about)

    def pick(self, shares: Mapping[Any, float], rest: Any, *about: object) -> Any:
        """One key by its share; `rest` takes what is left to 1."""
        chance = self.roll(*about)
        for name, share in shares.items():
            if chance < share:
                return name
            chance -= share
        return rest


def parse_shares(text: str, *, what: str, names: Iterable[str] | None = None) -> dict[str, float]:
    """`a=0.9,b=0.1` as shares.

    Raises:
        UsageError: not of that form, an unknown name, or more than 1 in all.
    """
    shares: dict[str, float] = {}
    for piece in filter(None, (one.strip() for one in text.split(","))):
        name, equals, number = piece.partition("=")
        try:
            value = float(number)
        except ValueError:
            value = -1.0
        if not equals or not 0.0 <= value <= 1.0:
            raise UsageError(f"{what}: {piece!r} is no NAME=SHARE with a share between 0 and 1")
        if names is not None and name not in names:
            raise UsageError(f"{what}: there is no {name!r}; there are {', '.join(names)}")
        shares[name] = shares.get(name, 0.0) + value
    if sum(shares.values()) > 1.0 + 1e-9:
        raise UsageError(f"{what}: the shares make {sum(shares.values()):g}, more than 1")
    return shares


def parse_errors(text: str) -> dict[int, float]:
    """`4006=0.1,503=0.01` as shares of status codes.

    Raises:
        UsageError: not of that form.
    """
    shares = parse_shares(text, what="--errors")
    if not all(code.isdigit() and 100 <= int(code) <= 9999 for code in shares):
        raise UsageError("--errors: a code is an MM7 StatusCode (four digits) or an HTTP status (three digits)")
    return {int(code): share for code, share in shares.items()}


def parse_bounds(text: str, *, what: str) -> tuple[float, float]:
    """`20-200` (or `50`) as bounds.

    Raises:
        UsageError: not of that form.
    """
    low, dash, high = text.partition("-")
    try:
        bounds = (float(low), float(high if dash else low))
    except ValueError:
        bounds = (1.0, 0.0)
    if not 0 <= bounds[0] <= bounds[1]:
        raise UsageError(f"{what}: {text!r} is no A-B in milliseconds with A ≤ B")
    return bounds
