"""How one BOSS simulator behaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Options:
    """The behaviour of one simulator.

    Attributes:
        report_url: where events go, the platform's /boss/events; None tells nobody.
        secrets: shared with the platform; the first signs, each counts for requests.
        accounts: CSV of accounts and orders to begin with; in the form of the feed.
        rate: events a second that it makes up by itself.
        delay_ms: bounds of the time from an event to its posting.
        answer_delay_ms: bounds of the time from a request to its answer.
        drop: share of requests that are done and never answered.
        double: share of events that are posted twice.
        lost: share of events that are never posted.
        swapped: share of events that are posted after the one that followed them.
    """

    host: str = "127.0.0.1"
    port: int = 0
    report_url: str | None = None
    secrets: tuple[str, ...] = ("huabao",)
    keep: Path | None = None
    accounts: Path | None = None
    script: tuple[Mapping[str, Any], ...] = ()
    rate: float = 0.0
    delay_ms: tuple[float, float] = (0.0, 0.0)
    answer_delay_ms: tuple[float, float] = (0.0, 0.0)
    drop: float = 0.0
    double: float = 0.0
    lost: float = 0.0
    swapped: float = 0.0
    connections: int = 16
    seed: str = "huabao"
    service: str = "paper"
    prices: Mapping[str, int] = field(default_factory=dict)
