"""Settings of the outbox."""

from __future__ import annotations

from typing import Any

from huabao.errors import UsageError
from huabao.settings import Setting


def parse_pauses(text: str) -> tuple[float, ...]:
    """`5,30,120` as seconds.

    Raises:
        UsageError: it is no list of 1 to 20 positive numbers.
    """
    try:
        pauses = tuple(float(one) for one in text.split(","))
    except ValueError:
        pauses = ()
    if not 1 <= len(pauses) <= 20 or not all(0 < one <= 86_400 for one in pauses):
        raise UsageError(f"{text!r} is no list of pauses: write 1 to 20 numbers of seconds with commas between them, e.g. 5,30,120")
    return pauses


PAUSES_S = Setting("outbox_pauses_s", "5,30,120,600,1800", "s", "pauses between the tries of a request to BOSS or MISC, with commas; the last one repeats", check=parse_pauses)
ATTEMPTS_MAX = Setting("outbox_attempts_max", 10, "tries", "after so many tries that count a request to BOSS or MISC waits for a person", minimum=1, maximum=1000)
TIMEOUT_S = Setting("outbox_timeout_s", 20.0, "s", "an answer of BOSS or MISC that takes longer is lost: the same request is sent again", minimum=0.1, maximum=300)
PARALLEL = Setting("outbox_parallel", 8, "requests", "how many requests, each of another reader, are on their way to one peer at once", minimum=1, maximum=64)
DOWN_AFTER = Setting("outbox_down_after", 5, "tries", "a peer that so many tries in a row met nobody at is away: the rest waits and an alarm is raised", minimum=1)
PROBE_S = Setting("outbox_probe_s", 30.0, "s", "while a peer is away, one request tries it again after so long", minimum=0.1, maximum=3600)
SILENT_S = Setting("outbox_silent_s", 120.0, "s", "a request that left so long ago and whose sender wrote nothing down is asked again; longer than any answer takes", minimum=1)
KEEP_DAYS = Setting("outbox_keep_days", 400, "days", "answered requests to BOSS and MISC are removed after this long", minimum=1)

SETTINGS: tuple[Setting[Any], ...] = (PAUSES_S, ATTEMPTS_MAX, TIMEOUT_S, PARALLEL, DOWN_AFTER, PROBE_S, SILENT_S, KEEP_DAYS)
