"""How the simulator behaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DIALECTS: Mapping[str, Mapping[str, tuple[int, int]]] = {
    "misc-1.5.0": {
        "order": (1, 1), "cancel": (2, 1), "resume": (3, 1), "pause": (4, 1), "barred": (4, 3), "unbarred": (3, 4), "transfer": (2, 5), "closed": (2, 6), "number_change": (2, 7),
    },
    "m-market": {"order": (1, 1), "pause": (2, 1), "cancel": (3, 1), "resume": (4, 1)},
}  # fmt: skip
"""ActionID and ActionReasonID by event, as the simulator knows them by itself."""

EVENTS = tuple(DIALECTS["misc-1.5.0"])


@dataclass(frozen=True)
class Options:
    """The behaviour of one simulator.

    Attributes:
        report_urls: where its calls go, in turn; the `/misc` of a platform's web processes.
        mix, tps: shares of events and events a second that happen by themselves.
        delay_ms: bounds of the time from an event to its call.
        answer_delay_ms: bounds of the time from a request to its answer.
        drop: share of requests that are done and whose answer never comes.
        repeat, reorder: shares of calls that are made twice, and that are held until a later one was made.
        errors: hRet to its share of requests that are refused at once.
        late_errors: the same, after the call back was answered with 0.
        readers: how many numbers events happen to, from 13900000000.
    """

    host: str = "127.0.0.1"
    port: int = 0
    report_urls: tuple[str, ...] = ()
    dialect: str = "misc-1.5.0"
    device_id: str = "0431"
    sp_id: str = "800123"
    services: tuple[str, ...] = ("TJSJB",)
    mix: Mapping[str, float] = field(default_factory=lambda: {"order": 0.5, "cancel": 0.3, "pause": 0.1, "resume": 0.1})
    tps: float = 0.0
    readers: int = 1000
    delay_ms: tuple[float, float] = (0.0, 0.0)
    answer_delay_ms: tuple[float, float] = (0.0, 0.0)
    drop: float = 0.0
    repeat: float = 0.0
    reorder: float = 0.0
    errors: Mapping[int, float] = field(default_factory=dict)
    late_errors: Mapping[int, float] = field(default_factory=dict)
    auth: tuple[str, str] | None = None
    report_auth: tuple[str, str] | None = None
    keep: Path | None = None
    script: tuple[Mapping[str, Any], ...] = ()
    seed: str = "huabao"
