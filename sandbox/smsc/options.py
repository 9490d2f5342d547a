"""How the simulator behaves: who may bind, shares of outcomes, limits, delays, manners of receipts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from huabao.errors import UsageError
from sandbox.mmsc.options import parse_shares
from sandbox.smsc.wire import STATUS

OUTCOMES = {
    "retrieved": "DELIVRD",
    "delivered": "DELIVRD",
    "expired": "EXPIRED",
    "rejected": "REJECTD",
    "failed": "UNDELIV",
    "deleted": "DELETED",
    "unknown": "UNKNOWN",
    "accepted": "ACCEPTD",
    "none": "",
}
"""Names in --mix and the `stat` that each reports; `none` reports nothing."""

STATES = {"ENROUTE": 1, "DELIVRD": 2, "EXPIRED": 3, "DELETED": 4, "UNDELIV": 5, "ACCEPTD": 6, "UNKNOWN": 7, "REJECTD": 8}
"""message_state of each `stat` (SMPP 3.4 5.2.28)."""

IDS: Mapping[str, tuple[Callable[[int], str], Callable[[int], str]]] = {
    "same": (lambda number: f"{number:016x}", lambda number: f"{number:016x}"),
    "hex": (str, lambda number: f"{number:X}"),
    "decimal": (lambda number: f"{number:x}", str),
    "upper": (lambda number: f"{number:x}", lambda number: f"{number:X}"),
    "nozeros": (lambda number: f"{number:024d}", str),
}
"""How a message's number is written in its answer and in its receipts."""

FORMS = ("standard", "short", "upper", "shuffled", "tlv")
"""How a receipt says it: appendix B whole; id, stat and err only; in capitals; in another order; by parameters alone."""


@dataclass(frozen=True)
class Options:
    """The behaviour of one simulator.

    Attributes:
        esmes: system_id to password; empty lets anybody bind.
        binds_max: of one system_id; above it ESME_RALYBND.
        window: submit_sm without answer on one bind; above it ESME_RTHROTTLED. None for no limit.
        mix: shares of outcomes; what is left to 1 gets no receipt.
        delay_ms, answer_delay_ms: bounds of the time from a submit_sm to its receipt, and to its answer.
        drop: share of submit_sm that are taken and never answered.
        tps: submit_sm a second of one system_id, over any sliding second; above it ESME_RTHROTTLED. None for no limit.
        early, double: shares of receipts that come before the answer, twice.
        interim: share of messages with an intermediate notification (ENROUTE) before, where they ask for it.
        receipt_ids, receipt_form: keys of `IDS` and `FORMS`.
        receipt_window: deliver_sm without answer on one bind.
        errors: command_status to its share of submit_sm.
        enquire_s: silence after which it asks whether the ESME is there; no answer in as long ends the connection. None for never.
        tls: certificate and key files, or None.
        control_port: TCP port of the HTTP side, 0 for a free one, None for none.
    """

    host: str = "127.0.0.1"
    port: int = 0
    esmes: Mapping[str, str] = field(default_factory=dict)
    binds_max: int = 10
    window: int | None = None
    mix: Mapping[str, float] = field(default_factory=lambda: {"retrieved": 1.0})
    delay_ms: tuple[float, float] = (20.0, 200.0)
    answer_delay_ms: tuple[float, float] = (0.0, 0.0)
    drop: float = 0.0
    tps: float | None = None
    keep: Path | None = None
    early: float = 0.0
    double: float = 0.0
    interim: float = 1.0
    receipt_ids: str = "same"
    receipt_form: str = "standard"
    receipt_window: int = 50
    receipt_timeout_s: float = 10.0
    errors: Mapping[int, float] = field(default_factory=dict)
    enquire_s: float | None = None
    tls: tuple[Path, Path] | None = None
    control_port: int | None = None
    script: tuple[Mapping[str, Any], ...] = ()
    seed: str = "huabao"


def parse_esmes(texts: tuple[str, ...]) -> dict[str, str]:
    """`ID:PASSWORD` as credentials.

    Raises:
        UsageError: no colon, or longer than SMPP's fields.
    """
    found: dict[str, str] = {}
    for text in texts:
        system_id, colon, password = text.partition(":")
        if not colon or not 0 < len(system_id) < 16 or len(password) > 8:
            raise UsageError("--esme takes ID:PASSWORD, up to 15 and 8 characters")
        found[system_id] = password
    return found


def parse_errors(text: str) -> dict[int, float]:
    """`ESME_RSUBMITFAIL=0.1,88=0.01` (or 0x58) as shares of command_status.

    Raises:
        UsageError: not of that form, or a name that there is not.
    """
    found: dict[int, float] = {}
    for name, share in parse_shares(text, what="--errors").items():
        try:
            status = STATUS[name] if name in STATUS else int(name, 0)
        except ValueError:
            status = 0
        if not 0 < status <= 0xFFFFFFFF:
            raise UsageError(f"--errors: there is no command_status {name!r}")
        found[status] = share
    return found
