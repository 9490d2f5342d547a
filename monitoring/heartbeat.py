"""A sign of life to a watchdog outside, who calls somebody when it stays away: the one alarm that no broken house can raise itself."""

from __future__ import annotations

import urllib.error
import urllib.request
from typing import Final

from huabao.log import get_logger
from huabao.runtime import Runtime
from monitoring.alarms.vitality import problems

log = get_logger("heartbeat")

EVERY_S: Final = 60.0
TIMEOUT_S: Final = 10.0


def beat(runtime: Runtime) -> bool:
    """Ask for `HUABAO_HEARTBEAT_URL`, but only where the house works; whether it was asked for."""
    url = runtime.config.heartbeat_url.get_secret_value()
    if not url:
        return False
    with runtime.transaction(read_only=True) as session:
        wrong = problems(session, runtime.now())
    if wrong:
        log.error("no sign of life goes out", problems=wrong)
        return False
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:  # noqa: S310  # the installation's own word
            answer.read(1024)
    except (urllib.error.URLError, OSError, ValueError) as error:
        log.warning("the watchdog outside cannot be told", error=type(error).__name__)
        return False
    return True
