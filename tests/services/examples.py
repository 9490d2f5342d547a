"""How many examples of a property CI tries.

Under CI a property tries the same examples at each run: they tell what a change
broke, and find nothing new from one run to the next. A third of what its test
asks for is enough for that. Without CI all are tried, others each time.
"""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import settings

EXAMPLES_MIN = 20
"""What asks for no more tries them all."""


def try_fewer(items: Iterable[pytest.Item]) -> None:
    """A third of the examples for each property and each state machine, not below `EXAMPLES_MIN`."""
    done: set[int] = set()
    for item in items:
        # A property keeps what @settings says in the function, a state machine in its test case.
        for holder, name in ((getattr(item, "function", None), "_hypothesis_internal_use_settings"), (getattr(item, "cls", None), "settings")):
            asked = getattr(holder, name, None)
            if isinstance(asked, settings) and id(holder) not in done:
                done.add(id(holder))
                setattr(holder, name, _fewer(asked))


def _fewer(asked: settings) -> settings:
    many = asked.max_examples
    return settings(asked, max_examples=min(many, max(EXAMPLES_MIN, many // 3)))
