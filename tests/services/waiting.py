"""The one wait of all tests for what comes about by itself: in another thread, in another process.

How long it takes is never judged here. The patience is what a hung peer costs a failing
run; a machine that is four times slower and busy with three other tests does not use it up.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

PATIENCE_S: Final = 120.0
"""Before a test gives up: long, for giving up where the machine was only busy is a failure by luck."""

ANSWER_S: Final = 30.0
"""How long a port waits for an answer in a test that is not about answers that never come: what answers later is unknown."""


def wait_until(done: Callable[[], object], *, what: str | Callable[[], object] = "it did not come about", patience_s: float = PATIENCE_S, every_s: float = 0.05) -> None:
    """Look again and again until `done()` says something true.

    Args:
        what: said on giving up; a function is asked only then.

    Raises:
        AssertionError: it did not come about.
    """
    over = time.monotonic() + patience_s
    while not done():
        assert time.monotonic() < over, what if isinstance(what, str) else what()
        time.sleep(every_s)
