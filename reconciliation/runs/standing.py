"""The platform's own side, by the million: what `subscribers` states, as columns of a feed."""

from __future__ import annotations

from collections.abc import Generator
from datetime import datetime

import numpy as np
from sqlalchemy.orm import Session

from reconciliation.codecs.feeds import Columns, Services
from reconciliation.codecs.feeds.columns import CODES, NONE
from subscribers.models import SUBSCRIPTION_STATES
from subscribers.orders.stated import NOTHING, columns_at

_STATES = np.array([CODES[state] for state in SUBSCRIPTION_STATES], np.uint8)


def columns_of_platform(session: Session, as_of: datetime, services: Services) -> Generator[Columns, None, None]:
    """Every subscription as it was at `as_of`, in order of numbers; the transaction is a `still` one."""
    names, blocks = columns_at(session, as_of)
    codes = np.array([services.code(name) for name in names], np.int64)
    line = 1
    for one in blocks:
        lines = np.arange(line, line + len(one.msisdn))
        line += len(lines)
        yield Columns(one.msisdn, codes[one.service], _STATES[one.state], one.effective, np.where(one.price == NOTHING, NONE, one.price), one.payer, lines)
