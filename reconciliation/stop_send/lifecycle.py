"""The life of an attempt to reach a stopped reader again, as one table of transitions.

```
waiting ─▶ tip ─▶ settings ─▶ probe ─▶ paper ─▶ recovered
   └────────┴────────┴──────────┘        └────▶ failed, or given_up
```

Each step may be passed over; none is done twice. `failed` leaves room for another
attempt, `given_up` is the last one, or one whose order went away in the middle.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from huabao.errors import StoreError
from reconciliation.stop_send.causes import PAPER, PROBE, SETTINGS, TIP

WAITING, RECOVERED, FAILED, GIVEN_UP = "waiting", "recovered", "failed", "given_up"
STATES = (WAITING, TIP, SETTINGS, PROBE, PAPER, RECOVERED, FAILED, GIVEN_UP)
ENDED = (RECOVERED, FAILED, GIVEN_UP)

_ENDS = {"fail": FAILED, "give_up": GIVEN_UP}

TRANSITIONS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        WAITING: {TIP: TIP, SETTINGS: SETTINGS, PROBE: PROBE, PAPER: PAPER, **_ENDS},
        TIP: {SETTINGS: SETTINGS, PROBE: PROBE, PAPER: PAPER, **_ENDS},
        SETTINGS: {PROBE: PROBE, PAPER: PAPER, **_ENDS},
        PROBE: {PAPER: PAPER, **_ENDS},
        PAPER: {"recover": RECOVERED, **_ENDS},
        RECOVERED: {},
        FAILED: {},
        GIVEN_UP: {},
    }
)
"""What may happen in each state, and what it leads to. Nobody is recovered whom no paper reached."""


def after(state: str, verb: str) -> str:
    """The state that `verb` leads to.

    Raises:
        StoreError: it cannot happen in that state.
    """
    found = TRANSITIONS[state].get(verb)
    if found is None:
        raise StoreError(f"an attempt that is {state} cannot {verb}; possible: {', '.join(TRANSITIONS[state]) or 'nothing'}")
    return found


def next_step(state: str, steps: tuple[str, ...]) -> str:
    """The step that follows `state` among the `steps` of a plan; the last one where none follows."""
    if state == WAITING:
        return steps[0]
    order = (TIP, SETTINGS, PROBE, PAPER)
    return next((one for one in steps if order.index(one) > order.index(state)), PAPER)
