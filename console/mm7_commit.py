"""What requests to `/mm7` have to say, committed in groups (`console.group_commit`)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from console.group_commit import LINGER_S, GroupCommit
from delivery.reports.folding import append
from huabao.runtime import Runtime


@dataclass(frozen=True)
class Write:
    """What one request has to say.

    Attributes:
        reports: rows of `delivery.reports.folding.event_rows`; those of all requests are appended at once.
        more: adds other rows to a session; may be called again in another transaction.
    """

    reports: Sequence[Mapping[str, Any]] = ()
    more: Callable[[Session], None] | None = None


class ReportCommit(GroupCommit[Write, None]):
    """The writes of one event loop."""

    def __init__(self, runtime: Runtime, loop: asyncio.AbstractEventLoop, *, linger_s: float = LINGER_S) -> None:
        super().__init__(runtime, loop, _store, name="mm7", linger_s=linger_s)


def _store(session: Session, writes: Sequence[Write]) -> Sequence[None]:
    append([row for write in writes for row in write.reports], session)
    for write in writes:
        if write.more is not None:
            write.more(session)
    return [None] * len(writes)
