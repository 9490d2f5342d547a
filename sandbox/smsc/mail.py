"""What the SMSC has for its ESMEs: receipts and readers' messages, delivered on any bind of the same system_id, again until taken."""

from __future__ import annotations

import asyncio
import random
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from sandbox.smsc.session import Session

RETRY_S = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Pauses before a deliver_sm is sent again; the last one repeats."""


@dataclass
class Mail:
    """One deliver_sm on its way.

    Attributes:
        fields: of the PDU.
        attempts: how often it was sent in vain.
    """

    system_id: str
    kind: Literal["receipts", "mo"]
    fields: Mapping[str, Any]
    attempts: int = 0


class Post:
    """Queues by system_id; a message that nobody is bound for waits."""

    def __init__(self, sessions: Callable[[str], list[Session]], counts: Counter[str], dice: random.Random) -> None:
        self._sessions = sessions
        self._counts = counts
        self._dice = dice
        self._queues: dict[str, deque[Mail]] = defaultdict(deque)
        self._later = 0

    @property
    def pending(self) -> int:
        """Messages that no ESME was sent yet."""
        return self._later + sum(map(len, self._queues.values()))

    def later(self, mail: Mail, delay_s: float) -> None:
        """Deliver it after a while."""
        self._later += 1
        asyncio.get_running_loop().call_later(delay_s, self._due, mail)

    def _due(self, mail: Mail) -> None:
        self._later -= 1
        self.now(mail)

    def now(self, mail: Mail) -> None:
        """Deliver it at once where a bind has room, else as soon as one has."""
        self._queues[mail.system_id].append(mail)
        self.pump(mail.system_id)

    def again(self, mail: Mail) -> None:
        """It was not taken: deliver it once more after a pause."""
        self._counts[f"{mail.kind}_retried"] += 1
        self.later(mail, RETRY_S[min(mail.attempts, len(RETRY_S) - 1)])
        mail.attempts += 1

    def pump(self, system_id: str) -> None:
        """Send what waits, each on any bind that has room."""
        queue = self._queues[system_id]
        while queue:
            able = [session for session in self._sessions(system_id) if session.room > 0]
            if not able:
                return
            mail = queue.popleft()
            self._counts[f"{mail.kind}_sent"] += 1
            self._dice.choice(able).deliver(mail)
